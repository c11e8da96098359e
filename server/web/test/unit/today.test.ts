import assert from "node:assert/strict";
import { test } from "node:test";
import { valueText } from "../../src/field/describe.ts";
import { rowsOf } from "../../src/field/views/people.ts";
import { personView } from "../../src/field/views/person.ts";
import { todayView } from "../../src/field/views/today.ts";
import { ago, at, caseload, person, put, visit } from "./casework.ts";

// A Thursday morning in winter, when wall and UTC agree.
const now = at("2026-11-26T10:40:00Z");
const titles = (visits: readonly { readonly title: string }[]): readonly string[] => visits.map((v) => v.title);

test("what is over and unsaid comes first, the oldest first; all else of today is in order", () => {
  const ann = person("Ann Tern"), bob = person("Bob Wren");
  visit(ann, "2026-11-26T14:00:00Z", { title: "later" });
  visit(bob, "2026-11-26T09:00:00Z", { title: "over", ends_at: "2026-11-26T09:30:00Z" });
  visit(ann, "2026-11-24T09:00:00Z", { title: "the day before yesterday" });
  visit(bob, "2026-11-26T10:30:00Z", { title: "now" });
  visit(bob, "2026-11-26T08:00:00Z", { title: "said", status: "attended" });
  visit(ann, "2026-11-24T09:00:00Z", { title: "cancelled long ago", status: "cancelled" });
  const view = todayView(caseload(ann, bob), now);
  assert.deepEqual(titles(view.overdue), ["the day before yesterday", "over"]);
  assert.deepEqual(titles(view.today), ["said", "now", "later"]);
});

test("an appointment without an end, or with one before its start, is over an hour after it began", () => {
  const ann = person("Ann Tern");
  visit(ann, "2026-11-26T09:40:00Z", { title: "just over" });
  visit(ann, "2026-11-26T09:41:00Z", { title: "not yet" });
  visit(ann, "2026-11-26T09:50:00Z", { title: "odd end", ends_at: "2026-11-26T08:00:00Z" });
  const view = todayView(caseload(ann), now);
  assert.deepEqual(titles(view.overdue), ["just over"]);
  assert.deepEqual(titles(view.today), ["not yet", "odd end"]);
});

test("the next seven days stand by day, by the wall, without empty ones", () => {
  const ann = person("Ann Tern");
  visit(ann, "2026-11-27T09:00:00Z", { title: "tomorrow" });
  visit(ann, "2026-12-03T23:30:00Z", { title: "last" });
  visit(ann, "2026-12-04T00:00:00Z", { title: "too far" });
  const view = todayView(caseload(ann), now);
  assert.deepEqual(view.ahead.map((d) => [d.day, titles(d.visits)]), [["2026-11-27", ["tomorrow"]], ["2026-12-03", ["last"]]]);
});

test("half past midnight in summer belongs to the day on the wall", () => {
  const ann = person("Ann Tern");
  visit(ann, "2026-07-01T23:30:00Z", { title: "half past midnight" });
  const view = todayView(caseload(ann), at("2026-07-01T12:00:00Z"));
  assert.deepEqual(titles(view.today), []);
  assert.deepEqual(view.ahead.map((d) => d.day), ["2026-07-02"]);
});

test("a visit carries what is needed on the doorstep", () => {
  const ann = person("Ann Tern", { preferred_name: "Annie", phone: "07700 900001", safety_note: "Dog in the close" });
  visit(ann, "2026-11-26T14:00:00Z", { place: "Library", with: "Practice nurse", ends_at: "2026-11-26T15:00:00Z", reply: "come_with_me",
    reply_note: "Please" }, { unsent: ["place"], conflicts: { place: [] } });
  const v = todayView(caseload(ann), now).today[0]!;
  assert.deepEqual({ ...v, record: undefined }, { scope: ann.scope, person: "Annie", record: undefined, startsAt: "2026-11-26T14:00:00.000Z",
    endsAt: "2026-11-26T15:00:00.000Z", status: "planned", title: "Home visit", state: "open", place: "Library", with: "Practice nurse",
    phone: "07700 900001", safetyNote: "Dog in the close", reply: "come_with_me", replyNote: "Please", wants: true, twoVersions: true, unsent: true });
});

test("no reply is no reply, and a broken time hurts nobody", () => {
  const ann = person("Ann Tern");
  visit(ann, "2026-11-26T14:00:00Z", { reply: "none" });
  visit(ann, "whenever");
  const view = todayView(caseload(ann), now);
  assert.equal(view.today.length, 1);
  assert.equal(view.today[0]!.reply, undefined);
});

