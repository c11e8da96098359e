import assert from "node:assert/strict";
import { test } from "node:test";
import { elementsOf, lines, listed, noWhen, readDay, readWhen, whenOf } from "../../src/field/screens/fields.tsx";
import type { Slot } from "../../src/field/edits/appointment.ts";
import { w } from "../../src/field/words.ts";

const slot = { day: "2026-03-29", clock: "09:30", minutes: 50 } as unknown as Slot;

test("a time that is read as it was shown is the same time", () => {
  assert.deepEqual(readWhen(whenOf(slot)), { slot });
  assert.deepEqual(readWhen({ ...whenOf(slot), time: "2.15 pm", minutes: "" }), { slot: { day: slot.day, clock: "14:15" } });
});

test("what is wrong with a time stands at its field", () => {
  assert.deepEqual(readWhen(noWhen), { wrongs: { day: w.date.missing, time: w.time.missing } });
  assert.deepEqual(readWhen({ ...whenOf(slot), day: { day: "31", month: "2", year: "2026" } }), { wrongs: { day: w.date.impossible } });
  assert.deepEqual(readWhen({ ...whenOf(slot), time: "25:00" }), { wrongs: { time: w.time.impossible } });
});

test("a day may be left out, and is then cleared", () => {
  assert.deepEqual(readDay({ day: " ", month: "", year: "" }), { day: null });
  assert.deepEqual(readDay({ day: "1", month: "", year: "" }), { wrong: w.date.incomplete.month });
});

test("a list keeps what is known apart from what was written by hand, and loses neither", () => {
  const l = listed(["call", "by pigeon", "text"], ["text", "call", "letter"]);
  assert.deepEqual(l, { known: ["call", "text"], others: "by pigeon" });
  assert.deepEqual(elementsOf({ ...l, others: "by pigeon\n\n  at the café " }), ["call", "text", "by pigeon", "at the café"]);
  assert.deepEqual(lines(" \n"), []);
});
