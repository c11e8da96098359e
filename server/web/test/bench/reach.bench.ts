// What the field app takes, in a real Chromium on a real server: one row for each figure that the app is to reach. It judges nothing by itself:
// it prints what is met and what is not. A phone six times slower is this: the page's thread is slowed down six times by the browser, whose slow-down
// reaches no other thread, and of the worker's thread the time is counted six times. What counts is processor time, since a machine is shared.
import { readFile, rm } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { CDPSession, Page } from "playwright-core";
import { w } from "../../src/field/words.ts";
import { firstPage } from "../e2e/harness.ts";
import { freshProfile, launch, type Chromium } from "../e2e/with/browser.ts";
import { openDesk } from "../e2e/with/desk.ts";
import { begin, go, join as joinPhone, line, locked, PIN, saveButton, unlock, wrongPin } from "../e2e/with/hand.ts";
import { openOffice, type Office } from "../e2e/with/office.ts";
import { until } from "../e2e/with/until.ts";
import { caseload, worker } from "./caseload.ts";
import { kB, MB, median, ms, table, type Row } from "./figures.ts";
import { heaps, marks, pageTasks, workerThread, type WorkerThread } from "./threads.ts";

const slower = 6, rows: Row[] = [];
const say = (text: string): void => void console.log(text);
const told = (row: Row): void => { rows.push(row); say(`${row.what}: ${row.figure} (${row.how})`); };

interface Device { readonly chromium: Chromium; readonly page: Page; readonly cdp: CDPSession; thread(): Promise<WorkerThread>; end(): Promise<void> }

async function device(): Promise<Device> {
  const profile = await freshProfile(), chromium = await launch({ profile }), page = await firstPage(chromium.context), cdp = await chromium.cdp(page);
  return { chromium, page, cdp, thread: () => workerThread(chromium), async end() {
    await chromium.kill();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  } };
}

/** Processor time of the page's thread, slowed down by the browser, and of the worker's, times six. They wait for each other, so both count. Beside them the time on the wall, with the disk's in it, of a page so slow and a worker that is not. */
interface Cost { readonly page: number; readonly worker: number; readonly wall: number }
const all = (c: Cost): number => c.page + c.worker;

/** What a tap takes until the page looks as it is to; nothing but the app runs on its thread meanwhile. */
async function cost(d: Device, tap: () => Promise<unknown>, shown: string): Promise<Cost> {
  const thread = await d.thread();
  await d.cdp.send("Emulation.setCPUThrottlingRate", { rate: slower });
  await d.page.evaluate(([is, to]) => { (globalThis as { seen?: Promise<void> }).seen = new Promise<void>((done) => {
    const looks = new Function(`return ${is}`) as () => boolean;
    const check = (): void => {
      if (!looks()) return;
      watch.disconnect();
      removeEventListener("input", check);
      requestAnimationFrame(() => setTimeout(() => { performance.mark(to!); done(); })); // it is drawn
    };
    const watch = new MutationObserver(check);
    addEventListener("input", check);
    watch.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  }); }, [shown, marks.to]);
  let own = 0, wall = 0;
  const page = await pageTasks(d.chromium, async () => {
    const seen = d.page.evaluate((from) => { performance.mark(from); return (globalThis as { seen?: Promise<void> }).seen; }, marks.from);
    await d.page.waitForTimeout(100);
    const [before, at] = [await thread.own(), performance.now()];
    await tap();
    await seen;
    wall = performance.now() - at;
    own = await thread.own() - before;
  });
  await d.cdp.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  return { page, worker: slower * own, wall };
}

const made = (costs: readonly Cost[]): string => `page ${ms(median(costs.map((c) => c.page)))}, worker ${ms(median(costs.map((c) => c.worker)))}; on the wall ${ms(median(costs.map((c) => c.wall)))}`;
const quiet = async (page: Page): Promise<void> => { await line(page, "everything"); await page.waitForTimeout(1500); };

