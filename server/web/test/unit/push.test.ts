import assert from "node:assert/strict";
import { test } from "node:test";
import { instant, personScope, type RecordID, type Scope, type Version } from "../../src/sync/ids.ts";
import { StorageFull, type Look, type Written } from "../../src/sync/keep.ts";
import { grown, isSmallest, keepFor, largest, made, offer, shrunk, type Chance, type Size } from "../../src/sync/outbox.ts";
import type { Edit, Op, Value } from "../../src/sync/record.ts";
import { mint, newID, type Handset } from "../sync/handset.ts";
import { before, cutAt, smooth } from "../sync/road.ts";
import { ackFrame, full, pageFrame, scripted, shows, type Asked, type Said, type Script } from "../sync/script.ts";

const refuse = (status: number, code: string, more: object = {}): Said => ({ status, media: "application/problem+json", body: JSON.stringify({ status, code, ...more }) });

/** What a request offered. */
const offered = (q: Asked["body"] | undefined): readonly { readonly n: number; readonly id: string; readonly base: number }[] =>
  (q?.["ops"] ?? []) as { n: number; id: string; base: number }[];

/** A reply that takes all that the phone has waiting. */
function taking(phone: Handset, holds: readonly string[], more: object = {}, version = 50): string {
  const waiting = phone.look().waiting.map((e) => e.op);
  const last = phone.look().lastN;
  return ackFrame(last, waiting.map((op) => ({ n: op.n, id: op.id, status: "applied", version }))) + pageFrame(holds, { through: last, ...more });
}

async function wrote(t: Parameters<typeof scripted>[0], count: number): Promise<{ script: Script; phone: Handset; scope: Scope }> {
  const { script, phone } = await scripted(t);
  const scope = personScope(newID());
  for (let i = 0; i < count; i++) await phone.followUp(scope, `words ${i}`);
  return { script, phone, scope };
}

const says = async (body: string): Promise<Response> => new Response(body, { headers: { "Content-Type": "application/x-ndjson" } });

test("a reply cut at any byte keeps the acks that came whole, and loses nothing", async (t) => {
  const { phone, scope } = await wrote(t, 2);
  const begun = phone.keep.stored();
  // An epoch is known: else an ack alone says little.
  const start = { ...begun, state: { ...begun.state, epoch: "e", cursor: "before" } };
  const ids = phone.look().waiting.map((e) => e.op.id);
  const ack = ackFrame(2, ids.map((id, i) => ({ n: i + 1, id, status: i === 0 ? "applied" : "held", code: i === 0 ? undefined : "not_permitted", version: i === 0 ? 50 : undefined })));
  const reply = ack + full(scope, 1, "x:50") + pageFrame(["x:50"], { through: 2, cursor: "after" });
  const bytes = Buffer.byteLength(reply);
  for (let cut = 0; cut < bytes; cut++) {
    phone.keep.spoil(() => start);
    phone.road.meet((path, _pass, init) => cutAt(cut)(path, () => says(reply), init));
    const came = cut >= ack.length;
    const whole = cut >= bytes - 1; // all but the end of the line
    const stands = (): void => {
      assert.equal(phone.look().waiting.length, came ? 0 : 2, `cut at ${cut}`);
      assert.equal(phone.look().listed.length, came ? 1 : 0);
      assert.equal(phone.look().state.cursor, whole ? "after" : "before");
      assert.equal(shows(phone).includes("x:50"), whole);
      assert.equal(phone.keep.stored().staged.size, 0);
    };
    if (!whole) {
      phone.road.meet(async (_path, _pass, init) => {
        stands();
        const asked = JSON.parse(await new Response(init.body).text()) as Asked["body"]; // under 1 kB it goes as it is
        assert.deepEqual([offered(asked).map((o) => o.id), asked["cursor"]], [came ? [] : ids, "before"]);
        return says((came ? "" : ack) + full(scope, 1, "x:50") + pageFrame(["x:50"], { through: 2, cursor: "after" }));
      });
    }
    const report = await phone.sync();
    if (whole) stands();
    assert.equal(report.cut, whole ? 0 : 1);
    assert.equal(phone.road.left(), 0);
    assert.ok(phone.look().waiting.length === 0 && phone.look().listed.length === 1 && shows(phone).endsWith("x:50"));
  }
});

