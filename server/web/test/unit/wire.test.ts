import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Instant, OpID, RecordID, Scope, Version } from "../../src/sync/ids.ts";
import type { Op } from "../../src/sync/record.ts";
import { bytesOf, decode, decodeHint, decodeLetterResults, decodeProblem, decodeTokens, encodeLast, encodeOp, encodeSync, reading, type Reply } from "../../src/sync/wire.ts";
import { ackFrame, pageFrame, recordFrame, scopeFrame } from "../sync/script.ts";

/** What released servers and phones have said, kept for ever. */
const fixture = (name: string): string => readFileSync(join(process.env["WEB"] ?? "", "../../mobile-api/testdata/wire/v1", name), "utf8");

const utf8 = new TextEncoder();
function read(text: string, step = Number.MAX_SAFE_INTEGER): Reply {
  const into = reading();
  const all = utf8.encode(text);
  for (let i = 0; i < all.length; i += step) if (!into.take(all.subarray(i, i + step))) break;
  return into.end();
}

test("a reply of the first release reads as what it says, however it is cut into pieces", () => {
  for (const step of [1, 2, 7, 1000, 100_000]) {
    const { ack, frames, page } = read(fixture("sync.response.ndjson"), step);
    assert.deepEqual(ack?.results.map((r) => [r.n, r.status, r.code]), [[39, "applied", undefined], [40, "conflict", undefined], [41, "held", "not_permitted"], [42, "rejected", "bad_id"]]);
    assert.deepEqual(frames.map((f) => f.frame), ["drop", "scope", "record", "scope", "gone"]);
    const record = frames[2];
    assert.ok(record?.frame === "record");
    assert.equal(record.record.fields["name"], 'Mòrag "Mo"\n🌱');
    assert.deepEqual(record.record.conflicts?.["name"], [{ value: "Morag", version: 501979440906249, user: "system/casework", at: "2026-11-22T09:10:00.000Z" }]);
    assert.ok(page?.complete && page.reset && !page.recall);
    assert.deepEqual([page.head, page.through, page.safe, page.serverTime], [501979440906252, 42, 38, "2026-11-22T09:15:00.412Z"]);
    assert.deepEqual(page.total, { count: 2, sum: "00c1f00d2a7b3e96" });
    assert.equal(page.sums?.get("directory" as Scope)?.count, 0);
  }
  const more = read(fixture("sync-more.response.ndjson"));
  assert.deepEqual([more.ack?.through, more.page?.complete, more.page?.total], [0, false, undefined]);
});

test("a reply without its page is an ack at most", () => {
  const ack = ackFrame(1, [{ n: 1, id: "i", status: "applied", version: 2 }]);
  const rest = scopeFrame("a", 1, "backfill") + recordFrame("a", 1, "x", 2);
  const whole = ack + rest + pageFrame(["x:2"]);
  const bytes = utf8.encode(whole);
  for (let cut = 0; cut < bytes.length; cut++) {
    const into = reading();
    into.take(bytes.subarray(0, cut));
    const got = into.end();
    assert.equal(got.ack !== undefined, cut >= ack.length, `ack of ${cut} bytes`);
    assert.equal(got.page !== undefined, cut >= bytes.length - 1, `page of ${cut} bytes`); // its line end tells nothing more
    assert.equal(got.frames.length, got.page ? 2 : 0);
  }
});

test("what is no reply is read as one that was cut", () => {
  const page = pageFrame([]);
  for (const [name, text] of Object.entries({
    "a page of the hotel": "<html>Welcome</html>\n" + page,
    "an ack that is not first": scopeFrame("a", 1, "done") + ackFrame(0, []) + page,
    "a result without a number": ackFrame(1, [{ id: "i", status: "applied" }]) + page,
    "a status that is none": ackFrame(1, [{ n: 1, id: "i", status: "lost" }]) + page,
    "a record without an id": `{"frame":"record","scope":"a","gen":1,"version":2}\n` + page,
    "a version that is no integer": `{"frame":"gone","scope":"a","gen":1,"id":"x","version":9007199254740993}\n` + page,
    "a complete page without its total": `{"frame":"page","cursor":"c","complete":true,"head":1,"through":0,"safe":0}\n`,
    "a page without a cursor": `{"frame":"page","complete":false,"head":1,"through":0,"safe":0}\n`,
  })) {
    const got = read(text);
    assert.deepEqual([got.page, got.frames], [undefined, []], name);
  }
  const into = reading();
  assert.equal(into.take(new Uint8Array([0x7b, 0xff, 0xfe])), false, "bytes that are no text");
  assert.equal(into.end().page, undefined);
  assert.deepEqual(decode(`{"frame":"of tomorrow","scope":1}`), { frame: "unknown" });
});

