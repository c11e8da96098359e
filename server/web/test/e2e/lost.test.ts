// Chromium deletes a database of its own that it cannot read, tells nobody, and gives an empty one: here for real, by one byte of its log.
import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join as path } from "node:path";
import { test } from "node:test";
import { heldNote, heldOf, look, office, openDesk, phone, type Phone } from "./harness.ts";
import { go, join, joinAnew, line, locked, support, unlock } from "./with/hand.ts";
import { atWork } from "./with/work.ts";
import { w } from "../../src/field/words.ts";

/** Ends the browser, and turns a byte in the middle of what it would read again. */
async function spoil(p: Phone): Promise<void> {
  await p.end("kill");
  const kept = path(p.profile, "Default", "IndexedDB"), folder = (await readdir(kept)).find((f) => f.endsWith(".indexeddb.leveldb"));
  assert.ok(folder, "the browser keeps its database elsewhere now");
  const logs = (await readdir(path(kept, folder))).filter((f) => f.endsWith(".log"));
  assert.notEqual(logs.length, 0);
  for (const log of logs) {
    const bytes = await readFile(path(kept, folder, log));
    bytes[bytes.length >> 1]! ^= 0xff;
    await writeFile(path(kept, folder, log), bytes);
  }
}

test("where the browser lost its database the app says so, and a new code brings what was not sent to the office", async (t) => {
  const { o, worker, p } = await atWork(t);
  await support(p.page, { who: "Pia Madeupstone", note: "This was sent" });
  await line(p.page, "everything");
  await o.wire.refuse();
  await support(p.page, { who: "Pia Madeupstone", note: "Nobody shall lose this" });
  await support(p.page, { who: "Pia Madeupstone", note: "Nor this" });
  await spoil(p);
  await p.again("kill");
  await p.page.goto(`${o.url}/app/`);
  await p.page.getByText(w.join.lost, { exact: true }).waitFor();
  await p.page.getByText(w.join.lostSealed(3)).waitFor(); // no backup holds the first one yet
  assert.deepEqual((await look(p.page)).violations, []);
  await p.again("kill"); // it is still so the next day
  await p.page.goto(`${o.url}/app/`);
  await p.page.getByText(w.join.lostSealed(3)).waitFor();
  await o.wire.accept();
  await joinAnew(p.page, await o.invite(worker), "604172");
  await line(p.page, "everything");
  const coordinator = await o.phone(await o.hire("Cora Made-up", "coordinator"));
  const held = await heldOf(coordinator, 2);
  assert.deepEqual(held.map(heldNote).sort(), ["Nobody shall lose this", "Nor this"]);

  await o.wire.refuse(); // and the new vault has its second place too
  await support(p.page, { who: "Pia Madeupstone", note: "Later" });
  await spoil(p);
  await p.again("kill");
  await p.page.goto(`${o.url}/app/`);
  await p.page.getByText(w.join.lost, { exact: true }).waitFor();
});

test("a phone that was signed out keeps nothing in the second place either", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o), p = await phone(t);
  await desk.person(worker, { name: "Pia Madeupstone" });
  await join(p.page, await o.invite(worker));
  await line(p.page, "everything");
  await support(p.page, { who: "Pia Madeupstone", note: "Sent, and then gone from here" });
  await line(p.page, "everything");
  await p.again("kill");
  await p.page.goto(`${o.url}/app/`);
  await locked(p.page);
  assert.ok(await spareBytes(p.profile) > 0, "nothing stood in the second place to begin with");
  await unlock(p.page);
  await go(p.page, "More");
  await p.page.getByRole("link", { name: new RegExp(`^${w.titles.leave}`) }).click();
  await p.page.getByRole("button", { name: w.leave.leave, exact: true }).click();
  await p.page.getByText(w.join.signedOut).waitFor();
  await spoil(p);
  assert.equal(await spareBytes(p.profile), 0);
  await p.again("kill");
  await p.page.goto(`${o.url}/app/`);
  await p.page.getByRole("heading", { name: w.join.title, level: 1 }).waitFor();
  assert.equal(await p.page.getByText(w.join.lost).count(), 0);
});

/** Bytes of the files that an origin keeps in the browser's own file system. */
async function spareBytes(profile: string): Promise<number> {
  const all = await readdir(path(profile, "Default", "File System"), { recursive: true, withFileTypes: true });
  const files = await Promise.all(all.filter((f) => f.isFile() && /^\d{8}$/.test(f.name)).map((f) => readFile(path(f.parentPath, f.name))));
  return files.reduce((sum, f) => sum + f.length, 0);
}