test("a connection that ends in the middle of a reply keeps the ack that came", async (t) => {
  const { script, phone, scope } = await wrote(t, 2);
  const start = phone.keep.stored();
  const ack = ackFrame(2, phone.look().waiting.map((e, i) => ({ n: i + 1, id: e.op.id, status: "applied", version: 50 })));
  const reply = ack + full(scope, 1, "x:50") + pageFrame(["x:50"], { through: 2 });
  for (const cut of [0, 1, ack.length - 1, ack.length, ack.length + 1, Buffer.byteLength(reply) - 2]) {
    phone.keep.spoil(() => start);
    script.says.push({ body: reply, cut }, refuse(500, "internal"));
    while (script.says.length > 0) assert.equal((await phone.run()).outcome.kind, "later");
    assert.equal(phone.look().waiting.length, cut < ack.length ? 2 : 0, `cut at ${cut}`);
    assert.ok(!shows(phone).includes("x:50"));
  }
});

/** A server that takes whatever comes, from number `through` on. */
function takes(script: Script, holds: readonly string[] = [], more: object = {}): void {
  let through = 0;
  script.at = (path, body) => {
    if (path !== "/v1/sync") return undefined;
    const ops = offered(body);
    through = Math.max(through, ops.at(-1)?.n ?? 0);
    const ack = ops.length > 0 ? ackFrame(through, ops.map((o) => ({ n: o.n, id: o.id, status: "applied", version: 50 }))) : "";
    return { body: ack + pageFrame(holds, { through, ...more }) };
  };
}

test("cuts make requests and pages smaller, down to the smallest, and whole pages make them larger again", async (t) => {
  const { script, phone } = await wrote(t, 100);
  for (let i = 0; i < 9; i++) script.says.push({ body: pageFrame([]), cut: 3 });
  const { outcome, report } = await phone.run();
  assert.deepEqual(outcome, { kind: "later", why: "unreachable" });
  assert.equal(report.cut, 9);
  assert.deepEqual(script.syncs().map((q) => offered(q).length), [100, 100, 100, 62, 31, 15, 7, 3, 1]);
  assert.deepEqual(script.syncs().map((q) => q["max_bytes"] ?? 262144), [262144, 131072, 65536, 32768, 16384, 8192, 8192, 8192, 8192]);
  takes(script);
  await phone.sync();
  assert.deepEqual(script.syncs().slice(9).map((q) => offered(q).length), [1, 2, 4, 8, 16, 32, 37]);
  assert.equal(phone.look().waiting.length, 0);
});

test("sizes halve to 8 KiB and one op, and double to the largest", () => {
  let z: Size = largest;
  let steps = 0;
  while (!isSmallest(z)) {
    z = shrunk(z);
    assert.ok(++steps < 20);
  }
  assert.deepEqual(z, { ops: 1, body: 8 << 10, page: 8 << 10 });
  assert.deepEqual(shrunk(z), z);
  while (z.ops < largest.ops) z = grown(z, largest);
  for (let i = 0; i < 9; i++) z = grown(z, largest);
  assert.deepEqual(z, largest);
});

test("an answer that is refused for its size is asked for in smaller pieces", async (t) => {
  const { script, phone } = await wrote(t, 3);
  takes(script);
  const take = script.at;
  script.at = (path, body) => (offered(body).length > 1 ? refuse(413, "too_large") : take(path, body));
  await phone.sync();
  assert.equal(phone.look().waiting.length, 0);
  assert.equal(offered(script.syncs().at(-1)).length, 1);
});

/** What offer sees: entries with these numbers and groups, each of about 200 bytes. */
function looking(entries: readonly (readonly [n: number, group?: string])[], more: Partial<Look["state"]> = {}, lastN = 0): Look {
  const written = entries.map(([n, group]): Written => ({ op: { ...op, n, ...(group !== undefined && { group }) } }));
  const none = { cursor: "", epoch: "", head: 0 as Version, incidents: 0, lost: 0 };
  return {
    state: { ...none, offered: 0, through: 0, safe: 0, ...more }, lastN: Math.max(lastN, entries.at(-1)?.[0] ?? 0),
    entries: () => written, listed: () => [], sums: () => new Map(),
  };
}
const op: Op = { n: 0, id: mint() as Op["id"], at: "2026-11-22T09:14:03.120Z" as Op["at"], scope: "person/p" as Scope, kind: "support", record: newID(), base: 0 as Version, set: { note: "x".repeat(10) } };

