import assert from "node:assert/strict";
import { test } from "node:test";
import { cancelled, following, moved, outcome, planned, slotOf, takeBack, timesOf, weekly } from "../../src/field/edits/appointment.ts";
import type { Slot } from "../../src/field/edits/appointment.ts";
import { editOf, opened, reversed, unwritten } from "../../src/field/edits/edit.ts";
import type { RecordID, Version } from "../../src/sync/ids.ts";
import type { Clock, Day } from "../../src/field/views/wall.ts";
import { clockOf, dayOf } from "../../src/field/views/wall.ts";
import { person, put, visit } from "./casework.ts";

const now = Date.parse("2026-11-25T09:00:00Z");
const ann = person("Ann", { goals: "Fishing", interests: ["dogs", "choir"], phone: "07700 900001" });
const slot = (day: string, clock: string, minutes?: number): Slot => ({ day: day as Day, clock: clock as Clock, ...(minutes === undefined ? {} : { minutes }) });

test("only what changed is written, over the version that was looked at", () => {
  const of = opened(ann.person);
  const edit = editOf(of, { name: "Ann", goals: "Fishing on Sundays", preferred_name: "", phone: "  07700 900001 ", language: null })!;
  assert.deepEqual(edit, { scope: ann.scope, kind: "person", record: ann.person.id, base: ann.person.version, set: { goals: "Fishing on Sundays" } });
  assert.equal(editOf(of, { name: " Ann " }), undefined);
});

test("what was emptied is cleared, and what was never there is not mentioned", () => {
  assert.deepEqual(editOf(opened(ann.person), { goals: "  ", safe_words: "" })!.set, { goals: null });
  assert.deepEqual(editOf(unwritten(ann.scope, "contact", "c" as RecordID), { name: "Zoe", phone: "", may_share: false })!,
    { scope: ann.scope, kind: "contact", record: "c", base: 0, set: { name: "Zoe", may_share: false } });
});

test("a list says what came and what went, and keeps out doubles and blanks", () => {
  const edit = editOf(opened(ann.person), { interests: ["dogs", " chess ", "chess", ""] })!;
  assert.deepEqual([edit.set, edit.add, edit.remove], [undefined, { interests: ["chess"] }, { interests: ["choir"] }]);
  assert.equal(editOf(opened(ann.person), { interests: ["choir", "dogs"] }), undefined);
});

test("a text goes without what the server refuses: NUL and half letters", () => {
  assert.equal(editOf(opened(ann.person), { goals: "a\u0000b\ud83dc\udc36d 🐶" })!.set!["goals"], "abcd 🐶");
});

test("a missed appointment is written with its reason, as one", () => {
  const a = visit(ann, "2026-11-26T10:00:00Z");
  assert.deepEqual(outcome(opened(a), "missed")!.set, { status: "missed" });
  assert.deepEqual(outcome(opened(a), "missed", "Bus")!.set, { status: "missed", missed_reason: "Bus" });
});

test("another outcome takes the reason away, and the same one again is no edit", () => {
  const a = visit(ann, "2026-11-26T10:00:00Z", { status: "missed", missed_reason: "Bus" });
  assert.deepEqual(outcome(opened(a), "attended")!.set, { status: "attended", missed_reason: null });
  assert.equal(outcome(opened(a), "missed"), undefined);
  assert.deepEqual(outcome(opened(a), "missed", "Unwell")!.set, { missed_reason: "Unwell", status: "missed" });
});

test("an outcome is taken back by a later edit that puts back what stood", () => {
  const a = visit(ann, "2026-11-26T10:00:00Z", { status: "confirmed" });
  assert.deepEqual(takeBack(opened(a)), { scope: ann.scope, kind: "appointment", record: a.id, base: a.version, set: { status: "confirmed", missed_reason: null } });
});

test("moving keeps start and end together, and leaves a planned status alone", () => {
  const a = visit(ann, "2026-11-26T10:00:00Z", { ends_at: "2026-11-26T10:45:00Z" });
  assert.deepEqual(moved(opened(a), slot("2026-11-27", "11:00", 45), now)!.set, { starts_at: "2026-11-27T11:00:00.000Z", ends_at: "2026-11-27T11:45:00.000Z" });
  assert.deepEqual(moved(opened(a), slot("2026-11-27", "11:00"), now)!.set, { starts_at: "2026-11-27T11:00:00.000Z", ends_at: null });
  assert.deepEqual(moved(opened(a), slot("2026-11-26", "10:00", 60), now)!.set, { starts_at: "2026-11-26T10:00:00Z", ends_at: "2026-11-26T11:00:00.000Z" });
  assert.equal(moved(opened(a), slot("2026-11-26", "10:00", 45), now), undefined);
});

test("what was missed or confirmed is planned again when it moves, and an answer about the old time is none about the new", () => {
  const a = visit(ann, "2026-11-26T10:00:00Z", { status: "missed", missed_reason: "Bus", reply: "new_time", reply_note: "After 2" });
  assert.deepEqual(moved(opened(a), slot("2026-11-27", "14:30"), now)!.set,
    { starts_at: "2026-11-27T14:30:00.000Z", status: "planned", missed_reason: null, reply: "none", reply_note: null, reply_dealt_at: "2026-11-25T09:00:00.000Z" });
  const b = visit(ann, "2026-11-26T10:00:00Z", { status: "confirmed", reply: "coming" });
  assert.deepEqual(moved(opened(b), slot("2026-11-26", "10:00", 30), now)!.set, { starts_at: "2026-11-26T10:00:00Z", ends_at: "2026-11-26T10:30:00.000Z" });
});

