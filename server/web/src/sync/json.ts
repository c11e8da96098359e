import type { Value } from "./record.ts";

/** The order of code points, which is the server's order of texts. */
export function byText(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a.charCodeAt(i), y = b.charCodeAt(i);
    // Surrogates stand below U+E000 as code units, and above it as what they mean.
    if (x !== y) return (x >= 0xd800 ? rank(x) : x) - (y >= 0xd800 ? rank(y) : y);
  }
  return a.length - b.length;
}
const rank = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit + 0x2000);

/** A value as text that is the same for values that count as equal (PROTOCOL §8.1): objects whatever the order of their members. */
export function canonical(v: Value | undefined): string {
  if (v === undefined) return "";
  if (typeof v !== "object" || v === null) return JSON.stringify(v);
  if (Array.isArray(v)) return `[${(v as readonly Value[]).map(canonical).join(",")}]`;
  return `{${Object.entries(v).sort((a, b) => byText(a[0], b[0])).map(([k, x]) => `${JSON.stringify(k)}:${canonical(x)}`).join(",")}}`;
}