test("a batch is consecutive, whole in its groups, and one group at least", () => {
  const numbers = (entries: Parameters<typeof looking>[0], most: Partial<Size>, state: Partial<Look["state"]> = {}): readonly number[] => {
    const b = offer(looking(entries, state), { ...largest, ...most });
    return b.ids.map((_, i) => b.first + i);
  };
  assert.deepEqual(numbers([[1], [2], [3]], { ops: 2 }), [1, 2]);
  assert.deepEqual(numbers([[1], [2], [4]], {}), [1, 2], "a gap ends it");
  assert.deepEqual(numbers([[1], [2], [3]], {}, { offered: 2 }), [3]);
  assert.deepEqual(numbers([[1], [2, "g"], [3, "g"], [4]], { ops: 2 }), [1], "a group is not cut by number");
  assert.deepEqual(numbers([[1, "g"], [2, "g"], [3, "g"], [4]], { ops: 2 }), [1, 2, 3], "the first group goes however large");
  assert.deepEqual(numbers([[1, "g"], [2, "g"], [3, "h"], [4, "h"]], { ops: 3 }), [1, 2]);
  assert.deepEqual(numbers([[1], [2, "g"], [3, "g"]], { body: 600 }), [1], "nor by bytes");
  assert.deepEqual(numbers([[1]], { body: 1 }), [1]);
});

test("what is lost is declared, and nothing else is", () => {
  const lost = (entries: Parameters<typeof looking>[0], state: Partial<Look["state"]>, lastN?: number): number => offer(looking(entries, state, lastN), largest).lostBelow;
  assert.equal(lost([[3]], { through: 2, offered: 2 }), 0);
  assert.equal(lost([[5]], { through: 2, offered: 2 }), 5);
  assert.equal(lost([], { through: 2, offered: 2 }, 4), 5, "all of it, and nothing to send");
  assert.equal(lost([], { through: 4, offered: 4 }, 4), 0);
});

test("where the server holds less than it said, what is kept is offered again", async (t) => {
  const { script, phone } = await wrote(t, 3);
  takes(script);
  await phone.sync();
  assert.equal(phone.look().sent.length, 3, "no backup holds them");
  // The same epoch, but the numbers are not there: restored without a word.
  script.at = () => undefined;
  script.says.push({ body: pageFrame([], { through: 1 }) });
  const answers = phone.look().sent.slice(1).map((e) => ({ n: e.op.n, id: e.op.id, status: "applied", version: 60 }));
  script.says.push({ body: ackFrame(3, answers) + pageFrame([], { through: 3 }) });
  phone.road.meet(smooth, before(async () => assert.deepEqual(phone.look().waiting.map((e) => e.op.n), [2, 3], "what the server holds stays answered")));
  const report = await phone.sync();
  assert.deepEqual(offered(script.syncs().at(-1)).map((o) => o.n), [2, 3]);
  assert.ok(report.reoffered);
  assert.equal(phone.look().sent.at(-1)?.result?.version, 60);
});

test("when the epoch changes, all that is kept is offered again before safe is heeded", async (t) => {
  const { script, phone } = await wrote(t, 2);
  takes(script);
  await phone.sync();
  script.at = () => undefined;
  // The restored server holds numbers of somebody who has this name now, and says that a backup has them.
  const results = phone.look().sent.map((e) => ({ n: e.op.n, id: e.op.id, status: "applied", version: 50 }));
  script.says.push({ body: pageFrame([], { through: 2, safe: 2, epoch: "another", reset: true }) }, { body: ackFrame(2, results) + pageFrame([], { through: 2, safe: 2, epoch: "another" }) });
  phone.road.meet(smooth, before(async () => assert.equal(phone.look().waiting.length, 0, "it may hold them")));
  await phone.sync();
  assert.deepEqual(offered(script.syncs().at(-1)).map((o) => o.n), [1, 2]);
  assert.equal(phone.look().sent.length, 0, "then what a backup holds is let go");
});

