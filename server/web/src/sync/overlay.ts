import { never, type RecordID, type Scope, type UserID } from "./ids.ts";
import type { Written } from "./keep.ts";
import { byText } from "./json.ts";
import { groupOf } from "./kinds.ts";
import { laid, waits } from "./outbox.ts";
import type { Beside, Op, Origin, ServerRecord, Shown, Value } from "./record.ts";

/**
 * Puts a phone's own ops over a record, in the order in which they were written. It is a simple merge for the eye: what
 * stands is decided by the server. Undefined: there is nothing to show. Entries that are not to be laid are passed over.
 */
export function overlay(record: ServerRecord | undefined, own: readonly Written[], me: UserID): Shown | undefined {
  const over = own.filter(laid);
  if (over.length === 0) return record && { ...record, unsent: [], sent: [] };
  let r: Draft | undefined = record && draftOf(record);
  let hidden = record === undefined;
  for (const e of over) {
    const op = e.op;
    if (op.delete) {
      hidden = true;
      continue;
    }
    if (!r) {
      if (op.base !== 0) continue; // the phone no longer has what it changes
      r = bornOf(op, me);
    }
    hidden = false;
    r.record = { ...r.record, user: me, at: op.at };
    for (const field of Object.keys(op.set ?? {})) {
      for (const member of groupOf(op.kind, field)) set(r, member, op.set?.[member], e);
    }
    for (const [field, texts] of Object.entries(op.remove ?? {})) elements(r, field, e, (list) => list.filter((t) => !texts.includes(t)));
    for (const [field, texts] of Object.entries(op.add ?? {})) elements(r, field, e, (list) => [...new Set([...list, ...texts])].sort(byText));
  }
  return hidden || !r ? undefined : shownOf(r);
}

/** Own entries that are to be laid, by scope and record, in the order in which they were written. */
export function byRecord(entries: Iterable<Written>): ReadonlyMap<Scope, ReadonlyMap<RecordID, readonly Written[]>> {
  const all = new Map<Scope, Map<RecordID, Written[]>>();
  for (const e of entries) {
    if (!laid(e)) continue;
    let of = all.get(e.op.scope);
    if (!of) all.set(e.op.scope, (of = new Map()));
    const list = of.get(e.op.record);
    if (list) list.push(e);
    else of.set(e.op.record, [e]);
  }
  return all;
}

/** A record in the making. */
interface Draft {
  record: ServerRecord;
  readonly fields: Map<string, Value>;
  readonly conflicts: Map<string, readonly Beside[]>;
  readonly shown: Map<string, Origin>;
  readonly unsent: Set<string>;
  readonly sent: Set<string>;
}

const draftOf = (record: ServerRecord): Draft => ({
  record, fields: new Map(Object.entries(record.fields)), conflicts: new Map(Object.entries(record.conflicts ?? {})),
  shown: new Map(Object.entries(record.shown ?? {})), unsent: new Set(), sent: new Set(),
});

const bornOf = (op: Op, me: UserID): Draft =>
  draftOf({ scope: op.scope, kind: op.kind, id: op.record, version: never, user: me, at: op.at, fields: {} });

function shownOf(r: Draft): Shown {
  const { conflicts: _conflicts, shown: _shown, ...record } = r.record;
  return {
    ...record, fields: Object.fromEntries(r.fields),
    ...(r.conflicts.size > 0 && { conflicts: Object.fromEntries(r.conflicts), shown: Object.fromEntries(r.shown) }),
    unsent: [...r.unsent].sort(byText), sent: [...r.sent].sort(byText),
  };
}

function set(r: Draft, field: string, value: Value | undefined, e: Written): void {
  if (value === undefined || value === null) r.fields.delete(field);
  else r.fields.set(field, value);
  if (e.op.base >= r.record.version) { // it has seen all that stood there
    r.conflicts.delete(field);
    r.shown.delete(field);
  }
  note(r, field, e);
}

function elements(r: Draft, field: string, e: Written, change: (list: readonly string[]) => readonly string[]): void {
  const now = r.fields.get(field);
  const list = change(Array.isArray(now) ? now.filter((t): t is string => typeof t === "string") : []);
  if (list.length === 0) r.fields.delete(field);
  else r.fields.set(field, list);
  note(r, field, e);
}

/** Says how far a field written here has come. */
function note(r: Draft, field: string, e: Written): void {
  r.unsent.delete(field);
  r.sent.delete(field);
  (waits(e) ? r.unsent : r.sent).add(field);
}
