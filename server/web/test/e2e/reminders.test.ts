// What comes of reminders on the worker's phone: answers, the ladder, the person's page, and being woken.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import jsQR from "jsqr";
import type { Page } from "playwright-core";
import { notification } from "../../src/field/words/notification.ts";
import { w } from "../../src/field/words.ts";
import { at, office, openDesk, phone, until, type Desk, type LineRecord, type Office, type Phone } from "./harness.ts";
import { go, join, line, lock, openPerson, saw, sawNot, tabs, unlock } from "./with/hand.ts";

interface Day { readonly o: Office; readonly p: Phone; readonly page: Page; readonly desk: Desk; readonly worker: string; readonly pia: string }

/** A phone that holds one person, and is at rest. */
async function day(t: TestContext, fields: Readonly<Record<string, unknown>> = {}, before?: (desk: Desk, pia: string) => Promise<void>): Promise<Day> {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  const pia = await desk.person(worker, { name: "Pia Madeupstone", phone: "07700 900123", state: "open", ...fields });
  await before?.(desk, pia);
  const p = await phone(t);
  await join(p.page, await o.invite(worker));
  await line(p.page, "everything");
  return { o, p, page: p.page, desk, worker, pia };
}

/** A person answers on their page, as a browser without scripts does. */
async function answers(o: Office, person: string, appointment: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const { link } = await o.run<{ link: string }>("person", "link", person);
  const sent = await fetch(`${o.direct()}${new URL(link).pathname}/reply`, { method: "POST", redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", origin: o.direct() }, body: new URLSearchParams({ appointment, id: randomUUID(), ...fields }) });
  assert.ok(sent.status < 400, `the page answered ${sent.status}: ${await sent.text()}`);
}

const ofKind = async (o: Office, worker: string, person: string, kind: string): Promise<readonly LineRecord[]> => (await (await o.phone(worker)).show(person)).filter((r) => r.kind === kind);
const card = (page: Page, what: string) => page.getByRole("main").locator(".card").filter({ hasText: what });

test("an answer on the person's page is on top of the worker's day by a live hint, and what is done about it reaches everybody, sent later or now", async (t) => {
  const { o, page, desk, worker, pia } = await day(t);
  const visit = await desk.appointment(pia, { title: "Made-up clinic", starts_at: at(2, 14), ends_at: at(2, 15) });
  await saw(page, "Made-up clinic", "Today");

  const asked = performance.now();
  await answers(o, pia, visit, { reply: "come_with_me", note: "The stairs frighten me" });
  const first = card(page, "The stairs frighten me");
  await first.waitFor({ timeout: 20_000 }); // a phone that hears no hints looks once a minute at most
  t.diagnostic(`the answer was in view after ${Math.round(performance.now() - asked)} ms`);
  await saw(page, w.values.reply.come_with_me);

  await o.wire.refuse(); // no signal: it works all the same
  await first.getByRole("button", { name: w.answer.along }).click();
  await saw(page, w.answer.goingAlong);
  await sawNot(page, w.answer.heading);
  await page.getByRole("button", { name: w.undo }).click();
  await card(page, "The stairs frighten me").waitFor();
  await card(page, "The stairs frighten me").getByRole("button", { name: w.answer.along }).click();
  await sawNot(page, w.answer.heading);
  await o.wire.accept();
  await line(page, "everything");
  const [a] = await ofKind(o, worker, pia, "appointment");
  assert.equal(a!.fields["accompany"], true);
  assert.ok(a!.fields["reply_dealt_at"]);

  // They answer anew: it stands there again, with the time that they picked, and moves there in one tap.
  const picked = at(5, 11, 30);
  await desk.write([{ scope: `person/${pia}`, kind: "appointment", record: visit, base: a!.version,
    set: { reply: "new_time", reply_note: "Any morning", reply_time: picked, reply_at: new Date(Date.now() + 1000).toISOString(), reply_dealt_at: null } }]);
  await card(page, "Any morning").waitFor({ timeout: 20_000 });
  await card(page, "Any morning").getByRole("button", { name: /^Move to / }).click();
  await sawNot(page, w.answer.heading);
  await line(page, "everything");
  const [moved] = await ofKind(o, worker, pia, "appointment");
  assert.equal(Date.parse(String(moved!.fields["starts_at"])), Date.parse(picked));
  assert.equal(Date.parse(String(moved!.fields["ends_at"])), Date.parse(picked) + 3_600_000);
  assert.ok(Date.parse(String(moved!.fields["reply_dealt_at"])) > 0);

  // Coming is no work.
  await answers(o, pia, visit, { reply: "coming" });
  await saw(page, w.answer.coming);
  assert.equal(await page.getByRole("heading", { name: w.answer.heading }).count(), 0);
});

test("what somebody says to the worker is their answer in one tap, and waits until it is dealt with", async (t) => {
  const { o, page, desk, worker, pia } = await day(t);
  await desk.appointment(pia, { title: "Made-up clinic", starts_at: at(2, 14) });
  await saw(page, "Made-up clinic", "Today");
  await page.getByRole("link", { name: /Made-up clinic/ }).first().click();
  await page.getByRole("heading", { level: 1, name: "Made-up clinic" }).waitFor();
  await page.getByRole("group", { name: w.spoken.heading }).getByRole("button", { name: w.spoken.say.cannot }).click();
  await saw(page, w.spoken.saved.cannot);
  await page.getByRole("button", { name: w.answer.cancel }).waitFor();
  await saw(page, w.answer.heading, "Today");
  await page.getByRole("button", { name: new RegExp(`^${w.answer.cancel}`) }).click();
  await sawNot(page, w.answer.heading);
  await line(page, "everything");
  const [a] = await ofKind(o, worker, pia, "appointment");
  assert.deepEqual([a!.fields["reply"], a!.fields["status"]], ["cannot", "cancelled"]);
  assert.ok(a!.fields["reply_at"] && a!.fields["reply_dealt_at"]);
});

test("the ladder is walked to its end: how it went, a call that nobody takes, a visit, the coordinator, each with what came of it", async (t) => {
  const today = at(0, 12).slice(0, 10), yesterday = at(-1, 12).slice(0, 10);
  let missed = "";
  const { o, page, desk, worker, pia } = await day(t, { phone_confirmed_on: today }, async (d, person) => {
    missed = await d.appointment(person, { title: "Made-up clinic", starts_at: at(-2, 9), place: "12 Made-up Street", status: "missed" });
  });
  const step = (name: string, more: object = {}): Promise<string> => desk.record("follow_up", pia, { about: "Made-up clinic", due: yesterday, step: name, appointment: missed, ...more });
  const card1 = (todo: string) => page.getByRole("main").locator(".card").filter({ has: page.getByRole("link", { name: todo }) });

  await step("call");
  const call = card1(w.ladder.todo.call);
  await call.waitFor({ timeout: 20_000 });
  assert.equal(await call.getByRole("link", { name: new RegExp(`^${w.call}`) }).getAttribute("href"), "tel:07700900123");
  await call.getByText(w.ladder.late(1)).waitFor();
  await call.getByRole("button", { name: w.ladder.notReached.call }).click();
  await sawNot(page, w.ladder.todo.call);

  // Skipping wants a reason; another day is another day.
  await step("visit");
  await card1(w.ladder.todo.visit).getByRole("link", { name: w.ladder.other }).click();
  await page.getByRole("heading", { level: 1, name: w.ladder.todo.visit }).waitFor();
  await page.getByText(w.ladder.skip, { exact: true }).click();
  await page.locator("form button[type=submit]").last().click();
  await page.getByRole("alert").filter({ hasText: w.ladder.reasonMissing }).waitFor();
  await page.getByText(w.ladder.reached.visit, { exact: true }).click();
  await page.locator("textarea").first().fill("Made up: had tea, and will come on Monday");
  await page.locator("form button[type=submit]").last().click();
  await page.locator("form").waitFor({ state: "detached" });
  await openPerson(page, "Pia");
  await saw(page, "had tea, and will come on Monday");

  await step("coordinator");
  await go(page, "Today");
  await card1(w.ladder.todo.coordinator).getByRole("button", { name: w.ladder.reached.coordinator }).click();
  await sawNot(page, w.ladder.todo.coordinator);

  await step("check_number", { appointment: null });
  await card1(w.ladder.todo.check_number).getByRole("link", { name: w.reminding.changeNumber }).click();
  await page.getByText(w.ladder.reached.check_number, { exact: true }).click();
  await page.getByRole("textbox", { name: w.ladder.number }).fill("07700 900199");
  await page.locator("form button[type=submit]").last().click();
  await page.locator("form").waitFor({ state: "detached" });
  await line(page, "everything");

  const all = await (await o.phone(worker)).show(pia), steps = all.filter((r) => r.kind === "follow_up");
  const said = Object.fromEntries(steps.map((f) => [String(f.fields["step"]), f.fields]));
  assert.deepEqual([said["call"]!["ended"], said["call"]!["outcome"]], ["skipped", w.ladder.outcome.call]);
  assert.deepEqual([said["visit"]!["ended"], said["coordinator"]!["ended"], said["check_number"]!["ended"]], ["done", "done", "done"]);
  assert.ok(said["visit"]!["done_at"]);
  assert.deepEqual(all.filter((r) => r.kind === "support").map((r) => [r.fields["what"], r.fields["appointment"]]), [["visit", missed]], "who was met was met once");
  assert.deepEqual(all.filter((r) => r.kind === "person").map((r) => [r.fields["phone"], r.fields["phone_confirmed_on"]]), [["07700 900199", today]]);
  await openPerson(page, "Pia");
  for (const todo of [w.ladder.todo.call, w.ladder.todo.visit, w.ladder.todo.coordinator, w.ladder.todo.check_number]) await saw(page, todo);
});

test("a miss that is said on the phone comes back as a call; one that reached nobody as a visit; and whoever was met ends it", async (t) => {
  const { o, page, worker, pia } = await day(t, {}, async (d, person) => { await d.appointment(person, { title: "Made-up clinic", starts_at: at(-1, 9), place: "12 Made-up Street" }); });
  await go(page, "Today");
  await page.getByRole("group", { name: /^How did it go/ }).getByRole("button", { name: w.outcome.missed, exact: true }).click();
  const todo = (name: string) => page.getByRole("main").locator(".card").filter({ has: page.getByRole("link", { name }) });
  await todo(w.ladder.todo.call).getByRole("button", { name: w.ladder.notReached.call }).click();
  await todo(w.ladder.todo.visit).getByRole("button", { name: w.ladder.reached.visit }).click();
  await sawNot(page, w.ladder.heading);
  await line(page, "everything");
  const all = await (await o.phone(worker)).show(pia);
  assert.deepEqual(all.filter((r) => r.kind === "follow_up").map((r) => `${r.fields["step"]} ${r.fields["ended"]}`).sort(), ["call skipped", "outcome done", "visit done"]);
  assert.deepEqual(all.filter((r) => r.kind === "support").map((r) => r.fields["what"]), ["visit"]);
});

test("a step that asks how it went leads to the four outcomes", async (t) => {
  const { o, page, worker, pia } = await day(t, {}, async (d, person) => { await d.appointment(person, { title: "Made-up clinic", starts_at: at(-2, 9) }); });
  await saw(page, w.day.overdue, "Today");
  assert.equal(await page.getByRole("heading", { name: w.ladder.heading }).count(), 0, "it is asked twice");
  await openPerson(page, "Pia");
  await page.getByRole("link", { name: w.ladder.todo.outcome }).first().click();
  await page.getByRole("heading", { level: 1, name: w.ladder.todo.outcome }).waitFor();
  await page.getByRole("group", { name: /^How did it go/ }).getByRole("button", { name: w.outcome.attended, exact: true }).click();
  await saw(page, w.list([w.outcome.said.attended, w.onPhone]));
  await line(page, "everything");
  assert.equal((await ofKind(o, worker, pia, "appointment"))[0]!.fields["status"], "attended");
});

/** What a camera makes of an element: its pixels, decoded by a browser's canvas away from the app's policy. */
async function scanned(p: Phone, page: Page): Promise<string | undefined> {
  const shot = (await page.locator("svg.qr").screenshot()).toString("base64"), blank = await p.chromium.context.newPage();
  try {
    const { data, width, height } = await blank.evaluate(async (png) => {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
      const canvas = new OffscreenCanvas(image.width, image.height), to = canvas.getContext("2d")!;
      to.drawImage(image, 0, 0);
      return { data: [...to.getImageData(0, 0, image.width, image.height).data], width: image.width, height: image.height };
    }, shot);
    return jsQR(new Uint8ClampedArray(data), width, height)?.data;
  } finally {
    await blank.close();
  }
}

test("the person's page is scanned from the screen, light or dark, and without a signal; whoever ends it ends it for everybody", async (t) => {
  const { o, p, page, pia } = await day(t);
  await openPerson(page, "Pia");
  await page.getByRole("link", { name: new RegExp(`^${w.reminding.show}`) }).click();
  await saw(page, w.page.none.title);
  const { link } = await o.run<{ link: string }>("person", "link", pia);
  await page.locator("svg.qr").waitFor({ timeout: 20_000 });
  assert.equal(await scanned(p, page), link);
  assert.equal(await page.getByText(link).isVisible(), false, "the link stands in clear");
  assert.ok(!page.url().includes(new URL(link).pathname.slice(3)), "the address holds the token");
  await page.emulateMedia({ colorScheme: "dark" });
  assert.equal(await scanned(p, page), link, "in the dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByText(w.page.link, { exact: true }).click();
  await page.getByText(link).waitFor();

  await until("the app to be kept whole", () => page.evaluate(async () => (await caches.keys()).some((k) => k.startsWith("alongside-shell"))));
  await o.wire.refuse();
  await p.again("close");
  await p.page.goto(`${o.url}/app/`);
  await unlock(p.page);
  await openPerson(p.page, "Pia");
  await p.page.getByRole("link", { name: new RegExp(`^${w.reminding.show}`) }).click();
  await p.page.locator("svg.qr").waitFor();
  assert.equal(await scanned(p, p.page), link, "without a signal");

  const status = async (): Promise<number> => (await fetch(o.direct() + new URL(link).pathname)).status;
  assert.equal(await status(), 200);
  await p.page.getByRole("button", { name: w.page.end }).click();
  await p.page.getByRole("button", { name: w.page.end }).first().click();
  await saw(p.page, w.page.ended);
  await o.wire.accept();
  await line(p.page, "everything");
  assert.equal(await status(), 404);
});

test("consent to reminders is given and taken back in one tap, and how they come is said in their form", async (t) => {
  const { o, page, worker, pia } = await day(t);
  await openPerson(page, "Pia");
  await page.getByRole("button", { name: new RegExp(`^${w.reminding.agree}`) }).click();
  await saw(page, w.reminding.agreedSaved);
  await page.getByRole("button", { name: new RegExp(`^${w.reminding.withdraw}`) }).click();
  await page.getByRole("button", { name: new RegExp(`^${w.reminding.agree}`) }).waitFor();
  await page.getByRole("link", { name: `${w.change} ${w.of(w.reminding.heading)}` }).click();
  await page.getByRole("textbox", { name: w.reminding.hours }).fill("in the afternoon");
  await page.locator("form button[type=submit]").last().click();
  await page.getByRole("alert").filter({ hasText: w.reminding.hoursWrong }).waitFor();
  await page.getByRole("textbox", { name: w.reminding.hours }).fill("2pm to 7pm");
  await page.locator("label.chip", { hasText: w.reminding.befores["24h"] }).first().click();
  await page.getByRole("textbox", { name: w.reminding.words }).fill("coffee");
  await page.locator("form button[type=submit]").last().click();
  await page.locator("form").waitFor({ state: "detached" });
  await line(page, "everything");
  const all = await (await o.phone(worker)).show(pia), who = all.find((r) => r.kind === "person")!;
  assert.deepEqual([who.fields["safe_hours"], who.fields["remind_before"], who.fields["message_words"]], ["14:00-19:00", "24h", "coffee"]);
  assert.ok(all.some((r) => r.kind === "consent" && r.fields["given_on"] && r.fields["withdrawn_on"]));
});

/** Pushes to the app's service worker, as a push service does, and waits until it has done with it: who asks for notifications before takes them away. */
async function push(p: Phone, page: Page, url: string): Promise<(data: object) => Promise<void>> {
  const cdp = await p.chromium.cdp(page);
  let over = 0;
  cdp.on("BackgroundService.backgroundServiceEventReceived", ({ backgroundServiceEvent: e }) => { if (e.eventName === "Push event completed") over++; });
  await cdp.send("BackgroundService.setRecording", { shouldRecord: true, service: "pushMessaging" });
  await cdp.send("BackgroundService.startObserving", { service: "pushMessaging" });
  const registered = new Promise<string>((done) => cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
    const found = registrations.find((r) => r.scopeURL === `${url}/app/` && !r.isDeleted);
    if (found) done(found.registrationId);
  }));
  await cdp.send("ServiceWorker.enable");
  const registrationId = await registered;
  return async (data) => {
    const had = over;
    await cdp.send("ServiceWorker.deliverPushMessage", { origin: url, registrationId, data: JSON.stringify(data) });
    await until("the push to be dealt with", () => over > had);
  };
}
const shown = (page: Page): Promise<readonly { title: string; body: string; tag: string; data: unknown; silent: boolean | null }[]> =>
  page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title, body, tag, data, silent }) => ({ title, body, tag, data, silent })));

