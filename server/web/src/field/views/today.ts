import { instant, msOf } from "../../sync/ids.ts";
import type { Scope } from "../../sync/ids.ts";
import type { Caseload, Head } from "../../sync/phone.ts";
import { ladder, stepOf } from "./ladder.ts";
import { byName, dueOf, isDone, isOverdue, rowsOf, sinceOf } from "./people.ts";
import { byTime, text } from "./read.ts";
import type { PersonRow, TodayView, Visit } from "./views.ts";
import { byScope, byStart, calledOf, endOf, visitOf } from "./visit.ts";
import { dayOf, plusDays, startOf } from "./wall.ts";

const daysAhead = 7;

/** A worker's day: what was answered, what is left to say, what comes, and who might slip. But for the answers, each visit stands in one place. */
export function todayView(caseload: Caseload, now: number): TodayView {
  const heads = new Map(caseload.people().map((h) => [h.scope, h]));
  const visits = caseload.hot("appointment").flatMap((a) => {
    const head = heads.get(a.scope);
    return head === undefined ? [] : (visitOf(head, a) ?? []);
  }).sort(byStart);
  const overdue = visits.filter((v) => isOverdue(v.record, now));
  const rest = visits.filter((v) => !isOverdue(v.record, now));
  const day = dayOf(now);
  const of = (d: typeof day): readonly Visit[] => {
    const from = startOf(d), to = startOf(plusDays(d, 1));
    return rest.filter((v) => msOf(v.startsAt) >= from && msOf(v.startsAt) < to);
  };
  const rows = rowsOf(caseload, now);
  return {
    now: instant(now), overdue, answers: visits.filter((v) => v.wants && v.state !== "died"),
    ladder: ladder(caseload, heads, new Set(overdue.map((v) => v.record.id)), now),
    today: of(day),
    ahead: Array.from({ length: daysAhead }, (_, i) => plusDays(day, i + 1)).map((d) => ({ day: d, visits: of(d) })).filter((d) => d.visits.length > 0),
    unseen: unseen(caseload, heads, rows),
    due: due(caseload, heads, now),
    likely: likely(rows, visits, now),
  };
}

function unseen(caseload: Caseload, heads: ReadonlyMap<Scope, Head>, rows: readonly PersonRow[]): readonly PersonRow[] {
  const assignments = byScope(caseload, "assignment");
  const since = (r: PersonRow): number => sinceOf(heads.get(r.scope)!, assignments.get(r.scope) ?? []);
  return rows.filter((r) => r.attention.includes("unseen")).sort((a, b) => since(a) - since(b) || byName(a, b));
}

function due(caseload: Caseload, heads: ReadonlyMap<Scope, Head>, now: number): TodayView["due"] {
  const today = dayOf(now);
  return caseload.hot("follow_up").flatMap((record) => {
    const head = heads.get(record.scope), on = dueOf(record);
    if (head === undefined || on === undefined || on > today || isDone(record) || stepOf(record) !== undefined) return [];
    return [{ scope: record.scope, person: calledOf(head.person), record, due: on, about: text(record, "about") ?? "" }];
  }).sort((a, b) => a.due.localeCompare(b.due) || a.person.localeCompare(b.person, "en"));
}

/** Who a support is likely about: whose visit is now, was just before, or comes next; then who was seen last. */
function likely(rows: readonly PersonRow[], visits: readonly Visit[], now: number): readonly PersonRow[] {
  const day = dayOf(now), from = startOf(day), to = startOf(plusDays(day, 1));
  const near = new Map<Scope, number>();
  for (const v of visits) {
    const start = msOf(v.startsAt), end = endOf(v.record);
    if (start < from || start >= to || v.status === "cancelled" || v.status === "moved") continue;
    const away = now < start ? start - now : Math.max(0, now - end);
    near.set(v.scope, Math.min(near.get(v.scope) ?? Infinity, away));
  }
  return rows.filter((r) => r.state === "open" || r.state === "paused").sort((a, b) => {
    const [x, y] = [near.get(a.scope), near.get(b.scope)];
    if (x !== undefined || y !== undefined) return (x ?? Infinity) - (y ?? Infinity) || byName(a, b);
    if (a.lastSeen !== undefined && b.lastSeen !== undefined) return byTime(b.lastSeen, a.lastSeen) || byName(a, b);
    return Number(b.lastSeen !== undefined) - Number(a.lastSeen !== undefined) || byName(a, b);
  }).slice(0, likelyPeople);
}
const likelyPeople = 6;
