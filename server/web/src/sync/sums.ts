import type { RecordID, Version } from "./ids.ts";
import type { Sum } from "./keep.ts";

/**
 * A count of live records and the sum of their marks modulo 2^64, in two halves of 32 bits (PROTOCOL §6.6). Order does not
 * matter, and what was added can be taken away again, so that a tally is kept as records come and go.
 */
export interface Tally {
  readonly count: number;
  readonly hi: number;
  readonly lo: number;
}

export const nothing: Tally = { count: 0, hi: 0, lo: 0 };

const utf8 = new TextEncoder();

/** FNV-1a-64 of a text in UTF-8. The prime is 2^40 + 0x1b3, so that no product of a half leaves the 53 bits of a number. */
export function fnv1a64(text: string): { readonly hi: number; readonly lo: number } {
  let hi = 0xcbf29ce4;
  let lo = 0x84222325;
  const step = (byte: number): void => {
    lo = (lo ^ byte) >>> 0;
    const low = lo * 0x1b3;
    hi = (hi * 0x1b3 + Math.floor(low / 0x100000000) + ((lo << 8) >>> 0)) >>> 0;
    lo = low >>> 0;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x80) {
      step(c);
      continue;
    }
    for (const b of utf8.encode(text.slice(i))) step(b);
    break;
  }
  return { hi, lo };
}

/** The tally with one live record more. */
export function add(t: Tally, id: RecordID, version: Version): Tally {
  return join(t, { count: 1, ...fnv1a64(`${id}:${version}`) });
}

/** The tally without a record that is in it. */
export function remove(t: Tally, id: RecordID, version: Version): Tally {
  const { hi, lo } = fnv1a64(`${id}:${version}`);
  return { count: t.count - 1, hi: (t.hi - hi - (t.lo < lo ? 1 : 0)) >>> 0, lo: (t.lo - lo) >>> 0 };
}

export function join(a: Tally, b: Tally): Tally {
  const lo = a.lo + b.lo;
  return { count: a.count + b.count, hi: (a.hi + b.hi + (lo > 0xffffffff ? 1 : 0)) >>> 0, lo: lo >>> 0 };
}

const half = (n: number): string => n.toString(16).padStart(8, "0");

/** A tally as it is sent and compared. */
export const sumOf = (t: Tally): Sum => ({ count: t.count, sum: half(t.hi) + half(t.lo) });

export const tallyOf = (s: Sum): Tally => ({ count: s.count, hi: parseInt(s.sum.slice(0, 8), 16), lo: parseInt(s.sum.slice(8), 16) });

/** The sum over all scopes. */
export function totalOf(sums: Iterable<Sum>): Sum {
  let all = nothing;
  for (const s of sums) all = join(all, tallyOf(s));
  return sumOf(all);
}

export const same = (a: Sum | undefined, b: Sum | undefined): boolean => a !== undefined && b !== undefined && a.count === b.count && a.sum === b.sum;
