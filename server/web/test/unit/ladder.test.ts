import assert from "node:assert/strict";
import { test } from "node:test";
import { opened } from "../../src/field/edits/edit.ts";
import { numberNow, postponed, reached, skipped } from "../../src/field/edits/ladder.ts";
import { stepOf } from "../../src/field/views/ladder.ts";
import { personView } from "../../src/field/views/person.ts";
import { todayView } from "../../src/field/views/today.ts";
import { hoursOf } from "../../src/field/dates.ts";
import type { RecordID } from "../../src/sync/ids.ts";
import { w } from "../../src/field/words.ts";
import { at, caseload, person, put, visit } from "./casework.ts";

const now = at("2026-11-26T10:45:00Z"), stamp = "2026-11-26T10:45:00.000Z", support = "s-1" as RecordID;

test("a step of the ladder is one by its name and its appointment; what somebody typed there is none", () => {
  const ann = person("Ann");
  const step = (fields: object) => stepOf(put(ann, "follow_up", { about: "x", due: "2026-11-26", ...fields }));
  assert.equal(step({ step: "call", appointment: "a" }), "call");
  assert.equal(step({ step: "call" }), undefined, "typed by hand");
  assert.equal(step({ step: "phone call", appointment: "a" }), undefined);
  assert.equal(step({ step: "check_number" }), "check_number");
  assert.equal(step({ step: "of_a_later_version", appointment: "a" }), undefined);
});

test("steps that are due stand in Today with the person, their number and the appointment, the longest due first; planned ones stand apart", () => {
  const ann = person("Ann", { phone: "07700 900001" }), bob = person("Bob");
  const missed = visit(ann, "2026-11-24T14:00:00Z", { status: "missed", place: "Office" });
  put(ann, "follow_up", { about: "Ring", due: "2026-11-26", step: "call", appointment: missed.id });
  put(bob, "follow_up", { about: "Number", due: "2026-11-24", step: "check_number" });
  put(bob, "follow_up", { about: "Later", due: "2026-11-27", step: "call_before", appointment: "elsewhere" });
  put(bob, "follow_up", { about: "Planned", due: "2026-11-26", step: "phone call" });
  put(bob, "follow_up", { about: "Over", due: "2026-11-20", step: "coordinator", appointment: "elsewhere", ended: "stopped" });
  const view = todayView(caseload(ann, bob), now);
  assert.deepEqual(view.ladder.map((s) => [s.person, s.step, s.due, s.phone, s.visit?.place]),
    [["Bob", "check_number", "2026-11-24", undefined, undefined], ["Ann", "call", "2026-11-26", "07700 900001", "Office"]]);
  assert.deepEqual(view.due.map((f) => f.about), ["Planned"]);
});

test("what comes after a miss is to be done by its day, so it stands there at once; a call before an appointment only on its day", () => {
  const ann = person("Ann"), missed = visit(ann, "2026-11-26T08:00:00Z", { status: "missed" }), next = visit(ann, "2026-11-28T08:00:00Z");
  put(ann, "follow_up", { about: "Ring", due: "2026-11-27T09:00:00Z", step: "call", appointment: missed.id });
  put(ann, "follow_up", { about: "Ring before", due: "2026-11-27", step: "call_before", appointment: next.id });
  const view = todayView(caseload(ann), now);
  assert.deepEqual(view.ladder.map((s) => [s.step, s.due, s.dueAt]), [["call", "2026-11-27", "2026-11-27T09:00:00.000Z"]]);
});

test("the step that has come after one which nobody did takes its place in the day, and both can still be told on the person's page", async () => {
  const ann = person("Ann"), missed = visit(ann, "2026-11-20T08:00:00Z", { status: "missed" }), other = visit(ann, "2026-11-25T08:00:00Z", { status: "missed" });
  put(ann, "follow_up", { about: "Ring", due: "2026-11-21", step: "call", appointment: missed.id });
  put(ann, "follow_up", { about: "Visit", due: "2026-11-26", step: "visit", appointment: missed.id });
  put(ann, "follow_up", { about: "Ring", due: "2026-11-26", step: "call", appointment: other.id });
  put(ann, "follow_up", { about: "Talk", due: "2026-11-26", step: "coordinator", appointment: other.id, ended: "stopped" });
  assert.deepEqual(todayView(caseload(ann), now).ladder.map((s) => [s.step, s.visit?.record.id]), [["visit", missed.id], ["call", other.id]]);
  assert.deepEqual((await personView(caseload(ann), ann.scope, now))!.ladder.map((s) => s.step), ["call", "visit", "call"]);
});

