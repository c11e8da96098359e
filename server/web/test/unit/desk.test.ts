import assert from "node:assert/strict";
import { test } from "node:test";
import { createKeep } from "../../src/console/keep.ts";
import { fitting, type Filter } from "../../src/console/screens/caseload.tsx";
import type { CaseRow } from "../../src/console/views/views.ts";
import { personScope, type Instant, type RecordID, type Scope, type TeamID, type UserID, type Version } from "../../src/sync/ids.ts";
import type { Frame, Step } from "../../src/sync/keep.ts";
import type { Fields, ServerRecord } from "../../src/sync/record.ts";
import { memory } from "../sync/memory.ts";
import { dice, type Dice } from "../sync/dice.ts";

const uuid = (n: number): RecordID => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}` as RecordID;

const user = { id: "u" as UserID, name: "Made Up", role: "coordinator", team: "t" as TeamID };

/** Frames as a server might send them, and as none should: of old accesses, of what is not there, twice. */
function frames(roll: Dice, next: () => number): readonly Frame[] {
  return Array.from({ length: roll(8) }, (): Frame => {
    const scope = personScope(uuid(1 + roll(4))), gen = (roll(8) === 0 ? 2 : 1) as Version, id = uuid(100 + roll(12));
    switch (roll(14)) {
      case 0: return { frame: "scope", scope, gen, backfill: true, done: false };
      case 1: return { frame: "scope", scope, gen, backfill: roll(3) === 0, done: true };
      case 2: return roll(4) === 0 ? { frame: "drop", scope, gen } : { frame: "gone", scope, gen, id, version: next() as Version };
      case 3: case 4: return { frame: "gone", scope, gen, id, version: next() as Version };
      default: {
        const record: ServerRecord = { scope, kind: "support", id, version: next() as Version, user: "u" as UserID, at: "2026-06-15T12:00:00Z" as Instant, fields: { note: `n${roll(99)}` } as Fields };
        return { frame: "record", scope, gen, record };
      }
    }
  });
}

const seed = Number(process.env["SEED"] ?? 7);
for (let s = seed; s < seed + 40; s++) test(`a desk's memory holds what the smallest storage that keeps the promises holds, seed ${s}`, async () => {
  const roll = dice(s), desk = createKeep(() => undefined), plain = memory();
  let version = 0;
  for (let i = 0; i < 60; i++) {
    const came = frames(roll, () => ++version), how = roll(10), reset = roll(8) === 0;
    const fn = (step: Step): void => {
      if (how === 0) step.unstage();
      step.stage(came);
      if (how > 5) {
        step.land(reset);
        step.state = { ...step.state, shown: true, user };
      }
      if (how === 9) step.drop(personScope(uuid(1)));
    };
    await desk.change(fn);
    await plain.change(fn);
    const sums = (of: typeof plain | typeof desk): unknown => [...of.look((l) => l.sums())].sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(sums(desk), sums(plain), `after step ${i}`);
    if (!plain.look((l) => l.state.shown)) continue;
    for (const scope of new Set([...plain.scopes(), ...desk.memory.folders.keys()] as Scope[])) {
      const [mine, theirs] = [[...desk.memory.folders.get(scope)?.atHand.values() ?? []], plain.records(scope)].map((all) => all.map((r) => [r.id, r.version, r.fields]).sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)));
      assert.deepEqual(mine, theirs, `${scope} after step ${i}`);
    }
  }
});

test("a table is filtered by name, worker, state and need, and sorted both ways", () => {
  const row = (name: string, more: Partial<CaseRow> = {}): CaseRow => ({ scope: personScope(uuid(name.length)), person: uuid(name.length), name, state: "open", attention: [], search: name.toLowerCase(), workers: ["w" as UserID], worker: "Wilma", last: [], missed: 0, reach: "reminded", ...more });
  const rows = [row("Ada"), row("Bram", { workers: [], worker: "" }), row("Cleo K", { state: "closed" }), row("Dora Mad", { attention: ["unseen"], missed: 3, last: ["missed", "missed", "missed"] })];
  const all: Filter = { text: "", worker: "", ended: false, attention: false, by: "name", down: false };
  const names = (part: Partial<Filter>): readonly string[] => fitting(rows, { ...all, ...part }).map((r) => r.name);
  assert.deepEqual(names({}), ["Ada", "Bram", "Dora Mad"]);
  assert.deepEqual(names({ ended: true }), ["Ada", "Bram", "Cleo K", "Dora Mad"]);
  assert.deepEqual(names({ worker: "nobody" }), ["Bram"]);
  assert.deepEqual(names({ attention: true }), ["Dora Mad"]);
  assert.deepEqual(names({ text: "wilma" }), ["Ada", "Dora Mad"]);
  assert.deepEqual(names({ text: "mad" }), ["Dora Mad"]);
  assert.equal(names({ by: "missed" })[0], "Dora Mad");
  assert.equal(names({ by: "missed", down: true }).at(-1), "Dora Mad");
});