test("a push says on the lock screen that something has changed, and nothing else, also while the app is locked; a repeat takes its place", async (t) => {
  const { o, p, page, pia, desk } = await day(t);
  await p.chromium.context.grantPermissions(["notifications"], { origin: o.url });
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await desk.appointment(pia, { title: "Made-up clinic", starts_at: at(2, 14) });
  const deliver = await push(p, page, o.url);
  await lock(page);
  const neutral = { title: notification.title, body: notification.text, tag: "alongside", data: null, silent: false };
  await deliver({ id: randomUUID(), alert: true });
  assert.deepEqual(await shown(page), [neutral]);
  await deliver({ id: randomUUID(), alert: true });
  await deliver({ unknown: "of a later version", name: "Pia Madeupstone" });
  assert.deepEqual((await shown(page)).map((n) => [n.title, n.body]), [[notification.title, notification.text]]);
  await unlock(page);
  await until("it to go once the app is open", async () => (await shown(page)).length === 0);
});

test("a wake-up in view shows nothing, and fetches what is new", async (t) => {
  const { o, p, page, pia, desk } = await day(t);
  await p.chromium.context.grantPermissions(["notifications"], { origin: o.url });
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const deliver = await push(p, page, o.url);
  const syncs = (): number => o.wire.passed.filter((r) => r.url === "/v1/sync").length, had = syncs();
  await deliver({ id: randomUUID(), alert: false });
  await until("the phone to sync", () => syncs() > had);
  assert.deepEqual(await shown(page), []);
  await desk.appointment(pia, { title: "Made-up clinic", starts_at: at(2, 14) });
  await saw(page, "Made-up clinic", "Today");
});