test("acks without a page say nothing of their epoch, so what they acknowledged is offered again", async (t) => {
  const { script, phone } = await wrote(t, 2);
  const ids = phone.look().waiting.map((e) => e.op.id);
  const ack = ackFrame(2, ids.map((id, i) => ({ n: i + 1, id, status: "applied", version: 50 })));
  script.says.push({ body: ack + pageFrame([]), cut: ack.length + 3 }, refuse(503, "unavailable"));
  assert.equal((await phone.run()).outcome.kind, "later");
  assert.equal(phone.look().waiting.length, 0);
  script.says.push({ body: pageFrame([], { through: 2 }) }, { body: ack + pageFrame([], { through: 2 }) });
  await phone.sync();
  assert.deepEqual(offered(script.syncs().at(-1)).map((o) => o.id), ids);
});

test("numbers that do not follow are offered from where the server stands", async (t) => {
  const { script, phone } = await wrote(t, 3);
  takes(script);
  await phone.sync();
  await phone.followUp(personScope(newID()), "later");
  script.at = () => undefined;
  const ids = [...phone.look().sent, ...phone.look().waiting].map((e) => e.op.id);
  script.says.push(refuse(409, "op_number_gap", { through: 1 }));
  script.says.push({ body: ackFrame(4, ids.slice(1).map((id, i) => ({ n: i + 2, id, status: "applied", version: 70 }))) + pageFrame([], { through: 4 }) });
  await phone.sync();
  assert.deepEqual(offered(script.syncs().at(-1)).map((o) => o.n), [2, 3, 4]);
  for (let i = 0; i < 3; i++) script.says.push(refuse(409, "op_number_gap", { through: 1 }));
  assert.equal((await phone.run()).outcome.kind, "later", "a server that says so for ever is given up");
});

for (const code of ["client_behind", "op_number_reused"]) {
  test(`a copied phone (${code}) becomes another client, and offers its whole outbox under new numbers`, async (t) => {
    const { script, phone } = await wrote(t, 3);
    takes(script, [], { safe: 1 });
    await phone.sync();
    await phone.followUp(personScope(newID()), "after the copy");
    const ids = [...phone.look().sent, ...phone.look().waiting].map((e) => e.op.id);
    assert.equal(ids.length, 3, "one is in a backup and gone");
    let clients = 0;
    script.at = (path, body) => {
      if (path === "/v1/client") return { body: JSON.stringify({ client_id: `c${++clients}`, user: { id: "u", name: "Amal", role: "worker", team: "t" }, access_token: `a${clients}`, expires_in: 600, refresh_token: `r${clients}` }), media: "application/json" };
      if (path !== "/v1/sync") return undefined;
      if (clients === 0) return refuse(409, code, { through: 9 });
      const ops = offered(body);
      return { body: (ops.length > 0 ? ackFrame(3, ops.map((o) => ({ n: o.n, id: o.id, status: "applied", version: 50 }))) : "") + pageFrame([], { through: 3, reset: true, cursor: "new" }) };
    };
    const report = await phone.sync();
    assert.ok(report.newClient);
    const last = script.syncs().at(-1);
    assert.deepEqual(offered(last).map((o) => [o.n, o.id]), ids.map((id, i) => [i + 1, id]));
    assert.deepEqual([last?.["last_n"], last?.["cursor"], script.asked.at(-1)?.bearer], [3, "", "Bearer a1"]);
    const { client, refresh } = phone.look().state;
    assert.deepEqual([client, refresh, phone.look().lastN], ["c1", "r1", 3]);
    script.at = (path) => (path === "/v1/sync" ? refuse(409, code, { through: 9 }) : undefined);
    assert.equal((await phone.run()).outcome.kind, "later", "a server that says so for ever is given up");
  });
}

test("what did not take effect leaves the view and is listed, once, until it is cleared", async (t) => {
  const { script, phone } = await wrote(t, 2);
  const ids = phone.look().waiting.map((e) => e.op.id);
  const said = [{ n: 1, id: ids[0], status: "held", code: "not_permitted", detail: "A coordinator decides." }, { n: 2, id: ids[1], status: "rejected", code: "bad_value", detail: "No." }];
  script.says.push({ body: ackFrame(2, said) + pageFrame([], { through: 2 }) });
  const report = await phone.sync();
  assert.deepEqual([report.pushed, report.held, report.rejected], [2, 1, 1]);
  assert.deepEqual(phone.look().listed.map((e) => e.result?.code), ["not_permitted", "bad_value"]);
  assert.equal(shows(phone), "");
  await phone.keep.change((step) => ids.forEach((id) => step.unlist(id)));
  // Offered again after a restore, it is not listed again; unless it takes effect, which takes it off.
  script.says.push({ body: pageFrame([], { through: 0, epoch: "another" }) }, { body: ackFrame(2, said) + pageFrame([], { through: 2, epoch: "another" }) });
  await phone.sync();
  assert.equal(phone.look().listed.length, 0);
});

