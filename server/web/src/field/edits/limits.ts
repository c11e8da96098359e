import { own } from "../own.ts";
import type { Edit, Fields, Value } from "../../sync/record.ts";
import { isDay } from "../views/wall.ts";

/** What the server takes (PROTOCOL §9). A test holds these to that page, so that a form never lets pass what comes back refused. */
export type Rule = (
  | { readonly is: "text"; readonly max: number }
  | { readonly is: "time" } | { readonly is: "day" } | { readonly is: "day or time" } | { readonly is: "flag" } | { readonly is: "scalar" }
  | { readonly is: "count"; readonly max: number }
  | { readonly is: "choice"; readonly of: readonly string[] }
  | { readonly is: "set"; readonly max: number }
) & { readonly required?: true };

const text: Rule = { is: "text", max: 4000 }, note: Rule = { is: "text", max: 20_000 }, name: Rule = { is: "text", max: 200, required: true }, line: Rule = { is: "text", max: 200 };
const time: Rule = { is: "time" }, day: Rule = { is: "day" }, set: Rule = { is: "set", max: 50 }, flag: Rule = { is: "flag" };
const choice = (...of: readonly string[]): Rule => ({ is: "choice", of });
const must = (rule: Rule): Rule => ({ ...rule, required: true });

export const rules: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  person: {
    name, preferred_name: text, phone: text, phone_confirmed_on: day, contact_by: set, safe_times: text, safe_hours: text, remind_before: text,
    safe_words: text, safe_to_show: set, message_words: line, language: text, interests: set, needs: set, goals: note, safety_note: note, state: choice("open", "paused", "closed", "died"),
  },
  contact: { name, relation: text, organisation: text, phone: text, may_share: flag },
  consent: { purpose: must(choice("reminders", "share", "forum")), organisation: text, given_on: day, withdrawn_on: day, how: text },
  appointment: {
    title: name, starts_at: must(time), ends_at: time, place: text, with: text, service: text,
    status: must(choice("planned", "confirmed", "attended", "missed", "cancelled", "moved")), missed_reason: text, accompany: { is: "scalar" },
    travel: text, reply: choice("none", "coming", "cannot", "new_time", "come_with_me"), reply_note: note,
    reply_time: time, reply_at: time, reply_dealt_at: time, outcome_note: note,
  },
  support: {
    what: must(choice("accompanied", "visit", "call", "message", "advocacy", "transport", "paperwork", "signposting", "other")), at: must(time),
    minutes: { is: "count", max: 100_000 }, formal: flag, with: text, place: text, note, appointment: { is: "text", max: 64 },
  },
  page: { ended_at: time },
  follow_up: { about: must(text), due: must({ is: "day or time" }), step: text, appointment: { is: "text", max: 64 }, done_at: time, ended: choice("done", "skipped", "stopped"), outcome: note },
};

/** Texts of lists hold so much. */
export const maxElement = 200;
/** An entry larger than this is refused whole (PROTOCOL §5.6); a kibibyte is left for what the phone puts around it. */
const maxEntry = 63 * 1024;

/** What is wrong with a field, for the words of the form. */
export type Problem =
  | { readonly field: string; readonly is: "missing" }
  | { readonly field: string; readonly is: "too_long"; readonly max: number; readonly over: number }
  | { readonly field: string; readonly is: "too_many"; readonly max: number }
  | { readonly field: string; readonly is: "no_date" | "no_time" | "no_number" | "ends_early" | "too_large" };

/** What the server would refuse of a form, in the order of its fields. `now` is what stands in it, cleared fields as null. */
export function problems(kind: string, now: Fields): readonly Problem[] {
  const found = Object.entries(now).flatMap(([field, value]) => {
    const rule = own(own(rules, kind) ?? {}, field);
    const problem = rule === undefined ? undefined : problem1(field, rule, value);
    return problem === undefined ? [] : [problem];
  });
  const [start, end] = [now["starts_at"], now["ends_at"]];
  if (typeof start === "string" && typeof end === "string" && Date.parse(end) <= Date.parse(start)) found.push({ field: "ends_at", is: "ends_early" });
  return found;
}

/** Whether an entry is larger than the server takes, whatever its fields allow one by one. */
export const isTooLarge = (edit: Edit): boolean => new TextEncoder().encode(JSON.stringify(edit)).length > maxEntry;

function problem1(field: string, rule: Rule, value: Value): Problem | undefined {
  if (value === null || (typeof value === "string" && value.trim() === "")) return rule.required ? { field, is: "missing" } : undefined;
  switch (rule.is) {
    case "text": return tooLong(field, value, rule.max);
    case "scalar": return tooLong(field, value, 4000);
    case "time": return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? undefined : { field, is: "no_time" };
    case "day": return typeof value === "string" && isDay(value) ? undefined : { field, is: "no_date" };
    case "day or time": return typeof value === "string" && (isDay(value) || /T/.test(value) && !Number.isNaN(Date.parse(value))) ? undefined : { field, is: "no_date" };
    case "count": return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= rule.max ? undefined : { field, is: "no_number" };
    case "set": {
      if (!Array.isArray(value)) return undefined;
      const long = value.map((t) => tooLong(field, t, maxElement)).find((p) => p !== undefined);
      return long ?? (value.length > rule.max ? { field, is: "too_many", max: rule.max } : undefined);
    }
    case "flag": case "choice": return undefined;
  }
}

/** Counted as the server counts, in characters of Unicode. */
function tooLong(field: string, value: Value, max: number): Problem | undefined {
  if (typeof value !== "string" || value.length <= max) return undefined;
  const over = [...value.trim()].length - max;
  return over > 0 ? { field, is: "too_long", max, over } : undefined;
}
