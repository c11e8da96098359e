import assert from "node:assert/strict";
import { test } from "node:test";
import { byAttention, peopleView } from "../../src/field/views/people.ts";
import { personView } from "../../src/field/views/person.ts";
import type { Instant, Scope, Version } from "../../src/sync/ids.ts";
import { ago, at, caseload, colleague, me, person, put, visit } from "./casework.ts";

const now = at("2026-11-26T10:40:00Z");

test("a step that asks how it went presses nobody once that was said", () => {
  const ann = person("Ann"), told = visit(ann, "2026-11-26T08:00:00Z", { status: "attended" });
  put(ann, "follow_up", { about: "x", due: "2026-11-26", step: "outcome", appointment: told.id });
  ann.lastSeen = ago(now, 1);
  assert.deepEqual(peopleView(caseload(ann), now).rows[0]!.attention, []);
  put(ann, "follow_up", { about: "x", due: "2026-11-26", step: "outcome", appointment: "elsewhere" });
  assert.deepEqual(peopleView(caseload(ann), now).rows[0]!.attention, ["follow_up_due"]);
});

test("people stand by the name they go by, with when they were seen and what is next", () => {
  const zed = person("Zed Fell", { preferred_name: "Ally" }), ben = person("ben Wren");
  zed.lastSeen = ago(now, 2);
  visit(zed, "2026-12-01T10:00:00Z");
  visit(zed, "2026-11-28T10:00:00+00:00");
  visit(zed, "2026-11-27T10:00:00Z", { status: "cancelled" });
  const rows = peopleView(caseload(ben, zed), now).rows;
  assert.deepEqual(rows.map((r) => [r.name, r.fullName, r.next, r.lastSeen, r.search]),
    [["Ally", "Zed Fell", "2026-11-28T10:00:00.000Z", ago(now, 2), "ally zed fell"], ["ben Wren", undefined, undefined, undefined, "ben wren"]]);
});

test("what needs attention is told, the most pressing first", () => {
  const ann = person("Ann", { phone: "07700 900001" });
  ann.held = 1;
  ann.lastSeen = ago(now, 30);
  visit(ann, "2026-11-10T10:00:00Z", { status: "missed" });
  visit(ann, "2026-11-09T10:00:00Z", { status: "attended" });
  visit(ann, "2026-11-20T10:00:00Z", {}, { conflicts: { place: [] } });
  put(ann, "follow_up", { about: "x", due: "2026-11-26" });
  assert.deepEqual(peopleView(caseload(ann), now).rows[0]!.attention,
    ["held", "two_versions", "overdue_outcome", "missed_last", "follow_up_due", "unseen", "phone_unconfirmed"]);
});

test("a missed appointment no longer stands out once somebody has been with them", () => {
  const ann = person("Ann");
  visit(ann, "2026-11-20T10:00:00Z", { status: "missed" });
  ann.lastSeen = ago(now, 1);
  assert.deepEqual(peopleView(caseload(ann), now).rows[0]!.attention, []);
  ann.lastSeen = ago(now, 10);
  assert.deepEqual(peopleView(caseload(ann), now).rows[0]!.attention, ["missed_last"]);
});

test("a number wants confirming after ninety days, and one that nobody ever confirmed at once", () => {
  const attention = (confirmed: object): readonly string[] => {
    const p = person("Ann", { phone: "07700 900001", ...confirmed });
    p.lastSeen = ago(now, 1);
    return peopleView(caseload(p), now).rows[0]!.attention;
  };
  assert.deepEqual(attention({}), ["phone_unconfirmed"]);
  assert.deepEqual(attention({ phone_confirmed_on: "2026-08-27" }), ["phone_unconfirmed"]);
  assert.deepEqual(attention({ phone_confirmed_on: "2026-08-28" }), []);
  assert.deepEqual(attention({ phone: "", phone_confirmed_on: "2020-01-01" }), []);
});

test("where the work has ended only what is left to say needs attention", () => {
  const ann = person("Ann", { state: "closed", phone: "07700 900001" });
  visit(ann, "2026-11-20T10:00:00Z");
  put(ann, "follow_up", { about: "x", due: "2026-11-01" });
  assert.deepEqual(peopleView(caseload(ann), now).rows[0]!.attention, ["overdue_outcome"]);
});

