import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { BoxDamaged, BoxShut, createBox } from "../../src/sync/box.ts";
import { createVault, type Kdf, type Vault, type VaultRow, type VaultRows } from "../../src/sync/vault.ts";

const cheap = { memoryKiB: 64, passes: 1, lanes: 1 } as const;
const random = (b: Uint8Array): Uint8Array => crypto.getRandomValues(b as Uint8Array<ArrayBuffer>);
const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const right = "482915";
const other = "730264";

/** One row of a real IndexedDB, which clones what it keeps as a browser does. */
interface Disk extends VaultRows { breaks?: (row: VaultRow | undefined) => void; writes: number }
async function disk(): Promise<Disk> {
  const asked = new IDBFactory().open("alongside", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("meta");
  const db = await new Promise<IDBDatabase>((done, fail) => { asked.onsuccess = () => done(asked.result); asked.onerror = () => fail(asked.error); });
  const rows: Disk = {
    writes: 0,
    read: () => new Promise((done, fail) => {
      const got = db.transaction("meta").objectStore("meta").get("vault");
      got.onsuccess = () => done(got.result as VaultRow | undefined);
      got.onerror = () => fail(got.error);
    }),
    update(change) {
      return new Promise((done, fail) => {
        const tx = db.transaction("meta", "readwrite", { durability: "strict" });
        const meta = tx.objectStore("meta");
        let why: unknown;
        const got = meta.get("vault");
        got.onsuccess = () => {
          try {
            const row = change(got.result as VaultRow | undefined);
            rows.breaks?.(row);
            if (row === undefined) meta.delete("vault");
            else meta.put(row, "vault");
          } catch (e) {
            why = e;
            tx.abort();
          }
        };
        tx.oncomplete = () => { rows.writes++; done(); };
        tx.onabort = () => fail(why ?? tx.error);
      });
    },
  };
  return rows;
}

interface Clock { at: number }
const start = Date.UTC(2026, 5, 1);
const vaultOn = (rows: VaultRows, clock: Clock = { at: start }, cost: Pick<Kdf, "memoryKiB" | "passes" | "lanes"> = cheap): Vault => createVault({ rows, now: () => clock.at, random, cost });

async function made(rows: VaultRows): Promise<Vault> {
  const vault = vaultOn(rows);
  const got = await vault.make(right);
  assert.equal(got.kind, "made");
  return vault;
}
const page = "person/0192f0c4-0000-7000-8000-000000000001/2026-06";

test("what was sealed before the app was ended opens after it, with the PIN and not without", async () => {
  const rows = await disk();
  const sealed = await (await made(rows)).opened()!.box.seal(page, text("a word"));
  const anew = vaultOn(rows);
  assert.deepEqual(await anew.look(), { kind: "locked" });
  assert.deepEqual(await anew.unlock(other), { kind: "wrong" });
  const got = await anew.unlock(right);
  assert.ok(got.kind === "open");
  assert.deepEqual(await got.box.open(page, sealed), text("a word"));
  assert.deepEqual(await anew.look(), { kind: "open" });
  assert.equal((await rows.read())?.tries.wrong, 0);
});

test("nothing that is kept on the disk gives the data key away: no key can be taken out, and the PIN alone opens nothing", async () => {
  const rows = await disk();
  await made(rows);
  const row = (await rows.read())!;
  assert.equal(row.device.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("raw", row.device));
  await assert.rejects(crypto.subtle.exportKey("jwk", row.device));
  // The same row with the device key of another phone: the PIN is right, and is not enough.
  const device = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256", length: 256 }, false, ["sign"]);
  await rows.update((r) => ({ ...r!, device }));
  assert.deepEqual(await vaultOn(rows).unlock(right), { kind: "wrong" });
});

test("a key handed to another tab cannot be taken out, and no script but the seal itself ever saw it", async () => {
  const vault = await made(await disk());
  const { key } = vault.opened()!.handed;
  assert.equal(key.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("raw", key));
});

test("two vaults share nothing, even under one PIN", async () => {
  const [one, two] = [await made(await disk()), await made(await disk())];
  const sealed = await one.opened()!.box.seal(page, text("a word"));
  await assert.rejects(two.opened()!.box.open(page, sealed), BoxDamaged);
});

test("wrong PINs slow down over restarts, and the tenth leaves it to the coordinator, with the row still there", async () => {
  const rows = await disk();
  const sealed = await (await made(rows)).opened()!.box.seal(page, text("unsent"));
  const clock = { at: start };
  for (let n = 1; n <= 4; n++) assert.deepEqual(await vaultOn(rows, clock).unlock(other), { kind: "wrong" }, `try ${n}`);
  const until = (ms: number): string => new Date(clock.at + ms).toISOString();
  assert.deepEqual(await vaultOn(rows, clock).unlock(other), { kind: "wrong", until: until(60_000) });
  assert.deepEqual(await vaultOn(rows, clock).unlock(right), { kind: "too_soon", until: until(60_000) });
  assert.deepEqual(await vaultOn(rows, clock).look(), { kind: "locked", until: until(60_000) });
  for (const wait of [60_000, 300_000, 900_000, 3_600_000]) {
    clock.at += wait;
    assert.equal((await vaultOn(rows, clock).unlock(other)).kind, "wrong");
  }
  clock.at += 3_600_000;
  assert.deepEqual(await vaultOn(rows, clock).unlock(other), { kind: "coordinator" });
  clock.at += 365 * 86_400_000;
  assert.deepEqual(await vaultOn(rows, clock).unlock(right), { kind: "coordinator" });
  assert.deepEqual(await vaultOn(rows, clock).look(), { kind: "coordinator" });
  // Nothing was erased: with the count taken back, as no user can, the PIN still opens what was there.
  await rows.update((r) => ({ ...r!, tries: { wrong: 0, left: 0, seen: 0 } }));
  const back = await vaultOn(rows, clock).unlock(right);
  assert.ok(back.kind === "open");
  assert.deepEqual(await back.box.open(page, sealed), text("unsent"));
});

test("a clock that was set back shortens no wait, and the wait still ends", async () => {
  const rows = await disk();
  await made(rows);
  const clock = { at: start };
  for (let n = 0; n < 5; n++) await vaultOn(rows, clock).unlock(other);
  clock.at = start - 365 * 86_400_000;
  assert.deepEqual(await vaultOn(rows, clock).look(), { kind: "locked", until: new Date(clock.at + 60_000).toISOString() });
  clock.at += 59_000;
  assert.equal((await vaultOn(rows, clock).unlock(right)).kind, "too_soon");
  clock.at += 1_000;
  assert.equal((await vaultOn(rows, clock).unlock(right)).kind, "open");
});

test("a right PIN ends the count", async () => {
  const rows = await disk();
  await made(rows);
  for (let n = 0; n < 4; n++) await vaultOn(rows).unlock(other);
  assert.equal((await vaultOn(rows).unlock(right)).kind, "open");
  assert.deepEqual(await vaultOn(rows).unlock(other), { kind: "wrong" });
});

test("ending the app in the middle of a try leaves it counted", async () => {
  const rows = await disk();
  await made(rows);
  const before = rows.writes;
  const trying = vaultOn(rows).unlock(other);
  while (rows.writes === before) await new Promise((go) => setImmediate(go));
  assert.equal((await rows.read())?.tries.wrong, 1);
  await trying;
});

test("tries that are made at once are counted one by one", async () => {
  const rows = await disk();
  await made(rows);
  const vault = vaultOn(rows);
  const got = await Promise.all(Array.from({ length: 6 }, () => vault.unlock(other)));
  assert.deepEqual(got.map((g) => g.kind), ["wrong", "wrong", "wrong", "wrong", "wrong", "too_soon"]);
});

test("on a full phone no try is made that cannot be counted, and a right one that was counted still opens", async () => {
  const rows = await disk();
  await made(rows);
  const full = (): never => { throw new DOMException("full", "QuotaExceededError"); };
  rows.breaks = full;
  assert.deepEqual(await vaultOn(rows).unlock(right), { kind: "storage_full" });
  let left = 1;
  rows.breaks = () => { if (left-- === 0) full(); };
  assert.equal((await vaultOn(rows).unlock(right)).kind, "open");
});

test("a new PIN opens what was sealed under the old one, and the old one opens nothing", async () => {
  const rows = await disk();
  const vault = await made(rows);
  const sealed = await vault.opened()!.box.seal(page, text("a word"));
  assert.deepEqual(await vault.change(other, "905137"), { kind: "wrong" });
  assert.deepEqual(await vault.change(right, "123456"), { kind: "refused", why: "in_order" });
  assert.deepEqual(await vault.change(right, other), { kind: "open" });
  assert.deepEqual(await vault.opened()!.box.open(page, sealed), text("a word"));
  assert.deepEqual(await vaultOn(rows).unlock(right), { kind: "wrong" });
  const anew = await vaultOn(rows).unlock(other);
  assert.ok(anew.kind === "open");
  assert.deepEqual(await anew.box.open(page, sealed), text("a word"));
});

test("whatever moment a change of PIN is broken off at, one of the two PINs opens", async () => {
  for (let broken = 0; broken < 2; broken++) {
    const rows = await disk();
    const vault = await made(rows);
    const sealed = await vault.opened()!.box.seal(page, text("a word"));
    let left = broken;
    rows.breaks = () => { if (left-- === 0) throw new Error("the power went"); };
    await assert.rejects(vault.change(right, other), /the power went/);
    delete rows.breaks;
    const got = await vaultOn(rows).unlock(right);
    assert.ok(got.kind === "open", `broken off at write ${broken}`);
    assert.deepEqual(await got.box.open(page, sealed), text("a word"));
  }
});

test("a lock kills every box that was given out, what is under way included", async () => {
  const vault = await made(await disk());
  const { box } = vault.opened()!;
  const sealed = await box.seal(page, text("a word"));
  const opening = box.open(page, sealed);
  const locked = vault.lock();
  await assert.rejects(opening, BoxShut);
  await assert.rejects(box.open(page, sealed), BoxShut);
  await assert.rejects(box.seal(page, text("x")), BoxShut);
  assert.equal(vault.opened(), undefined);
  await locked;
  assert.deepEqual(await vault.look(), { kind: "locked" });
});

test("a lock said while an unlock is under way leaves nothing open", async () => {
  const rows = await disk();
  await made(rows);
  const vault = vaultOn(rows);
  const opening = vault.unlock(right);
  await vault.lock();
  const got = await opening;
  assert.ok(got.kind === "open");
  await assert.rejects(got.box.seal(page, text("x")), BoxShut);
  assert.equal(vault.opened(), undefined);
});

test("another tab goes on with the key it was handed, until the vault is locked, opened anew or made anew", async () => {
  const rows = await disk();
  const vault = await made(rows);
  const sealed = await vault.opened()!.box.seal(page, text("a word"));
  const { handed } = vault.opened()!;
  const next = await vaultOn(rows).adopt(structuredClone(handed));
  assert.deepEqual(await next?.box.open(page, sealed), text("a word"));
  await vault.lock();
  assert.equal(await vaultOn(rows).adopt(handed), undefined, "after a lock");
  await vaultOn(rows).unlock(right);
  assert.equal(await vaultOn(rows).adopt(handed), undefined, "after another unlock");
  await vaultOn(rows).make(right);
  assert.equal(await vaultOn(rows).adopt(handed), undefined, "after another vault");
});

test("a vault that costs too little to try is made dearer at its next opening, and keeps its pages", async () => {
  const rows = await disk();
  const sealed = await (await made(rows)).opened()!.box.seal(page, text("a word"));
  const dearer = { memoryKiB: 128, passes: 2, lanes: 1 };
  const got = await vaultOn(rows, { at: start }, dearer).unlock(right);
  assert.ok(got.kind === "open");
  const { kdf } = (await rows.read())!;
  assert.deepEqual({ memoryKiB: kdf.memoryKiB, passes: kdf.passes }, { memoryKiB: 128, passes: 2 });
  const again = await vaultOn(rows, { at: start }, cheap).unlock(right);
  assert.ok(again.kind === "open", "an older build opens it at what it costs now");
  assert.deepEqual(await again.box.open(page, sealed), text("a word"));
  assert.equal((await rows.read())!.kdf.memoryKiB, 128, "an older build does not make it cheaper");
});

test("what a newer build wrote is left as it is", async () => {
  const rows = await disk();
  await made(rows);
  await rows.update((r) => ({ ...r!, format: 2 }));
  assert.deepEqual(await vaultOn(rows).look(), { kind: "newer" });
  await assert.rejects(vaultOn(rows).unlock(right));
  await vaultOn(rows).lock();
  assert.equal((await rows.read())?.format, 2);
  assert.ok((await rows.read())?.session !== undefined);
});

test("a new vault can be written in one transaction with more, and stands only if that does", async () => {
  const rows = await disk();
  const vault = vaultOn(rows);
  await assert.rejects(vault.make(right, () => Promise.reject(new Error("broken off"))), /broken off/);
  assert.equal(vault.opened(), undefined);
  assert.deepEqual(await vault.look(), { kind: "none" });
});

test("a destroyed vault is gone", async () => {
  const rows = await disk();
  const vault = await made(rows);
  const { box } = vault.opened()!;
  await vault.destroy();
  await assert.rejects(box.seal(page, text("x")), BoxShut);
  assert.equal(await rows.read(), undefined);
  assert.deepEqual(await vaultOn(rows).look(), { kind: "none" });
});

test("a page opens under its own name only, whole only, and never twice alike", async () => {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const { box } = createBox(key, random);
  const sealed = await box.seal(page, text("a word"));
  assert.deepEqual(await box.open(page, sealed), text("a word"));
  assert.notDeepEqual(await box.seal(page, text("a word")), sealed);
  await assert.rejects(box.open(`${page}x`, sealed), BoxDamaged);
  for (let at = 0; at < sealed.length; at++) {
    const wrong = sealed.slice();
    wrong[at]! ^= 1;
    await assert.rejects(box.open(page, wrong), BoxDamaged, `byte ${at}`);
    await assert.rejects(box.open(page, sealed.slice(0, at)), BoxDamaged, `${at} bytes`);
  }
  assert.deepEqual(await box.open(page, await box.seal(page, new Uint8Array(0))), new Uint8Array(0));
});
