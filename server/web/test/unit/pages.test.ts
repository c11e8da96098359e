// What becomes of records that are cold, of pages that are damaged, of a phone that is full, and of a first pull that is half there.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createCaseload } from "../../src/sync/caseload.ts";
import { openDrafts } from "../../src/sync/drafts.ts";
import { isWarm, pageMost } from "../../src/sync/folder.ts";
import type { OpID, RecordID, Scope, Version, Instant } from "../../src/sync/ids.ts";
import type { Frame } from "../../src/sync/keep.ts";
import type { Op, ServerRecord } from "../../src/sync/record.ts";
import { me } from "./casework.ts";
import { full } from "./full.ts";
import { backfill, dataKey, dump, freshDisk, noon, record, recordId, unlocked, type Rig } from "./disk.ts";

beforeEach(freshDisk);

const day = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const scope = `person/${recordId()}` as Scope, gen = 5 as Version;
let version = 1000;
const visit = (days: number, id = recordId(), fields = {}): ServerRecord => record(scope, "support", ++version, { what: "visit", at: iso(noon + days * day), note: `Canary ${days}`, ...fields }, { id });
const changed = (r: ServerRecord): Frame => ({ frame: "record", scope, gen, record: r });
const gone = (id: RecordID): Frame => ({ frame: "gone", scope, gen, id, version: ++version as Version });

const land = (rig: Rig, frames: readonly Frame[]): Promise<unknown> => rig.store.change((step) => {
  step.stage(frames);
  step.land(false);
  step.state = { ...step.state, shown: true, head: version as Version };
});
const caseload = (rig: Rig): ReturnType<typeof createCaseload> => createCaseload(rig.store.memory, rig.store.cold, me);
const folder = (rig: Rig) => rig.store.memory.folders.get(scope)!;
const daysOf = async (rig: Rig): Promise<number[]> => (await caseload(rig).all(scope)).filter((r) => r.kind === "support").map((r) => Math.round((Date.parse(String(r.fields["at"])) - noon) / day)).sort((a, b) => a - b);
const lastSeen = (rig: Rig): string | undefined => caseload(rig).people()[0]?.lastSeen;

/** A person with a history: cold pages of half a year and more ago, and a week that is at hand. */
async function withHistory(n = 400): Promise<{ rig: Rig; cold: ServerRecord[] }> {
  const rig = await unlocked(await dataKey());
  const cold = Array.from({ length: n }, (_, i) => visit(-100 - i));
  await land(rig, backfill(scope, gen, [record(scope, "person", 10, { name: "Canary" }), ...cold, visit(-2), visit(-1)]));
  return { rig, cold };
}

test("a long history stands in pages that are not too large, and out of memory", async () => {
  const { rig } = await withHistory(1000);
  const pages = folder(rig).pages;
  assert.ok(pages.filter((p) => !isWarm(p)).length >= 4);
  assert.ok(pages.every((p) => p.count <= pageMost), "a page is too large");
  assert.equal(folder(rig).atHand.size, 3);
  assert.equal(folder(rig).index.size, 1003);
  assert.equal((await daysOf(rig)).length, 1002);
  const again = await unlocked(rig.key);
  assert.equal(folder(again).atHand.size, 3);
});

test("a cold record that is updated, deleted or moved to this month is so at once, and after a reload", async () => {
  const { rig, cold } = await withHistory();
  const before = await daysOf(rig);
  await land(rig, [changed(visit(-150, cold[50]!.id, { note: "new" })), gone(cold[60]!.id), changed(visit(0, cold[70]!.id))]);
  const check = async (r: Rig): Promise<void> => {
    const all = await caseload(r).all(scope);
    assert.equal(all.find((x) => x.id === cold[50]!.id)?.fields["note"], "new");
    assert.equal(all.find((x) => x.id === cold[60]!.id), undefined);
    assert.ok(caseload(r).hot("support").some((x) => x.id === cold[70]!.id));
    assert.deepEqual(await daysOf(r), [...before.filter((d) => d !== -160 && d !== -170), 0].sort((a, b) => a - b));
    assert.equal(await caseload(r).record(cold[60]!.id), undefined);
    assert.equal((await caseload(r).record(cold[50]!.id))?.fields["note"], "new");
    assert.equal(r.store.memory.damaged.size, 0);
  };
  await check(rig);
  await check(await unlocked(rig.key));
});

