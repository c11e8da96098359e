import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createCaseload } from "../../src/sync/caseload.ts";
import { instant, mintedAt, userScope, uuid, type OpID, type Scope, type Version } from "../../src/sync/ids.ts";
import { officeOf } from "../../src/sync/office.ts";
import { made } from "../../src/sync/outbox.ts";
import { me } from "./casework.ts";
import { backfill, dataKey, freshDisk, noon, random, record, recordId, unlocked } from "./disk.ts";

beforeEach(freshDisk);

test("a decision names whom and what it is about, or when that was written where the phone no longer has it", async () => {
  const rig = await unlocked(await dataKey()), alex = `person/${recordId()}` as Scope, mine = userScope(me.id);
  const m = made([{ scope: alex, kind: "support", record: recordId(), base: 0 as Version, set: { what: "visit", at: instant(noon) } }], 0, { now: () => noon, random });
  assert.ok(m.kind === "made");
  const [op] = m.ops, old = uuid(noon - 86_400_000, random);
  await rig.store.write(m.ops);
  const notice = (about: string, of: string, version: number) => record(mine, "notice", version, { about, op: of, at: instant(noon) });
  await rig.store.change((step) => {
    step.stage([...backfill(alex, 5, [record(alex, "person", 10, { name: "Alex Nobody", state: "open" })]), ...backfill(mine, 5, [notice("accepted", op!.id, 11), notice("set_aside", old, 12), notice("accepted", "", 13)])]);
    step.land(false);
    step.state = { ...step.state, shown: true };
  });
  const office = officeOf(rig.store.memory, createCaseload(rig.store.memory, rig.store.cold, me), [], 0);
  assert.deepEqual(office.notices.map((n) => [n.entry?.about, n.entry?.op.id, n.written]).sort(), [
    ["Alex Nobody", op!.id, undefined], [undefined, undefined, instant(noon - 86_400_000)], [undefined, undefined, undefined],
  ].sort());
});

test("only an id that holds a time says when it was made", () => {
  assert.equal(mintedAt(uuid(1_764_000_000_123, random)), 1_764_000_000_123);
  for (const id of ["", "x", "7d444840-9dc0-41d1-b245-5ffdce74fad2", "00000000-0000-7000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff" as OpID]) assert.equal(mintedAt(id), undefined, id);
});
