import assert from "node:assert/strict";
import { test } from "node:test";
import { atPickedTime, cancelledFor, dealtWith, goingAlong, pickedSlot, spoken } from "../../src/field/edits/answer.ts";
import { opened } from "../../src/field/edits/edit.ts";
import { todayView } from "../../src/field/views/today.ts";
import type { RecordID } from "../../src/sync/ids.ts";
import { at, caseload, person, visit } from "./casework.ts";

const now = at("2026-11-26T10:45:00Z"), stamp = "2026-11-26T10:45:00.000Z";
const ann = person("Ann Tern");
const asked = (fields: object) => visit(person("Somebody"), "2026-11-27T14:00:00Z", { reply_at: "2026-11-26T09:00:00Z", ...fields });

test("an answer that wants something stands first, the soonest appointment before the others; one who is coming is no work", () => {
  const bob = person("Bob"), cleo = person("Cleo"), dora = person("Dora"), ewan = person("Ewan");
  visit(bob, "2026-11-30T14:00:00Z", { reply: "come_with_me", reply_note: "Please" });
  visit(cleo, "2026-11-27T14:00:00Z", { reply: "cannot" });
  visit(dora, "2026-11-26T14:00:00Z", { reply: "coming" });
  visit(ewan, "2027-02-01T10:00:00Z", { reply: "new_time", reply_time: "2027-02-02T11:00:00Z" });
  const view = todayView(caseload(bob, cleo, dora, ewan), now);
  assert.deepEqual(view.answers.map((v) => [v.person, v.reply, v.replyNote, v.replyTime]),
    [["Cleo", "cannot", undefined, undefined], ["Bob", "come_with_me", "Please", undefined], ["Ewan", "new_time", undefined, "2027-02-02T11:00:00.000Z"]]);
  assert.equal(view.today[0]!.wants, false);
});

test("an answer goes once somebody has dealt with it, and what was answered after that waits anew", () => {
  const bob = person("Bob"), cleo = person("Cleo");
  visit(bob, "2026-11-27T14:00:00Z", { reply: "new_time", reply_at: "2026-11-26T09:00:00Z", reply_dealt_at: "2026-11-26T09:30:00Z" });
  visit(cleo, "2026-11-27T14:00:00Z", { reply: "new_time", reply_at: "2026-11-26T10:00:00Z", reply_dealt_at: "2026-11-26T09:30:00Z" });
  assert.deepEqual(todayView(caseload(bob, cleo), now).answers.map((v) => v.person), ["Cleo"]);
});

test("another time stays wanted after a miss; nothing is wanted of what took place, nor of a cancelled one to which they cannot come", () => {
  const a = person("A"), b = person("B"), c = person("C"), d = person("D", { state: "died" });
  visit(a, "2026-11-24T14:00:00Z", { status: "missed", reply: "new_time" });
  visit(b, "2026-11-24T14:00:00Z", { status: "attended", reply: "come_with_me" });
  visit(c, "2026-11-27T14:00:00Z", { status: "cancelled", reply: "cannot" });
  visit(d, "2026-11-27T14:00:00Z", { reply: "new_time" });
  assert.deepEqual(todayView(caseload(a, b, c, d), now).answers.map((v) => v.person), ["A"]);
});

test("each way to deal with an answer says in the same entry that it was dealt with", () => {
  const a = asked({ reply: "cannot" });
  assert.deepEqual(dealtWith(opened(a), now).set, { reply_dealt_at: stamp });
  assert.deepEqual(goingAlong(opened(a), now).set, { accompany: true, reply_dealt_at: stamp });
  assert.deepEqual(cancelledFor(opened(a), now).set, { status: "cancelled", reply_dealt_at: stamp });
});

test("the picked time is as long as the appointment was to be, and moving there is one entry", () => {
  const a = asked({ reply: "new_time", reply_time: "2026-11-30T09:30:00Z", ends_at: "2026-11-27T14:45:00Z" }), of = opened(a);
  const slot = pickedSlot(of)!;
  assert.deepEqual(slot, { day: "2026-11-30", clock: "09:30", minutes: 45 });
  const edits = atPickedTime(of, slot, "new" as RecordID, now);
  assert.equal(edits.length, 1);
  assert.deepEqual(edits[0]!.set, { starts_at: "2026-11-30T09:30:00.000Z", ends_at: "2026-11-30T10:15:00.000Z", reply: "none", reply_time: null, reply_dealt_at: stamp });
});

test("what was missed stays missed: the picked time is another appointment of the same kind, in one group with what was dealt with", () => {
  const a = asked({ status: "missed", missed_reason: "Bus", title: "Benefits form", place: "Office", reply: "new_time", reply_time: "2026-11-30T09:30:00Z" }), of = opened(a);
  const [made, dealt, ...more] = atPickedTime(of, pickedSlot(of)!, "new" as RecordID, now);
  assert.equal(more.length, 0);
  assert.deepEqual([made!.record, made!.base, made!.set], ["new", 0, { title: "Benefits form", place: "Office", starts_at: "2026-11-30T09:30:00.000Z", status: "planned" }]);
  assert.deepEqual([dealt!.record, dealt!.set], [a.id, { reply_dealt_at: stamp }]);
});

test("moved to the time at which it is already, an answer is dealt with all the same", () => {
  const a = asked({ reply: "new_time", reply_time: "2026-11-27T14:00:00Z" }), of = opened(a);
  assert.deepEqual(atPickedTime(of, pickedSlot(of)!, "new" as RecordID, now)[0]!.set, { reply_dealt_at: stamp });
});

test("what somebody says to the worker takes the place of an earlier answer, with its words and its time", () => {
  const a = visit(ann, "2026-11-27T14:00:00Z", { reply: "new_time", reply_note: "After two", reply_time: "2026-11-30T09:30:00Z", reply_at: "2026-11-26T08:00:00Z", reply_dealt_at: "2026-11-26T09:00:00Z" });
  assert.deepEqual(spoken(opened(a), "coming", now).set, { reply: "coming", reply_note: null, reply_time: null, reply_at: stamp, reply_dealt_at: null });
  const none = visit(ann, "2026-11-27T14:00:00Z");
  assert.deepEqual(spoken(opened(none), "come_with_me", now).set, { reply: "come_with_me", reply_at: stamp });
});
