import { msOf, personOf, type Scope, type UserID } from "../../sync/ids.ts";
import type { Caseload } from "../../sync/phone.ts";
import type { Shown } from "../../sync/record.ts";
import { byName, rowOf } from "../../field/views/people.ts";
import { moment, text } from "../../field/views/read.ts";
import { remindingOf } from "../../field/views/reminding.ts";
import { byScope, calledOf, isOpen, stateOf } from "../../field/views/visit.ts";
import type { CaseRow, Member, Reach, TableView, TeamView } from "./views.ts";

/** The team's members by name. */
export function membersOf(caseload: Caseload): readonly Member[] {
  return caseload.hot("member").map((r): Member => ({ id: r.id as string as UserID, name: text(r, "name") ?? "", role: text(r, "role") ?? "" }))
    .sort((a, b) => a.name.localeCompare(b.name, "en", { sensitivity: "base" }));
}

/** Assignments in force at a time, those who lead first. */
export function inForce(assignments: readonly Shown[], now: number): readonly Shown[] {
  return assignments.filter((a) => (moment(a, "from") ?? -Infinity) <= now && (moment(a, "until") ?? Infinity) > now && text(a, "worker") !== undefined)
    .sort((a, b) => Number(text(a, "part") === "cover") - Number(text(b, "part") === "cover"));
}

/** Every person of the team, as a row. */
export function tableView(caseload: Caseload, now: number): TableView {
  const members = membersOf(caseload), names = new Map(members.map((m) => [m.id, m.name]));
  const appointments = byScope(caseload, "appointment"), steps = byScope(caseload, "follow_up"), assignments = byScope(caseload, "assignment");
  const others = ["consent", "way", "page", "message"].map((kind) => [kind, byScope(caseload, kind)] as const);
  const none: readonly Shown[] = [];
  const rows = caseload.people().map((head): CaseRow => {
    const { scope } = head, visits = appointments.get(scope) ?? none, given = assignments.get(scope) ?? none;
    const workers = inForce(given, now).map((a) => text(a, "worker") as UserID);
    const last = lastOf(visits);
    return {
      ...rowOf(head, now, visits, steps.get(scope) ?? none, given), person: personOf(scope), workers,
      worker: workers.map((id) => names.get(id) ?? "").filter((n) => n !== "").join(", "), last, missed: last.filter((l) => l === "missed").length,
      reach: reachOf(head.person, (kind) => others.find(([k]) => k === kind)?.[1].get(scope) ?? none),
    };
  });
  return { rows: rows.sort(byName), members };
}

/** Whether they came to the last five of which that is known. */
function lastOf(visits: readonly Shown[]): CaseRow["last"] {
  const known: { readonly at: number; readonly came: "attended" | "missed" }[] = [];
  for (const v of visits) {
    const status = text(v, "status"), at = moment(v, "starts_at");
    if (at !== undefined && (status === "attended" || status === "missed")) known.push({ at, came: status });
  }
  return known.sort((a, b) => b.at - a.at).slice(0, 5).map((k) => k.came);
}

function reachOf(person: Shown, of: (kind: string) => readonly Shown[]): Reach {
  const { consent, failingSince, notified } = remindingOf(person, of);
  if (consent === undefined || text(consent, "withdrawn_on") !== undefined) return "no_consent";
  if (failingSince !== undefined) return "failing";
  return notified || text(person, "phone") !== undefined ? "reminded" : "no_way";
}

const week = 7 * 86_400_000;

/** Who works with whom. */
export function teamView(caseload: Caseload, now: number): TeamView {
  const assignments = byScope(caseload, "assignment"), appointments = byScope(caseload, "appointment");
  const people = new Map<UserID, { scope: Scope; name: string; part: string; assignment: Shown; open: number }[]>();
  const nobody: { scope: Scope; name: string }[] = [], weeks = new Map<UserID, number>();
  for (const head of caseload.people()) {
    const name = calledOf(head.person), held = inForce(assignments.get(head.scope) ?? [], now);
    const ended = ["closed", "died"].includes(stateOf(head.person));
    if (held.length === 0 && !ended) nobody.push({ scope: head.scope, name });
    if (ended) continue;
    const ahead = (appointments.get(head.scope) ?? []).filter((a) => isOpen(a) && (moment(a, "starts_at") ?? 0) >= now), open = ahead.length;
    const soon = ahead.filter((a) => moment(a, "starts_at")! < now + week).length;
    for (const a of held) {
      const who = text(a, "worker") as UserID;
      if (text(a, "part") !== "cover") weeks.set(who, (weeks.get(who) ?? 0) + soon);
      people.set(who, [...people.get(who) ?? [], { scope: head.scope, name, part: text(a, "part") ?? "lead", assignment: a, open }]);
    }
  }
  const byTheirName = (a: { readonly name: string }, b: { readonly name: string }): number => a.name.localeCompare(b.name, "en", { sensitivity: "base" });
  return { members: membersOf(caseload).map((m) => ({ ...m, people: (people.get(m.id) ?? []).sort(byTheirName), week: weeks.get(m.id) ?? 0 })), nobody: nobody.sort(byTheirName) };
}

/** The names of those who lead or cover, by scope. */
export function workersBy(caseload: Caseload, now: number): (scope: Scope) => string {
  const names = new Map(membersOf(caseload).map((m) => [m.id, m.name])), assignments = byScope(caseload, "assignment");
  const known = new Map<Scope, string>();
  return (scope) => {
    let found = known.get(scope);
    if (found === undefined) known.set(scope, found = inForce(assignments.get(scope) ?? [], now).map((a) => names.get(text(a, "worker") as UserID) ?? "").filter((n) => n !== "").join(", "));
    return found;
  };
}

export const newest = (a: Shown, b: Shown): number => msOf(b.at) - msOf(a.at);
