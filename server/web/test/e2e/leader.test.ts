// One leader among tabs, with the locks, channels and workers of a real browser.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { build } from "esbuild";
import type { BrowserContext, Page } from "playwright-core";
import { phone, until, web } from "./harness.ts";

/** What a page asks its worker. */
type Asked = (call: string, ...args: unknown[]) => Promise<unknown>;
interface Tab {
  readonly page: Page;
  readonly ask: Asked;
}

/** A small app on a server of its own. */
async function app(t: TestContext): Promise<string> {
  const { outputFiles } = await build({ entryPoints: [join(web, "test/e2e/with/tabs.worker.ts")], bundle: true, write: false, format: "esm", target: "es2022", define: { __BUILD__: '"test"' } });
  const script = outputFiles[0]!.text;
  const home = `<!doctype html><title>tabs</title><script type="module">
    const worker = new Worker("/worker.js" + location.search, { type: "module" });
    const waiting = new Map(); let last = 0;
    worker.onmessage = ({ data: { id, value, why } }) => { const { done, fail } = waiting.get(id); why === undefined ? done(value) : fail(new Error(why)); };
    window.ask = (call, ...args) => new Promise((done, fail) => { waiting.set(++last, { done, fail }); worker.postMessage({ id: last, call, args }); });
  </script>`;
  const server = createServer((req, res) => {
    const isScript = req.url!.startsWith("/worker.js");
    res.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html", "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" });
    res.end(isScript ? script : home);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => { server.closeAllConnections(); server.close(); });
  const at = server.address();
  return `http://127.0.0.1:${typeof at === "object" && at ? at.port : 0}/`;
}

async function open(context: BrowserContext, url: string): Promise<Tab> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => "ask" in window);
  return { page, ask: (call, ...args) => page.evaluate(([c, a]) => (window as unknown as { ask: Asked }).ask(c, ...a), [call, args] as const) };
}
const leads = (tab: Tab): Promise<unknown> => until("the tab to lead", () => tab.ask("leads") as Promise<boolean>);

async function tabs(t: TestContext, ...builds: string[]): Promise<Tab[]> {
  const url = await app(t);
  const { chromium } = await phone(t);
  const all: Tab[] = [];
  for (const b of builds) {
    all.push(await open(chromium.context, `${url}?build=${b}`));
    if (all.length === 1) await leads(all[0]!);
  }
  return all;
}

test("the first tab leads, the others ask it, and news reach all", async (t) => {
  const [one, two, three] = await tabs(t, "a", "a", "a") as [Tab, Tab, Tab];
  await two.ask("add", "1", "from two");
  await three.ask("add", "2", "from three");
  assert.deepEqual(await one.ask("list"), ["from two", "from three"]);
  assert.deepEqual(await two.ask("list"), ["from two", "from three"]);
  assert.deepEqual([await one.ask("leads"), await two.ask("leads"), await three.ask("leads")], [true, false, false]);
  for (const tab of [one, two, three]) {
    await until("the news", async () => (await tab.ask("heard") as string[]).includes("added from three"));
    assert.equal((await tab.ask("heard") as string[])[0], "locked", "how it stands comes first");
  }
  await assert.rejects(two.ask("fail"), /RangeError/);
});

test("when the leader's tab goes, another goes on with its key, and what was asked is done once", async (t) => {
  const [one, two, three] = await tabs(t, "a", "a", "a") as [Tab, Tab, Tab];
  await one.ask("unlock");
  const session = await one.ask("session");
  await until("the key to arrive", () => two.ask("holds") as Promise<boolean>);
  // One is not begun when the leader goes, one is saved and not answered.
  const before = two.ask("add", "1", "asked before", 6_000, 0).catch((e: unknown) => e);
  const after = two.ask("add", "2", "saved before", 0, 6_000).catch((e: unknown) => e);
  const broken = two.ask("once").catch((e: Error) => e.message);
  await until("the second to be saved", async () => (await three.ask("list") as string[]).includes("saved before"));
  await one.page.close();
  assert.match(String(await broken), /BrokenOff/);
  const next = await until("another to lead", async () => (await two.ask("leads") ? two : await three.ask("leads") ? three : false));
  assert.equal(await next.ask("session"), session, "the vault is open, and no PIN was asked for");
  assert.equal(await three.ask("seal"), false, "the key works, and cannot be taken out");
  await until("both to be saved", async () => (await three.ask("list") as string[]).length === 2, 90_000).catch(async (e: Error) => { throw new Error(`${e.message}: ${JSON.stringify(await three.ask("list"))}`); });
  assert.deepEqual([await before, await after], ["1", "2"]);
  assert.deepEqual(await three.ask("list"), ["asked before", "saved before"]);
  assert.equal(await next.ask("reigns"), 1);
});