async function toTheFirstScreen(): Promise<void> {
  const dist = join(process.env["WEB"] ?? ".", "dist/app"), html = await readFile(join(dist, "index.html"), "utf8");
  const size = async (file: string): Promise<number> => gzipSync(await readFile(join(dist, file)), { level: 9 }).length;
  const named = [...html.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map((m) => m[1]!);
  const page = (await Promise.all(named.map(size))).reduce((a, b) => a + b, 0);
  const seen = new Set<string>();
  const reach = async (file: string): Promise<void> => { // with what it imports before it runs
    if (seen.has(file)) return;
    seen.add(file);
    for (const m of (await readFile(join(dist, file), "utf8")).matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) await reach(join(dirname(file), m[1]!));
  };
  const texts = await Promise.all(named.filter((f) => f.endsWith(".js")).map((f) => readFile(join(dist, f), "utf8")));
  const first = texts.map((text) => /[\w/-]*worker-[\w-]+\.js/.exec(text)?.[0]).find((f) => f !== undefined);
  if (first === undefined) throw new Error("the page does not say which worker it starts");
  await reach(first.startsWith("assets/") ? first : join("assets", first));
  const threads = (await Promise.all([...seen].map(size))).reduce((a, b) => a + b, 0);
  told({ what: "scripts and styles to the first screen, gzipped", figure: kB(page + threads), least: "70 kB", aim: "45 kB", how: `page and style ${kB(page)}, worker ${kB(threads)}` });
}

async function firstPull(): Promise<void> {
  const costs: Cost[] = [];
  for (let i = 0; i < 3; i++) {
    const o = await openOffice(), desk = await openDesk(o), who = await worker(o), d = await device();
    try {
      await joinPhone(d.page, await o.invite(who));
      await quiet(d.page);
      await go(d.page, "People");
      await o.wire.refuse();
      await caseload(desk, who, 30, 1000);
      costs.push(await cost(d, () => o.wire.accept(), `document.querySelectorAll("main .people .who").length === 30`));
    } finally { await d.end(); await o.stop(); }
  }
  told({ what: "first pull of 1,000 records, applied and shown", figure: ms(median(costs.map(all))), least: "2 s", aim: "1 s", how: made(costs) });
}

async function day(d: Device, o: Office): Promise<void> {
  const { page } = d;
  await quiet(page);

  const derived: number[] = [], unlocked: Cost[] = [];
  for (let i = 0; i < 5; i++) {
    await page.reload();
    await locked(page);
    const thread = await d.thread(), before = await thread.own();
    if (i < 2) { await wrongPin(page); derived.push(await thread.own() - before); } // a PIN that is wrong derives a key, and opens nothing
    await page.getByLabel(w.locked.label, { exact: true }).fill(PIN);
    unlocked.push(await cost(d, () => page.keyboard.press("Enter"), `document.querySelector("h1")?.textContent === ${JSON.stringify(w.tabs.today)} && document.querySelector("nav") !== null`));
    await quiet(page);
  }
  const derivation = slower * median(derived), rest = unlocked.map((c) => all(c) - derivation);
  told({ what: "unlock to Today, 2,000 records, after the key derivation", figure: ms(median(rest)), least: "1.5 s", aim: "0.7 s",
    how: `page ${ms(median(unlocked.map((c) => c.page)))}, worker ${ms(median(unlocked.map((c) => c.worker)) - derivation)}; the derivation is ${ms(derivation)} beside` });

  const saved: Cost[] = [];
  const name = (await nameOf(page));
  for (let i = 0; i < 7; i++) {
    await go(page, "Today"); // from there it begins, and there it ends
    await begin(page, { who: name, note: `Note ${i}, written while it was measured` });
    await page.waitForTimeout(700); // the draft is kept
    const box = (await saveButton(page).boundingBox())!;
    saved.push(await cost(d, () => page.mouse.click(box.x + box.width / 2, box.y + box.height / 2),
      `[...document.querySelectorAll("[role=status]")].some((e) => /saved on this phone/i.test(e.textContent))`));
    await quiet(page);
  }
  told({ what: "support saved (tap to \"on this phone\")", figure: ms(median(saved.map(all))), least: "150 ms", aim: "60 ms",
    how: `${made(saved)}, until a frame shows it; the screen that comes next is after it` });

  await go(page, "Office");
  await quiet(page);
  const again = page.getByRole("button", { name: w.office.tryNow, exact: true });
  const syncs = (): number => o.wire.passed.filter((p) => p.url === "/v1/sync").length;
  const from = o.wire.passed.length, wire = o.wire.wire(), done = syncs();
  for (let i = 1; i <= 100; i++) {
    await again.click();
    await until(`sync ${i}`, () => syncs() >= done + i, 30_000);
  }
  const passed = o.wire.passed.slice(from), idle = passed.filter((p) => p.url === "/v1/sync"), bodies = idle.reduce((n, p) => n + p.sent + p.received, 0);
  const whole = o.wire.wire() - wire;
  await page.reload();
  await unlock(page);
  await quiet(page);
  const renewals = o.wire.passed.filter((p) => p.url === "/v1/token").map((p) => p.sent + p.received);
  told({ what: "an idle day of 100 syncs, bodies both ways", figure: kB(bodies * 100 / idle.length), least: "45 kB", aim: "35 kB",
    how: `whole wire ${kB(whole * 100 / idle.length)} with headers; ${renewals.length === 0 ? "no token was renewed" : `a token's renewal is ${Math.round(median(renewals))} B beside, at most one for each`}` });
}

async function search(d: Device): Promise<void> {
  const { page } = d;
  await quiet(page);
  await go(page, "People");
  const field = page.getByLabel(w.people.search, { exact: true }), keys: Cost[] = [];
  for (const word of ["Moira", "Rhona Madeupford"]) {
    await field.fill("");
    await page.waitForTimeout(300);
    for (const key of word) {
      const now = await field.inputValue() + key;
      await field.focus();
      keys.push(await cost(d, () => page.keyboard.press(key === " " ? "Space" : key), `document.querySelector("input[type=search]").value === ${JSON.stringify(now)}`));
    }
  }
  told({ what: "search as you type over 100 people, a key", figure: ms(median(keys.map(all))), least: "50 ms", aim: "16 ms",
    how: `${made(keys)}, until a frame was drawn; the slowest ${ms(Math.max(...keys.map(all)))}` });
}

async function nameOf(page: Page): Promise<string> {
  await go(page, "People");
  const who = page.getByRole("main").locator(".people .who").first();
  await who.waitFor();
  return (await who.evaluate((el) => el.firstChild?.textContent ?? "")).trim();
}

async function heap(): Promise<void> {
  const o = await openOffice(), desk = await openDesk(o), who = await worker(o), d = await device();
  try {
    await caseload(desk, who, 60, 20_000);
    await joinPhone(d.page, await o.invite(who));
    await line(d.page, "everything", 240_000);
    await d.page.reload();
    await unlock(d.page);
    await quiet(d.page);
    await go(d.page, "People");
    const h = await heaps(d.chromium);
    told({ what: "heap with 20,000 records", figure: MB(h.main + h.worker + h.outside), least: "60 MB", aim: "40 MB",
      how: `page ${MB(h.main)}, worker ${MB(h.worker)}, outside of both ${MB(h.outside)}; after garbage was collected` });
  } finally { await d.end(); await o.stop(); }
}

await toTheFirstScreen();
say("first pulls …");
await firstPull();
for (const [people, what] of [[40, day], [100, search]] as const) {
  say(`${people} people …`);
  const o = await openOffice(), desk = await openDesk(o), who = await worker(o), d = await device();
  try {
    await caseload(desk, who, people, 2000);
    await joinPhone(d.page, await o.invite(who));
    await what(d, o);
    if (what === day) continue;
    const { product } = await d.cdp.send("Browser.getVersion").catch(() => ({ product: d.chromium.browser.version() }));
    say(`\n${product}; ${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}; ${new Date().toISOString().slice(0, 10)}\n`);
  } finally { await d.end(); await o.stop(); }
}
await heap();
say(table(rows));
