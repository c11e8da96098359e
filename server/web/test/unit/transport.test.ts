import assert from "node:assert/strict";
import { test } from "node:test";
import { listen } from "../../src/sync/live.ts";
import { createTransport, gzip, retryAfter, type Reach, type Transport } from "../../src/sync/transport.ts";
import { clock, type Clock } from "../sync/clock.ts";
import { handset } from "../sync/handset.ts";
import { openScript, pageFrame, scripted } from "../sync/script.ts";

const never = new AbortController().signal;

/** A transport over a fetch of the test's, with a clock that only the test moves. */
function over(fetch: Reach["fetch"], more: Partial<Reach> = {}): { readonly c: Clock; readonly to: Transport } {
  const c = clock();
  return { c, to: createTransport({ fetch, origin: "", now: c.now, timer: c.timer, online: () => true, pack: undefined, ...more }) };
}

const ndjson = { "Content-Type": "application/x-ndjson" };
const abortable = (signal: AbortSignal | null | undefined): Promise<never> => new Promise((_, fail) => signal?.addEventListener("abort", () => fail(new DOMException("aborted", "AbortError"))));

test("a connection that brings nothing for a minute is dead; one that brings a little now and then is not", async () => {
  const utf8 = new TextEncoder();
  const page = utf8.encode(pageFrame([]));
  let to: ReadableStreamDefaultController<Uint8Array> | undefined;
  const { c, to: transport } = over(async (_url, init) => {
    void abortable(init.signal).catch((e: unknown) => to?.error(e));
    return new Response(new ReadableStream({ start: (x) => { to = x; } }), { headers: ndjson });
  });
  const slow = transport.exchange("/v1/sync", "a", "{}", never);
  await c.pass(0);
  for (const b of page) {
    await c.pass(50_000); // hours in all: deadlines are by progress
    to?.enqueue(Uint8Array.of(b));
    await c.pass(0);
  }
  to?.close();
  assert.ok((await slow).reply.page);
  const dead = transport.exchange("/v1/sync", "a", "{}", never);
  await c.pass(0);
  to?.enqueue(page.subarray(0, 10));
  await c.pass(59_999);
  assert.notEqual(c.next(), undefined);
  await c.pass(1);
  assert.deepEqual((await dead).fault, { kind: "cut" });
  assert.equal(c.next(), undefined, "no watch is left");
});

test("a large request on a slow line is given the time that it needs", async () => {
  const { c, to } = over((_url, init) => abortable(init.signal));
  const body = "x".repeat(40_000); // 100 s at 400 bytes a second
  const asked = to.exchange("/v1/sync", "a", body, never);
  let done = false;
  void asked.then(() => (done = true));
  await c.pass(159_999);
  assert.equal(done, false);
  await c.pass(1);
  assert.deepEqual((await asked).fault, { kind: "unreachable" });
});

test("what a phone without a network meets is named as what it is", async () => {
  const gone = (): Promise<Response> => Promise.reject(new TypeError("failed"));
  assert.deepEqual((await over(gone, { online: () => false }).to.post("/x", undefined, "{}", never)).fault, { kind: "offline" });
  assert.deepEqual((await over(gone).to.post("/x", undefined, "{}", never)).fault, { kind: "unreachable" });
  const stop = new AbortController();
  const asked = over((_url, init) => abortable(init.signal)).to.post("/x", undefined, "{}", stop.signal);
  stop.abort();
  assert.deepEqual((await asked).fault, { kind: "stopped" });
  assert.deepEqual((await over(gone).to.post("/x", undefined, "{}", stop.signal)).fault, { kind: "stopped" });
});

test("Retry-After is seconds or a date", () => {
  const now = Date.parse("2026-11-22T09:15:00Z");
  assert.deepEqual(["7", " 0 ", "Sun, 22 Nov 2026 09:15:30 GMT", "Sun, 22 Nov 2026 09:00:00 GMT", "soon", null].map((v) => retryAfter(v, now)),
    [7000, 0, 30_000, 0, undefined, undefined]);
});

test("tokens go in a header, nothing goes in a URL, and neither cookies nor caches are used", async (t) => {
  const script = await openScript(t);
  const inits: RequestInit[] = [];
  const transport = createTransport({ fetch: (url, init) => (inits.push(init), fetch(url, init)), origin: script.url, now: Date.now, timer: clock().timer, online: () => true, pack: gzip });
  script.says.push({ body: pageFrame([]) });
  await transport.exchange("/v1/sync", "secret", JSON.stringify({ x: "y".repeat(2000) }), never);
  assert.deepEqual(script.asked.map((a) => [a.path, a.bearer, a.packed]), [["/v1/sync", "Bearer secret", true]]);
  assert.deepEqual(inits.map((i) => [i.credentials, i.cache, i.redirect, i.referrerPolicy]), [["omit", "no-store", "manual", "no-referrer"]]);
});

test("hints are heard as they come, whatever pieces they come in", async () => {
  const text = ":\n\nevent: head\ndata: {\"seq\":5}\n\nevent: later\ndata: {\"seq\":6}\n\nevent:head\r\ndata:{\"seq\":7}\r\n\r\nevent: head\ndata: soon\n\nevent: head\ndata: {\"seq\":8}\n";
  for (const size of [1, 3, 1000]) {
    const utf8 = new TextEncoder().encode(text);
    const { to } = over(async () => new Response(new ReadableStream({
      start(x) {
        for (let i = 0; i < utf8.length; i += size) x.enqueue(utf8.subarray(i, i + size));
        x.close();
      },
    }), { headers: { "Content-Type": "text/event-stream" } }));
    const heard: number[] = [];
    assert.deepEqual((await to.live("a", (seq) => heard.push(seq), never)).fault, { kind: "cut" });
    assert.deepEqual(heard, [5, 7]);
  }
});

test("a listener connects again by itself, says once that it is refused, and comes back when that is over", async (t) => {
  const { script, phone } = await scripted(t);
  let connections = 0;
  script.at = (path) => {
    if (path !== "/v1/live") return undefined;
    connections++;
    return connections === 3 || connections === 4 ? { status: 403, media: "application/problem+json", body: JSON.stringify({ code: "device_revoked" }) } :
      { media: "text/event-stream", body: `event: head\ndata: {"seq":${connections}}\n\n` };
  };
  const heard: unknown[] = [], waits: number[] = [];
  const stop = new AbortController();
  await listen({
    session: phone.session, transport: phone.transport, timer: (ms: number, fire: () => void) => (waits.push(ms), setImmediate(fire), () => undefined), random: () => 0.5,
    hint(seq: number) {
      heard.push(seq);
      if (seq === 6) stop.abort();
    },
    connected: (is: boolean) => heard.push(is), refused: () => heard.push("refused"),
  }, stop.signal);
  assert.deepEqual(heard, [true, 1, false, true, 2, false, "refused", true, 5, false, true, 6, false]);
  assert.deepEqual(waits, [1000, 1000, 300_000, 300_000, 1000]);
});

test("a phone behind a hotel's page syncs when the page is gone", async (t) => {
  const script = await openScript(t);
  const phone = handset(() => script.url);
  script.at = () => ({ media: "text/html", body: "<html>Welcome</html>" });
  assert.deepEqual(await phone.enrol("code"), { kind: "later", fault: { kind: "portal" } });
  script.at = () => undefined;
  assert.deepEqual(await phone.enrol("code"), { kind: "joined" });
});