test("whom nobody has seen for three weeks is named, the longest first, and only where the work goes on", () => {
  const long = person("Long"), justLong = person("Just long"), notYet = person("Not yet");
  const closed = person("Closed", { state: "closed" }), paused = person("Paused", { state: "paused" });
  for (const p of [long, closed, paused]) p.lastSeen = ago(now, 90);
  justLong.lastSeen = ago(now, 21);
  notYet.lastSeen = ago(now, 20);
  // Nobody has ever seen these two: it counts from when they came, whenever their record was written last.
  const came = person("Came", {}, { at: ago(now, 1) }), cameLately = person("Came lately", {}, { at: ago(now, 1) });
  put(came, "assignment", { worker: "u-me", from: ago(now, 40) });
  put(cameLately, "assignment", { worker: "u-me" }, { at: ago(now, 2) });
  const view = todayView(caseload(justLong, cameLately, closed, came, paused, notYet, long), now);
  assert.deepEqual(view.unseen.map((r) => r.name), ["Long", "Came", "Just long"]);
});

test("follow-ups are due on their day, whether that is written as a day or as a time", () => {
  const ann = person("Ann Tern");
  put(ann, "follow_up", { about: "today", due: "2026-11-26" });
  put(ann, "follow_up", { about: "a time", due: "2026-11-25T23:30:00Z" });
  put(ann, "follow_up", { about: "tomorrow", due: "2026-11-27" });
  put(ann, "follow_up", { about: "done", due: "2026-11-20", done_at: "2026-11-21T09:00:00Z" });
  const view = todayView(caseload(ann), now);
  assert.deepEqual(view.due.map((f) => [f.due, f.about]), [["2026-11-25", "a time"], ["2026-11-26", "today"]]);
});

test("a support is likely about whose visit is now, then about whose was nearest, then about who was seen last", () => {
  const justWas = person("Was"), isNow = person("Now"), comes = person("Comes"), seen = person("Seen"), never = person("Never");
  visit(justWas, "2026-11-26T09:00:00Z", { ends_at: "2026-11-26T10:30:00Z", status: "attended" });
  visit(isNow, "2026-11-26T10:35:00Z");
  visit(comes, "2026-11-26T12:00:00Z");
  const off = person("Off");
  visit(off, "2026-11-26T10:40:00Z", { status: "cancelled" });
  seen.lastSeen = ago(now, 3);
  const died = person("Died", { state: "died" });
  const view = todayView(caseload(never, died, seen, comes, off, justWas, isNow), now);
  assert.deepEqual(view.likely.map((r) => r.name), ["Now", "Was", "Comes", "Seen", "Never", "Off"]);
});

test("what stands in the year 1 is asked about by nobody, and is on the person's page as it was written", async () => {
  const ann = person("Ann Tern");
  for (const year of ["0000", "0001", "1899"]) visit(ann, `${year}-01-01T00:00:00Z`, { title: year });
  put(ann, "follow_up", { about: "ring", due: "0001-01-01" });
  put(ann, "support", { what: "visit", at: "0001-01-01T00:00:00Z" });
  visit(ann, "1900-01-01T09:00:00Z", { title: "1900" });
  const view = todayView(caseload(ann), now);
  assert.deepEqual([titles(view.overdue), titles(view.today), view.due, titles(view.answers)], [["1900"], [], [], []]);
  const page = await personView(caseload(ann), ann.scope, now);
  assert.deepEqual(page?.timeless.map((r) => r.fields["starts_at"] ?? r.fields["at"]), ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1899-01-01T00:00:00Z", "0001-01-01T00:00:00Z"]);
  assert.deepEqual([titles(page!.next), page?.timeline.length, page?.followUps.length], [["1900"], 0, 1]);
  assert.equal(valueText("starts_at", "0001-01-01T00:00:00Z", now), "0001-01-01T00:00:00Z");
});

test("a name turns nothing beside it round", () => {
  const ann = person("Ann \u202enreT\u0007");
  visit(ann, "2026-11-26T14:00:00Z", { title: "Call\u2066" });
  assert.deepEqual(todayView(caseload(ann), now).today.map((v) => [v.person, v.title]), [["Ann nreT", "Call"]]);
  assert.deepEqual(rowsOf(caseload(ann), now).map((r) => r.name), ["Ann nreT"]);
});
