import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { Scope } from "../../src/sync/ids.ts";
import type { PhoneState } from "../../src/sync/phone.ts";
import type { FromWorker, ToWorker } from "../../src/field/port.ts";
import { guardDefaults } from "../../src/sync/guard.ts";
import { connect, type Wire } from "../../src/field/remote.ts";

/** The worker's end of the wire: what was asked, and a way to answer. */
function wire(): Wire & { asked: ToWorker[]; say(m: FromWorker): void; die(): void; answer(value: unknown): Promise<void> } {
  const heard: ((event: { data: FromWorker }) => void)[] = [];
  const ends: (() => void)[] = [];
  const asked: ToWorker[] = [];
  const say = (data: FromWorker) => { for (const h of heard) h({ data }); };
  return {
    asked, say,
    postMessage: (m) => { asked.push(m); },
    addEventListener: (what: string, then: never) => { if (what === "message") heard.push(then); else if (what === "error") ends.push(then); },
    die: () => { for (const e of ends) e(); },
    async answer(value) { say({ id: asked.shift()!.id, ok: true, value }); await settled(); },
  };
}
/** What has changed is asked for again at once. */
const connected = (w: Wire) => connect(w, (_, then) => then(), () => 0);
const settled = async (): Promise<void> => { for (let i = 0; i < 5; i++) await Promise.resolve(); };
const open: PhoneState = { kind: "open", user: { id: "u", name: "Made Up", role: "worker", team: "t" } as never, reach: { unsent: 0, doing: { kind: "resting" } }, needsYou: 0, kept: true, locks: guardDefaults, update: "none" };
const a = "person/a" as Scope, b = "person/b" as Scope;
const names = (w: { asked: ToWorker[] }) => w.asked.map((m) => [m.call, ...m.args].join(" "));

test("answers find their callers, whatever their order", async () => {
  const w = wire(), { port } = connected(w);
  const one = port.unlock("135790"), two = port.office();
  deepEqual(names(w), ["unlock 135790", "office"]);
  w.say({ id: w.asked[1]!.id, ok: false, why: "a fault" });
  w.say({ id: w.asked[0]!.id, ok: true, value: { kind: "open" } });
  deepEqual(await one, { kind: "open" });
  await rejects(two, /a fault/);
});

test("news that comes along with an answer is heard, whatever the answer is", async () => {
  const w = wire(), { port, state } = connected(w);
  const one = port.write([], []);
  w.say({ id: w.asked[0]!.id, ok: false, why: "a fault", along: [{ kind: "state", state: open }] });
  await rejects(one, /a fault/);
  deepEqual(state.value, open);
});

test("a view is asked for once, kept, and asked for again when what it shows has changed", async () => {
  const w = wire(), remote = connected(w);
  w.say({ news: { kind: "state", state: open } });
  const seen = remote.view("person", a);
  equal(remote.view("person", a), seen);
  equal(seen.value.kind, "loading");
  await w.answer({ row: 1 });
  deepEqual(seen.value, { kind: "here", value: { row: 1 } });
  w.say({ news: { kind: "changed", scopes: [b] } });
  deepEqual(names(w), []);
  w.say({ news: { kind: "changed", scopes: [b, a] } });
  deepEqual(names(w), [`person ${a}`]);
  deepEqual(seen.value, { kind: "here", value: { row: 1 } }, "the older one stays in view meanwhile");
  await w.answer({ row: 2 });
  deepEqual(seen.value, { kind: "here", value: { row: 2 } });
  w.say({ news: { kind: "changed", scopes: [] } });
  deepEqual(names(w), [`person ${a}`]);
  await w.answer(undefined);
  equal(seen.value.kind, "none");
});

test("changes that come while a view is fetched are fetched after it, once", async () => {
  const w = wire(), remote = connected(w);
  const seen = remote.view("today");
  for (let i = 0; i < 3; i++) w.say({ news: { kind: "changed", scopes: [a] } });
  deepEqual(names(w), ["today"]);
  await w.answer("old");
  deepEqual(names(w), ["today"]);
  await w.answer("new");
  deepEqual(names(w), []);
  deepEqual(seen.value, { kind: "here", value: "new" });
});

test("what has changed is asked for a moment later, and while much is coming once for all of it", async () => {
  const w = wire(), waits: { ms: number; then: () => void }[] = [], at = { ms: 1_000 };
  const remote = connect(w, (ms, then) => void waits.push({ ms, then }), () => at.ms);
  const go = (): void => { const { ms, then } = waits.shift()!; at.ms += ms; then(); };
  for (const scope of [a, b]) { remote.view("person", scope); await w.answer({}); }
  w.say({ news: { kind: "changed", scopes: [a] } });
  w.say({ news: { kind: "changed", scopes: [a] } });
  deepEqual(names(w), [], "what somebody waits for is answered first");
  equal(waits.length, 1);
  equal(waits[0]!.ms > 0, true);
  go();
  equal(at.ms < 1_200, true);
  equal(w.asked.length, 1);
  w.say({ news: { kind: "changed", scopes: [b] } });
  equal(waits[0]!.ms > 200, true, "much is coming, and each time is drawn");
  go();
  equal(w.asked.length, 2);
});

test("a record is asked for again when its own scope has changed", async () => {
  const w = wire(), remote = connected(w);
  remote.view("record", "r" as never);
  await w.answer({ record: { scope: a } });
  w.say({ news: { kind: "changed", scopes: [b] } });
  deepEqual(names(w), []);
  w.say({ news: { kind: "changed", scopes: [a] } });
  deepEqual(names(w), ["record r"]);
});

test("a view that fails says so if nothing is in view, and else keeps what is", async () => {
  const w = wire(), remote = connected(w);
  const seen = remote.view("people");
  w.say({ id: w.asked.shift()!.id, ok: false, why: "x" });
  await settled();
  equal(seen.value.kind, "failed");
  remote.refresh();
  await w.answer("rows");
  remote.refresh();
  w.say({ id: w.asked.shift()!.id, ok: false, why: "x" });
  await settled();
  deepEqual(seen.value, { kind: "here", value: "rows" });
});

test("a lock takes what was seen of anybody out of this thread too", async () => {
  const w = wire(), remote = connected(w);
  w.say({ news: { kind: "state", state: open } });
  const before = remote.view("person", a);
  await w.answer({ row: 1 });
  w.say({ news: { kind: "state", state: { kind: "locked", coordinator: false, unsent: 0 } } });
  equal(before.value.kind, "loading");
  equal(remote.state.value.kind, "locked");
  remote.refresh();
  deepEqual(names(w), []);
});

test("when the worker is gone nothing waits for it, and the screen says so", async () => {
  const w = wire(), remote = connected(w);
  const asked = remote.port.today();
  w.die();
  await rejects(asked);
  deepEqual(remote.state.value, { kind: "broken", why: "storage" });
});
