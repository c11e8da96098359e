import type { Branded, Instant } from "../../sync/ids.ts";
import { instant } from "../../sync/ids.ts";

/** Where the partnership's clocks hang. What people agree is a wall time there, whatever zone the phone is set to. */
export const zone = "Europe/London";

/** A day there, as 2026-11-22. Days compare as text. */
export type Day = Branded<string, "Day">;
/** A time of day there, as 09:15. */
export type Clock = Branded<string, "Clock">;

const hour = 3_600_000;
const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23",
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });

const offsets = new Map<number, number>();

/** How far the clocks there are ahead of UTC at a moment, in milliseconds. They have only ever changed on the hour. */
function offset(ms: number): number {
  const at = Math.floor(ms / hour);
  let found = offsets.get(at);
  if (found === undefined) {
    const p: Record<string, number> = {};
    for (const { type, value } of parts.formatToParts(at * hour)) p[type] = Number(value);
    found = Date.UTC(p["year"]!, p["month"]! - 1, p["day"]!, p["hour"]!, p["minute"]!, p["second"]!) - at * hour;
    if (offsets.size > 10_000) offsets.clear();
    offsets.set(at, found);
  }
  return found;
}

const wall = (ms: number): string => new Date(ms + offset(ms)).toISOString();
export const dayOf = (ms: number): Day => wall(ms).slice(0, 10) as Day;
export const clockOf = (ms: number): Clock => wall(ms).slice(11, 16) as Clock;

/**
 * The moment at which the clocks there show this. A time that comes twice, as the clocks go back, is its first; one that
 * is left out, as they go forward, is as much later as they jump (RFC 5545 §3.3.5). NaN for what is no day or no time.
 */
export function momentOf(day: Day, clock: Clock): number {
  const shown = Date.parse(`${day}T${clock}:00Z`);
  if (Number.isNaN(shown)) return NaN;
  const before = offset(shown - 24 * hour), after = offset(shown + 24 * hour);
  if (offset(shown - before) === before) return shown - before;
  if (offset(shown - after) === after) return shown - after;
  return shown - before;
}

export const instantOf = (day: Day, clock: Clock): Instant => instant(momentOf(day, clock));
export const startOf = (day: Day): number => momentOf(day, "00:00" as Clock);

const noon = (day: Day): Date => new Date(`${day}T12:00:00Z`);

export function plusDays(day: Day, n: number): Day {
  const d = noon(day);
  d.setUTCDate(d.getUTCDate() + n);
  return d.toISOString().slice(0, 10) as Day;
}

/** 0 is Monday. */
export const weekday = (day: Day): number => (noon(day).getUTCDay() + 6) % 7;

/** Days from one to another; below 0 where the other is earlier. */
export const daysBetween = (from: Day, to: Day): number => Math.round((noon(to).getTime() - noon(from).getTime()) / (24 * hour));

/** Whether it is a day of the calendar. */
export function isDay(text: string): text is Day {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T12:00:00Z`) : NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
export const isClock = (text: string): text is Clock => /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
