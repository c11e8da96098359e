import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join as path } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { demo, pause, phone, until, web, type Demo, type LinePhone, type LineRecord } from "./harness.ts";
import { check } from "./with/check.ts";

/** SCREENS=1 makes the pictures of the README anew. */
const pictures = process.env["SCREENS"] ? path(web, "screens") : undefined;

async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  await mkdir(pictures, { recursive: true });
  await page.evaluate(() => { (document.activeElement as HTMLElement | null)?.blur(); scrollTo(0, 0); });
  await page.screenshot({ path: path(pictures, `${name}.png`), animations: "disabled" });
}

/** What the worker's phone has of the answers of somebody, once it has synced. */
async function answers(line: LinePhone, name: string): Promise<readonly LineRecord[]> {
  await line.sync();
  return (await line.show(name)).filter((r) => r.kind === "appointment" && r.user.startsWith("person/"));
}

/** Who it is whose page the demo links to: the one whose name is on it. */
async function whose(d: Demo, line: LinePhone, page: Page): Promise<string> {
  await page.goto(d.links.person!);
  const hello = await page.getByRole("heading", { level: 1 }).innerText();
  const called = hello.replace(/^Hello /, "");
  const who = (await line.people()).find((p) => (p.preferred_name ?? p.name).startsWith(called));
  assert.ok(who, `nobody is called ${called}`);
  return who.id;
}

test("the page is read, reached and used by all, and looks as it should", async (t) => {
  const d = await demo(t), p = await phone(t), { page } = p;
  const cdp = await p.chromium.cdp(page);
  const faults: string[] = [];
  const checked = async (name: string): Promise<void> => { faults.push(...(await check(page, cdp)).faults.map((f) => `${name}: ${f}`)); };

  await page.goto(d.links.person!);
  await picture(page, "reminder-page");
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(page, "reminder-page-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await checked("the page");
  await page.getByRole("button", { name: "I’m coming" }).first().click();
  await page.getByText("You said: I’m coming.").first().waitFor();
  assert.equal(await page.getByRole("button", { name: "I’m coming" }).first().getAttribute("aria-pressed"), "true");
  await page.getByRole("link", { name: "Another time" }).first().click();
  for (const summary of await page.locator("summary").all()) await summary.click();
  await checked("the page with all of it open");
  await page.getByRole("button", { name: "Stop all reminders" }).click();
  await page.getByText("You will get no more of them.").waitFor();
  await checked("the page without reminders");
  await page.getByRole("button", { name: "Turn reminders on" }).click();
  await page.getByText("Reminders are on again.").waitFor();
  await page.goto(`${d.links.person!}x`);
  await page.getByRole("heading", { name: "This page is not here" }).waitFor();
  await checked("a page that is not there");
  assert.deepEqual(faults.filter((f) => !/^a page that is not there: .*Tab stops nowhere/.test(f)), []); // there is nothing on it to do
  p.chromium.forgive();
});

test("without scripts all four answers reach the worker", async (t) => {
  const d = await demo(t), p = await phone(t);
  const line = await d.phone(d.links.worker);
  const context = await p.chromium.browser.newContext({ viewport: { width: 390, height: 844 }, javaScriptEnabled: false, locale: "en-GB" });
  t.after(() => context.close());
  const page = await context.newPage();
  const person = await whose(d, line, page);
  const card = page.locator("section.card").filter({ has: page.getByRole("button", { name: "Come with me" }) }).last();
  const said = async (want: RegExp, reply: string, more: (r: LineRecord) => boolean = () => true): Promise<void> => {
    await card.locator(".said", { hasText: want }).waitFor();
    await until(`the worker's phone to have ${reply}`, async () => (await answers(line, person)).some((r) => r.fields["reply"] === reply && more(r)));
  };

  await card.getByRole("button", { name: "I’m coming" }).click();
  await said(/You said: I’m coming/, "coming");
  await card.getByRole("button", { name: "I can’t" }).click();
  await said(/You said: I can’t/, "cannot");
  await card.locator("summary", { hasText: "Add a few words" }).click();
  await card.getByRole("textbox", { name: "What would you like to say?" }).fill("The bus is late on Mondays");
  await card.locator("details").getByRole("button", { name: "Send" }).click();
  await said(/You said: I can’t.*The bus is late on Mondays/s, "cannot", (r) => r.fields["reply_note"] === "The bus is late on Mondays");
  await card.getByRole("link", { name: "Another time" }).click();
  const offered = card.locator("button[name=time]").first();
  const [day, time] = (await offered.innerText()).split(/ \w+, /); // Monday 30 Nov, 11:30
  await offered.click();
  await said(new RegExp(`You asked for another time: ${day} \\w+ at ${time}`), "new_time", (r) => typeof r.fields["reply_time"] === "string");
  await card.getByRole("button", { name: "Come with me" }).click();
  await said(/You said: come with me/, "come_with_me", (r) => r.fields["reply_time"] === undefined && r.fields["reply_note"] === undefined);
});

test("a push shows that there is something, and nothing else", async (t) => {
  const d = await demo(t), p = await phone(t), { page } = p;
  const origin = new URL(d.links.person!).origin, scope = new URL(d.links.person!).pathname;
  await p.chromium.context.grantPermissions(["notifications"], { origin });
  await page.goto(d.links.person!);
  const cdp = await p.chromium.cdp(page);
  let id: string | undefined;
  cdp.on("ServiceWorker.workerRegistrationUpdated", (e) => { id = e.registrations.find((r) => r.scopeURL.endsWith(scope))?.registrationId ?? id; });
  await cdp.send("ServiceWorker.enable");
  await page.evaluate(async (scope) => {
    const r = await navigator.serviceWorker.register("/r/sw.js", { scope });
    await new Promise<void>((done) => {
      const look = (): void => { if (r.active?.state === "activated") done(); else setTimeout(look, 20); };
      look();
    });
  }, scope);
  const registrationId = await until("the registration", () => Promise.resolve(id));
  for (const data of ["018f0000-0000-4000-8000-000000000001", "", "Mrs Canary, clinic", '{"title":"Mrs Canary"}']) {
    const shown = await until("the notification", async () => {
      await cdp.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data }); // one that comes too early is lost, as on a phone that is off
      await pause(100);
      const all = await page.evaluate(async (scope) => {
        const r = await navigator.serviceWorker.getRegistration(scope);
        const found = (await r!.getNotifications()).map((n) => ({ title: n.title, body: n.body, tag: n.tag, data: String(n.data) }));
        for (const n of await r!.getNotifications()) n.close();
        return found;
      }, scope);
      return all.length > 0 ? all : undefined;
    });
    assert.deepEqual(shown, [{ title: "You have something coming up", body: "Open it to answer.", tag: "something", data: "null" }]);
  }
});

