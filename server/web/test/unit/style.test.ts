import { deepEqual } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const field = join(process.env["WEB"]!, "src/field");
const sheets = readdirSync(field).filter((f) => f.endsWith(".css")).map((f) => readFileSync(join(field, f), "utf8"));
const style = readFileSync(join(field, "style.css"), "utf8");

const colours = (block: string): Record<string, string> => Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1]!, m[2]!]));
const light = colours(/:root \{([\s\S]*?)\n\}/.exec(style)![1]!);
const dark = { ...light, ...colours(/prefers-color-scheme: dark\) \{\s*:root \{([\s\S]*?)\n  \}/.exec(style)![1]!) };

/** WCAG 2.2, relative luminance and contrast ratio. */
const luminance = (hex: string): number => {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
};
const contrast = (a: string, b: string): number => {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
};

const grounds = ["paper", "card", "wash", "ok-wash", "wait-wash", "needs-wash", "stop-wash"];
const text: [string, string][] = [
  ...grounds.flatMap((g) => [["ink", g], ["soft", g], ["link", g]] as [string, string][]),
  ...["ok", "wait", "needs", "stop"].flatMap((t) => [[t, `${t}-wash`], [t, "card"], [t, "paper"]] as [string, string][]),
  ["on-pine", "pine"], ["on-deep", "pine-deep"], ["deep-soft", "pine-deep"], ["deep-ink", "on-deep"], ["deep-ink", "deep-soft"], ["focus-ink", "focus"], ["paper", "ink"],
];
const controls: [string, string][] = [["edge", "paper"], ["edge", "card"], ["pine", "paper"], ["pine", "card"], ["stop", "paper"], ["stop", "card"], ["deep-edge", "pine-deep"]];

for (const [name, palette] of Object.entries({ light, dark })) {
  test(`text stands out from what is behind it, ${name}`, () => {
    deepEqual(text.map(([a, b]) => [a, b, contrast(palette[a]!, palette[b]!)] as const).filter(([, , c]) => !(c >= 4.5)), []);
  });
  test(`controls stand out from what is behind them, ${name}`, () => {
    deepEqual(controls.map(([a, b]) => [a, b, contrast(palette[a]!, palette[b]!)] as const).filter(([, , c]) => !(c >= 3)), []);
  });
  test(`the focus is seen on any ground: its yellow or its black stands out, ${name}`, () => {
    deepEqual([...grounds, "pine", "pine-deep"].filter((g) => Math.max(contrast(palette["focus"]!, palette[g]!), contrast(palette["focus-ink"]!, palette[g]!)) < 3), []);
  });
}

test("sheets name no colour but in the tokens, and nothing from elsewhere", () => {
  const rules = sheets.map((s) => s.replace(/^\s*--[\w-]+: .*;$/gm, "").replace(/\/\*[\s\S]*?\*\//g, "")).join("\n");
  deepEqual([...rules.matchAll(/#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(|url\(/gi)].map((m) => m[0]), []);
});

test("each token that a rule uses is there, and each that is there is used", () => {
  const all = sheets.join("\n");
  const used = new Set([...all.matchAll(/var\(--([\w-]+)/g)].map((m) => m[1]!)), known = new Set([...all.matchAll(/--([\w-]+):/g)].map((m) => m[1]!));
  deepEqual([...used].filter((t) => !known.has(t)), []);
  deepEqual([...known].filter((t) => !used.has(t)), []);
});