test("weekly appointments keep the time on the wall across the change in March", () => {
  const starts = weekly(slot("2026-03-19", "10:30", 60), 3).map(timesOf);
  assert.deepEqual(starts, [
    { starts_at: "2026-03-19T10:30:00.000Z", ends_at: "2026-03-19T11:30:00.000Z" },
    { starts_at: "2026-03-26T10:30:00.000Z", ends_at: "2026-03-26T11:30:00.000Z" },
    { starts_at: "2026-04-02T09:30:00.000Z", ends_at: "2026-04-02T10:30:00.000Z" },
  ]);
});

test("weekly appointments keep the time on the wall across the change in October", () => {
  assert.deepEqual(weekly(slot("2026-10-22", "09:00"), 2).map((s) => timesOf(s).starts_at), ["2026-10-22T08:00:00.000Z", "2026-10-29T09:00:00.000Z"]);
});

test("a series on the night of the change has each of its appointments on its day", () => {
  for (const first of ["2026-03-22", "2026-10-18"]) {
    const slots = weekly(slot(first, "01:30", 90), 3);
    assert.deepEqual(slots.map((s) => dayOf(Date.parse(timesOf(s).starts_at))), slots.map((s) => s.day));
  }
  assert.deepEqual(weekly(slot("2026-03-22", "01:30"), 3).map((s) => clockOf(Date.parse(timesOf(s).starts_at))), ["01:30", "02:30", "01:30"]);
});

test("a series ends at 52, and has one at least", () => {
  assert.equal(weekly(slot("2026-03-22", "10:00"), 90).length, 52);
  assert.equal(weekly(slot("2026-03-22", "10:00"), 0).length, 1);
});

test("each of a series is a record of its own", () => {
  let n = 0;
  const edits = planned(ann.scope, weekly(slot("2026-11-26", "10:00", 30), 2), { title: "Phone catch-up", place: "" }, () => `new-${++n}` as RecordID);
  assert.deepEqual(edits, ["2026-11-26", "2026-12-03"].map((day, i) => ({ scope: ann.scope, kind: "appointment", record: `new-${i + 1}`, base: 0,
    set: { title: "Phone catch-up", starts_at: `${day}T10:00:00.000Z`, ends_at: `${day}T10:30:00.000Z`, status: "planned" } })));
});

test("what follows in a series is of its title, weekday and time on the wall, still open and later", () => {
  const bob = person("Bob");
  const first = visit(bob, "2026-03-19T10:30:00Z", { title: "Catch-up" });
  const summer = visit(bob, "2026-04-02T09:30:00Z", { title: "Catch-up" });
  visit(bob, "2026-04-02T10:30:00Z", { title: "Catch-up" });
  visit(bob, "2026-04-03T09:30:00Z", { title: "Catch-up" });
  visit(bob, "2026-04-09T09:30:00Z", { title: "Catch-up", status: "cancelled" });
  visit(bob, "2026-04-16T09:30:00Z", { title: "GP" });
  visit(bob, "2026-03-12T10:30:00Z", { title: "Catch-up" });
  assert.deepEqual(following(first, bob.records), [summer]);
  assert.deepEqual(cancelled([summer]).map((e) => [e.record, e.set]), [[summer.id, { status: "cancelled" }]]);
});

test("a slot is read as it stands on the wall", () => {
  assert.deepEqual(slotOf({ starts_at: "2026-07-01T08:00:00Z", ends_at: "2026-07-01T08:45:00Z" }), slot("2026-07-01", "09:00", 45));
  assert.deepEqual(slotOf({ starts_at: "2026-07-01T08:00:00Z", ends_at: "2026-07-01T07:00:00Z" }), slot("2026-07-01", "09:00"));
  assert.equal(slotOf({ starts_at: "soon" }), undefined);
});

test("a follow-up that is done keeps what it was about", () => {
  const f = put(ann, "follow_up", { about: "Ring", due: "2026-11-26" });
  assert.deepEqual(editOf(opened(f), { about: "Ring", done_at: "2026-11-26T10:00:00.000Z", outcome: "" })!.set, { done_at: "2026-11-26T10:00:00.000Z" });
});

test("an edit is taken back by one that says again what stood", () => {
  const of = opened(ann.person), edit = editOf(of, { goals: "", safe_words: "Cal", interests: ["dogs", "chess"] })!;
  assert.deepEqual(reversed(edit, of.was), [{ scope: ann.scope, kind: "person", record: ann.person.id, base: ann.person.version,
    set: { goals: "Fishing", safe_words: null }, add: { interests: ["choir"] }, remove: { interests: ["chess"] } }]);
});

test("what was new is taken back by a deletion, but for a person", () => {
  const contact = editOf(unwritten(ann.scope, "contact", "c" as RecordID), { name: "Zoe" })!;
  assert.deepEqual(reversed(contact, {}), [{ scope: ann.scope, kind: "contact", record: "c", base: 0, delete: true }]);
  assert.deepEqual(reversed(editOf(unwritten(ann.scope, "person", "p" as RecordID), { name: "Zoe" })!, {}), []);
});

test("an edit of what the server has not seen yet is no reason to delete it", () => {
  const fresh = put(ann, "contact", { name: "Zoe" }, { version: 0 as Version });
  const of = opened(fresh), edit = editOf(of, { name: "Zoe", phone: "07700 900003" })!;
  assert.deepEqual(reversed(edit, of.was), [{ scope: ann.scope, kind: "contact", record: fresh.id, base: 0, set: { phone: null } }]);
});