test("results count as far as they answer what was sent, in its order", async (t) => {
  for (const wrong of [{ n: 2, id: mint() }, { n: 3 }, { n: 2, status: "lost" }, undefined]) {
    const { script, phone } = await wrote(t, 3);
    const right = phone.look().waiting.map((e) => ({ n: e.op.n, id: e.op.id, status: "applied", version: 50 }));
    const second = wrong ? [{ ...right[1], ...wrong }, right[2]!] : [];
    script.says.push({ body: ackFrame(1, [right[0]!, ...second]) + pageFrame([], { through: 1 }) });
    if (wrong?.status) script.says.push({ body: ackFrame(1, [right[0]!]) + pageFrame([], { through: 1 }) }); // no status of ours: nothing of it counts
    script.says.push({ body: ackFrame(3, right.slice(1)) + pageFrame([], { through: 3 }) });
    await phone.sync();
    assert.deepEqual(offered(script.syncs().at(-1)).map((o) => o.n), [2, 3]);
    assert.equal(phone.look().waiting.length, 0);
  }
});

test("of what was erased nothing stays on the phone but that it was", async (t) => {
  const { script, phone } = await wrote(t, 1);
  const id = phone.look().waiting[0]?.op.id;
  script.says.push({ body: ackFrame(1, [{ n: 1, id, status: "rejected", code: "erased" }]) + pageFrame([], { through: 1 }) });
  await phone.sync();
  assert.ok(!JSON.stringify([...phone.look().sent, ...phone.look().listed]).includes("words"));
  assert.deepEqual(phone.look().listed.map((e) => [e.op.id, e.result?.code]), [[id, "erased"]]);
});

test("acknowledged ops that no backup holds are kept for 180 days", async (t) => {
  const { script, phone } = await wrote(t, 1);
  const after = (ms: number): object => ({ server_time: instant(Date.parse("2026-11-22T09:15:00Z") + ms) });
  takes(script, [], after(0));
  await phone.sync();
  takes(script, [], { ...after(keepFor), through: 1 });
  phone.ahead = 5 * keepFor; // what the phone's own clock says counts for nothing
  await phone.sync();
  assert.equal(phone.look().sent.length, 1);
  takes(script, [], { ...after(keepFor + 1), through: 1 });
  await phone.sync();
  assert.equal(phone.look().sent.length, 0);
});

test("an op stays laid over the view until a completed run has reached its version", async (t) => {
  const { script, phone, scope } = await wrote(t, 0);
  const id = await phone.followUp(scope, "words");
  assert.deepEqual([phone.record(id)?.unsent, phone.record(id)?.sent], [["about", "due"], []]);
  script.says.push({ body: taking(phone, [], { head: 40 }, 50) });
  await phone.sync();
  assert.deepEqual([phone.record(id)?.unsent, phone.record(id)?.sent], [[], ["about", "due"]], "the run did not reach it");
  script.says.push({ body: pageFrame([], { head: 50, through: 1 }) });
  await phone.sync();
  assert.equal(phone.record(id), undefined, "the server says what stands now");
});

test("an edit made while a page is being kept goes with the same run", async (t) => {
  const { script, phone, scope } = await wrote(t, 1);
  takes(script);
  phone.keep.meanwhile(() => phone.followUp(scope, "in between"));
  await phone.sync();
  assert.deepEqual(script.syncs().map((q) => offered(q).map((o) => o.n)), [[1], [2]]);
});

test("without room for a page the answers alone are kept, and nothing is lost", async (t) => {
  const { script, phone } = await wrote(t, 1);
  takes(script);
  const was = phone.keep.stored();
  phone.keep.full(true); // for the page; the answers are small
  await assert.rejects(phone.run(), StorageFull);
  const now = phone.keep.stored();
  assert.deepEqual([now.view, now.staged, now.state.cursor, now.state.head], [was.view, was.staged, was.state.cursor, was.state.head]);
  assert.deepEqual([now.state.offered, now.entries.map((e) => e.result?.status)], [1, ["applied"]]);
  await phone.sync();
  assert.equal(phone.look().waiting.length, 0);
});

