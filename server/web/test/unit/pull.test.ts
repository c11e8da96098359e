import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { RecordID, Scope, Version } from "../../src/sync/ids.ts";
import type { Report } from "../../src/sync/run.ts";
import { newID, type Handset } from "../sync/handset.ts";
import { ackFrame, dropFrame, full, goneFrame, pageFrame, recordFrame, scopeFrame, scripted, shows, sum, type Script } from "../sync/script.ts";

/** A phone, and what to do with it: say pages, sync, and look. */
async function begin(t: TestContext): Promise<{
  readonly script: Script; readonly phone: Handset;
  page(frames: string, holds?: readonly string[], more?: object): void;
  sync(): Promise<Readonly<Report>>;
}> {
  const { script, phone } = await scripted(t);
  return {
    script, phone,
    page: (frames, holds, more) => void script.says.push({ body: frames + pageFrame(holds, { cursor: `c${script.says.length}-${script.asked.length}`, ...more }) }),
    async sync() {
      const report = await phone.sync();
      assert.equal(script.says.length, 0, "pages that were not asked for");
      return report;
    },
  };
}

test("frames of another generation are ignored", async (t) => {
  const s = await begin(t);
  s.page(scopeFrame("a", 7, "backfill") + recordFrame("a", 7, "x", 9) + recordFrame("a", 6, "y", 9) + goneFrame("a", 8, "x", 10) +
    scopeFrame("a", 7, "done") + recordFrame("never", 7, "z", 9), ["x:9"]);
  await s.sync();
  assert.equal(shows(s.phone), "a/x:9");
  s.page(recordFrame("a", 6, "x", 11) + recordFrame("a", 7, "w", 12), ["x:9", "w:12"]);
  await s.sync();
  assert.equal(shows(s.phone), "a/w:12 a/x:9");
});

test("a backfill replaces, and changes add", async (t) => {
  const s = await begin(t);
  s.page(full("a", 1, "x:2", "y:3") + full("b", 1, "z:4"), ["x:2", "y:3", "z:4"]);
  await s.sync();
  assert.equal(shows(s.phone), "a/x:2 a/y:3 b/z:4");
  // Over two pages: b comes anew, then goes on; a changes.
  s.page(goneFrame("a", 1, "x", 9) + scopeFrame("b", 8, "backfill") + recordFrame("b", 8, "v", 10));
  s.page(recordFrame("b", 8, "w", 11) + goneFrame("b", 8, "v", 12) + scopeFrame("b", 8, "done") + recordFrame("a", 1, "y", 13), ["y:13", "w:11"]);
  await s.sync();
  assert.equal(shows(s.phone), "a/y:13 b/w:11");
  // A scope that comes, and goes in the same run.
  s.page(full("c", 20, "q:21"));
  s.page(dropFrame("c", 20) + dropFrame("b", 8) + recordFrame("b", 8, "w", 22), ["y:13"]);
  await s.sync();
  assert.equal(shows(s.phone), "a/y:13");
  // A drop of an access before the present one.
  s.page(dropFrame("a", 0), ["y:13"]);
  await s.sync();
  assert.equal(shows(s.phone), "a/y:13");
  // One that goes, and comes again.
  s.page(dropFrame("a", 1));
  s.page(full("a", 30, "y:31"), ["y:31"]);
  await s.sync();
  assert.equal(shows(s.phone), "a/y:31");
  assert.equal(s.phone.keep.stored().staged.size, 0);
});

test("a reset drops what does not come", async (t) => {
  const s = await begin(t);
  s.page(full("a", 1, "x:2") + full("b", 1, "y:3"), ["x:2", "y:3"]);
  await s.sync();
  // The cursor turns out useless in the middle of a run: what that run had brought goes too, and reset need not be said twice.
  s.page(full("c", 1, "z:4"));
  s.page(full("a", 1, "x:5"), undefined, { reset: true });
  s.page(full("d", 1, "w:6"), ["x:5", "w:6"]);
  await s.sync();
  assert.equal(shows(s.phone), "a/x:5 d/w:6");
});

