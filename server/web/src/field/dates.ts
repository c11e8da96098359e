import { msOf } from "../sync/ids.ts";
import { type Clock, type Day, dayOf, daysBetween, instantOf, isClock, isDay, zone } from "./views/wall.ts";
import { w, type Words } from "./words.ts";

/** How moments and days are said in one language. An instant or a day goes in, and words come out; Intl knows the rest. */
export interface Dates {
  /** "14:02" */
  time(at: string): string;
  /** "Thu 26 November", with the year where it is not this one. */
  day(at: string, now: number): string;
  /** "Thursday 26 November" */
  longDay(at: string): string;
  /** "26 November 2026" */
  fullDate(at: string): string;
  /** "Today", "Tomorrow", "Yesterday", else as `day`. */
  dayName(at: string, now: number): string;
  /** "today 14:02", "yesterday 09:30", "Thu 26 November 14:02" */
  moment(at: string, now: number): string;
  /** "at 14:02" where it is of today, else as `moment`: the end of a sentence. */
  when(at: string, now: number): string;
  /** "3 weeks ago", "yesterday", "in 2 days"; counted in days of the calendar. */
  ago(at: string, now: number): string;
  /** "45 minutes", "1 hour 30 minutes" */
  length(minutes: number): string;
}

/** The day of an instant, or of a day itself. */
const dayIn = (at: string): Day => isDay(at) ? at : dayOf(msOf(at));
/** A day is said by its noon. */
const ms = (at: string): number => isDay(at) ? msOf(instantOf(at, "12:00" as Clock)) : msOf(at);

export function createDates(words: Pick<Words, "locale" | "date" | "time">): Dates {
  const format = (o: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(words.locale, { timeZone: zone, ...o });
  const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const short = format({ weekday: "short", day: "numeric", month: "long" });
  const shortYear = format({ weekday: "short", day: "numeric", month: "long", year: "numeric" });
  const long = format({ weekday: "long", day: "numeric", month: "long" });
  const full = format({ day: "numeric", month: "long", year: "numeric" });
  const relative = new Intl.RelativeTimeFormat(words.locale, { numeric: "auto" });
  const counted = new Intl.RelativeTimeFormat(words.locale);

  const time = (at: string): string => clock.format(msOf(at));
  const day = (at: string, now: number): string => (dayIn(at).slice(0, 4) === dayOf(now).slice(0, 4) ? short : shortYear).format(ms(at)).replace(",", "");
  const daysFrom = (at: string, now: number): number => daysBetween(dayOf(now), dayIn(at));
  const moment = (at: string, now: number): string => {
    const days = daysFrom(at, now);
    return `${Math.abs(days) <= 1 ? relative.format(days, "day") : day(at, now)} ${time(at)}`;
  };
  return {
    time, day, moment,
    longDay: (at) => long.format(ms(at)).replace(",", ""),
    fullDate: (at) => full.format(ms(at)),
    dayName(at, now) {
      const days = daysFrom(at, now);
      return days === 0 ? words.date.today : days === 1 ? words.date.tomorrow : days === -1 ? words.date.yesterday : day(at, now);
    },
    when: (at, now) => daysFrom(at, now) === 0 ? words.time.at(time(at)) : moment(at, now),
    ago(at, now) {
      const days = daysFrom(at, now), n = Math.abs(days), sign = Math.sign(days);
      const [early, late] = [dayIn(at), dayOf(now)].sort() as [Day, Day];
      const years = Number(late.slice(0, 4)) - Number(early.slice(0, 4)) - (late.slice(5) < early.slice(5) ? 1 : 0);
      if (years > 0) return counted.format(sign * years, "year");
      if (n < 14) return relative.format(days, "day");
      if (n < 61) return relative.format(sign * Math.floor(n / 7), "week");
      return relative.format(sign * Math.floor(n / 30.44), "month");
    },
    length(minutes) {
      const h = Math.floor(minutes / 60), m = minutes % 60;
      return h === 0 ? words.time.minutes(m) : m === 0 ? words.time.hours(h) : `${words.time.hours(h)} ${words.time.minutes(m)}`;
    },
  };
}

/** In the language of the catalogue. */
export const dates: Dates = createDates(w);

/** What a person may type for a time: 14:30, 14.30, 1430, 930, 9, 2pm, 2:15 pm. Undefined: it is none. */
export function readTime(text: string): Clock | undefined {
  const m = /^(\d{1,2})(?:[:. h]?(\d{2}))?\s*([ap]\.?m\.?)?$/i.exec(text.trim());
  if (!m) return undefined;
  let hour = Number(m[1]);
  const half = m[3]?.[0]?.toLowerCase();
  if (half && (hour < 1 || hour > 12)) return undefined;
  if (half) hour = (hour % 12) + (half === "p" ? 12 : 0);
  const clock = `${String(hour).padStart(2, "0")}:${m[2] ?? "00"}`;
  return isClock(clock) ? clock : undefined;
}

/** What stands in the three fields of a date. */
export interface DateText { readonly day: string; readonly month: string; readonly year: string }
export const noDate: DateText = { day: "", month: "", year: "" };
export const dateText = (day: Day): DateText => ({ day: String(Number(day.slice(8))), month: String(Number(day.slice(5, 7))), year: day.slice(0, 4) });

/** Reads the three fields, or says what is wrong with them. A year of two digits is of this century; a month may be a word. */
export function readDate(t: DateText, words: Pick<Words, "locale" | "date"> = w): { readonly day: Day } | { readonly wrong: string } {
  const [d, m, y] = [t.day.trim(), t.month.trim(), t.year.trim()];
  if (!d && !m && !y) return { wrong: words.date.missing };
  if (!d) return { wrong: words.date.incomplete.day };
  if (!m) return { wrong: words.date.incomplete.month };
  if (!y) return { wrong: words.date.incomplete.year };
  const year = /^\d{2}$/.test(y) ? `20${y}` : y;
  const day = `${year}-${String(monthOf(m, words.locale)).padStart(2, "0")}-${d.padStart(2, "0")}`;
  return isDay(day) && year >= "1900" && year < "2200" ? { day } : { wrong: words.date.impossible };
}

/** 1 to 12, of a number or the beginning of a name; 0 for what is none. */
function monthOf(text: string, locale: string): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  if (text.length < 3) return 0;
  const names = new Intl.DateTimeFormat(locale, { month: "long", timeZone: "UTC" });
  for (let m = 0; m < 12; m++) if (names.format(Date.UTC(2026, m, 1)).toLowerCase().startsWith(text.toLowerCase())) return m + 1;
  return 0;
}

/** Hours of a day as the server reads them, 10:00-16:00, from what a person may type: 10-16, 10:00 to 16:00, 10am–4pm. Undefined: they are none. */
export function hoursOf(text: string): string | undefined {
  const [from, until, ...more] = text.split(/\s*(?:-|–|—|\bto\b|\buntil\b)\s*/i).map((t) => readTime(t));
  return from === undefined || until === undefined || from === until || more.length > 0 ? undefined : `${from}-${until}`;
}
