import { never } from "../../sync/ids.ts";
import type { RecordID, Scope, Version } from "../../sync/ids.ts";
import type { Edit, Fields, Shown, Value } from "../../sync/record.ts";
import { groupOf } from "../views/record.ts";

/**
 * A record as it stood when a form was opened on it. It goes into the form's draft, so that the base stays the one that the
 * person was looking at however long the form is open, and over a restart (PROTOCOL §5.1).
 */
export interface Opened {
  readonly scope: Scope;
  readonly kind: string;
  readonly record: RecordID;
  readonly base: Version;
  readonly was: Fields;
}

export const opened = ({ scope, kind, id, version, fields }: Shown): Opened => ({ scope, kind, record: id, base: version, was: fields });
export const unwritten = (scope: Scope, kind: string, record: RecordID): Opened => ({ scope, kind, record, base: never, was: {} });

/**
 * What changed since opening, as one edit: texts without blanks around, empty ones cleared, lists by what came and went,
 * and of a group of fields all members when one has changed. Fields that `now` does not name stay as they are. Undefined
 * where nothing changed.
 */
export function editOf(of: Opened, now: Fields): Edit | undefined {
  const set: Record<string, Value> = {};
  const add: Record<string, readonly string[]> = {}, remove: Record<string, readonly string[]> = {};
  for (const [name, raw] of Object.entries(now)) {
    const value = tidy(raw), was = of.was[name];
    if (Array.isArray(value)) {
      const [next, before] = [texts(value), texts(was)];
      const came = next.filter((t) => !before.includes(t)), went = before.filter((t) => !next.includes(t));
      if (came.length > 0) add[name] = came;
      if (went.length > 0) remove[name] = went;
    } else if (!same(value, was ?? null)) {
      set[name] = value;
    }
  }
  for (const name of Object.keys(set)) {
    for (const member of groupOf(of.kind, name)) {
      const value = of.was[member];
      if (!(member in set) && value !== undefined) set[member] = value;
    }
  }
  const some = (o: object): boolean => Object.keys(o).length > 0;
  if (!some(set) && !some(add) && !some(remove)) return undefined;
  return { scope: of.scope, kind: of.kind, record: of.record, base: of.base, ...(some(set) ? { set } : {}), ...(some(add) ? { add } : {}),
    ...(some(remove) ? { remove } : {}) };
}

/** Puts fields back as they stood at opening: a later edit, since what was written stays written. */
export const putBack = (of: Opened, ...fields: readonly string[]): Edit => ({ scope: of.scope, kind: of.kind, record: of.record, base: of.base,
  set: Object.fromEntries(fields.map((f) => [f, of.was[f] ?? null])) });

/**
 * What takes an edit back: a later one that says again what stood at opening; of what was new, a deletion. A person who was new stays, since
 * people are closed and not deleted (PROTOCOL §9).
 */
export function reversed(edit: Edit, was: Fields): readonly Edit[] {
  const { scope, kind, record, base } = edit, of: Opened = { scope, kind, record, base, was };
  if (Object.keys(was).length === 0) return kind === "person" ? [] : [deletionOf(of)];
  return [{ ...(edit.set ? putBack(of, ...Object.keys(edit.set)) : { scope, kind, record, base }),
    ...(edit.remove ? { add: edit.remove } : {}), ...(edit.add ? { remove: edit.add } : {}) }];
}

export const deletionOf = (of: Opened): Edit => ({ scope: of.scope, kind: of.kind, record: of.record, base: of.base, delete: true });

/** Nothing around a text, no half letters, no NUL (the server takes neither); what is empty is cleared. */
function tidy(value: Value): Value {
  if (Array.isArray(value)) return [...new Set(texts(value).map(clean).filter((t) => t !== ""))];
  if (typeof value !== "string") return value;
  return clean(value) || null;
}
const clean = (text: string): string =>
  text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]|\u0000/g, (c) => (c.length === 2 ? c : "")).trim();

const texts = (value: Value | undefined): readonly string[] => (Array.isArray(value) ? value.filter((t): t is string => typeof t === "string") : []);

/** Times are the same however they are written. */
function same(a: Value, b: Value): boolean {
  if (typeof a === "string" && typeof b === "string" && a !== b) return isTime.test(a) && isTime.test(b) && Date.parse(a) === Date.parse(b);
  return JSON.stringify(a) === JSON.stringify(b);
}
const isTime = /^\d{4}-\d\d-\d\dT/;