test("a reply that never ends is given up", () => {
  const into = reading();
  const piece = utf8.encode(`{"frame":"of tomorrow","x":"${"y".repeat(1 << 20)}"}\n`);
  let taken = 0;
  while (into.take(piece)) assert.ok(++taken < 40);
  assert.equal(into.end().page, undefined);
});

const op: Op = {
  n: 41, id: "0192f0c1-bbbb-7b3c-8d1e-5f60718293a4" as OpID, group: "g", at: "2026-11-22T09:14:03.120Z" as Instant, scope: "person/p" as Scope, kind: "appointment",
  record: "r" as RecordID, base: 0 as Version, set: { title: "\"é\" 🌱" }, add: { needs: ["transport"] },
};

test("requests are those that the first release took", () => {
  const body = JSON.parse(encodeSync({
    cursor: "c", lastN: 42, lostBelow: 41, sentAt: "2026-11-22T09:15:00Z" as Instant, maxBytes: 65536, audit: true, refetch: ["directory" as Scope], build: "field/1",
    ops: [encodeOp(op), encodeOp({ ...op, n: 42, delete: true })],
  })) as Record<string, unknown>;
  const known = Object.keys(JSON.parse(fixture("sync-full.request.json")) as object);
  assert.deepEqual(Object.keys(body).filter((k) => !known.includes(k)), ["build"]);
  assert.deepEqual([body["schema"], body["last_n"], body["lost_below"], body["max_bytes"], body["audit"]], [1, 42, 41, 65536, true]);
  assert.deepEqual(body["ops"], [JSON.parse(JSON.stringify(op)), { ...(JSON.parse(JSON.stringify(op)) as object), n: 42, delete: true }]);
  const first = JSON.parse(encodeSync({ cursor: "", lastN: 0, lostBelow: 0, sentAt: "2026-11-22T09:15:00Z" as Instant, maxBytes: 256 << 10, audit: false, refetch: [], build: "b", ops: [] })) as object;
  assert.deepEqual(Object.keys(first).sort(), ["build", "cursor", "last_n", "schema"], "an idle sync says no more than it must");
  assert.deepEqual(Object.keys(JSON.parse(encodeLast("r", [encodeOp(op)])) as object), Object.keys(JSON.parse(fixture("last.request.json")) as object));
  assert.deepEqual(JSON.parse(encodeLast("r", [])), { refresh_token: "r" });
  assert.equal(bytesOf("é🌱"), 6);
});

test("tokens, problems, hints and what became of letters are read, and nothing is made of what is none", () => {
  const t = decodeTokens(fixture("tokens.response.json"));
  assert.deepEqual([t?.client, t?.user.name, t?.user.team, t?.expires_in], ["0192f0c1-5555-7b3c-8d1e-5f60718293a4", "Amal", "0192f0c1-6666-7b3c-8d1e-5f60718293a4", 599]);
  assert.equal(decodeTokens(`{"client_id":"c","access_token":"a"}`), undefined);
  assert.equal(decodeTokens("<html>"), undefined);
  const p = decodeProblem(409, fixture("problem.response.json"));
  assert.deepEqual([p.status, p.code, p.through], [409, "op_number_gap", 0]);
  assert.deepEqual(decodeProblem(502, "<html>Bad gateway</html>"), { status: 502, code: "", detail: "" });
  assert.equal(decodeHint(fixture("live.response.txt").split("data: ")[1] ?? ""), 501979440906252);
  assert.equal(decodeHint("soon"), undefined);
  assert.deepEqual(decodeLetterResults(`{"results":[{"i":1,"status":"rejected","code":"not_opened","detail":"d"},{"i":0,"id":"o","status":"held","later":1}]}`),
    [{ i: 1, id: "", status: "rejected", code: "not_opened", detail: "d" }, { i: 0, id: "o", status: "held" }]);
  assert.equal(decodeLetterResults(`{"results":[{"status":"held"}]}`), undefined);
});
