import type { ClientID, Instant, RecordID, Scope, UserID, Version } from "./ids.ts";
import { instant, msOf, never } from "./ids.ts";
import { byText, canonical } from "./json.ts";
import { groupOf } from "./kinds.ts";
import type { Beside, Fields, Op, Origin, ServerRecord, Value } from "./record.ts";

/** Whose edit a value is, as a server knows it. */
export interface Author extends Origin {
  readonly client: ClientID;
  readonly n: number;
}

/** A record with all that stands in it (PROTOCOL §8.1): never changed in place. */
export interface Merged {
  readonly scope: Scope;
  readonly kind: string;
  readonly id: RecordID;
  readonly version: Version;
  readonly user: UserID;
  readonly at: Instant;
  readonly gone: boolean;
  /** A field, or a group that merges as one, by the name of its first. */
  readonly registers: ReadonlyMap<string, Register>;
  /** Of a set: its elements, and the edits that added each. */
  readonly sets: ReadonlyMap<string, ReadonlyMap<string, readonly Author[]>>;
  /** Deletions that no later edit has seen. */
  readonly deletes: readonly Author[];
}
interface Register {
  readonly fields: readonly string[];
  readonly values: readonly Held[];
}
/** What one edit put into a register: a part for each field, undefined where it is cleared. */
interface Held {
  readonly by: Author;
  readonly parts: readonly (Value | undefined)[];
}

export const unmade = (scope: Scope, kind: string, id: RecordID): Merged => ({
  scope, kind, id, version: never, user: "" as UserID, at: "" as Instant, gone: false, registers: new Map(), sets: new Map(), deletes: [],
});

/** What an op says; the rest of it is in its author. */
export type Change = Pick<Op, "base" | "set" | "add" | "remove" | "delete">;

/** Puts an op into its record, and says whether something now wants settling. The same whatever the order of concurrent ops. */
export function merge(r: Merged, op: Change, by: Author): { readonly record: Merged; readonly status: "applied" | "conflict" } {
  const seen = (x: Author): boolean => x.version <= op.base || (x.client === by.client && x.n < by.n);
  const unseen = (x: Author): boolean => !seen(x);
  const now: Merged = { ...r, version: by.version };
  if (op.delete) return remove(now, by, unseen);
  if (r.gone && r.deletes.some((d) => d.client === by.client && d.n > by.n)) return { record: now, status: "applied" }; // deleted since: history only

  let conflict = r.gone; // revived
  const registers = new Map(r.registers);
  for (const fields of groupsOf(r.kind, op.set ?? {})) {
    const name = fields[0] ?? "";
    const g = put(registers.get(name) ?? { fields, values: [] }, op.set ?? {}, by, seen);
    registers.set(name, g);
    if (standing(g).length > 1) conflict = true;
  }
  const sets = new Map(r.sets);
  for (const [name, texts] of Object.entries(op.remove ?? {})) sets.set(name, without(sets.get(name) ?? new Map(), texts, unseen));
  for (const [name, texts] of Object.entries(op.add ?? {})) sets.set(name, withAll(sets.get(name) ?? new Map(), texts, by, unseen));
  for (const [name, elements] of sets) if (elements.size === 0) sets.delete(name);
  return {
    record: { ...now, gone: false, user: by.user, at: by.at, registers, sets, deletes: r.deletes.filter(unseen) },
    status: conflict ? "conflict" : "applied",
  };
}

/** Takes the record away if the op has seen all that stands in it; else the edits win, and the deletion stays beside them. */
function remove(r: Merged, by: Author, unseen: (x: Author) => boolean): ReturnType<typeof merge> {
  const record = { ...r, deletes: [...r.deletes.filter(unseen), by] };
  if (r.gone) return { record, status: "applied" };
  const stands = [...r.registers.values()].some((g) => g.values.some((v) => unseen(v.by))) ||
    [...r.sets.values()].some((elements) => [...elements.values()].some((dots) => dots.some(unseen)));
  return stands ? { record, status: "conflict" } : { record: { ...record, gone: true, user: by.user, at: by.at }, status: "applied" };
}

