import type { Instant, OpID, RecordID } from "./ids.ts";
import { instant, uuid } from "./ids.ts";
import type { Look, Step, Written } from "./keep.ts";
import type { Edit, Op, Result, Value } from "./record.ts";
import { bytesOf, encodeOp } from "./wire.ts";

/** How much one exchange carries. It follows what the connection bears. */
export interface Size {
  readonly ops: number;
  /** Bytes of its ops. */
  readonly body: number;
  /** Bytes of the response before it is packed. */
  readonly page: number;
}

export const largest: Size = { ops: 500, body: 900_000, page: 256 << 10 }; // a body is under 1 MiB with all the rest (PROTOCOL §4.2)
const smallest: Size = { ops: 1, body: 8 << 10, page: 8 << 10 };
const halved = (n: number, least: number): number => Math.max(Math.floor(n / 2), least);

/** Half of it, and never less than the protocol allows. */
export const shrunk = (z: Size): Size => ({
  ops: halved(z.ops, smallest.ops), body: halved(z.body, smallest.body), page: halved(z.page, smallest.page),
});
export const grown = (z: Size, most: Size): Size => ({
  ops: Math.min(z.ops * 2, most.ops), body: Math.min(z.body * 2, most.body), page: Math.min(z.page * 2, most.page),
});
export const isSmallest = (z: Size): boolean => z.ops <= smallest.ops && z.body <= smallest.body && z.page <= smallest.page;

/** Acknowledged ops that no backup holds are kept for so long, in milliseconds (PROTOCOL §7.1). */
export const keepFor = 180 * 24 * 3600 * 1000;

/** Whether it took effect, as far as the server says. */
export const took = (r: Result): boolean => r.status === "applied" || r.status === "conflict";

/** Whether the server has not answered the op. */
export const waits = (e: Written): boolean => e.result === undefined;

/** Whether the op is to be shown over what the server sent (PROTOCOL §6.7). */
export const laid = (e: Written): boolean => e.result === undefined || (took(e.result) && !e.seen);

/** What a request offers. */
export interface Batch {
  /** As they are sent. */
  readonly ops: readonly string[];
  readonly ids: readonly OpID[];
  /** The number of the first. */
  readonly first: number;
  /** All above what the server holds and below this number is gone; 0: nothing is (PROTOCOL §7.4). */
  readonly lostBelow: number;
}

export const isEmpty = (b: Batch): boolean => b.ops.length === 0 && b.lostBelow === 0;

/** Gathers what comes next: consecutive numbers, groups whole, one group at least however large it is. */
export function offer(now: Look, most: Size): Batch {
  const { offered, through } = now.state;
  const ops: string[] = [];
  const ids: OpID[] = [];
  let first = 0, bytes = 0, whole = 0; // whole: ops before the group that is being gathered
  let group: string | undefined;
  for (const { op } of now.entries()) {
    if (op.n <= offered) continue;
    const n = ops.length;
    if (n === 0) first = op.n;
    else if (op.n !== first + n) break;
    else if (op.group === undefined || op.group !== group) whole = n;
    const raw = encodeOp(op);
    group = op.group;
    bytes += bytesOf(raw) + 1;
    if (whole > 0 && (n >= most.ops || bytes > most.body)) {
      ops.length = ids.length = whole;
      break;
    }
    ops.push(raw);
    ids.push(op.id);
  }
  const lostBelow = ops.length > 0 ? (first > through + 1 ? first : 0) : now.lastN > through ? now.lastN + 1 : 0;
  return { ops, ids, first, lostBelow };
}

/** What of a batch was answered for the first time. */
export interface Answered {
  pushed: number;
  conflicts: number;
  held: number;
  rejected: number;
}

/** Keeps the results of a batch, as far as they came in the order in which it was sent; what is not answered is offered again. */
export function answer(step: Step, sent: Batch, results: readonly Result[]): Answered {
  const counts: Answered = { pushed: 0, conflicts: 0, held: 0, rejected: 0 };
  const at = new Map<number, Written>();
  for (const e of step.entries()) at.set(e.op.n, e);
  for (const [i, id] of sent.ids.entries()) {
    const n = sent.first + i;
    const result = results[i];
    const e = at.get(n);
    if (!result || result.n !== n || result.id !== id || !e || e.op.id !== id) break;
    if (!e.result) tally(counts, result);
    const seen = e.seen && e.result !== undefined && sameResult(e.result, result);
    const listed = e.listed || !took(result);
    const next: Written = {
      op: result.code === "erased" ? emptied(e.op) : e.op, result,
      ...(seen && { seen: true }), ...(listed && { listed: true }),
    };
    if (took(result)) step.unlist(id);
    else if (!e.listed) step.list(next);
    step.put(next);
    step.state = { ...step.state, offered: n, through: Math.max(step.state.through, n) };
  }
  return counts;
}

function tally(counts: Answered, r: Result): void {
  counts.pushed++;
  switch (r.status) {
    case "applied":
      break;
    case "conflict":
      counts.conflicts++;
      break;
    case "held":
      counts.held++;
      break;
    case "rejected":
      counts.rejected++;
      break;
  }
}

