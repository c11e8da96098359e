import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { isTooLarge, problems, rules } from "../../src/field/edits/limits.ts";
import type { Rule } from "../../src/field/edits/limits.ts";
import type { Fields } from "../../src/sync/record.ts";
import { unwritten, editOf } from "../../src/field/edits/edit.ts";
import type { RecordID, Scope } from "../../src/sync/ids.ts";

const told = (rule: Rule): string => {
  switch (rule.is) {
    case "text": return `text (${rule.max})`;
    case "count": return `whole number (${rule.max})`;
    case "set": return `set of texts (${rule.max})`;
    case "choice": return `one of ${rule.of.join(", ")}`;
    case "flag": return "true or false";
    case "day": return "date";
    case "day or time": return "date or time";
    case "time": return "time";
    case "scalar": return "text, number, true or false";
  }
};

test("the limits of the forms are those of the protocol's page, kind by kind and field by field", async () => {
  const page = await readFile(join(process.env["WEB"]!, "../../sync/PROTOCOL.md"), "utf8");
  for (const [kind, fields] of Object.entries(rules)) {
    const row = new RegExp("^\\| `" + kind + "`(?: \\(by the server\\))? \\| person \\| (.*) \\|$", "m").exec(page)![1]!;
    const want = row.split("; ").filter((f) => !/\(by (coordinators|the server)\)$/.test(f));
    const got = Object.entries(fields).map(([name, rule]) => {
      const type = told(rule).replace("text (200)", rule.required && rule.is === "text" ? "text, not empty (200)" : "text (200)");
      return `${rule.required ? `**${name}**` : name}: ${type}`;
    });
    // What must not be empty, and what is an id, is a text with a limit to the form.
    const same = (s: string): string => s.replace("text, not empty", "text").replace("id (64)", "text (64)");
    assert.deepEqual(got.map(same), want.map(same), kind);
  }
});

const of = (kind: string, now: Fields): readonly string[] => problems(kind, now).map((p) => `${p.field} ${p.is}`);

test("what is required is missed when it is empty, blank or cleared", () => {
  for (const name of ["", "  ", null]) assert.deepEqual(of("person", { name }), ["name missing"]);
  assert.deepEqual(of("person", { name: "A", goals: "", phone: null }), []);
});

test("lengths are counted in characters, as the server counts, and the form is told by how many", () => {
  assert.deepEqual(problems("person", { name: "🐶".repeat(201) }), [{ field: "name", is: "too_long", max: 200, over: 1 }]);
  assert.deepEqual(of("person", { name: "🐶".repeat(200), goals: "x".repeat(20_000) }), []);
  assert.deepEqual(of("person", { interests: ["x".repeat(201)] }), ["interests too_long"]);
  assert.deepEqual(of("person", { interests: Array.from({ length: 51 }, (_, i) => `${i}`) }), ["interests too_many"]);
});

test("days, times and numbers have to be some", () => {
  assert.deepEqual(of("consent", { purpose: "share", given_on: "2026-02-30" }), ["given_on no_date"]);
  assert.deepEqual(of("follow_up", { about: "x", due: "2026-11-22T10:00:00Z" }), []);
  assert.deepEqual(of("follow_up", { about: "x", due: "soon" }), ["due no_date"]);
  assert.deepEqual(of("support", { what: "call", at: "then", minutes: 1.5 }), ["at no_time", "minutes no_number"]);
  assert.deepEqual(of("support", { what: "call", at: "2026-11-22T10:00:00Z", minutes: -1 }), ["minutes no_number"]);
});

test("an appointment ends after it starts", () => {
  const times = { title: "x", status: "planned", starts_at: "2026-11-22T10:00:00Z" };
  assert.deepEqual(of("appointment", { ...times, ends_at: "2026-11-22T10:00:00Z" }), ["ends_at ends_early"]);
  assert.deepEqual(of("appointment", { ...times, ends_at: "2026-11-22T10:00:01Z" }), []);
});

test("an entry that is too large as a whole is noticed, though each field is within its limit", () => {
  const edit = (letter: string): boolean => isTooLarge(editOf(unwritten("person/x" as Scope, "person", "x" as RecordID),
    { name: "A", goals: letter.repeat(20_000), safety_note: letter.repeat(20_000) })!);
  assert.equal(edit("x"), false);
  assert.equal(edit("ł"), true);
});
