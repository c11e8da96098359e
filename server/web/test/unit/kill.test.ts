// Ends the phone in the middle of each of its transactions, opens it again, and looks what is there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createCaseload } from "../../src/sync/caseload.ts";
import type { OpID, RecordID, Scope, Version, Instant } from "../../src/sync/ids.ts";
import type { Op, ServerRecord } from "../../src/sync/record.ts";
import { me } from "./casework.ts";
import { killAt } from "./killed.ts";
import { backfill, dataKey, freshDisk, noon, record, recordId, unlocked, type Rig } from "./disk.ts";

const person = `person/${recordId()}` as Scope;
const day = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const support = (version: number, days: number, id?: RecordID): ServerRecord =>
  record(person, "support", version, { what: "visit", at: iso(noon + days * day), note: `v${version}` }, id ? { id } : {});
const own = (n: number): Op => ({ n: 0, id: `own-${n}` as OpID, at: iso(noon) as Instant, scope: person, kind: "contact", record: recordId(), base: 0 as Version, set: { name: `own ${n}` } });

/** A stretch of a phone's life. Whatever is told as done is done. */
async function live(rig: Rig, told: { writes: OpID[]; landed: number; acked: number }): Promise<void> {
  const { store } = rig, ids = [recordId(), recordId(), recordId()];
  const first = [record(person, "person", 10, { name: "Made Up" }), support(11, -400, ids[0]), support(12, -300, ids[1]), support(13, -1, ids[2])];
  const write = async (n: number): Promise<void> => {
    await store.write([own(n)]);
    told.writes.push(own(n).id);
  };
  await store.change((step) => step.stage(backfill(person, 5, first).slice(0, 3)));
  await write(1);
  await store.change((step) => {
    step.stage(backfill(person, 5, first).slice(3));
    step.land(false);
    step.state = { ...step.state, shown: true, head: 13 as Version, cursor: "13" };
  });
  told.landed = 13;
  await write(2);
  await store.change((step) => { // a change at hand, an ack, and the next cursor
    step.stage([{ frame: "record", scope: person, gen: 5 as Version, record: support(14, -2) }]);
    step.land(false);
    const entry = step.entries()[0]!;
    step.put({ ...entry, result: { n: entry.op.n, id: entry.op.id, status: "applied", version: 14 as Version } });
    step.state = { ...step.state, head: 14 as Version, cursor: "14", offered: 1 };
  });
  told.landed = 14;
  told.acked = 1;
  await store.change((step) => { // a cold one is deleted, another moves into this month
    step.stage([{ frame: "gone", scope: person, gen: 5 as Version, id: ids[0]!, version: 15 as Version }, { frame: "record", scope: person, gen: 5 as Version, record: support(16, 0, ids[1]) }]);
    step.land(false);
    step.state = { ...step.state, head: 16 as Version, cursor: "16" };
  });
  told.landed = 16;
  await store.fold();
  await write(3);
  await store.change((step) => {
    step.stage([{ frame: "drop", scope: person, gen: 20 as Version }]);
    step.land(false);
    step.state = { ...step.state, head: 20 as Version, cursor: "20" };
  });
  told.landed = 20;
}

/** What the view holds at each cursor. */
const shownAt: Readonly<Record<string, readonly string[]>> = { "": [], 13: ["Made Up", "v11", "v12", "v13"], 14: ["Made Up", "v11", "v12", "v13", "v14"], 16: ["Made Up", "v13", "v14", "v16"], 20: [] };

test("a phone that dies in the middle of any transaction has what it told was done, and nothing by half", async () => {
  for (let n = 2; ; n++) { // the first begins the term
    let died = false;
    for (const requests of [0, 1, 2, 4, 7, 12]) {
      freshDisk();
      const key = await dataKey(), rig = await unlocked(key);
      const told = { writes: [] as OpID[], landed: 0, acked: 0 };
      const kill = killAt(n - 1, requests);
      await live(rig, told).catch((why: unknown) => { if (!kill.done()) throw why; });
      kill.stop();
      died ||= kill.done();
      const when = `transaction ${n - 1}, after ${requests} requests`;
      const again = await unlocked(key), { memory, cold } = again.store, load = createCaseload(memory, cold, me);
      const entries = again.store.look((now) => now.entries());
      assert.deepEqual(entries.slice(0, told.writes.length).map((e) => e.op.id), told.writes, `${when}: what was saved`);
      assert.ok(entries.length <= told.writes.length + 1, `${when}: entries`);
      assert.deepEqual(entries.map((e) => e.op.n), entries.map((_, i) => i + 1), `${when}: numbers`);
      assert.equal(again.store.look((now) => now.lastN), entries.length, `${when}: count`);
      assert.ok(memory.state.head >= told.landed, `${when}: the view went back`);
      assert.ok(entries.filter((e) => e.result).length >= told.acked, `${when}: acks`);
      const all = (await load.all(person)).filter((r) => r.version !== 0).map((r) => String(r.fields["name"] ?? r.fields["note"])).sort();
      assert.deepEqual(all, shownAt[memory.state.cursor], `${when}: what is shown at ${memory.state.cursor}`);
      assert.equal(memory.damaged.size, 0, when);
      assert.equal(memory.gone.length, memory.state.cursor === "20" ? 1 : 0, `${when}: who left`);
    }
    if (!died) {
      assert.ok(n > 8, `only ${n} transactions`);
      return;
    }
  }
});

test("ops whose ids were saved are not saved again, also after they were let go", async () => {
  freshDisk();
  const key = await dataKey(), rig = await unlocked(key), op = own(1);
  await rig.store.write([op]);
  await rig.store.write([op]);
  assert.equal(rig.store.look((now) => now.lastN), 1);
  const next = await unlocked(key); // another tab leads now, and is asked again
  await next.store.write([op]);
  assert.equal(next.store.look((now) => now.lastN), 1);
  await next.store.change((step) => step.remove(1));
  await next.store.write([op]);
  assert.deepEqual(next.store.look((now) => [now.lastN, now.entries().length]), [1, 0]);
});

test("a tab that another one has taken over from keeps nothing any more", async () => {
  freshDisk();
  const key = await dataKey(), old = await unlocked(key), next = await unlocked(key);
  await assert.rejects(old.store.write([own(1)]), { name: "TakenOver" });
  await assert.rejects(old.store.change((step) => { step.state = { ...step.state, cursor: "x" }; }), { name: "TakenOver" });
  await Promise.all([own(2), own(3), own(4)].map((op) => next.store.write([op])));
  assert.deepEqual(next.store.look((now) => now.entries().map((e) => e.op.n)), [1, 2, 3]);
});