test("sorted by attention, the pressing come first, and among equals who was seen longest ago", () => {
  const two = person("Two"), missed = person("Missed"), fine = person("Fine"), older = person("Older");
  for (const p of [two, missed, fine]) p.lastSeen = ago(now, 3);
  older.lastSeen = ago(now, 5);
  visit(two, "2026-12-20T10:00:00Z", {}, { deletes: [] });
  visit(missed, "2026-11-24T10:00:00Z", { status: "missed" });
  const rows = [...peopleView(caseload(fine, missed, older, two), now).rows].sort(byAttention);
  assert.deepEqual(rows.map((r) => r.name), ["Two", "Missed", "Older", "Fine"]);
});

test("a person's page has next steps, then what has been, the newest first", async () => {
  const ann = person("Ann");
  visit(ann, "2026-12-01T10:00:00Z", { title: "next" });
  visit(ann, "2026-11-25T10:00:00Z", { title: "unsaid" });
  visit(ann, "2026-11-23T10:00:00Z", { title: "was", status: "attended" }, { user: colleague });
  put(ann, "support", { what: "call", at: "2026-11-24T10:00:00Z" });
  put(ann, "follow_up", { about: "open", due: "2026-12-24" });
  put(ann, "follow_up", { about: "done", due: "2026-11-01", done_at: "2026-11-02T10:00:00Z" });
  put(ann, "contact", { name: "zoe" });
  put(ann, "contact", { name: "Al" });
  put(ann, "consent", { purpose: "forum" });
  put(ann, "consent", { purpose: "reminders" });
  const view = (await personView(caseload(ann, person("Bob")), ann.scope, now))!;
  assert.deepEqual(view.next.map((v) => v.title), ["unsaid", "next"]);
  assert.deepEqual(view.followUps.map((f) => f.fields["about"]), ["open"]);
  assert.deepEqual(view.timeline.map((t) => [t.record.kind, t.by]), [["support", { kind: "me" }], ["appointment", { kind: "colleague", name: "Iain (made up)" }], ["follow_up", { kind: "me" }]]);
  assert.deepEqual(view.contacts.map((c) => c.fields["name"]), ["Al", "zoe"]);
  assert.deepEqual(view.consents.map((c) => c.fields["purpose"]), ["reminders", "forum"]);
  assert.equal(await personView(caseload(ann), "person/other" as Scope, now), undefined);
});

test("who works with them are those whose assignment is in force or soon, oneself first", async () => {
  const ann = person("Ann");
  put(ann, "assignment", { worker: colleague, part: "cover", until: "2026-12-24T17:00:00Z" });
  put(ann, "assignment", { worker: me.id, part: "lead" });
  put(ann, "assignment", { worker: "u-gone", until: "2026-11-26T10:40:00Z" });
  put(ann, "assignment", { worker: "u-elsewhere", from: "2026-12-24T17:00:00Z" });
  const view = (await personView(caseload(ann), ann.scope, now))!;
  assert.deepEqual(view.workers, [
    { who: { kind: "me" }, part: "lead" },
    { who: { kind: "colleague", name: "Iain (made up)" }, part: "cover", until: "2026-12-24T17:00:00.000Z" },
    { who: { kind: "elsewhere" }, from: "2026-12-24T17:00:00.000Z" },
  ]);
});

test("every record with two versions is there to settle, the person's own too", async () => {
  const beside = [{ value: "x", version: 7 as Version, user: colleague, at: "2026-11-20T10:00:00.000Z" as Instant }];
  const ann = person("Ann", { goals: "y" }, { conflicts: { goals: beside } });
  visit(ann, "2026-12-01T10:00:00Z", { place: "z" }, { conflicts: { place: beside } });
  visit(ann, "2026-12-02T10:00:00Z");
  const view = (await personView(caseload(ann), ann.scope, now))!;
  assert.deepEqual(view.toSettle.map((r) => [r.record.kind, r.choices.map((c) => c.field)]), [["person", ["goals"]], ["appointment", ["place"]]]);
});
