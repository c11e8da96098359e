import assert from "node:assert/strict";
import { test } from "node:test";
import { recordView } from "../../src/field/views/record.ts";
import type { Instant, RecordID, UserID, Version } from "../../src/sync/ids.ts";
import type { Beside, Fields, Origin, Shown } from "../../src/sync/record.ts";
import type { Who } from "../../src/field/views/views.ts";
import { caseload, colleague, me, person, visit } from "./casework.ts";

const at = (hour: number): Instant => `2026-11-20T${String(hour).padStart(2, "0")}:00:00.000Z` as Instant;
const origin = (version: number, user: UserID, hour: number): Origin => ({ version: version as Version, user, at: at(hour) });
const beside = (value: Beside["value"], version: number, user: UserID, hour: number): Beside => ({ value, ...origin(version, user, hour) });

const who = (by: Who): string => (by.kind === "colleague" ? by.name : by.kind);

async function choices(fields: Fields, more: Partial<Shown>): Promise<readonly (readonly [string, readonly (readonly [Fields, string, boolean])[]])[]> {
  const ann = person("Ann Tern", { preferred_name: "Annie" });
  const record = visit(ann, "2026-12-01T10:00:00Z", fields, more);
  const view = (await recordView(caseload(ann), record.id))!;
  return view.choices.map((c) => [c.field, c.versions.map((v) => [v.set, `${who(v.by)} ${v.at.slice(11, 13)}`, v.shown] as const)] as const);
}

test("both versions of a field stand, the shown one first, with whose they are and when they were written", async () => {
  assert.deepEqual(await choices({ place: "Library" }, { shown: { place: origin(9, me.id, 12) }, conflicts: { place: [beside("Café", 8, colleague, 10)] } }),
    [["place", [[{ place: "Library" }, "me 12", true], [{ place: "Café" }, "Iain (made up) 10", false]]]]);
});

test("a group of fields is one choice, and settling it sets the whole group", async () => {
  assert.deepEqual(await choices({ starts_at: "2026-12-01T15:00:00Z", ends_at: "2026-12-01T15:45:00Z" }, {
    shown: { starts_at: origin(9, me.id, 12), ends_at: origin(9, me.id, 12) },
    conflicts: { ends_at: [beside("2026-12-01T13:45:00Z", 8, colleague, 10)], starts_at: [beside("2026-12-01T13:00:00Z", 8, colleague, 10)] },
  }), [["starts_at", [
    [{ starts_at: "2026-12-01T15:00:00Z", ends_at: "2026-12-01T15:45:00Z" }, "me 12", true],
    [{ starts_at: "2026-12-01T13:00:00Z", ends_at: "2026-12-01T13:45:00Z" }, "Iain (made up) 10", false]]]]);
});

test("a member in which two versions agree comes along with both", async () => {
  assert.deepEqual(await choices({ status: "missed", missed_reason: "Bus" }, {
    shown: { missed_reason: origin(9, me.id, 12) }, conflicts: { missed_reason: [beside("Unwell", 8, colleague, 10)] },
  }), [["status", [[{ status: "missed", missed_reason: "Bus" }, "me 12", true], [{ status: "missed", missed_reason: "Unwell" }, "Iain (made up) 10", false]]]]);
});

test("of three versions each keeps what goes together", async () => {
  const third = "u-3" as UserID;
  assert.deepEqual(await choices({ status: "attended" }, {
    shown: { status: origin(9, me.id, 12), missed_reason: origin(9, me.id, 12) },
    conflicts: { status: [beside("missed", 8, colleague, 11)], missed_reason: [beside("Bus", 8, colleague, 11), beside("Unwell", 7, third, 10)] },
  }), [["status", [
    [{ status: "attended", missed_reason: null }, "me 12", true],
    [{ status: "missed", missed_reason: "Bus" }, "Iain (made up) 11", false],
    [{ status: "missed", missed_reason: "Unwell" }, "elsewhere 10", false]]]]);
  assert.deepEqual((await choices({ starts_at: "2026-12-01T10:00:00Z", ends_at: "2026-12-01T11:00:00Z" }, {
    shown: { starts_at: origin(9, me.id, 12), ends_at: origin(9, me.id, 12) },
    conflicts: { starts_at: [beside("2026-12-01T14:00:00Z", 8, colleague, 11)],
      ends_at: [beside("2026-12-01T15:00:00Z", 8, colleague, 11), beside("2026-12-01T12:00:00Z", 7, third, 10)] },
  }))[0]![1][2]![0], { starts_at: "2026-12-01T10:00:00Z", ends_at: "2026-12-01T12:00:00Z" });
});

test("a cleared value is a version too", async () => {
  assert.deepEqual(await choices({}, { shown: { place: origin(9, me.id, 12) }, conflicts: { place: [beside("Café", 8, colleague, 10)] } }),
    [["place", [[{ place: null }, "me 12", true], [{ place: "Café" }, "Iain (made up) 10", false]]]]);
});

test("what the person answered is theirs, and what the program wrote is its own", async () => {
  const found = await choices({ reply: "coming" }, { shown: { reply: origin(9, "person/p-ann-tern" as UserID, 12) },
    conflicts: { reply: [beside("cannot", 8, "system/casework" as UserID, 10)] } });
  assert.deepEqual(found[0]![1].map((v) => v[1]), ["person 12", "program 10"]);
});

test("a deletion that lost is listed with whose it was", async () => {
  const ann = person("Ann");
  const record = visit(ann, "2026-12-01T10:00:00Z", {}, { deletes: [origin(9, colleague, 10)] });
  const view = (await recordView(caseload(ann), record.id))!;
  assert.deepEqual(view.deletes, [{ by: { kind: "colleague", name: "Iain (made up)" }, at: at(10) }]);
  assert.equal(await recordView(caseload(ann), "r-none" as RecordID), undefined);
});
