import { deepEqual, equal } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { door } from "../../src/field/words/door.ts";
import { pick } from "../../src/field/words/language.ts";
import { plurals } from "../../src/field/words/plural.ts";
import { record } from "../../src/field/words/record.ts";
import { shell } from "../../src/field/words/shell.ts";
import { words as work } from "../../src/field/words/work.ts";
import { w } from "../../src/field/words.ts";

const field = join(process.env["WEB"]!, "src/field");
const sources = readdirSync(field, { recursive: true, encoding: "utf8" }).filter((f) => /\.tsx?$/.test(f) && !f.startsWith("words")).map((f) => ({ f, text: readFileSync(join(field, f), "utf8") }));

/** Paths of all texts and functions of a catalogue. */
const leaves = (o: object, at = ""): string[] => Object.entries(o).flatMap(([k, v]) => v !== null && typeof v === "object" && !Array.isArray(v) ? leaves(v as object, `${at}${k}.`) : [`${at}${k}`]);

test("no two files of the catalogue have a word for the same key", () => {
  const keys = [door, shell, record, work].flatMap(Object.keys);
  deepEqual(keys.filter((k, i) => keys.indexOf(k) !== i), []);
});

test("each key that a screen uses is in the catalogue", () => {
  const missing: string[] = [];
  for (const { f, text } of sources) {
    const catalogue: object = text.includes('door as w }') ? door : w;
    for (const [, path] of text.matchAll(/(?<![\w.])w\.((?:[A-Za-z_]\w*\.?)+)/g)) {
      let at: unknown = catalogue;
      for (const key of path!.replace(/\.$/, "").split(".")) {
        if (at === null || typeof at !== "object" || Array.isArray(at)) break; // a method of a text
        if (!Object.hasOwn(at, key)) { missing.push(`${f}: w.${path}`); break; }
        at = (at as Record<string, unknown>)[key];
      }
    }
  }
  deepEqual(missing, []);
});

test("each key of the catalogue is used", () => {
  const all = sources.map((s) => s.text).join("\n");
  // A group that is looked up by a value of the protocol, a fault or a place counts whole.
  const whole = (path: string): boolean => path.split(".").some((_, i, p) => i > 0 && new RegExp(`(?:w|words|door|names|says)\\.${p.slice(0, i).join("\\.")}(?:\\[|;| =|,|\\)| as )`).test(all));
  const unused = leaves(w).filter((path) => !new RegExp(`\\.${path.split(".").slice(-2).join("\\.")}\\b`).test(all) && !whole(path));
  deepEqual(unused, []);
});

test("screens say nothing that is not out of the catalogue", () => {
  const said: string[] = [];
  for (const { f, text } of sources.filter((s) => s.f.endsWith(".tsx"))) {
    for (const [, words] of text.matchAll(/<(?:p|h1|h2|h3|span|strong|small|li|dt|dd|label|legend|summary|button|a|div)(?: [^<>]*?)?>([^<>{}]*[A-Za-z]{2,}[^<>{}]*)</g)) said.push(`${f}: ${words}`);
    for (const [, name, words] of text.matchAll(/\s(aria-label|placeholder|title|alt|label|hint|heading)="([^"]*)"/g)) said.push(`${f}: ${name}="${words}"`);
  }
  deepEqual(said, []);
});

test("numbers are said in the form that the language has for them", () => {
  equal(w.line.unsent(1), "On this phone: 1 not sent yet");
  equal(w.line.unsent(1234), "On this phone: 1,234 not sent yet");
  equal(w.line.needsYou(1), "1 needs you");
  equal(w.line.needsYou(2), "2 need you");
  equal(w.locked.unsent(1), "1 entry not sent yet is safe on this phone.");
  equal(w.locked.unsent(0), "0 entries not sent yet are safe on this phone.");
  const welsh = plurals("cy");
  deepEqual([0, 1, 2, 3, 6, 7].map((n) => welsh(n, { zero: "#z", one: "#o", two: "#t", few: "#f", many: "#m", other: "#" })), ["0z", "1o", "2t", "3f", "6m", "7"]);
  equal(welsh(3, { other: "#" }), "3");
});

test("the first language asked for that there is, is spoken; English if none is", () => {
  const two = { en: "tea", gd: "teatha" };
  equal(pick(two, ["fr-FR", "gd-GB", "en-GB"]), "teatha");
  equal(pick(two, ["EN-gb"]), "tea");
  equal(pick(two, ["constructor", "fr"]), "tea");
});
