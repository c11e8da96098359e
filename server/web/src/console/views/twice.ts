import { personOf, personScope, type RecordID, type Scope } from "../../sync/ids.ts";
import type { Caseload, Head } from "../../sync/phone.ts";
import type { Edit, Shown } from "../../sync/record.ts";
import { fold } from "../../field/views/fold.ts";
import { elements, text } from "../../field/views/read.ts";
import { byScope, calledOf, stateOf } from "../../field/views/visit.ts";
import { inForce, workersBy } from "./table.ts";
import type { EntryOf, TwiceView } from "./views.ts";

/** More than so many are not one person, but a number that a hostel gives to all. */
const most = 4;

/** Entries that may be of one person, and those that are linked. */
export function twiceView(caseload: Caseload, now: number): TwiceView {
  const workers = workersBy(caseload, now), heads = caseload.people(), byId = new Map(heads.map((h) => [h.scope, h]));
  const entry = (h: Head): EntryOf => ({ scope: h.scope, name: text(h.person, "name") ?? calledOf(h.person), worker: workers(h.scope) });
  const sames = caseload.hot("same").filter((s) => text(s, "ended_at") === undefined), given = byScope(caseload, "assignment");
  const linked: TwiceView["linked"][number][] = [], known = new Set<string>();
  for (const s of sames) {
    const other = personScope((text(s, "person") ?? "") as RecordID), one = byId.get(s.scope), two = byId.get(other);
    if (one === undefined || two === undefined || known.has(key(s.scope, other))) continue;
    known.add(key(s.scope, other));
    const records = sames.filter((x) => x === s || (x.scope === other && text(x, "person") === personOf(s.scope)));
    const made = new Set(records.flatMap((r) => elements(r, "made")));
    linked.push({ one: entry(one), two: entry(two), records, assignments: [...given.get(s.scope) ?? [], ...given.get(other) ?? []].filter((a) => made.has(a.id) && text(a, "until") === undefined) });
  }
  const maybe = new Map<string, TwiceView["maybe"][number]>();
  const suggest = (why: "name" | "phone", of: (h: Head) => string): void => {
    const groups = new Map<string, Head[]>();
    for (const h of heads) {
      const at = of(h);
      if (at !== "" && stateOf(h.person) !== "died") groups.set(at, [...groups.get(at) ?? [], h]);
    }
    for (const group of groups.values()) {
      if (group.length > most) continue;
      group.forEach((a, i) => group.slice(i + 1).forEach((b) => { if (!known.has(key(a.scope, b.scope)) && !maybe.has(key(a.scope, b.scope))) maybe.set(key(a.scope, b.scope), { one: entry(a), two: entry(b), why }); }));
    }
  };
  suggest("name", (h) => fold(text(h.person, "name") ?? ""));
  suggest("phone", (h) => { const digits = (text(h.person, "phone") ?? "").replace(/\D/g, ""); return digits.length < 9 ? "" : digits.slice(-9); });
  return { people: heads.map(entry).sort((a, b) => a.name.localeCompare(b.name, "en", { sensitivity: "base" })), maybe: [...maybe.values()], linked };
}

const key = (a: Scope, b: Scope): string => [a, b].sort().join(" ");

/** What links two entries: a record in each, and for each worker of one that the other has not, an assignment there. One group, so that it is all or nothing. */
export function linkEdits(given: ReadonlyMap<Scope, readonly Shown[]>, one: Scope, two: Scope, now: number, from: string, mint: () => RecordID): readonly Edit[] {
  const workersOf = (scope: Scope): readonly string[] => inForce(given.get(scope) ?? [], now).map((a) => text(a, "worker")!);
  return [[one, two], [two, one]].flatMap(([here, there]): readonly Edit[] => {
    const missing = workersOf(there!).filter((w) => !workersOf(here!).includes(w)).map((worker) => ({ worker, id: mint() }));
    return [
      ...missing.map(({ worker, id }): Edit => ({ scope: here!, kind: "assignment", record: id, base: 0 as Edit["base"], set: { worker, part: "cover", from } })),
      { scope: here!, kind: "same", record: mint(), base: 0 as Edit["base"], set: { person: personOf(there!) }, ...(missing.length > 0 ? { add: { made: missing.map((m) => m.id) } } : {}) },
    ];
  });
}

/** What takes a link back: both records are ended, and the access that it gave. */
export const unlinkEdits = (linked: TwiceView["linked"][number], at: string): readonly Edit[] => [
  ...linked.records.map((r): Edit => ({ scope: r.scope, kind: r.kind, record: r.id, base: r.version, set: { ended_at: at } })),
  ...linked.assignments.map((a): Edit => ({ scope: a.scope, kind: a.kind, record: a.id, base: a.version, set: { until: at } })),
];