test("nobody is asked twice how it went: where the day asks, the step does not, and once it is said, neither does", () => {
  const ann = person("Ann"), bob = person("Bob");
  const open = visit(ann, "2026-11-26T05:00:00Z"), told = visit(bob, "2026-11-26T05:00:00Z", { status: "attended" });
  put(ann, "follow_up", { about: "x", due: "2026-11-26", step: "outcome", appointment: open.id });
  put(bob, "follow_up", { about: "x", due: "2026-11-26", step: "outcome", appointment: told.id });
  const view = todayView(caseload(ann, bob), now);
  assert.equal(view.overdue.length, 1);
  assert.deepEqual(view.ladder, []);
});

test("an appointment that is not on this phone is asked about by its step alone", () => {
  const ann = person("Ann");
  put(ann, "follow_up", { about: "Clinic", due: "2026-11-26", step: "outcome", appointment: "elsewhere" });
  assert.deepEqual(todayView(caseload(ann), now).ladder.map((s) => s.step), ["outcome"]);
});

test("who was reached has been spoken to: the step is done and a support stands beside it", () => {
  const ann = person("Ann"), call = put(ann, "follow_up", { about: "Ring", due: "2026-11-26", step: "call", appointment: "a-1" });
  const edits = reached(opened(call), "call", support, now, "Wants mornings");
  assert.deepEqual(edits.map((e) => [e.kind, e.record, e.set]), [
    ["follow_up", call.id, { ended: "done", done_at: stamp, outcome: "Wants mornings" }],
    ["support", support, { what: "call", at: stamp, formal: true, note: "Wants mornings", appointment: "a-1" }]]);
  assert.equal(reached(opened(call), "visit", support, now)[1]!.set!["what"], "visit");
  assert.deepEqual(reached(opened(call), "coordinator", support, now).map((e) => e.kind), ["follow_up"], "the coordinator is not the person");
});

test("what was done already is told anew, and is no second call", () => {
  const ann = person("Ann"), call = put(ann, "follow_up", { about: "Ring", due: "2026-11-26", step: "call", appointment: "a-1", ended: "done", done_at: "2026-11-25T10:00:00Z" });
  assert.deepEqual(reached(opened(call), "call", support, now, "Better words").map((e) => e.set), [{ outcome: "Better words" }]);
});

test("a step that the server let go can still be told: it was done, and that counts", () => {
  const ann = person("Ann"), call = put(ann, "follow_up", { about: "Ring", due: "2026-11-20", step: "call", appointment: "a-1", ended: "skipped", outcome: "expired" });
  assert.deepEqual(reached(opened(call), "call", support, now).map((e) => e.kind), ["follow_up", "support"]);
});

test("nobody reached, and left out, both say why; another day opens it again", () => {
  const ann = person("Ann"), call = put(ann, "follow_up", { about: "Ring", due: "2026-11-26", step: "call", appointment: "a-1" });
  assert.deepEqual(skipped(opened(call), w.ladder.outcome.call)[0]!.set, { ended: "skipped", outcome: "Rang, and nobody answered" });
  const over = put(ann, "follow_up", { about: "Ring", due: "2026-11-26", step: "call", appointment: "a-1", ended: "skipped" });
  assert.deepEqual(postponed(opened(over), "2026-11-28")[0]!.set, { due: "2026-11-28", ended: null });
});

test("a number is confirmed together with the step that asked for it, whether it is another or the same", () => {
  const ann = person("Ann", { phone: "07700 900001" }), check = put(ann, "follow_up", { about: "x", due: "2026-11-26", step: "check_number" });
  assert.deepEqual(numberNow(opened(ann.person), opened(check), "07700 900009", "2026-11-26", support, now).map((e) => e.set),
    [{ phone: "07700 900009", phone_confirmed_on: "2026-11-26" }, { ended: "done", done_at: stamp }]);
  assert.deepEqual(numberNow(opened(ann.person), opened(check), "07700 900001", "2026-11-26", support, now)[0]!.set, { phone_confirmed_on: "2026-11-26" });
});