test("frames, members and fields that are not known survive or are passed over", async (t) => {
  const s = await begin(t);
  const fields = { name: "N", later: { b: 1, a: [1.5, "é<&>", null, { deep: [[]] }] }, __proto__x: 1, big: 2 ** 53 - 1 };
  s.page(`${JSON.stringify({ frame: "of a later version", x: 1 })}\n\n` + scopeFrame("a", 1, "backfill") +
    recordFrame("a", 1, "x", 2, { later: true, fields, conflicts: { later: [{ value: null, version: 1, user: "v", at: "2026-11-22T09:14:00.000Z", more: 1 }] },
      shown: { later: { version: 2, user: "u", at: "2026-11-22T09:15:00.000Z" } } }) + scopeFrame("a", 1, "done"), ["x:2"], { later: 1 });
  await s.sync();
  const r = s.phone.record("x" as RecordID);
  assert.deepEqual(r?.fields, fields);
  assert.deepEqual(r?.conflicts, { later: [{ value: null, version: 1, user: "v", at: "2026-11-22T09:14:00.000Z" }] });
});

test("a server that goes in circles is given up", async (t) => {
  const s = await begin(t);
  for (let i = 0; i < 3; i++) s.page("", undefined, { cursor: "same" });
  assert.deepEqual((await s.phone.run()).outcome, { kind: "later", why: "busy" });
  s.script.says.length = 0;
  await s.phone.person("Ines");
  s.page("", []); // ops without acks
  assert.deepEqual((await s.phone.run()).outcome, { kind: "later", why: "busy" });
  assert.equal(s.phone.look().waiting.length, 1);
});

test("empty scopes are held too", async (t) => {
  const s = await begin(t);
  s.page(full("a", 1), []);
  await s.sync();
  s.page(recordFrame("a", 1, "x", 2), ["x:2"]);
  await s.sync();
  assert.equal(shows(s.phone), "a/x:2");
});

test("a first run shows scopes that are done", async (t) => {
  const s = await begin(t);
  s.page(full("a", 1, "x:2") + scopeFrame("b", 1, "backfill") + recordFrame("b", 1, "y", 3));
  s.script.says.push({ status: 400, media: "application/problem+json", body: JSON.stringify({ code: "malformed" }) });
  assert.deepEqual((await s.phone.run()).outcome, { kind: "outdated" });
  assert.equal(shows(s.phone), "a/x:2");
  const id = newID();
  await s.phone.write({ scope: "a" as Scope, kind: "contact", record: id, base: 0 as Version, set: { name: "new" } },
    { scope: "b" as Scope, kind: "contact", record: id, base: 0 as Version, set: { name: "new" } });
  assert.deepEqual(shows(s.phone).split(" ").sort(), [`a/${id}:0`, "a/x:2", `b/${id}:0`].sort());
});

test("a run goes on after a restart of the app from its last whole page", async (t) => {
  const s = await begin(t);
  s.page(full("a", 1, "x:2"));
  s.script.says.push({ status: 503, media: "application/problem+json", body: JSON.stringify({ code: "unavailable" }), headers: { "Retry-After": "7" } });
  assert.deepEqual((await s.phone.run()).outcome, { kind: "later", why: "busy", after: 7000 });
  const cursor = s.phone.look().state.run?.cursor;
  const again = s.phone.reopened();
  s.page(full("b", 1, "y:3"), ["x:2", "y:3"]);
  await again.sync();
  assert.equal(s.script.syncs().at(-1)?.["cursor"], cursor);
  assert.equal(shows(again), "a/x:2 b/y:3");
});

test("the phone says what build it is, and remembers that it must not go on, until it is another", async (t) => {
  const s = await begin(t);
  s.page("", [], { recall: true });
  await s.sync();
  assert.equal(s.script.syncs()[0]?.["build"], "field/test");
  assert.equal(s.phone.look().state.recalled, "field/test");
  await s.phone.person("Ines");
  s.script.says.push({ body: ackFrame(1, [{ n: 1, id: s.phone.look().waiting[0]?.op.id, status: "applied", version: 90 }]) + pageFrame([], { recall: true, through: 1 }) });
  await s.sync();
  assert.equal(s.phone.look().waiting.length, 0, "a build that must not go on sends its outbox");
  s.page("", [], { through: 1 });
  await s.sync();
  assert.equal(s.phone.look().state.recalled, undefined, "the server has taken it back");
});

test("a difference is audited, what is not named goes, and what differs is fetched again", async (t) => {
  const s = await begin(t);
  s.page(full("a", 1, "x:2") + full("b", 1, "y:3") + full("ghost", 1, "g:4"), ["x:2", "y:3", "g:4"]);
  await s.sync();
  s.page("", ["x:2", "y:5"]); // b is not what the server has, and ghost is not known there
  s.page("", ["x:2", "y:5"], { sums: { a: sum(["x:2"]), b: sum(["y:5"]) } });
  s.page(full("b", 1, "y:5"), ["x:2", "y:5"], { sums: { a: sum(["x:2"]), b: sum(["y:5"]) } });
  const report = await s.sync();
  assert.deepEqual(s.script.syncs().map((q) => [q["audit"], q["refetch"]]).slice(1), [[undefined, undefined], [true, undefined], [true, ["b"]]]);
  assert.equal(report.repairs, 1);
  assert.equal(shows(s.phone), "a/x:2 b/y:5");
  const { incidents, differs } = s.phone.look().state;
  assert.deepEqual([incidents, differs], [1, undefined]);
});

