import assert from "node:assert/strict";
import { test } from "node:test";
import { todayView } from "../../src/field/views/today.ts";
import { createCaseload } from "../../src/sync/caseload.ts";
import type { Scope, Version } from "../../src/sync/ids.ts";
import { me } from "./casework.ts";
import { backfill, dataKey, freshDisk, noon, record, unlocked } from "./disk.ts";

const day = 86_400_000, scope = "person/00000000-0000-7000-8000-aaaaaaaaaaaa" as Scope;
const ago = (days: number): string => new Date(noon - days * day).toISOString();

for (const days of [31, 46, 200]) {
  test(`an appointment of ${days} days ago of which nobody said what became of it is on Today, after a reload and once it is folded`, async () => {
    freshDisk();
    const key = await dataKey(), rig = await unlocked(key);
    const visits = [record(scope, "appointment", 2, { title: "nobody said", starts_at: ago(days), status: "planned" }),
      record(scope, "appointment", 3, { title: "said", starts_at: ago(days), status: "attended" })];
    const years = Array.from({ length: 300 }, (_, i) => record(scope, "support", 4 + i, { what: "call", at: ago(i) })); // so that there are cold pages
    await rig.store.change((step) => {
      step.stage(backfill(scope, 1, [record(scope, "person", 1, { name: "Ann Made-up", state: "open" }), ...visits, ...years]));
      step.land(false);
      step.state = { ...step.state, shown: true, head: 400 as Version };
    });
    for (const later of [0, 60]) { // it grows old on the phone too
      const at = noon + later * day, again = await unlocked(key, { at });
      const overdue = (): readonly string[] => todayView(createCaseload(again.store.memory, again.store.cold, me), at).overdue.map((v) => v.title);
      assert.deepEqual(overdue(), ["nobody said"], `${later} days later`);
      while (await again.store.fold());
      assert.deepEqual(overdue(), ["nobody said"], `${later} days later, folded`);
    }
  });
}