test("what ended stands among what has been, whether it was done, left out or stopped, and so do messages that went", async () => {
  const ann = person("Ann");
  put(ann, "follow_up", { about: "done", due: "2026-11-20", step: "call", appointment: "a", ended: "done", done_at: "2026-11-21T10:00:00Z" });
  put(ann, "follow_up", { about: "skipped", due: "2026-11-20", step: "visit", appointment: "a", ended: "skipped", outcome: "Not safe" }, { at: "2026-11-22T10:00:00.000Z" as never });
  put(ann, "follow_up", { about: "stopped", due: "2026-11-27", step: "coordinator", appointment: "a", ended: "stopped" }, { at: "2026-11-23T10:00:00.000Z" as never });
  put(ann, "message", { about: "coming", way: "sms", status: "delivered", claimed_at: "2026-11-24T09:00:00Z", sent_at: "2026-11-24T10:00:00Z" });
  put(ann, "message", { about: "coming", way: "sms", status: "claimed", claimed_at: "2026-11-25T09:00:00Z" });
  const open = put(ann, "follow_up", { about: "open", due: "2026-12-20", step: "visit", appointment: "a" });
  const view = (await personView(caseload(ann), ann.scope, now))!;
  assert.deepEqual(view.timeline.map((t) => [t.at.slice(0, 10), t.record.fields["about"]]),
    [["2026-11-24", "coming"], ["2026-11-23", "stopped"], ["2026-11-22", "skipped"], ["2026-11-21", "done"]]);
  assert.deepEqual([view.ladder.map((s) => s.record.id), view.followUps], [[open.id], []]);
});

test("how messages reach somebody: the consent that holds, a number that fails while it is theirs, and the newest page that stands", async () => {
  const ann = person("Ann", { phone: "07700 900001", phone_confirmed_on: "2026-11-01" });
  put(ann, "consent", { purpose: "reminders", given_on: "2026-01-01", withdrawn_on: "2026-05-01" });
  const again = put(ann, "consent", { purpose: "reminders", given_on: "2026-06-01" });
  put(ann, "consent", { purpose: "share", given_on: "2026-09-01" });
  put(ann, "way", { kind: "sms", value: "+447700900001", failing_since: "2026-11-20T10:00:00Z" });
  put(ann, "way", { kind: "webpush", value: "{}" });
  put(ann, "page", { token: "old", made_at: "2026-10-01T10:00:00Z" });
  const newest = put(ann, "page", { token: "new", made_at: "2026-11-01T10:00:00Z" });
  put(ann, "page", { token: "ended", made_at: "2026-11-10T10:00:00Z", ended_at: "2026-11-11T10:00:00Z" });
  put(ann, "page", { token: "beside", made_at: "2026-11-12T10:00:00Z" }, { conflicts: { ended_at: [{ value: "2026-11-13T10:00:00Z", version: 1, user: "u", at: "2026-11-13T10:00:00Z" }] } as never });
  const { reminding } = (await personView(caseload(ann), ann.scope, now))!;
  assert.deepEqual([reminding.consent?.id, reminding.failingSince, reminding.notified, reminding.page?.id], [again.id, "2026-11-20T10:00:00.000Z", true, newest.id]);
  const other = person("Bob", { phone: "07700 900002" });
  put(other, "way", { kind: "sms", value: "+447700900001", failing_since: "2026-11-20T10:00:00Z" });
  const withdrawn = put(other, "consent", { purpose: "reminders", given_on: "2026-01-01", withdrawn_on: "2026-05-01" });
  const theirs = (await personView(caseload(other), other.scope, now))!.reminding;
  assert.deepEqual([theirs.failingSince, theirs.consent?.id, theirs.page], [undefined, withdrawn.id, undefined]);
});

test("hours are read as people write them, and kept as the server reads them", () => {
  for (const typed of ["10:00-16:00", "10-16", "10am to 4pm", " 10.00 – 16.00 ", "10 until 16"]) assert.equal(hoursOf(typed), "10:00-16:00", typed);
  for (const typed of ["", "10", "afternoon", "10-25", "10-10", "1-2-3"]) assert.equal(hoursOf(typed), undefined, typed);
});