/** No push service is to be had on the loopback: this browser says that it has subscribed, and keeps that it has. All else is real. */
const subscribing = (): void => {
  const key = "subscribed by the test";
  const one = (): PushSubscription => ({
    toJSON: () => ({ endpoint: localStorage.getItem(key)!, keys: { p256dh: "BAqKzAxcjqberQj0D7ex-4cUfyLpSOZRkeV4C5JvTW3PIkDpAMHp_tJqUkZeP5zsMTNhE-kDlG8F8qzO30i_SLE", auth: "DGv6ra1nlYgDCS1FRnbzlw" } }),
    unsubscribe: () => { localStorage.removeItem(key); return Promise.resolve(true); },
  }) as unknown as PushSubscription;
  PushManager.prototype.subscribe = (o) => {
    if (!o?.userVisibleOnly || typeof o.applicationServerKey !== "string" || o.applicationServerKey.length < 80) return Promise.reject(new TypeError());
    localStorage.setItem(key, "https://updates.push.services.mozilla.com/wpush/v2/made-up");
    return Promise.resolve(one());
  };
  PushManager.prototype.getSubscription = () => Promise.resolve(localStorage.getItem(key) === null ? null : one());
};

test("being told is switched on by a tap, kept over a restart, and goes with a tap or with signing out", async (t) => {
  const { o, p, page } = await day(t);
  const asked = (method: string): number => o.wire.passed.filter((r) => r.url === "/v1/push" && r.method === method && r.status < 300).length;
  await p.chromium.context.grantPermissions(["notifications"], { origin: o.url });
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await p.chromium.context.addInitScript(subscribing);
  await page.evaluate(subscribing);
  const open = async (): Promise<void> => {
    await go(page, "More");
    await page.getByRole("link", { name: w.wake.title }).click();
    await page.getByRole("heading", { level: 1, name: w.wake.title }).waitFor();
  };
  await open();
  await page.getByRole("button", { name: w.wake.turnOn }).click();
  await page.getByRole("heading", { name: w.wake.on, exact: true }).waitFor();
  assert.equal(asked("PUT"), 1);
  await page.reload();
  await unlock(page);
  await open();
  await page.getByRole("heading", { name: w.wake.on, exact: true }).waitFor();
  await page.getByRole("button", { name: w.wake.turnOff }).click();
  await page.getByRole("button", { name: w.wake.turnOn }).waitFor();
  assert.equal(asked("DELETE"), 1);
  assert.equal(asked("PUT"), 1, "the server is told again what it knows");
  assert.equal(await page.evaluate(() => localStorage.getItem("subscribed by the test")), null);

  await page.getByRole("button", { name: w.wake.turnOn }).click();
  await page.getByRole("heading", { name: w.wake.on, exact: true }).waitFor();
  await go(page, "More");
  await page.getByRole("link", { name: w.leave.title }).click();
  await page.getByRole("button", { name: w.leave.leave, exact: true }).click();
  await page.getByRole("heading", { name: w.join.title }).or(page.getByRole("heading", { level: 1 })).first().waitFor();
  await until("the tabs to go", async () => !await tabs(page).isVisible());
  await until("the server to be told", () => asked("DELETE") === 2);
  await until("the browser to let go", () => page.evaluate(() => localStorage.getItem("subscribed by the test") === null && localStorage.getItem("wake") === null));
});

test("a phone that forbids it is told how to allow it, and a push service that cannot be reached is no success", async (t) => {
  const { o, p, page } = await day(t);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await p.chromium.context.grantPermissions(["notifications"], { origin: o.url });
  await page.evaluate(() => { PushManager.prototype.subscribe = () => Promise.reject(new DOMException("", "AbortError")); });
  await go(page, "More");
  await page.getByRole("link", { name: w.wake.title }).click();
  await page.getByRole("button", { name: w.wake.turnOn }).click();
  await page.getByRole("alert").filter({ hasText: w.wake.unreachable }).waitFor();
  assert.equal(o.wire.passed.filter((r) => r.url === "/v1/push").length, 0);
  const cdp = await p.chromium.browser.newBrowserCDPSession();
  await cdp.send("Browser.setPermission", { origin: o.url, permission: { name: "notifications" }, setting: "denied" });
  await go(page, "More");
  await page.getByRole("link", { name: w.wake.title }).click();
  await saw(page, w.wake.refusedText);
});