test("when somebody was last seen follows what is cold", async () => {
  const rig = await unlocked(await dataKey());
  const latest = visit(-100), other = visit(-200);
  await land(rig, backfill(scope, gen, [record(scope, "person", 10, { name: "Canary" }), other, latest]));
  assert.equal(lastSeen(rig), iso(noon - 100 * day));
  await land(rig, [gone(latest.id)]);
  assert.equal(lastSeen(rig), iso(noon - 200 * day));
  await land(rig, [changed(visit(-150, other.id))]);
  assert.equal(lastSeen(rig), iso(noon - 150 * day));
  assert.equal(lastSeen(await unlocked(rig.key)), iso(noon - 150 * day));
});

test("what grows cold leaves memory with the next folding, and an appointment without an outcome never does", async () => {
  const rig = await unlocked(await dataKey());
  const open = record(scope, "appointment", ++version, { title: "Canary", status: "planned", starts_at: iso(noon + day) });
  await land(rig, backfill(scope, gen, [record(scope, "person", 10, { name: "Canary" }), visit(-1), visit(-2), open]));
  rig.clock.at += 90 * day;
  while (await rig.store.fold());
  const again = await unlocked(rig.key, rig.clock);
  assert.deepEqual(caseload(again).hot("support"), []);
  assert.deepEqual(caseload(again).hot("appointment").map((r) => r.id), [open.id]);
  assert.deepEqual(await daysOf(again), [-2, -1]);
});

test("a page that is damaged, or put in another's place, is not believed, and its person is fetched again", async () => {
  for (const spoil of ["warm", "cold", "head", "log", "swapped"] as const) {
    freshDisk();
    const { rig, cold } = await withHistory();
    await land(rig, [changed(visit(-1))]);
    const whole = await daysOf(rig), sums = rig.store.look((now) => now.sums().get(scope));
    const keys = await rig.db.getAllKeys("pages"), find = (kind: string): string => keys.find((k) => k.startsWith(`${kind}/`))!;
    if (spoil === "log") {
      const [key] = await rig.db.getAllKeys("log");
      const row = (await rig.db.get("log", key!))!;
      row[row.length - 1]! ^= 1;
      await rig.db.put("log", row, key!);
    } else if (spoil === "swapped") {
      const [a, b] = keys.filter((k) => k.startsWith("c/"));
      await rig.db.put("pages", (await rig.db.get("pages", a!))!, b!);
    } else {
      const name = find(spoil[0]!), page = (await rig.db.get("pages", name))!;
      page[40]! ^= 1;
      await rig.db.put("pages", page, name);
    }
    const again = await unlocked(rig.key);
    if (again.store.memory.folders.has(scope)) await caseload(again).all(scope);
    assert.notDeepEqual(again.store.look((now) => now.sums().get(scope)), sums, `${spoil}: the sums do not tell`);
    await land(again, [changed(visit(-3)), gone(cold[0]!.id)]);
    assert.notEqual(again.store.look((now) => now.sums().get(scope)?.count), sums!.count, `${spoil}: the sums do not tell after a change`);
    await land(again, backfill(scope, (gen + 1) as Version, [record(scope, "person", 10, { name: "Canary" }), ...cold, visit(-2), visit(-1), visit(-1)]));
    assert.deepEqual(await daysOf(again), whole, spoil);
    const last = await unlocked(rig.key);
    while (await last.store.fold());
    assert.deepEqual(await daysOf(last), whole, spoil);
    assert.equal(last.store.memory.damaged.size, 0, spoil);
    const named = new Set([...last.store.memory.folders.values()].flatMap((f) => [f.name, ...f.pages.map((p) => p.name)]));
    assert.deepEqual((await rig.db.getAllKeys("pages")).filter((k) => !named.has(k)), [], `${spoil}: pages that nothing names`);
  }
});

