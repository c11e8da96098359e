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

/** A moment in milliseconds since 1970; undefined for what is none. */
export function moment(record: Pick<Shown, "fields">, field: string): number | undefined {
  const v = text(record, field);
  const ms = v === undefined ? NaN : msOf(v);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Whose versions stand beside each other, or whose deletion lost. */
export const isTwo = (record: Shown): boolean =>
  Object.keys(record.conflicts ?? {}).length > 0 || (record.deletes?.length ?? 0) > 0;

/** For sorting by time of RFC 3339 texts that may have different zones. */
export const byTime = (a: Instant, b: Instant): number => msOf(a) - msOf(b);