test("a tab that comes later finds the phone open, and a lock in one locks all", async (t) => {
  const [one, two] = await tabs(t, "a", "a") as [Tab, Tab];
  await two.ask("unlock");
  const three = await open(one.page.context(), one.page.url());
  await until("the key to arrive", () => three.ask("holds") as Promise<boolean>);
  assert.equal((await three.ask("heard") as string[])[0], "open");
  await three.ask("lock");
  for (const tab of [one, two, three]) await until("the key to be forgotten", async () => !(await tab.ask("holds")));
  await one.page.close();
  await until("another to lead", async () => await two.ask("leads") || three.ask("leads"));
  assert.equal(await two.ask("session"), undefined);
  await assert.rejects(three.ask("seal"), /Locked/);
});

test("a leader that sleeps is deposed by a tab in view, and writes nothing when it wakes", async (t) => {
  const [one, two] = await tabs(t, "a", "a") as [Tab, Tab];
  await one.ask("unlock");
  await until("the key to arrive", () => two.ask("holds") as Promise<boolean>);
  const slow = one.ask("add", "1", "by the sleeper", 2_000).catch((e: Error) => e.message);
  const slept = one.ask("sleep", 24_000, true).catch((e: Error) => e.message);
  assert.equal(await two.ask("add", "2", "by the next"), "2");
  assert.equal(await two.ask("leads"), true);
  assert.equal(await two.ask("seal"), false, "with the key it was handed");
  // The sleeper wakes: what it was doing is refused by the storage, and asked of the new leader, who does it once.
  assert.equal(await slow, "1");
  await slept;
  assert.equal(await one.ask("leads"), false);
  assert.equal(await one.ask("ends"), 1);
  assert.deepEqual(await one.ask("list"), ["by the sleeper", "by the next"]);
  assert.equal(await two.ask("holds"), true, "what the sleeper says of its key counts no more");
  assert.ok(!(await two.ask("heard") as string[]).includes("locked by the sleeper"), "nor what it tells");
});

test("a tab out of sight deposes nobody", async (t) => {
  const [one, two] = await tabs(t, "a", "a") as [Tab, Tab];
  await two.ask("presence", "hidden");
  const slept = one.ask("sleep", 16_000);
  assert.equal(await two.ask("add", "1", "patient"), "1");
  await slept;
  assert.deepEqual([await one.ask("leads"), await two.ask("leads")], [true, false]);
});

test("a tab of a newer build takes over, after what the older one was asked is done", async (t) => {
  const [one, two] = await tabs(t, "a", "a") as [Tab, Tab];
  await one.ask("unlock");
  const own = one.ask("add", "1", "of the leader", 5_000), theirs = two.ask("add", "2", "of the follower", 5_000);
  let done = false;
  void own.then(() => { done = true; });
  const next = await open(one.page.context(), one.page.url().replace("build=a", "build=b"));
  const early = !done;
  assert.deepEqual([await own, await theirs], ["1", "2"]);
  await leads(next);
  assert.ok(early, "it came too late to see anything");
  assert.deepEqual(await next.ask("list"), ["of the leader", "of the follower"]);
  assert.equal(await next.ask("session"), undefined, "it asks for the PIN anew");
  await assert.rejects(one.ask("list"), /Outdated/);
  await assert.rejects(two.ask("list"), /Outdated/);
  assert.deepEqual([await one.ask("holds"), await two.ask("holds")], [false, false]);
});

test("a clock that is set back between two reigns confuses nobody", async (t) => {
  const [one, two, three] = await tabs(t, "a&clock=2000000000000", "a&clock=1000", "a&clock=500") as [Tab, Tab, Tab];
  assert.equal(await two.ask("add", "1", "before"), "1");
  assert.equal(await three.ask("add", "2", "before too"), "2");
  await one.page.close();
  assert.equal(await two.ask("add", "3", "after"), "3");
  assert.deepEqual(await three.ask("list"), ["before", "before too", "after"]);
  assert.notEqual(await two.ask("leads"), await three.ask("leads"));
});

test("a tab that goes is known to be gone", async (t) => {
  const [one, two, three] = await tabs(t, "a", "a", "a") as [Tab, Tab, Tab];
  await two.ask("presence", "shown");
  await three.page.close();
  await until("one to know", async () => await one.ask("gone") === 1);
  await until("two to know", async () => await two.ask("gone") === 1);
});
