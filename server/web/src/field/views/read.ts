import type { Shown } from "../../sync/record.ts";
import { msOf } from "../../sync/ids.ts";
import type { Instant } from "../../sync/ids.ts";

/** A text with something in it; undefined for anything else, so that what a later version writes there hurts nobody. */
export function text(record: Pick<Shown, "fields">, field: string): string | undefined {
  const v = record.fields[field];
  return typeof v === "string" && v.trim() !== "" ? v : undefined;
}

export function elements(record: Shown, field: string): readonly string[] {
  const v = record.fields[field];
  return Array.isArray(v) ? v.filter((e): e is string => typeof e === "string") : [];
}

export function count(record: Shown, field: string): number | undefined {
  const v = record.fields[field];
  return typeof v === "number" ? v : undefined;
}

/** Without what turns the direction of the words after it, or is no letter at all. Lines and tabs stay, and the marks that languages need. */
export const plain = (words: string): string => words.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "");

/** Before this nobody alive has an appointment: a table was read in wrongly. By the year, so that it needs no zone. */
export const isOld = (at: string): boolean => at < "1900";

/** A moment in milliseconds since 1970; undefined for what is none, or is before 1900. */
export function moment(record: Pick<Shown, "fields">, field: string): number | undefined {
  const v = text(record, field);
  const ms = v === undefined || isOld(v) ? NaN : msOf(v);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Whose versions stand beside each other, or whose deletion lost. */
export const isTwo = (record: Shown): boolean =>
  Object.keys(record.conflicts ?? {}).length > 0 || (record.deletes?.length ?? 0) > 0;

/** For sorting by time of RFC 3339 texts that may have different zones. */
export const byTime = (a: Instant, b: Instant): number => msOf(a) - msOf(b);