test("requests end a phone's run, or wait, as the server says", async (t) => {
  const { script, phone } = await wrote(t, 1);
  for (const [said, outcome] of [
    [refuse(400, "unknown_schema"), { kind: "outdated" }],
    [refuse(426, "refused"), { kind: "outdated" }],
    [{ ...refuse(429, "rate_limited"), headers: { "Retry-After": "3" } }, { kind: "later", why: "busy", after: 3000 }],
    [{ ...refuse(507, "disk_full"), headers: { "Retry-After": "15" } }, { kind: "later", why: "server_full", after: 15000 }],
    [{ status: 502, media: "text/html", body: "<html>" }, { kind: "later", why: "unreachable" }],
    [{ media: "text/html", body: "<html>Welcome to the hotel</html>" }, { kind: "later", why: "unreachable" }],
    [{ status: 302, media: "text/html", body: "", headers: { Location: "/welcome" } }, { kind: "later", why: "unreachable" }],
  ] as const) {
    script.says.push(said);
    assert.deepEqual((await phone.run()).outcome, outcome);
    assert.equal(phone.look().waiting.length, 1);
  }
  assert.ok(!script.asked.some((a) => a.path === "/welcome"), "a redirect is not followed");
});

test("large requests are packed, unless the server takes none", async (t) => {
  const { script, phone } = await wrote(t, 20);
  takes(script);
  const take = script.at;
  script.at = (path, body) => (script.asked.at(-1)?.packed ? refuse(415, "unsupported_encoding") : take(path, body));
  await phone.sync();
  assert.deepEqual(script.asked.filter((a) => a.path === "/v1/sync").map((a) => a.packed), [true, false]);
  for (let i = 0; i < 20; i++) await phone.followUp(personScope(newID()), "more");
  await phone.sync();
  assert.equal(script.asked.at(-1)?.packed, false, "it is not tried again");
});

const chance: Chance = { now: () => Date.parse("2026-11-22T09:14:03.120Z"), random: (b) => crypto.getRandomValues(b as Uint8Array<ArrayBuffer>) };
const edit: Edit = { scope: "person/p" as Scope, kind: "support", record: newID(), base: 7 as Version, set: { note: "n" } };

test("edits become ops with ids of their own, one group, and the base that the screen was shown", () => {
  const one = made([edit], 4, chance);
  assert.ok(one.kind === "made");
  assert.deepEqual(one.ops.map((o) => [o.n, o.group, o.base, o.at]), [[5, undefined, 7, "2026-11-22T09:14:03.120Z"]]);
  const two = made([edit, { ...edit, base: 9 as Version, set: {}, add: { needs: ["a"] } }], 4, chance);
  assert.ok(two.kind === "made");
  const [a, b] = two.ops;
  assert.ok(a && b && a.group !== undefined && a.group === b.group && a.id !== b.id);
  assert.deepEqual([b.n, b.base, b.set, b.add], [6, 9, undefined, { needs: ["a"] }]);
  for (const o of two.ops) assert.match(o.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("edits that the server would refuse for their form or size are refused at once", () => {
  const { set: _set, ...bare } = edit;
  for (const edits of [[], [bare], [{ ...edit, delete: true as const }], [{ ...edit, record: "x" as RecordID }], Array.from({ length: 101 }, () => edit)]) {
    assert.equal(made(edits, 0, chance).kind, "bad");
  }
  const long = (n: number): Edit => ({ ...edit, set: { note: "é".repeat(n) } });
  assert.equal(made([long(32_000)], 0, chance).kind, "made");
  assert.equal(made([long(33_000)], 0, chance).kind, "too_large");
  assert.equal(made(Array.from({ length: 20 }, () => long(25_000)), 0, chance).kind, "too_large");
});

test("what a keyboard leaves that is no text goes before it is written", () => {
  const m = made([{ ...edit, set: { note: "half \ud83d of one", whole: "\ud83c\udf31", deep: [{ x: "a\0b" }] as Value }, add: { needs: ["\udf31"] } }], 0, chance);
  assert.ok(m.kind === "made");
  assert.deepEqual(m.ops[0]?.set, { note: "half \ufffd of one", whole: "\ud83c\udf31", deep: [{ x: "ab" }] });
  assert.deepEqual(m.ops[0]?.add, { needs: ["\ufffd"] });
});