test("a stage that does not open is thrown away, and its run begins anew", async () => {
  const rig = await unlocked(await dataKey());
  const stage = (frames: readonly Frame[], cursor: string): Promise<unknown> => rig.store.change((step) => {
    step.stage(frames);
    step.state = { ...step.state, run: { cursor, epoch: "e", reset: false } };
  });
  await stage(backfill(scope, gen, [visit(-1)]), "1");
  await stage([], "2");
  const row = (await rig.db.get("stage", 1))!;
  row[30]! ^= 1;
  await rig.db.put("stage", row, 1);
  const again = await unlocked(rig.key);
  assert.equal(again.store.look((now) => now.state.run), undefined);
  await again.store.change((step) => step.stage(backfill(scope, gen, [visit(-3)])));
  const last = await unlocked(rig.key);
  await last.store.change((step) => step.land(false));
  assert.deepEqual(await daysOf(last), [-3]);
});

test("a phone that never completed a run shows a scope as soon as it is whole, also after a reload", async () => {
  const rig = await unlocked(await dataKey());
  const other = `person/${recordId()}` as Scope;
  const half = backfill(other, gen, [record(other, "person", 20, { name: "Half" })]).slice(0, 2);
  await rig.store.change((step) => step.stage([...backfill(scope, gen, [record(scope, "person", 10, { name: "Canary" }), visit(-1), visit(-300)]), ...half]));
  for (const r of [rig, await unlocked(rig.key)]) {
    assert.deepEqual(caseload(r).people().map((h) => h.person.fields["name"]), ["Canary"]);
    assert.equal(caseload(r).hot("support").length, 1);
    assert.equal(r.store.look((now) => now.sums().size), 0);
  }
  const last = await unlocked(rig.key);
  await land(last, [{ frame: "scope", scope: other, gen, backfill: false, done: true }]);
  assert.deepEqual(caseload(last).people().map((h) => h.person.fields["name"]).sort(), ["Canary", "Half"]);
  assert.equal(last.store.memory.preview.size, 0);
});

test("a phone without room says so, keeps nothing by half, and goes on when there is room again", async () => {
  for (const way of ["request", "commit"] as const) {
    freshDisk();
    const { rig } = await withHistory();
    const op = (n: number): Op => ({ n: 0, id: `op-${n}` as OpID, at: iso(noon) as Instant, scope, kind: "contact", record: recordId(), base: 0 as Version, set: { name: "Sister" } });
    await rig.store.write([op(1)]);
    const before = await dump(rig.db), days = await daysOf(rig);
    const room = full(way);
    await assert.rejects(rig.store.write([op(2)]), { name: "StorageFull" }, way);
    await assert.rejects(land(rig, [changed(visit(0))]), { name: "StorageFull" }, way);
    room();
    assert.equal(await dump(rig.db), before, way);
    assert.deepEqual(await daysOf(rig), days, way);
    assert.equal(rig.store.look((now) => now.entries().length), 1, way);
    await rig.store.write([op(2)]);
    await land(rig, [changed(visit(0))]);
    const again = await unlocked(rig.key);
    assert.deepEqual(again.store.look((now) => now.entries().map((e) => [e.op.n, e.op.id])), [[1, "op-1"], [2, "op-2"]], way);
    assert.deepEqual(await daysOf(again), [...days, 0], way);
  }
});

test("drafts are there after a reload, and what they are called is sealed too", async () => {
  const rig = await unlocked(await dataKey()), open = (r: Rig) => openDrafts(r.db, r.term, r.box, () => noon, () => crypto.randomUUID());
  const drafts = await open(rig);
  await drafts.keep("support Canary", { note: "Canary half a wo" });
  await drafts.keep("support Canary", { note: "Canary half a word" });
  await drafts.keep("other Canary", 1);
  assert.ok(!(await dump(rig.db)).includes("Canary"));
  const again = await open(await unlocked(rig.key));
  assert.deepEqual(again.of("support Canary"), { key: "support Canary", body: { note: "Canary half a word" }, at: iso(noon) });
  await again.drop("support Canary");
  assert.deepEqual((await open(await unlocked(rig.key))).all().map((d) => d.key), ["other Canary"]);
});
