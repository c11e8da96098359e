import assert from "node:assert/strict";
import { test } from "node:test";
import { office, phone, scan, wrongClock } from "./harness.ts";
import { dump } from "./with/dump.ts";

// What other tests lean on: faults of the wire are real to a browser, and what a browser must not do is noticed.

test("the wire cuts, resets, slows down and refuses, and a browser sees each", async (t) => {
  const o = await office(t);
  const { page } = await phone(t);
  await page.goto(`${o.url}/app/`);
  const ask = (): Promise<string> => page.evaluate(async () => {
    try {
      return `whole, ${(await (await fetch("/openapi.json", { cache: "no-store" })).text()).length > 10_000}`;
    } catch (e) { return e instanceof Error ? e.name : "?"; }
  });
  assert.equal(await ask(), "whole, true");
  o.wire.next("/openapi.json", { kind: "cut", after: 100 });
  assert.equal(await ask(), "TypeError");
  for (const when of ["before", "after"] as const) {
    const had = o.wire.passed.length;
    o.wire.next("/openapi.json", { kind: "reset", when });
    assert.equal(await ask(), "TypeError");
    const met = o.wire.passed.slice(had).filter((p) => p.url === "/openapi.json").map((p) => `${p.end} ${p.status}`);
    assert.deepEqual([...new Set(met)], [`reset ${when === "after" ? 200 : 0}`]);
  }
  await o.wire.refuse();
  assert.equal(await ask(), "TypeError");
  await o.wire.accept();
  o.wire.slow(50_000, 800);
  const began = Date.now();
  assert.equal(await ask(), "whole, true");
  assert.ok(Date.now() - began >= 800, "it took no time");
});

test("a request to anybody else does not leave the browser, and is told", async (t) => {
  const o = await office(t);
  const { page, chromium } = await phone(t);
  await page.goto(`${o.url}/app/`);
  await page.evaluate(() => fetch("http://elsewhere.example/").catch(() => undefined));
  assert.match(chromium.faults().join("\n"), /^CSP: .*connect-src/i);
  chromium.forgive();
  await page.goto("http://elsewhere.example/").catch(() => undefined); // nobody answers
  assert.deepEqual(chromium.faults(), ["asked http://elsewhere.example/"]);
  chromium.forgive();
});

test("a phone's clock can be a year ahead, in its workers too", async (t) => {
  const o = await office(t);
  const year = 365 * 86_400;
  const { page } = await phone(t, { clock: year, preload: await wrongClock() });
  await page.goto(`${o.url}/app/`);
  const off = (await page.evaluate(() => Date.now()) - Date.now()) / 1000 - year;
  assert.ok(Math.abs(off) < 60, `it is ${off} s off`);
});

test("what is stored in plain is found: by the dump, and in the profile's folder", async (t) => {
  const o = await office(t);
  const p = await phone(t);
  await p.page.goto(`${o.url}/app/`);
  await p.page.evaluate(async () => {
    localStorage.setItem("a", "canary-in-local-storage");
    await (await caches.open("c")).put("/x", new Response("canary-in-a-cache"));
    await new Promise<void>((done) => {
      const r = indexedDB.open("plain", 1);
      r.onupgradeneeded = () => r.result.createObjectStore("s");
      r.onsuccess = () => {
        const tx = r.result.transaction("s", "readwrite", { durability: "strict" });
        tx.objectStore("s").put({ deep: [new TextEncoder().encode("canary-in-bytes"), new Map([["k", "canary-in-a-map"]])] }, 1);
        tx.oncomplete = () => { r.result.close(); done(); };
      };
    });
  });
  const words = ["canary-in-local-storage", "canary-in-a-cache", "canary-in-bytes", "canary-in-a-map", "canary-in-nothing"];
  const { found } = await dump(p.page, words);
  assert.deepEqual(found.map((f) => f.split(" in ", 1)[0]).sort(), words.filter((w) => w !== "canary-in-nothing").sort());
  await p.end("close");
  const there = new Set((await scan(p.profile, words)).map((f) => f.split(" in ", 1)[0]));
  assert.deepEqual([...there].sort(), words.filter((w) => w !== "canary-in-nothing").sort());
});
