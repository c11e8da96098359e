import { instant, msOf } from "../../sync/ids.ts";
import type { Instant, RecordID, Scope } from "../../sync/ids.ts";
import type { Edit, Fields, Shown } from "../../sync/record.ts";
import { moment, text } from "../views/read.ts";
import { wantsSomething } from "../views/answer.ts";
import { clockOf, dayOf, momentOf, plusDays } from "../views/wall.ts";
import type { Clock, Day } from "../views/wall.ts";
import { editOf, opened, putBack, unwritten } from "./edit.ts";
import type { Opened } from "./edit.ts";

export type Outcome = "attended" | "missed" | "cancelled" | "moved";

/** What became of it, as one value with the reason (PROTOCOL §8.2). Undefined where that stands already. */
export const outcome = (of: Opened, status: Outcome, reason?: string): Edit | undefined =>
  editOf(of, { status, missed_reason: status === "missed" ? reason ?? of.was["missed_reason"] ?? null : null });

/** Puts back what stood before an outcome was given. */
export const takeBack = (of: Opened): Edit => putBack(of, "status", "missed_reason");

/** When, as it is agreed: by the wall. */
export interface Slot {
  readonly day: Day;
  readonly clock: Clock;
  /** Absent: nobody has said. */
  readonly minutes?: number;
}

export function timesOf({ day, clock, minutes }: Slot): { readonly starts_at: Instant; readonly ends_at: Instant | null } {
  const start = momentOf(day, clock);
  return { starts_at: instant(start), ends_at: minutes === undefined ? null : instant(start + minutes * 60_000) };
}

export function slotOf(appointment: Fields): Slot | undefined {
  const [start, end] = [ms(appointment["starts_at"]), ms(appointment["ends_at"])];
  if (start === undefined) return undefined;
  const slot = { day: dayOf(start), clock: clockOf(start) };
  return end === undefined || end <= start ? slot : { ...slot, minutes: Math.round((end - start) / 60_000) };
}
const ms = (value: unknown): number | undefined => {
  const at = typeof value === "string" ? msOf(value) : NaN;
  return Number.isNaN(at) ? undefined : at;
};

/**
 * Another time for the same appointment. It is planned again, whatever was said of the old time, and what the person
 * answered about that one is no answer about this one. Where they asked for it, they have been dealt with.
 */
export function moved(of: Opened, to: Slot, now: number): Edit | undefined {
  const answered = of.was["reply"] !== undefined && of.was["reply"] !== "none";
  const times = timesOf(to);
  const shifts = of.was["starts_at"] === undefined || msOf(times.starts_at) !== msOf(String(of.was["starts_at"]));
  return editOf(of, { ...times, ...(of.was["status"] === "planned" || !shifts ? {} : { status: "planned", missed_reason: null }),
    ...(answered && shifts ? { reply: "none", reply_note: null, reply_time: null } : {}),
    ...(shifts && wantsSomething({ fields: of.was }) ? { reply_dealt_at: instant(now) } : {}) });
}

/** Most appointments of one series: a year of weeks. */
export const maxWeeks = 52;

/** The same time by the wall, on so many weeks' same day: the first on `first` itself. */
export const weekly = (first: Slot, times: number): readonly Slot[] =>
  Array.from({ length: Math.max(1, Math.min(times, maxWeeks)) }, (_, i) => ({ ...first, day: plusDays(first.day, 7 * i) }));

/** New appointments, each a record of its own; written together they are one group. */
export const planned = (scope: Scope, slots: readonly Slot[], fields: Fields, mint: () => RecordID): readonly Edit[] =>
  slots.map((s) => editOf(unwritten(scope, "appointment", mint()), { ...fields, ...timesOf(s), status: "planned" })!);

export const cancelled = (appointments: readonly Shown[]): readonly Edit[] => appointments.flatMap((a) => outcome(opened(a), "cancelled") ?? []);

/**
 * Those that follow an appointment in its series: of the same title, on the same weekday and wall time, still to come.
 * A series is no record of its own, so what was moved has left it.
 */
export function following(of: Shown, appointments: readonly Shown[]): readonly Shown[] {
  const start = moment(of, "starts_at");
  if (start === undefined) return [];
  const [day, clock] = [dayOf(start), clockOf(start)];
  return appointments.filter((a) => {
    const at = moment(a, "starts_at");
    if (at === undefined || at <= start || text(a, "title") !== text(of, "title") || clockOf(at) !== clock) return false;
    const status = text(a, "status");
    return (status === "planned" || status === "confirmed") && (Date.parse(dayOf(at)) - Date.parse(day)) % (7 * 86_400_000) === 0;
  });
}
