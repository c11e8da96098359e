import type { Tries } from "./vault.ts";

// The PIN: which ones are taken, and how wrong ones slow down. What that is worth against whom stands in internal/decisions/0011.

/** Why a PIN is refused. A refusal is for the one who chooses; it never tells anything about a PIN that stands. */
export type PinFault =
  | "too_short" // under 6 digits
  | "too_long" // over 32
  | "not_digits"
  | "one_digit" // 000000, 777777
  | "in_order" // 123456, 987654, 246802
  | "repeats" // 121212, 123123, 112233
  | "mirrored" // 123321
  | "pattern"; // a line on the keys, as 147258 or 159753, or otherwise among the first that anybody tries

export const shortestPin = 6;
const longestPin = 32;

/** Lines drawn on a telephone's keys, in either direction, and what follows from two of them. */
const lines = ["123", "456", "789", "147", "258", "369", "159", "357"].flatMap((l) => [l, [...l].reverse().join("")]);
/** What people choose again and again, and no rule catches. */
const favourites = new Set(["520131", "131452", "102030", "147896", "147852", "124578", "235689", "696969", "010203", "007007", "142536", "112358", "314159", "271828", "101112", "100000", "000001", "123457", "123455", "123465"]);

/** Why this PIN is not taken; undefined where it is. */
export function pinFault(pin: string): PinFault | undefined {
  if (!/^[0-9]*$/.test(pin)) return "not_digits";
  if (pin.length < shortestPin) return "too_short";
  if (pin.length > longestPin) return "too_long";
  const digits = Array.from(pin, Number);
  const steps = digits.slice(1).map((d, i) => (d - digits[i]! + 10) % 10);
  if (steps.every((s) => s === 0)) return "one_digit";
  if (steps.every((s) => s === steps[0])) return "in_order";
  for (let size = 2; size <= pin.length / 2; size++) {
    if (pin.length % size === 0 && pin === pin.slice(0, size).repeat(pin.length / size)) return "repeats";
  }
  if (/^(?:(\d)\1)+$/.test(pin) || /^(\d)\1{2,}(\d)\2{2,}$/.test(pin)) return "repeats";
  if (pin === [...pin].reverse().join("")) return "mirrored";
  if (favourites.has(pin)) return "pattern";
  if (pin.length % 3 === 0 && lines.includes(pin.slice(0, 3)) && pin.match(/.../g)!.every((part) => lines.includes(part))) return "pattern";
  return undefined;
}

const minute = 60_000;
/** What the n-th wrong PIN in a row costs in time before another is taken. The tenth was the last. */
const waits = [0, 0, 0, 0, minute, 5 * minute, 15 * minute, 60 * minute, 60 * minute];
export const lastTry = waits.length + 1;

export const noTries = (now: number): Tries => ({ wrong: 0, left: 0, seen: now });

/**
 * The tries as of now. What is left of a wait falls by what this phone's clock went on since it was last looked at, and by
 * nothing where the clock went back: setting it back never shortens a wait, nor lengthens it. Setting it forward does
 * shorten one; what stops a thief who does is the count, which no clock changes.
 */
export function rested(tries: Tries, now: number): Tries {
  return { wrong: tries.wrong, left: Math.max(0, tries.left - Math.max(0, now - tries.seen)), seen: now };
}

export type Leave = { readonly kind: "try" } | { readonly kind: "too_soon"; readonly until: number } | { readonly kind: "coordinator" };

/** Whether a PIN is taken now. */
export function leave(tries: Tries, now: number): Leave {
  if (tries.wrong >= lastTry) return { kind: "coordinator" };
  const { left } = rested(tries, now);
  return left > 0 ? { kind: "too_soon", until: now + left } : { kind: "try" };
}

/** The tries after one more wrong PIN. It is written down before the PIN is tried, and taken back where it was right. */
export function counted(tries: Tries, now: number): Tries {
  return { wrong: tries.wrong + 1, left: waits[tries.wrong] ?? 0, seen: now };
}
