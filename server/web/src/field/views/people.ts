import { instant, msOf } from "../../sync/ids.ts";
import type { Instant } from "../../sync/ids.ts";
import type { Caseload, Head } from "../../sync/phone.ts";
import type { Shown } from "../../sync/record.ts";
import { fold } from "./fold.ts";
import { isOld, moment, plain, text } from "./read.ts";
import type { Attention, PeopleView, PersonRow } from "./views.ts";
import { byScope, calledOf, endOf, isOpen, stateOf } from "./visit.ts";
import { daysBetween, dayOf, isDay, plusDays, startOf } from "./wall.ts";
import type { Day } from "./wall.ts";

/** After so many days without anybody having been with them, a person needs attention. */
export const unseenDays = 21;
/** Of numbers in use, nearly half change within a year: one that nobody has confirmed for so long may be another's. */
export const confirmedDays = 90;

/** The caseload by name. */
export function peopleView(caseload: Caseload, now: number): PeopleView {
  return { rows: rowsOf(caseload, now).slice().sort(byName) };
}

/** A row for each person, in no order. */
export function rowsOf(caseload: Caseload, now: number): readonly PersonRow[] {
  const of = { appointment: byScope(caseload, "appointment"), follow_up: byScope(caseload, "follow_up"), assignment: byScope(caseload, "assignment") };
  return caseload.people().map((head) => rowOf(head, now, of.appointment.get(head.scope) ?? [], of.follow_up.get(head.scope) ?? [],
    of.assignment.get(head.scope) ?? []));
}

export function rowOf(head: Head, now: number, appointments: readonly Shown[], followUps: readonly Shown[], assignments: readonly Shown[]): PersonRow {
  const person = head.person;
  const name = calledOf(person), full = plain(text(person, "name") ?? "");
  const next = nextOf(appointments, now);
  const phone = text(person, "phone");
  return {
    scope: head.scope, name,
    ...(full === name ? {} : { fullName: full }),
    state: stateOf(person),
    ...(head.lastSeen === undefined ? {} : { lastSeen: head.lastSeen }),
    ...(next === undefined ? {} : { next }),
    attention: attentionOf(head, now, appointments, followUps, assignments),
    ...(phone === undefined ? {} : { phone }),
    search: fold(full === name ? name : `${name} ${full}`),
  };
}

function nextOf(appointments: readonly Shown[], now: number): Instant | undefined {
  const starts = appointments.filter((a) => isOpen(a) && endOf(a) > now).map((a) => moment(a, "starts_at")).filter((t) => t !== undefined);
  return starts.length === 0 ? undefined : instant(Math.min(...starts));
}

/** What needs somebody's attention, the most pressing first. Of those with whom the work has ended, only what is left to say. */
function attentionOf(head: Head, now: number, appointments: readonly Shown[], followUps: readonly Shown[], assignments: readonly Shown[]): readonly Attention[] {
  const at: Record<Attention, boolean> = {
    held: (head.held ?? 0) > 0,
    two_versions: head.conflicts > 0,
    overdue_outcome: appointments.some((a) => isOverdue(a, now)),
    missed_last: false, follow_up_due: false, unseen: false, phone_unconfirmed: false,
  };
  const state = stateOf(head.person);
  if (state !== "closed" && state !== "died") {
    at.missed_last = missedLast(head, now, appointments);
    // What became of an appointment need not be asked once it has been said, whatever the server still has open.
    const told = new Set(appointments.filter((a) => !isOpen(a)).map((a) => a.id as string));
    at.follow_up_due = followUps.some((f) => isDue(f, now) && !(text(f, "step") === "outcome" && told.has(text(f, "appointment") ?? "")));
    at.unseen = state !== "paused" && isUnseen(head, now, assignments);
    at.phone_unconfirmed = phoneIsOld(head.person, now);
  }
  return pressing.filter((a) => at[a]);
}

/** In the order in which they want somebody. */
export const pressing: readonly Attention[] = ["held", "two_versions", "overdue_outcome", "missed_last", "follow_up_due", "unseen", "phone_unconfirmed"];

export const isOverdue = (appointment: Shown, now: number): boolean =>
  isOpen(appointment) && moment(appointment, "starts_at") !== undefined && endOf(appointment) <= now;

/** The latest appointment of which the outcome is known was missed, and nobody has been with them since. */
function missedLast(head: Head, now: number, appointments: readonly Shown[]): boolean {
  let last: Shown | undefined, at = -Infinity;
  for (const a of appointments) {
    const start = moment(a, "starts_at"), status = text(a, "status");
    if (start !== undefined && start <= now && start > at && (status === "attended" || status === "missed")) [last, at] = [a, start];
  }
  return last !== undefined && text(last, "status") === "missed" && (head.lastSeen === undefined || msOf(head.lastSeen) < at);
}

/** Nobody has been with them for a while; for somebody who was never seen that counts from when they came to us. */
export function isUnseen(head: Head, now: number, assignments: readonly Shown[]): boolean {
  return sinceOf(head, assignments) < startOf(plusDays(dayOf(now), 1 - unseenDays));
}

export function sinceOf(head: Head, assignments: readonly Shown[]): number {
  if (head.lastSeen !== undefined) return msOf(head.lastSeen);
  return Math.min(msOf(head.person.at), ...assignments.map((a) => moment(a, "from") ?? msOf(a.at)));
}

/** The day on which a follow-up is due, which is written as a day or as a time. */
export function dueOf(followUp: Shown): Day | undefined {
  const due = text(followUp, "due") ?? "";
  if (isOld(due)) return undefined;
  if (isDay(due)) return due;
  const ms = msOf(due);
  return Number.isNaN(ms) ? undefined : dayOf(ms);
}

/** Whether nothing is to be done about it any more: it was done, skipped, or stopped. */
export const isDone = (followUp: Shown): boolean => text(followUp, "done_at") !== undefined || text(followUp, "ended") !== undefined;

export function isDue(followUp: Shown, now: number): boolean {
  const due = dueOf(followUp);
  return due !== undefined && !isDone(followUp) && due <= dayOf(now);
}

function phoneIsOld(person: Shown, now: number): boolean {
  if (text(person, "phone") === undefined) return false;
  const on = text(person, "phone_confirmed_on") ?? "";
  return !isDay(on) || daysBetween(on, dayOf(now)) > confirmedDays;
}

const collator = new Intl.Collator("en", { sensitivity: "base" });
export const byName = (a: PersonRow, b: PersonRow): number => collator.compare(a.name, b.name) || collator.compare(a.fullName ?? "", b.fullName ?? "");

/** The most pressing first, then who has more of it, then who was seen longest ago. */
export function byAttention(a: PersonRow, b: PersonRow): number {
  const first = (r: PersonRow): number => (r.attention.length === 0 ? pressing.length : pressing.indexOf(r.attention[0]!));
  const seen = (r: PersonRow): number => (r.lastSeen === undefined ? 0 : msOf(r.lastSeen));
  return first(a) - first(b) || b.attention.length - a.attention.length || seen(a) - seen(b) || byName(a, b);
}
