import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Op } from "../../src/sync/record.ts";
import { describe, knownCodes, reasonOf, valueText } from "../../src/field/describe.ts";
import { tell } from "../../src/field/screens/timeline.tsx";
import { called, StatusTag } from "../../src/field/screens/visit.tsx";
import { w } from "../../src/field/words.ts";

const now = Date.parse("2026-11-26T14:30:00Z");
const protocol = readFileSync(join(process.env["WEB"]!, "../../sync/PROTOCOL.md"), "utf8");
const op = (o: Partial<Op>): Op => ({ n: 1, id: "o", at: "2026-11-26T14:00:00Z", scope: "person/p", kind: "appointment", record: "r", base: 0, ...o }) as Op;

test("each code that the protocol names has its reason and what to do", () => {
  const section = /\n6\. \*\*Codes\.\*\*([\s\S]*?)\n7\. /.exec(protocol)![1]!;
  const named = [...section.matchAll(/`([a-z_]+)`/g)].map((m) => m[1]!).filter((c) => c !== "detail");
  ok(named.length > 30, `only ${named.length} found`);
  deepEqual(named.filter((c) => !knownCodes.includes(c)), []);
  deepEqual(knownCodes.filter((c) => !named.includes(c)), []);
});

test("a code of a later server is told in the server's words, and what to do by its status", () => {
  deepEqual(reasonOf({ status: "rejected", code: "constructor", detail: "The moon is full." }), { why: "The moon is full.", todo: w.reasons.fault.todo });
  deepEqual(reasonOf({ status: "held" }), { why: w.reasons.unknown.why, todo: w.reasons.notPermitted.todo });
});

test("each kind and field of the protocol has a name", () => {
  const table = /<!-- kinds: [\s\S]*?<!-- end of kinds -->/.exec(protocol)![0];
  const rows = [...table.matchAll(/^\| `(\w+)`[^|]*\| (\w+) \| (.*) \|$/gm)].map(([, kind, , fields]) => ({ kind: kind!, fields: fields!.split("; ").filter((f) => !f.endsWith("(by the server)")).map((f) => /^\**(\w+)\**:/.exec(f)![1]!) }));
  ok(rows.length >= 10);
  const written = rows.filter((r) => r.kind !== "held");
  deepEqual(rows.map((r) => r.kind).filter((k) => !(k in w.kinds)), []);
  deepEqual([...new Set(written.flatMap((r) => r.fields))].filter((f) => !(f in w.fields) && f !== "role" && f !== "op"), []);
});

test("each choice of the protocol has its word", () => {
  for (const [, field, list] of protocol.matchAll(/\b(status|reply|what|purpose|state|part)\**: one of ([a-z_, ]+?)(?= \(|;| \|)/g)) {
    if (list!.includes("held") || list!.includes("claimed")) continue; // the server's own
    deepEqual(list!.split(", ").filter((v) => !(v in (w.values as Record<string, object>)[field!]!)), [], field);
  }
});

test("an edit is described for the one who made it", () => {
  deepEqual(describe(op({ set: { title: "Housing office", starts_at: "2026-11-27T10:30:00Z", status: "planned", place: null } }), now),
    { title: "New: Appointment: Housing office", said: [["When", "tomorrow 10:30"], ["Status", "Planned"]] });
  deepEqual(describe(op({ base: 7 as never, set: { status: "missed", missed_reason: null } }), now),
    { title: "Changed: Appointment", said: [["Status", "Did not come"], ["Why missed", "Cleared"]] });
  deepEqual(describe(op({ base: 7 as never, delete: true }), now), { title: "Taken away: Appointment", said: [] });
  deepEqual(describe(op({ kind: "person", base: 7 as never, add: { interests: ["football", "dogs"] }, remove: { needs: ["transport"] } }), now),
    { title: "Changed: Person", said: [["Interests", "football, dogs"], ["Needs, taken off", "transport"]] });
  equal(describe(op({ kind: "support", set: { what: "accompanied", minutes: 90, formal: false } }), now).title, "New: Support: Went along");
});

test("what this build does not know stands as it is", () => {
  equal(valueText("status", "postponed", now), "postponed");
  equal(valueText("status", "constructor", now), "constructor");
  equal(valueText("mood", { a: 1 }, now), '{"a":1}');
  equal(valueText("note", "2026-11-26", now), "Thu 26 November");
  equal(valueText("minutes", 90, now), "1 hour 30 minutes");
  equal(describe(op({ kind: "__proto__", set: { toString: "x" } }), now).title, "New: __proto__");
});

test("a choice that is called like something that every object has stands as it is", () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "__defineGetter__"]) {
    equal(called(w.values.what, name), name);
    equal(valueText("what", name, now), name);
    equal(valueText(name, "text", now), "text");
    const { props } = StatusTag({ status: name }) as unknown as { props: Record<string, unknown> };
    deepEqual([props["children"], props["icon"]], [name, undefined]);
    deepEqual(tell({ record: { kind: "support", id: "r", fields: { what: name } } } as unknown as Parameters<typeof tell>[0]).icon, "heart");
  }
});