/** The registers that an op sets, each once. */
function groupsOf(kind: string, set: Fields): readonly (readonly string[])[] {
  const out = new Map<string, readonly string[]>();
  for (const field of Object.keys(set)) {
    const g = groupOf(kind, field);
    out.set(g[0] ?? field, g);
  }
  return [...out.values()];
}

function put(g: Register, set: Fields, by: Author, seen: (x: Author) => boolean): Register {
  if (g.values.some((v) => v.by.client === by.client && v.by.n > by.n)) return g; // its client has a later one there: history only
  const parts = g.fields.map((f) => set[f] ?? undefined);
  return { ...g, values: [...g.values.filter((v) => !seen(v.by)), { by, parts }] };
}

type Elements = ReadonlyMap<string, readonly Author[]>;

function withAll(elements: Elements, texts: readonly string[], by: Author, unseen: (x: Author) => boolean): Elements {
  const out = new Map(elements);
  for (const t of texts) {
    const dots = out.get(t) ?? [];
    if (!dots.some((d) => d.client === by.client && d.n >= by.n)) out.set(t, [...dots.filter(unseen), by]);
  }
  return out;
}

function without(elements: Elements, texts: readonly string[], unseen: (x: Author) => boolean): Elements {
  const out = new Map(elements);
  for (const t of texts) {
    const dots = (out.get(t) ?? []).filter(unseen);
    if (dots.length > 0) out.set(t, dots);
    else out.delete(t);
  }
  return out;
}

const alike = (a: Held, b: Held): boolean => a.parts.every((p, i) => canonical(p) === canonical(b.parts[i]));

/** The latest corrected time first, ties by the higher version. */
const laterFirst = (a: Held, b: Held): number => msOf(b.by.at) - msOf(a.by.at) || b.by.version - a.by.version;

/** The values of a register with equal ones as one, the shown one first. */
function standing(g: Register): readonly Held[] {
  const out: Held[] = [];
  for (const v of [...g.values].sort(laterFirst)) if (!out.some((o) => alike(o, v))) out.push(v);
  return out;
}

/** The record as a server sends it (PROTOCOL §8.5); undefined: it is gone. */
export function framed(r: Merged): ServerRecord | undefined {
  if (r.gone) return undefined;
  const fields: [string, Value][] = [];
  const conflicts: [string, readonly Beside[]][] = [];
  const shown: [string, Origin][] = [];
  for (const g of r.registers.values()) {
    const values = standing(g);
    const top = values[0];
    if (!top) continue;
    for (const [i, field] of g.fields.entries()) {
      const value = top.parts[i];
      if (value !== undefined) fields.push([field, value]);
      const differing: Held[] = [];
      for (const v of values) if (!differing.some((d) => canonical(d.parts[i]) === canonical(v.parts[i]))) differing.push(v);
      if (differing.length < 2) continue;
      conflicts.push([field, differing.slice(1).map((v) => ({ value: v.parts[i] ?? null, ...originOf(v.by) }))]);
      shown.push([field, originOf(top.by)]);
    }
  }
  for (const [field, elements] of r.sets) fields.push([field, [...elements.keys()].sort(byText)]);
  return {
    scope: r.scope, kind: r.kind, id: r.id, version: r.version, user: r.user, at: normal(r.at), fields: Object.fromEntries(fields),
    ...(conflicts.length > 0 && { conflicts: Object.fromEntries(conflicts), shown: Object.fromEntries(shown) }),
    ...(r.deletes.length > 0 && { deletes: r.deletes.map(originOf) }),
  };
}

const originOf = (a: Author): Origin => ({ version: a.version, user: a.user, at: normal(a.at) });
/** As the protocol writes times: in UTC, with milliseconds. */
const normal = (at: Instant): Instant => instant(msOf(at));
