// The sync over the real storage and the real server, by the roll of a die: phones lose their connections and their power, are folded,
// fill up, and the server hands people over and is restored. SEED=n plays one again, STEPS=n longer.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { createBox } from "../../src/sync/box.ts";
import { createCaseload } from "../../src/sync/caseload.ts";
import { realTimer } from "../../src/sync/clock.ts";
import { beginTerm, openDb } from "../../src/sync/db.ts";
import { personScope, type Scope, type UserID, type Version } from "../../src/sync/ids.ts";
import { canonical } from "../../src/sync/json.ts";
import { StorageFull } from "../../src/sync/keep.ts";
import { made, waits } from "../../src/sync/outbox.ts";
import type { Edit, Fields, Shown, Value } from "../../src/sync/record.ts";
import { createRun } from "../../src/sync/run.ts";
import { openSpare } from "../../src/sync/spare.ts";
import { openStore, type Store } from "../../src/sync/store.ts";
import { createSession, type Session } from "../../src/sync/tokens.ts";
import { createTransport } from "../../src/sync/transport.ts";
import { build, mint, newID, nowPlus } from "../sync/handset.ts";
import { openHouse } from "../sync/house.ts";
import { cutAt, dropReply, endAt, noSignal, openRoad, type Road } from "../sync/road.ts";
import { dataKey, freshDisk, random } from "../unit/disk.ts";
import { full } from "../unit/full.ts";
import { dice } from "./with/until.ts";

const day = 86_400_000;

/** A phone on a disk of its own. Where its clock is ahead by days, much of what it has is cold. */
interface DiskPhone {
  readonly user: string;
  readonly road: Road;
  store: Store;
  session: Session;
  readonly run: () => Promise<string>;
  reload(): Promise<void>;
  write(...edits: Edit[]): Promise<void>;
  all(): Promise<readonly Shown[]>;
}

async function diskPhone(name: string, user: string, server: () => string, ahead: number): Promise<DiskPhone> {
  const key = await dataKey(), road = openRoad(server), now = (): number => Date.now() + ahead * day;
  const transport = createTransport({ fetch: road.fetch, origin: "", now, timer: realTimer, online: () => true, pack: (b) => Promise.resolve(new Uint8Array(gzipSync(b))) });
  let db: IDBDatabase | undefined;
  const phone = { user, road } as DiskPhone & { run: DiskPhone["run"] };
  const open = async (): Promise<void> => {
    db?.close();
    const opening = await openDb(name, () => undefined);
    if (opening.kind !== "open") throw new Error(opening.kind);
    db = opening.db as unknown as IDBDatabase;
    const term = crypto.randomUUID();
    await beginTerm(opening.db, term);
    phone.store = await openStore({ db: opening.db, term, box: createBox(key, random).box, spare: await openSpare(() => Promise.resolve(undefined)), letter: () => undefined, now, random, changed: () => undefined });
    phone.session = createSession({ keep: phone.store, transport, now, mint });
    const run = createRun({ keep: phone.store, session: phone.session, transport, now, pause: async () => undefined, build, erase: async () => undefined });
    Object.assign(phone, { run: async () => (await run(new AbortController().signal)).outcome.kind });
  };
  const load = (): ReturnType<typeof createCaseload> => createCaseload(phone.store.memory, phone.store.cold, { id: user as UserID, name: "", role: "worker", team: "" as never });
  await open();
  return Object.assign(phone, {
    reload: open,
    async write(...edits: Edit[]) {
      const m = made(edits, 0, { now, random });
      if (m.kind !== "made") throw new Error(m.kind);
      await phone.store.write(m.ops);
    },
    async all() {
      const { folders, preview, outbox } = phone.store.memory;
      const scopes = new Set([...folders.keys(), ...preview.keys(), ...[...outbox.values()].map((w) => w.op.scope)]);
      return (await Promise.all([...scopes].map((s) => load().all(s)))).flat();
    },
  });
}

const noRoom = (why: unknown): void => { if (!(why instanceof StorageFull)) throw why; };
const portrait = async (p: DiskPhone): Promise<string> => (await p.all()).map((r) => canonical(JSON.parse(JSON.stringify(r)) as Value)).sort().join("\n");