test("where scope by scope does not help, everything is fetched again, once", async (t) => {
  const s = await begin(t);
  s.page(full("a", 1, "x:2"), ["x:2"]);
  await s.sync();
  const wrong = { sums: { a: sum(["x:3"]) } };
  s.page("", ["x:3"]);
  s.page("", ["x:3"], wrong);
  s.page(full("a", 1, "x:2"), ["x:3"], wrong); // the refetch brings the same
  s.page(full("a", 1, "x:2"), ["x:3"], { ...wrong, reset: true });
  assert.deepEqual((await s.phone.run()).outcome, { kind: "differs" });
  assert.deepEqual(s.script.syncs().slice(-2).map((q) => [q["cursor"] === "", q["refetch"]]), [[false, ["a"]], [true, undefined]]);
  assert.equal(shows(s.phone), "a/x:2", "the view stays");
  assert.equal(s.phone.look().state.differs, true);
  s.page("", ["x:2"], { sums: { a: sum(["x:2"]) } });
  await s.sync();
  assert.equal(s.phone.look().state.differs, undefined);
});

test("no more than 32 scopes are asked for again at a time", async (t) => {
  const s = await begin(t);
  const scopes = Array.from({ length: 40 }, (_, i) => `s${i}`);
  s.page(scopes.map((x) => full(x, 1, `${x}:2`)).join(""), scopes.map((x) => `${x}:2`));
  await s.sync();
  const right = scopes.map((x) => `${x}:57`), sums = Object.fromEntries(scopes.map((x) => [x, sum([`${x}:57`])]));
  const come = (names: readonly string[]): string => names.map((x) => full(x, 1, `${x}:57`)).join("");
  const sorted = [...scopes].sort();
  s.page("", right);
  s.page("", right, { sums });
  s.page(come(sorted.slice(0, 32)), right, { sums });
  s.page(come(sorted.slice(32)), right, { sums });
  await s.sync();
  assert.deepEqual(s.script.syncs().slice(-2).map((q) => q["refetch"]), [sorted.slice(0, 32), sorted.slice(32)]);
});

test("an answer to the client before is not taken: nobody goes, and no entry counts as answered", async (t) => {
  const s = await begin(t);
  s.page(full("a", 1, "x:2") + full("b", 1, "y:3"), ["x:2", "y:3"]);
  await s.sync();
  await s.phone.followUp("a" as Scope, "ring back");
  s.script.at = (path) => (path === "/v1/enrol" ? { media: "application/json", body: JSON.stringify({
    client_id: "c2", user: { id: "u", name: "Amal", role: "worker", team: "t" }, access_token: "a2", token_type: "Bearer", expires_in: 600, refresh_token: "r2",
  }) } : undefined);
  const shown: string[] = [];
  const { change } = s.phone.keep;
  s.phone.keep.change = async (fn) => { const done = await change(fn); shown.push(shows(s.phone)); return done; };
  s.phone.road.meet(async (_path, pass) => {
    const late = await pass();
    assert.deepEqual(await s.phone.enrol("code"), { kind: "joined" });
    return late;
  });
  const { id } = s.phone.look().waiting[0]!.op;
  s.script.says.push({ body: ackFrame(1, [{ n: 1, id, status: "applied", version: 4 }]) + pageFrame(["x:2", "y:3"], { through: 1 }) });
  s.script.says.push({ body: ackFrame(1, [{ n: 1, id, status: "applied", version: 4 }]) + full("a", 1, "x:2") + full("b", 1, "y:3") + pageFrame(["x:2", "y:3"], { reset: true, through: 1 }) });
  await s.sync();
  assert.deepEqual(s.script.asked.filter((a) => a.path === "/v1/sync").map((a) => [a.bearer, a.body["cursor"], (a.body["ops"] as readonly unknown[] | undefined)?.length ?? 0]).slice(1), [["Bearer a", "c0-1", 1], ["Bearer a2", "", 1]]);
  assert.deepEqual(shown.filter((s) => !s.endsWith("a/x:2 b/y:3")), []);
});
