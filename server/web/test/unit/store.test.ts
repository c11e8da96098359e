import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { ClientID, OpID, Scope, Version } from "../../src/sync/ids.ts";
import { createCaseload } from "../../src/sync/caseload.ts";
import { openDb } from "../../src/sync/db.ts";
import { made } from "../../src/sync/outbox.ts";
import type { Edit } from "../../src/sync/record.ts";
import { backfill, dataKey, dump, freshDisk, noon, random, record, recordId, unlocked, type Rig } from "./disk.ts";
import { me } from "./casework.ts";

beforeEach(freshDisk);

const alex = `person/${recordId()}` as Scope;
const day = 86_400_000;
const at = (ms: number): string => new Date(ms).toISOString();

async function write(rig: Rig, ...edits: Edit[]): Promise<readonly OpID[]> {
  const m = made(edits, 0, { now: () => rig.clock.at, random });
  assert.equal(m.kind, "made");
  if (m.kind !== "made") return [];
  await rig.store.write(m.ops);
  return m.ops.map((o) => o.id);
}
const support = (scope: Scope, note: string): Edit => ({ scope, kind: "support", record: recordId(), base: 0 as Version, set: { what: "visit", at: at(noon), note } });

const people = [record(alex, "person", 10, { name: "Alex Canary", state: "open" }), record(alex, "support", 11, { what: "visit", at: at(noon - 300 * day), note: "Canary of old" }),
  record(alex, "appointment", 12, { title: "Canary clinic", status: "planned", starts_at: at(noon + day) })];

test("what was written and fetched is there after a reload, and nothing of it can be read on the disk", async () => {
  const rig = await unlocked(await dataKey());
  await rig.store.change((step) => {
    step.stage(backfill(alex, 5, people));
    step.land(false);
    step.state = { ...step.state, shown: true, head: 12 as Version, cursor: "Canary cursor" };
  });
  await write(rig, support(alex, "Canary note"));
  const check = async (r: Rig): Promise<void> => {
    const load = createCaseload(r.store.memory, r.store.cold, me);
    assert.deepEqual(load.people().map((h) => h.person.fields["name"]), ["Alex Canary"]);
    assert.deepEqual(load.hot("support").map((s) => s.fields["note"]), ["Canary note"]);
    assert.deepEqual((await load.all(alex)).map((s) => s.fields["note"] ?? s.fields["name"] ?? s.fields["title"]).sort(), ["Alex Canary", "Canary clinic", "Canary note", "Canary of old"]);
    assert.equal(r.store.look((now) => now.lastN), 1);
  };
  await check(rig);
  const again = await unlocked(rig.key);
  await check(again);
  assert.ok(!(await dump(rig.db)).includes("Canary"));
});

test("a database of a newer build is left as it is, and one that does not open is said to be broken", async () => {
  const open = (v: number): Promise<IDBDatabase> => new Promise((done, fail) => {
    const asked = indexedDB.open("alongside", v);
    asked.onupgradeneeded = () => asked.result.createObjectStore("of_the_future").put("kept", 1);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  (await open(99)).close();
  assert.equal((await openDb("alongside", () => undefined)).kind, "newer");
  const db = await open(99);
  const kept = await new Promise((done) => { db.transaction("of_the_future").objectStore("of_the_future").get(1).onsuccess = (e) => done((e.target as IDBRequest).result); });
  assert.equal(kept, "kept");
  indexedDB.open = () => { throw new DOMException("storage is off", "SecurityError"); };
  const never = (): never => assert.fail("what is barred is not asked for again");
  assert.equal((await openDb("alongside", () => undefined, never)).kind, "broken");
});

test("a storage that does not open yet is asked for again, but not for ever", async () => {
  const open = indexedDB.open.bind(indexedDB);
  let fails = 2;
  indexedDB.open = (...of) => {
    if (fails-- > 0) throw new DOMException("Internal error opening backing store", "UnknownError");
    return open(...of);
  };
  const paused: number[] = [], pause = async (ms: number): Promise<void> => { paused.push(ms); };
  const opening = await openDb("alongside", () => undefined, pause);
  assert.equal(opening.kind, "open");
  assert.equal(paused.length, 2);
  if (opening.kind === "open") opening.db.close();
  fails = Infinity;
  assert.equal((await openDb("alongside", () => undefined, pause)).kind, "broken");
  assert.equal(paused.length, 5);
});

test("who has something held says so until it is cleared, and views are told", async () => {
  const rig = await unlocked(await dataKey());
  const load = createCaseload(rig.store.memory, rig.store.cold, me);
  const told = (): readonly Scope[] => {
    const scopes = rig.changed.splice(0).flat();
    load.stale(scopes);
    return [...new Set(scopes)];
  };
  await rig.store.change((step) => {
    step.stage(backfill(alex, 5, people));
    step.land(false);
    step.state = { ...step.state, shown: true };
  });
  const [id] = await write(rig, support(alex, "note"));
  await rig.store.change((step) => {
    const entry = { ...step.entries()[0]!, result: { n: 1, id: id!, status: "held" as const } };
    step.put(entry);
    step.list(entry);
  });
  assert.deepEqual(told(), [alex]);
  assert.deepEqual([load.people()[0]?.held, load.hot("support").length], [1, 0]);
  await rig.store.unlist([id!]);
  assert.deepEqual(told(), [alex]);
  assert.equal(load.people()[0]?.held, undefined);
});

test("a first pull that begins anew takes what it showed away again, and views are told", async () => {
  const rig = await unlocked(await dataKey());
  const load = createCaseload(rig.store.memory, rig.store.cold, me);
  const told = (): void => load.stale(rig.changed.splice(0).flat());
  await rig.store.change((step) => step.stage(backfill(alex, 5, people)));
  told();
  assert.equal(load.people().length, 1);
  await rig.store.change((step) => step.unstage());
  assert.deepEqual(rig.changed, [[alex]]);
  told();
  assert.equal(load.people().length, 0);
});

test("each entry has a letter of its op for as long as it is kept, of the client and number that it has, and none once it was erased", async () => {
  const client = (n: number): ClientID => `client-${n}` as ClientID;
  const rig = await unlocked(await dataKey(), { at: noon }, {
    letter: (op, by) => Promise.resolve({ kid: "k", sealed: new TextEncoder().encode(`${by} ${op.n} ${op.id}`) }),
  });
  const letters = async (): Promise<(string | undefined)[]> => (await rig.db.getAll("outbox")).map((r) => r.letter && new TextDecoder().decode(r.letter.sealed));
  await rig.store.change((step) => { step.state = { ...step.state, client: client(1) }; });
  const ids = [...await write(rig, support(alex, "a")), ...await write(rig, support(alex, "b"))];
  assert.deepEqual(await letters(), [`client-1 1 ${ids[0]}`, `client-1 2 ${ids[1]}`]);
  await rig.store.change((step) => step.put({ ...step.entries()[0]!, result: { n: 1, id: ids[0]!, status: "applied", version: 9 as Version } }));
  assert.deepEqual(await letters(), [`client-1 1 ${ids[0]}`, `client-1 2 ${ids[1]}`], "acknowledged");
  await rig.store.change((step) => step.remove(1));
  await rig.store.change((step) => {
    step.renumber();
    step.state = { ...step.state, client: client(2) };
  });
  assert.deepEqual(await letters(), [`client-2 1 ${ids[1]}`], "a new client");
  await rig.store.change((step) => step.put({ ...step.entries()[0]!, result: { n: 1, id: ids[1]!, status: "rejected", code: "erased" } }));
  assert.deepEqual(await letters(), [undefined], "erased");
});
