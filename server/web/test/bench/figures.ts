export const median = (all: readonly number[]): number => {
  const s = [...all].sort((a, b) => a - b);
  return s.length === 0 ? NaN : (s[(s.length - 1) >> 1]! + s[s.length >> 1]!) / 2;
};

/** One row of the table: what was measured, what it came to, and how it is made up. */
export interface Row {
  readonly what: string;
  readonly figure: string;
  readonly least: string;
  readonly aim: string;
  readonly how: string;
}

/** Of a figure, a limit or an aim as it is written: a number in the smallest unit. */
const size = (text: string): number => {
  const [n = "", unit = ""] = text.split(" ");
  return Number(n) * ({ s: 1000, ms: 1, MB: 1000, kB: 1 }[unit] ?? NaN);
};
const met = (r: Row): string => size(r.figure) <= size(r.aim) ? "aim" : size(r.figure) <= size(r.least) ? "least" : "no";

export function table(rows: readonly Row[]): string {
  const head = { what: "what", figure: "figure", least: "at least", aim: "aim", reached: "reached", how: "made of" };
  const all = [head, ...rows.map((r) => ({ ...r, reached: met(r) }))];
  const width = (k: keyof typeof head): number => Math.max(...all.map((r) => r[k].length));
  return all.map((r) => `${r.what.padEnd(width("what"))}  ${r.figure.padStart(width("figure"))}  ${r.least.padStart(width("least"))}  ${r.aim.padStart(width("aim"))}  ${r.reached.padEnd(width("reached"))}  ${r.how}`).join("\n");
}
export const ms = (n: number): string => n >= 1000 ? `${(n / 1000).toFixed(2)} s` : `${n.toFixed(n < 10 ? 1 : 0)} ms`;
export const kB = (n: number): string => `${(n / 1000).toFixed(1)} kB`;
export const MB = (n: number): string => `${(n / 1e6).toFixed(1)} MB`;
