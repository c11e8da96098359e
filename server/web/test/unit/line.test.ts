import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Doing, Reach } from "../../src/sync/phone.ts";
import { createDates } from "../../src/field/dates.ts";
import { lineOf } from "../../src/field/line.ts";
import { w } from "../../src/field/words.ts";

const now = Date.parse("2026-11-26T14:30:00Z");
const d = createDates(w);
const line = (reach: Partial<Reach>, needsYou = 0) => lineOf({ reach: { unsent: 0, doing: { kind: "resting" }, ...reach }, needsYou }, now, w, d);
const everything = "2026-11-26T14:02:00Z" as never;
const offline: Doing = { kind: "waiting", why: "offline", again: "2026-11-26T14:33:00Z" as never };

test("what is on the phone, on the server and in need of the person is told apart", () => {
  equal(line({ everything }).text, "Everything on this phone was on the server at 14:02");
  equal(line({ everything: "2026-11-25T14:02:00Z" as never }).text, "Everything on this phone was on the server yesterday 14:02");
  equal(line({ unsent: 3, everything }).text, "On this phone: 3 not sent yet");
  equal(line({ unsent: 3, everything }, 1).text, "1 needs you");
  equal(line({ unsent: 3, everything }, 1).detail, "On this phone: 3 not sent yet");
  equal(line({}).text, "Nothing has come from the office yet");
});

test("nothing sounds like a success that is none", () => {
  const doings: Doing[] = [{ kind: "resting" }, { kind: "trying" }, offline, ...(["unreachable", "busy", "server_full"] as const).map((why) => ({ ...offline, why }) as Doing),
    ...(["signed_out", "outdated", "differs", "storage_full"] as const).map((why) => ({ kind: "stuck", why }) as Doing)];
  for (const doing of doings) {
    const some = line({ unsent: 2, everything, doing });
    ok(some.tone !== "ok" && !some.text.includes("was on the server"), JSON.stringify(some));
    ok(doing.kind === "stuck" || some.text === "On this phone: 2 not sent yet", JSON.stringify(some));
    const none = line({ doing });
    ok(none.tone !== "ok" && !none.text.includes("was on the server"), JSON.stringify(none));
    if (doing.kind === "stuck") ok(line({ everything, doing }).tone === "stop");
  }
});

test("what the phone waits for is said, and when it tries again", () => {
  equal(line({ unsent: 1, doing: offline }).detail, "No signal. It goes by itself later.");
  equal(line({ unsent: 1, doing: { ...offline, why: "unreachable" } as Doing }).detail, "The server does not answer. Next try at 14:33.");
  equal(line({ unsent: 1, doing: { kind: "trying" } }).detail, "Talking to the server now");
  equal(line({ everything, doing: { kind: "trying" } }).detail, undefined, "a sync with nothing to send is no news");
  equal(line({ everything, doing: offline }).detail, "No signal. It goes by itself later.");
});

test("a screen reader hears what happened, and not that a clock went on or a sync came and went", () => {
  const key = (reach: Partial<Reach>, needsYou = 0) => line(reach, needsYou).key;
  equal(key({ everything }), key({ everything: "2026-11-26T14:20:00Z" as never, doing: { kind: "trying" } }));
  equal(key({ unsent: 1 }), key({ unsent: 2, doing: { kind: "trying" } }), "each saving says so itself");
  const different = [key({ everything }), key({ unsent: 1 }), key({ everything }, 1), key({ everything }, 2), key({ everything, doing: offline }), key({ doing: { kind: "stuck", why: "differs" } }), key({})];
  deepEqual(different.filter((k, i) => different.indexOf(k) !== i), []);
});