const sameResult = (a: Result, b: Result): boolean =>
  a.status === b.status && a.version === b.version && a.code === b.code && a.detail === b.detail;

/** Nothing of what it said is to stay on the phone either (PROTOCOL §11.2). */
function emptied(op: Op): Op {
  const { set: _set, add: _add, remove: _remove, ...rest } = op;
  return rest;
}

/**
 * Makes the phone offer again what the server turns out not to hold, and with `all` whatever is kept, since the server was
 * restored (PROTOCOL §7.3).
 */
export function reoffer(step: Step, through: number, all: boolean): void {
  step.state = { ...step.state, through, offered: all ? 0 : Math.min(step.state.offered, through) };
  for (const e of step.entries()) {
    if (e.op.n <= through || !e.result) continue;
    step.put({ op: e.op, ...(e.listed && { listed: true }) });
  }
}

/** Gives all that the outbox holds numbers from 1, for a new client (PROTOCOL §2.3). Results stay until the server repeats them. */
export function renumber(step: Step): void {
  step.renumber();
  step.state = { ...step.state, offered: 0, through: 0, safe: 0 };
}

/**
 * Called when a run is complete: what it has brought is laid over the view no longer, and what a backup holds is let go. `now` is
 * the server's clock, since the phone's may be a year off. Says how many entries wait for an answer.
 */
export function settle(step: Step, now: number): number {
  const { head, safe, offered } = step.state;
  let waiting = 0;
  for (const e of step.entries()) {
    if (!e.result) {
      waiting++;
      continue;
    }
    const acked = e.acked ?? now;
    const seen = e.seen || (e.result.version ?? 0) <= head;
    const kept = e.op.n > safe && !(now - acked > keepFor);
    if (seen && !kept && e.op.n <= offered) step.remove(e.op.n);
    else if ((e.acked === undefined && Number.isFinite(now)) || (seen && !e.seen)) step.put({ ...e, acked, ...(seen && { seen: true }) });
  }
  return waiting;
}

/** What limits an edit: bytes of an op, ops of a group, bytes of a group (PROTOCOL §5). */
const mostOp = 64 << 10;
const mostGroup = 100;

/** What edits have become: ops without numbers yet, in their order. */
export type Made = { readonly kind: "made"; readonly ops: readonly Op[] } | { readonly kind: "too_large" } | { readonly kind: "bad" };

export interface Chance {
  readonly now: () => number;
  readonly random: (bytes: Uint8Array) => Uint8Array;
}

/**
 * Makes ops of edits; several take effect together. Numbers run from `lastN + 1` and are to be given anew, by `numbered`, if another
 * write has come before. `bad`: it names or changes nothing, which no screen asks for.
 */
export function made(edits: readonly Edit[], lastN: number, chance: Chance): Made {
  if (edits.length === 0 || edits.length > mostGroup) return { kind: "bad" };
  const at: Instant = instant(chance.now());
  const mint = (): string => uuid(chance.now(), chance.random);
  const group = edits.length > 1 ? mint() : undefined;
  const ops: Op[] = [];
  let total = 0;
  for (const [i, e] of edits.entries()) {
    const changes = count(e.set) + count(e.add) + count(e.remove);
    if (!e.scope || !e.kind || !isUUID(e.record) || (e.delete ? changes > 0 : changes === 0)) return { kind: "bad" };
    const op: Op = {
      n: lastN + 1 + i, id: mint() as OpID, ...(group !== undefined && { group }), at, scope: e.scope, kind: e.kind, record: e.record, base: e.base,
      ...(count(e.set) > 0 && { set: clean(e.set as Value) as NonNullable<Op["set"]> }),
      ...(count(e.add) > 0 && { add: clean(e.add as Value) as NonNullable<Op["add"]> }),
      ...(count(e.remove) > 0 && { remove: clean(e.remove as Value) as NonNullable<Op["remove"]> }),
      ...(e.delete && { delete: true as const }),
    };
    const bytes = bytesOf(encodeOp({ ...op, n: Number.MAX_SAFE_INTEGER }));
    if (bytes > mostOp) return { kind: "too_large" };
    total += bytes + 1;
    ops.push(op);
  }
  return total > largest.body ? { kind: "too_large" } : { kind: "made", ops };
}

/** The same ops with numbers from `lastN + 1`. */
export const numbered = (ops: readonly Op[], lastN: number): readonly Op[] => ops.map((op, i) => ({ ...op, n: lastN + 1 + i }));

const count = (members: object | undefined): number => (members ? Object.keys(members).length : 0);
const isUUID = (id: RecordID): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);

/** The value without what the server takes in no text: NUL, and half of a surrogate pair (PROTOCOL §5.6 bad_text), as a keyboard may leave. */
function clean(v: Value): Value {
  if (typeof v === "string") return v.replaceAll("\0", "").replace(/\p{Surrogate}/gu, "\ufffd");
  if (typeof v !== "object" || v === null) return v;
  if (Array.isArray(v)) return (v as readonly Value[]).map(clean);
  return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, clean(x)]));
}
