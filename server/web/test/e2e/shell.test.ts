// The service worker in a real browser: what it keeps, what it refuses to keep, and what it leaves alone.
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { test, type TestContext } from "node:test";
import type { Page } from "playwright-core";
import { office, phone, until } from "./harness.ts";

/** Asks for the service worker as the page does, waits until it is installed or given up, and says which. */
const served = (page: Page): Promise<boolean> => page.evaluate(async () => {
  const registration = await navigator.serviceWorker.register("sw.js", { updateViaCache: "none" });
  const first = registration.installing ?? registration.waiting;
  if (first) await new Promise<void>((done) => {
    const look = (): void => { if (first.state === "activated" || first.state === "redundant") done(); };
    first.addEventListener("statechange", look);
    look();
  });
  return registration.active?.state === "activated";
});
const shellOf = (page: Page): Promise<string[]> => page.evaluate(async () => {
  const all: string[] = [];
  for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) all.push(new URL(request.url).pathname);
  return all.sort();
});
/** A network that breaks off the answer to one path, or gives its own. */
async function portal(t: TestContext, server: string, path: string, how: "cut" | "wifi"): Promise<{ readonly url: string; met(): number }> {
  let met = 0;
  const p = createServer((req, res) => {
    if (req.url === path) {
      met++;
      if (how === "wifi") res.writeHead(200, { "content-type": "text/html" }).end("<h1>Welcome to our Wi-Fi</h1>");
      else res.writeHead(200, { "content-type": "image/png", "content-length": 1000 }).write(new Uint8Array(100), () => res.destroy());
      return;
    }
    const on = request(server + req.url!, { method: req.method, headers: req.headers }, (got) => {
      res.writeHead(got.statusCode!, got.headers);
      got.pipe(res);
    });
    on.on("error", () => res.destroy());
    req.pipe(on);
  });
  await new Promise<void>((done) => p.listen(0, "127.0.0.1", done));
  t.after(() => { p.closeAllConnections(); p.close(); });
  const at = p.address();
  return { url: `http://127.0.0.1:${typeof at === "object" && at ? at.port : 0}`, met: () => met };
}
const ready = (page: Page): Promise<unknown> => page.getByRole("heading", { level: 1 }).first().waitFor();

for (const how of ["cut", "wifi"] as const) {
  test(`a file that ${how === "cut" ? "was cut on the way" : "somebody's network answered in its place"} is not kept, nor any other, and the next try keeps all`, async (t) => {
    const o = await office(t);
    const between = await portal(t, o.direct(), "/app/icon-whole-512.png", how);
    o.wire.to(between.url);
    const { page } = await phone(t);
    await page.goto(`${o.url}/app/`);
    await ready(page);
    assert.equal(await served(page), false, "half of an app was installed");
    assert.ok(between.met() > 0, "nobody met it");
    assert.deepEqual(await shellOf(page), [], "half of an app was kept");
    o.wire.to(o.direct());
    assert.equal(await served(page), true);
    assert.ok((await shellOf(page)).includes("/app/icon-whole-512.png"));
  });
}

test("any path of the app leads to it without a signal, the page's policy with it, and nothing else is answered", async (t) => {
  const o = await office(t);
  const { page } = await phone(t);
  await page.goto(`${o.url}/app/`);
  await until("the app to be kept", () => served(page));
  const policy = (): Promise<string | null> => page.evaluate(async () => (await fetch("/app/")).headers.get("content-security-policy"));
  const online = await policy();
  await o.wire.refuse();
  for (const path of ["/app/", "/app/index.html", "/app/?utm=x", "/app/no/such/place", "/app/#people"]) {
    await page.goto(o.url + path);
    await ready(page);
    const at = new URL(page.url());
    assert.ok(["/app/", "/app/index.html"].includes(at.pathname), `${path} led to ${at.pathname}`);
  }
  const kept = await page.evaluate(async () => (await caches.match("/app/"))?.headers.get("content-security-policy") ?? null);
  assert.match(kept ?? "", /default-src 'none'/);
  assert.equal(kept, online);
  for (const path of ["/v1/seal-key", "/healthz", "/openapi.json", "/console/", "/app/assets/none-0000000000.js"]) {
    assert.equal(await page.evaluate((p) => fetch(p).then((r) => r.status, () => "no network"), path), "no network", path);
  }
});

test("on a bad network the app goes on trying by itself until it is on the phone whole", async (t) => {
  const o = await office(t);
  const between = await portal(t, o.direct(), "/app/icon-whole-512.png", "cut");
  o.wire.to(between.url);
  const { page } = await phone(t);
  await page.goto(`${o.url}/app/`);
  await until("a try to fail", () => between.met() > 0);
  o.wire.to(o.direct());
  await until("the app to be kept", async () => (await shellOf(page)).includes("/app/icon-whole-512.png"));
});

test("a shell that was thrown away is fetched and kept again", async (t) => {
  const o = await office(t);
  const { page } = await phone(t);
  await page.goto(`${o.url}/app/`);
  await until("the app to be kept", () => served(page));
  await page.evaluate(async () => { for (const name of await caches.keys()) await caches.delete(name); });
  await page.reload();
  await ready(page);
  await until("what the page needs to be kept again", async () => (await shellOf(page)).some((p) => p.includes("/worker-")));
  await o.wire.refuse();
  await page.reload();
  await ready(page);
});