async function storm(t: TestContext, seed: number, steps: number): Promise<void> {
  freshDisk();
  const house = await openHouse(t), roll = dice(seed), pick = (n: number): number => Math.floor(roll() * n);
  const users = [await house.hire("Amal (made up)", "worker"), await house.hire("Jo (made up)", "worker"), await house.hire("Rowan (made up)", "coordinator")];
  const enrol = async (p: DiskPhone): Promise<void> => assert.deepEqual(await p.session.enrol(await house.code(p.user), { name: "x", platform: "test" }, new AbortController().signal), { kind: "joined" });
  const join = async (name: string, user: string, ahead = 0): Promise<DiskPhone> => {
    const p = await diskPhone(name, user, house.url, ahead);
    await enrol(p);
    return p;
  };
  const phones = [await join("a", users[0]!), await join("b", users[1]!, 300), await join("c", users[2]!), await join("d", users[0]!, -300)];
  const settle = async (p: DiskPhone): Promise<void> => {
    p.road.clear();
    const outcome = await p.run();
    if (outcome !== "signed_out") return assert.equal(outcome, "agreed");
    await enrol(p);
    assert.equal(await p.run(), "agreed");
  };
  const wrote = new Set<string>();

  const edit = async (p: DiskPhone): Promise<void> => {
    const all = await p.all(), people = all.filter((r) => r.kind === "person"), word = `words ${pick(1000)}${".".repeat(pick(600))}`;
    const fresh = (scope: Scope, kind: string, set: Fields): Edit => ({ scope, kind, record: newID(), base: 0 as Version, set });
    if (people.length === 0 || pick(10) === 0) {
      const id = newID();
      return p.write({ scope: personScope(id), kind: "person", record: id, base: 0 as Version, set: { name: "Somebody (made up)" } });
    }
    const scope = people[pick(people.length)]!.scope, own = all.filter((r) => r.scope === scope), r = own[pick(own.length)]!;
    const over = (more: Partial<Edit>): Edit => ({ scope, kind: r.kind, record: r.id, base: r.version, ...more });
    const at = nowPlus((pick(900) - 450) * day);
    switch (pick(7)) {
      case 0: return p.write(fresh(scope, "appointment", { title: word, starts_at: at, status: "planned" }), fresh(scope, "support", { what: "call", at, note: word }));
      case 1: if (r.kind === "appointment") return p.write(over({ set: { status: ["attended", "missed"][pick(2)]! } })); break;
      case 2: if (r.kind === "appointment") return p.write(over({ set: { starts_at: at } })); break;
      case 3: if (r.kind === "support") return p.write(over(pick(2) ? { delete: true } : { set: { note: word, at } })); break;
      case 4: return p.write(fresh(scope, "support", { what: "nothing known", at, note: word })); // rejected
      case 5: if (r.kind === "person") return p.write(over({ set: { goals: word } })); break;
    }
    return p.write(fresh(scope, "support", { what: "visit", at, note: word }));
  };
  const sync = async (p: DiskPhone): Promise<void> => {
    for (let i = pick(3); i > 0; i--) p.road.meet([noSignal, dropReply, cutAt(pick(4000)), endAt(pick(4000))][pick(4)]!);
    const writes = pick(3) === 0 ? edit(p).catch(noRoom) : undefined;
    const outcome = await p.run();
    await writes;
    p.road.clear();
    if (outcome === "signed_out") return enrol(p);
    assert.ok(outcome === "agreed" || outcome === "later", outcome);
  };
  const handOver = async (): Promise<void> => {
    const desk = phones[2]!;
    await settle(desk);
    const all = await desk.all(), people = all.filter((r) => r.kind === "person");
    if (people.length === 0) return;
    const { scope } = people[pick(people.length)]!;
    for (const a of all.filter((r) => r.scope === scope && r.kind === "assignment" && r.fields["until"] === undefined)) {
      if (pick(2) === 0) await desk.write({ scope, kind: "assignment", record: a.id, base: a.version, set: { until: nowPlus(-1000) } });
    }
    await desk.write({ scope, kind: "assignment", record: newID(), base: 0 as Version, set: { worker: users[pick(2)]! } });
    await settle(desk);
  };

  let file = "", restores = 0;
  await edit(phones[0]!);
  await settle(phones[0]!);
  file = await house.backup();
  for (let i = 0; i < steps; i++) {
    const p = phones[pick(phones.length)]!, n = pick(100);
    if (n < 45) await edit(p);
    else if (n < 70) await sync(p);
    else if (n < 80) await p.reload();
    else if (n < 88) while (await p.store.fold());
    else if (n < 91) {
      const room = full(n % 2 ? "request" : "commit");
      await sync(p).catch(noRoom);
      room();
      p.road.clear();
    } else if (n < 95) await handOver();
    else if (n < 98) file = await house.backup();
    else if (restores < 3) {
      restores++;
      await house.restore(file);
    }
    for (const w of p.store.look((now) => now.entries())) wrote.add(w.op.id);
  }
  for (let round = 0; round < 3; round++) for (const p of phones) await settle(p);

  const fresh = new Map<string, string>();
  for (const [i, p] of phones.entries()) {
    if (!fresh.has(p.user)) {
      const anew = await join(`fresh ${i}`, p.user);
      await settle(anew);
      fresh.set(p.user, await portrait(anew));
    }
    for (const look of ["as it is", "folded", "reloaded"] as const) {
      if (look === "folded") while (await p.store.fold());
      if (look === "reloaded") await p.reload();
      assert.equal(await portrait(p), fresh.get(p.user), `phone ${i}, ${look}`);
    }
    const { state, waiting } = p.store.look((now) => ({ state: now.state, waiting: now.entries().filter(waits).length }));
    assert.deepEqual([waiting, state.incidents, state.differs, state.lost, p.store.memory.staging.next, p.store.memory.damaged.size], [0, 0, undefined, 0, 1, 0], `phone ${i}`);
  }
  await house.check();
  t.diagnostic(`seed ${seed}: ${wrote.size} ops, ${restores} restores`);
}

const seeds = process.env["SEED"] ? [Number(process.env["SEED"])] : [1, 2];
for (const seed of seeds) test(`phones with real storage come through a storm, seed ${seed}`, (t) => storm(t, seed, Number(process.env["STEPS"] ?? 200)));