test("notifications are switched on and off on this phone", async (t) => {
  // No push service can be reached from here: what the browser would be given by one is made up, and leads nowhere.
  const d = await demo(t, { ALONGSIDE_VAPID_SUBJECT: "mailto:it@office.example", ALONGSIDE_PUSH_HOSTS: "127.0.0.1:9" }), p = await phone(t), { page } = p;
  const line = await d.phone(d.links.worker);
  const person = await whose(d, line, page);
  const ways = async (): Promise<number> => {
    await line.sync();
    return (await line.show(person)).filter((r) => r.kind === "way").length;
  };
  await p.chromium.context.grantPermissions(["notifications"], { origin: new URL(d.links.person!).origin });
  await page.addInitScript(() => {
    let held: object | null = null;
    const text = (n: number): string => btoa(String.fromCharCode(4, ...new Array<number>(n - 1).fill(1))).replace(/=+$/, "");
    PushManager.prototype.subscribe = async (o) => {
      const asked = o as PushSubscriptionOptionsInit;
      if (!asked.userVisibleOnly || (asked.applicationServerKey as Uint8Array).length !== 65) throw new Error("not as a push service wants it");
      held = { toJSON: () => ({ endpoint: "http://127.0.0.1:9/x", expirationTime: null, keys: { p256dh: text(65), auth: text(16) } }), unsubscribe: async () => { held = null; return true; } };
      return held as PushSubscription;
    };
    PushManager.prototype.getSubscription = async () => held as PushSubscription | null;
  });
  await page.goto(d.links.person!);
  const on = page.getByRole("button", { name: "Turn on notifications on this phone" }), off = page.getByRole("button", { name: "Turn off notifications on this phone" });
  assert.equal(await ways(), 0);
  await on.click();
  await page.getByText("Notifications are on, on this phone.").waitFor();
  await until("the worker's phone to have the way", async () => await ways() === 1);
  assert.equal(await on.isVisible(), false);
  const found = await check(page, await p.chromium.cdp(page));
  assert.deepEqual(found.faults, []);
  await off.click();
  await page.getByText("Notifications are off, on this phone.").waitFor();
  await until("the worker's phone to have it no more", async () => await ways() === 0);
  assert.equal(await on.isVisible(), true);
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
});
