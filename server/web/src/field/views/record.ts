import type { RecordID, UserID } from "../../sync/ids.ts";
import { msOf } from "../../sync/ids.ts";
import type { Caseload, Head } from "../../sync/phone.ts";
import type { Beside, Fields, Origin, Shown, Value } from "../../sync/record.ts";
import type { Choice, RecordView, Version, Who } from "./views.ts";
import { calledOf } from "./visit.ts";

/** Fields of an appointment that merge as one value (PROTOCOL §8.2). */
export const groups: readonly (readonly string[])[] = [["status", "missed_reason"], ["starts_at", "ends_at"], ["reply", "reply_note"]];
export const groupOf = (kind: string, field: string): readonly string[] =>
  (kind === "appointment" ? groups.find((g) => g.includes(field)) : undefined) ?? [field];

export async function recordView(caseload: Caseload, id: RecordID): Promise<RecordView | undefined> {
  const record = await caseload.record(id);
  if (record === undefined) return undefined;
  const head = caseload.people().find((h) => h.scope === record.scope);
  return head && settling(caseload, head, record);
}

export function settling(caseload: Caseload, head: Head, record: Shown): RecordView {
  return {
    record, person: calledOf(head.person),
    choices: choices(caseload, record),
    deletes: (record.deletes ?? []).map((d) => ({ by: whose(caseload, d.user), at: d.at })),
  };
}

/** Who a user is to the worker. Writers inside the server are `person/ID` and `system/NAME`. */
export function whose(caseload: Caseload, user: UserID): Who {
  if (user === caseload.me.id) return { kind: "me" };
  if (user.startsWith("person/")) return { kind: "person" };
  if (user.startsWith("system/")) return { kind: "program" };
  const name = caseload.nameOf(user);
  return name === undefined ? { kind: "elsewhere" } : { kind: "colleague", name };
}

/** The choices to be made, a group of fields as one. */
function choices(caseload: Caseload, record: Shown): readonly Choice[] {
  const found: Choice[] = [];
  const done = new Set<string>();
  for (const name of Object.keys(record.conflicts ?? {})) {
    const fields = groupOf(record.kind, name);
    if (done.has(fields[0]!)) continue;
    done.add(fields[0]!);
    const versions = together(record, fields).map(({ origin, set }, i): Version =>
      ({ value: set[fields[0]!] ?? null, set, by: whose(caseload, origin?.user ?? record.user), at: origin?.at ?? record.at, shown: i === 0 }));
    found.push({ field: fields[0]!, versions });
  }
  return found;
}

type Standing = { readonly origin: Origin | undefined; readonly set: Fields };

/**
 * The standing values of a group, the shown one first. A frame lists a member's value only where it is the first of its
 * kind (PROTOCOL §8.5), so a member that a version lacks equals one listed before it: of those that make sense the nearest.
 */
function together(record: Shown, fields: readonly string[]): readonly Standing[] {
  const besides = new Map<number, { origin: Origin; parts: Map<string, Value> }>();
  for (const f of fields) {
    for (const b of record.conflicts?.[f] ?? []) {
      const at = besides.get(b.version) ?? { origin: originOf(b), parts: new Map<string, Value>() };
      at.parts.set(f, b.value);
      besides.set(b.version, at);
    }
  }
  const shownBy = fields.map((f) => record.shown?.[f]).find((o) => o !== undefined);
  const standing: Standing[] = [{ origin: shownBy, set: Object.fromEntries(fields.map((f) => [f, record.fields[f] ?? null])) }];
  const latest = [...besides.values()].sort((a, b) => msOf(b.origin.at) - msOf(a.origin.at) || b.origin.version - a.origin.version);
  for (const { origin, parts } of latest) {
    const before = standing.map((s) => s.set).reverse();
    const known = Object.fromEntries(parts);
    const guesses = before.map((s): Fields => ({ ...s, ...known }));
    standing.push({ origin, set: guesses.find(isSensible) ?? guesses[0]! });
  }
  return standing;
}

const originOf = ({ version, user, at }: Beside): Origin => ({ version, user, at });

/** A reason goes with what was missed, and an end comes after its start. */
function isSensible(set: Fields): boolean {
  if (typeof set["missed_reason"] === "string" && set["status"] !== "missed") return false;
  const [start, end] = [set["starts_at"], set["ends_at"]];
  return !(typeof start === "string" && typeof end === "string") || msOf(end) > msOf(start);
}
