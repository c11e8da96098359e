import assert from "node:assert/strict";
import { test } from "node:test";
import { c } from "../../src/console/words.ts";
import { w } from "../../src/field/words.ts";
import { demo, inHours, look, office, openDesk, phone, until, web } from "./harness.ts";
import { join } from "node:path";
import { begin, join as joinPhone, line, saveNow, support } from "./with/hand.ts";
import { desk, heading, open, sit } from "./with/seat.ts";

test("a coordinator signs in by a link, then by a passkey, and sees a visit that the phone records without loading anything again", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), cora = await o.hire("Cora Made-up", "coordinator"), made = await openDesk(o);
  const pia = await made.person(worker, { name: "Pia Madeupstone" });
  await made.appointment(pia, { title: "Look at the flat", starts_at: inHours(-3) });
  const { page } = await desk(t);
  await sit(page, await o.invite(cora));
  assert.ok(!page.url().includes("enrol"), "the code stays in the address");
  await page.getByRole("button", { name: c.signOut, exact: true }).click();
  await heading(page, c.door.title);
  await page.getByRole("button", { name: c.door.passkey, exact: true }).click();
  await heading(page, c.now.title);

  const p = await phone(t);
  await joinPhone(p.page, await o.invite(worker));
  await line(p.page, "everything");
  await open(page, "caseload");
  await page.getByRole("row").filter({ hasText: "Pia Madeupstone" }).getByText(w.people.neverSeen).waitFor();
  await support(p.page, { who: "Pia Madeupstone", note: "Had tea" });
  await page.getByRole("row").filter({ hasText: "Pia Madeupstone" }).getByText(w.people.neverSeen).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Pia Madeupstone", exact: true }).click();
  await page.getByText("Had tea").waitFor();

  // And what is written at the desk is with the worker.
  await page.evaluate((id) => { location.hash = `#/person/${id}/support`; }, pia);
  await page.getByRole("group", { name: w.support.what }).getByRole("radio", { name: w.values.what.call }).check();
  await page.getByLabel(w.support.note, { exact: true }).fill("Rang from the desk");
  await page.getByRole("button", { name: w.support.saveFor("Pia Madeupstone") }).click();
  await page.getByText(/written down$/).first().waitFor();
  const other = await o.phone(worker);
  await until("the desk's entry to come", async () => {
    await other.sync();
    return (await other.show(pia)).some((r) => r.fields["note"] === "Rang from the desk" && r.user === cora);
  });
  const kept = await page.evaluate(async () => ({ caches: await caches.keys(), bases: (await indexedDB.databases()).length, local: localStorage.length, session: sessionStorage.length, workers: (await navigator.serviceWorker.getRegistrations()).filter((r) => r.scope.includes("console")).length }));
  assert.deepEqual(kept, { caches: [], bases: 0, local: 0, session: 0, workers: 0 }, "a desk keeps nothing on the computer");
});

test("what is behind a number is worked off where it stands", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), cora = await o.hire("Cora Made-up", "coordinator"), made = await openDesk(o);
  const pia = await made.person(worker, { name: "Pia Madeupstone" });
  const visit = await made.appointment(pia, { title: "Look at the flat", starts_at: inHours(-3) });
  const asks = await made.appointment(pia, { title: "Go to the clinic", starts_at: inHours(30), reply: "come_with_me" });
  const { page } = await desk(t);
  await sit(page, await o.invite(cora));
  await page.getByRole("button", { name: new RegExp(c.now.overdue) }).click();
  await page.getByRole("group", { name: /Look at the flat/ }).getByRole("button", { name: w.outcome.attended }).click();
  await page.getByText(c.now.nothing).waitFor();
  await page.getByRole("button", { name: new RegExp(c.now.answers) }).click();
  await page.getByRole("button", { name: new RegExp(`^${w.answer.along}`) }).click();
  await page.getByText(c.now.nothing).waitFor();
  const other = await o.phone(worker);
  const found = (await other.show(pia)).filter((r) => r.kind === "appointment");
  assert.equal(found.find((r) => r.id === visit)!.fields["status"], "attended");
  assert.equal(found.find((r) => r.id === asks)!.fields["accompany"], true);
});

test("a worker's people are handed over while their phone is away with unsent work: it comes, waits, is accepted, and the old phone drops them", async (t) => {
  const o = await office(t), wilma = await o.hire("Wilma Made-up"), wally = await o.hire("Wally Made-up"), cora = await o.hire("Cora Made-up", "coordinator"), made = await openDesk(o);
  for (const name of ["Pia Madeupstone", "Quin Madeupstone"]) await made.person(wilma, { name });
  const p = await phone(t);
  await joinPhone(p.page, await o.invite(wilma));
  await line(p.page, "everything");
  const direct = await desk(t); // its browser comes by the same wire, which is cut for the phone alone
  await sit(direct.page, await o.invite(cora));
  await p.chromium.context.setOffline(true);
  await begin(p.page, { who: "Pia Madeupstone", note: "Written in the stairwell" });
  await saveNow(p.page);
  await line(p.page, { unsent: 1 });

  const { page } = direct;
  await open(page, "handover");
  await page.getByRole("combobox", { name: c.handover.from, exact: true }).selectOption({ value: wilma });
  await page.getByText(c.handover.all).click();
  await page.getByRole("combobox", { name: c.handover.to, exact: true }).selectOption({ value: wally });
  await page.getByText(c.handover.each("Pia Madeupstone", "Wilma Made-up", "Wally Made-up")).waitFor();
  await page.getByRole("button", { name: c.handover.go, exact: true }).click();
  await page.getByRole("heading", { name: c.handover.done(2) }).waitFor();

  await p.chromium.context.setOffline(false);
  await until("the old phone to drop them", async () => { await page.getByRole("button", { name: c.handover.again }).click(); return (await page.getByText(c.handover.sent).count()) === 2; });
  await open(page, "held");
  await page.getByText("Written in the stairwell").waitFor();
  await page.getByRole("button", { name: c.held.accept, exact: true }).click();
  await page.getByText(c.held.none).waitFor();
  const other = await o.phone(wally);
  const notes = await until("the new worker to have it", async () => {
    await other.sync();
    const people = await other.people(), pia = people.find((x) => x.name === "Pia Madeupstone");
    const all = pia ? (await other.show(pia.id)).filter((r) => r.kind === "support") : [];
    return all.length > 0 && all;
  });
  assert.deepEqual(notes.map((r) => [r.fields["note"], r.user]), [["Written in the stairwell", wilma]], "it stands under its author");
});

test("what was refused or waits can be set aside with a reason, and nothing else takes it away", async (t) => {
  const o = await office(t), wilma = await o.hire("Wilma Made-up"), cora = await o.hire("Cora Made-up", "coordinator"), made = await openDesk(o);
  const pia = await made.person(wilma, { name: "Pia Madeupstone" });
  const phoneOf = await o.phone(wilma);
  await phoneOf.edit("support", pia, "what=visit", `at=${new Date().toISOString()}`, "note=Of somebody who moved on");
  const { page } = await desk(t);
  await sit(page, await o.invite(cora));
  await open(page, "handover");
  const wally = await o.hire("Wally Made-up");
  await page.reload();
  await heading(page, c.handover.title);
  await page.getByRole("combobox", { name: c.handover.from, exact: true }).selectOption({ value: wilma });
  await page.getByText(c.handover.all).click();
  await page.getByRole("combobox", { name: c.handover.to, exact: true }).selectOption({ value: wally });
  await page.getByRole("button", { name: c.handover.go, exact: true }).click();
  await page.getByRole("heading", { name: c.handover.done(1) }).waitFor();
  await phoneOf.sync();
  await open(page, "held");
  await page.getByText("Of somebody who moved on").waitFor();
  await page.getByRole("button", { name: c.held.aside, exact: true }).click();
  await page.getByRole("button", { name: c.held.asideYes, exact: true }).click();
  await page.getByText(c.held.whyMissing).first().waitFor();
  await page.getByLabel(c.held.why).fill("Written for somebody else by mistake");
  await page.getByRole("button", { name: c.held.asideYes, exact: true }).click();
  await page.getByText(c.held.none).waitFor();
  await page.getByText(c.held.decided).click();
  await page.getByText("Written for somebody else by mistake").waitFor();
});

test("whoever signs out in one window is out in the other, and nothing of anybody stays in it", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), cora = await o.hire("Cora Made-up", "coordinator"), made = await openDesk(o);
  await made.person(worker, { name: "Pia Madeupstone" });
  const { page, chromium } = await desk(t);
  await sit(page, await o.invite(cora));
  const second = await chromium.context.newPage();
  await second.goto(`${o.url}/console/#/people`);
  await second.getByText("Pia Madeupstone").waitFor();
  await page.getByRole("button", { name: c.signOut, exact: true }).click();
  await heading(page, c.door.title);
  await heading(second, c.door.title);
  assert.ok(!(await second.content()).includes("Madeupstone"));
});

test("when the connection is lost the desk says since when what it shows is, and is live again by itself", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), cora = await o.hire("Cora Made-up", "coordinator"), made = await openDesk(o);
  await made.person(worker, { name: "Pia Madeupstone" });
  const { page } = await desk(t);
  await sit(page, await o.invite(cora));
  await o.wire.refuse();
  await o.restart();
  await page.locator(".desk-bar .state.stop").waitFor();
  await made.person(worker, { name: "Quin Madeupstone" });
  await o.wire.accept();
  await open(page, "caseload");
  await page.getByRole("link", { name: "Quin Madeupstone", exact: true }).waitFor();
  await page.locator(".desk-bar .state.ok").waitFor();
});

test("two entries of one person are linked, joined on both phones, and apart again when it is undone", async (t) => {
  const o = await office(t), wilma = await o.hire("Wilma Made-up"), wally = await o.hire("Wally Made-up"), cora = await o.hire("Cora Made-up", "coordinator"), made = await openDesk(o);
  const one = await made.person(wilma, { name: "Pia Madeupstone" }), two = await made.person(wally, { name: "pia madeupstone", phone: "07700 900002" });
  await made.record("support", one, { what: "call", at: new Date().toISOString(), note: "Of the one" });
  await made.record("support", two, { what: "visit", at: new Date().toISOString(), note: "Of the other" });
  const { page } = await desk(t);
  await sit(page, await o.invite(cora));
  await open(page, "twice");
  await page.getByText(c.twice.why["name"]!).waitFor();
  await page.getByRole("button", { name: new RegExp(`^${c.twice.link} Pia`, "i") }).click();
  await page.getByText(c.twice.none).waitFor();
  const p = await phone(t);
  await joinPhone(p.page, await o.invite(wilma));
  await line(p.page, "everything");
  await p.page.evaluate((id) => { location.hash = `#/person/${id}`; }, one);
  await p.page.getByText("Of the one").waitFor();
  await p.page.getByText("Of the other").waitFor();
  await page.getByRole("button", { name: new RegExp(`^${c.twice.undo}`) }).click();
  await page.getByText(c.twice.linkedNone).waitFor();
  await p.page.getByText("Of the other").waitFor({ state: "detached" });
  await p.page.getByText("Of the one").waitFor();
  const other = await o.phone(wilma);
  assert.deepEqual((await other.people()).map((x) => x.name), ["Pia Madeupstone"], "the access that the link gave is over");
});

test("of two coordinators who decide the same entry one does, and the other is told so or sees it gone", async (t) => {
  const o = await office(t), wilma = await o.hire("Wilma Made-up"), wally = await o.hire("Wally Made-up"), made = await openDesk(o);
  const pia = await made.person(wilma, { name: "Pia Madeupstone" }), phoneOf = await o.phone(wilma);
  await phoneOf.edit("support", pia, "what=visit", `at=${new Date().toISOString()}`, "note=Late from the old phone");
  const assignment = (await phoneOf.show(pia)).find((r) => r.kind === "assignment")!.id;
  await made.assign(pia, wally);
  await made.unassign(pia, assignment);
  await phoneOf.sync();
  const seats = [];
  for (const name of ["Cora Made-up", "Callum Made-up"]) {
    const { page } = await desk(t);
    await sit(page, await o.invite(await o.hire(name, "coordinator")));
    await open(page, "held");
    await page.getByText("Late from the old phone").waitFor();
    seats.push(page);
  }
  const [first, second] = seats as [typeof seats[0], typeof seats[0]];
  await second.getByRole("button", { name: c.held.aside, exact: true }).click();
  await second.getByLabel(c.held.why).fill("Somebody else is quicker");
  await Promise.all([first.getByRole("button", { name: c.held.accept, exact: true }).click(), second.getByRole("button", { name: c.held.asideYes, exact: true }).click().catch(() => undefined)]);
  for (const page of seats) await page.getByText(c.held.none).waitFor();
  const third = await o.phone(await o.hire("Third Made-up", "coordinator"));
  const held = (await third.show("held")).find((r) => (r.fields["op"] as { kind: string }).kind === "support")!;
  assert.ok(["accepted", "set_aside"].includes(String(held.fields["settled"])), "it is decided once");
});

test("a person who moves to another team while they are on the screen goes from it", async (t) => {
  const o = await office(t), wilma = await o.hire("Wilma Made-up"), cora = await o.hire("Cora Made-up", "coordinator"), made = await openDesk(o);
  const pia = await made.person(wilma, { name: "Pia Madeupstone", goals: "A secret of hers" });
  const { team_id: elsewhere } = await o.run<{ team_id: string }>("team", "add", "Another Made-up Team");
  const { page } = await desk(t);
  await sit(page, await o.invite(cora));
  await page.evaluate((id) => { location.hash = `#/person/${id}`; }, pia);
  await page.getByText("A secret of hers").waitFor();
  const coordinator = await o.phone(await o.hire("Second Made-up", "coordinator"));
  await coordinator.edit("person", pia, `team=${elsewhere}`);
  await coordinator.sync();
  await page.getByText("A secret of hers").waitFor({ state: "detached" });
  await heading(page, w.missing.title);
});

test("the desk is used by the keyboard alone, and a day is printed without its frame", async (t) => {
  const o = await office(t), wilma = await o.hire("Wilma Made-up"), cora = await o.hire("Cora Made-up", "coordinator"), made = await openDesk(o);
  const pia = await made.person(wilma, { name: "Pia Madeupstone" });
  await made.appointment(pia, { title: "Look at the flat", starts_at: inHours(1) });
  const { page } = await desk(t);
  await page.goto(await o.invite(cora));
  await page.getByRole("button", { name: c.door.useCode, exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: c.door.later, exact: true }).focus();
  await page.keyboard.press("Enter");
  await heading(page, c.now.title);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Shift+Tab");
  await page.getByLabel(c.find).focus();
  await page.keyboard.type("pia");
  await page.getByRole("link", { name: /Pia Madeupstone/ }).first().waitFor();
  await page.keyboard.press("Enter");
  await heading(page, "Pia Madeupstone");
  await until("the heading to have the focus", () => page.evaluate(() => document.activeElement?.tagName === "H1"));
  await page.getByRole("link", { name: c.nav.calendar, exact: true }).focus();
  await page.keyboard.press("Enter");
  await heading(page, c.calendar.title);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.getByRole("navigation").isVisible(), false, "what is printed has the frame on it");
  assert.ok(await page.getByText("Look at the flat").isVisible());
});

test("a caseload is brought in from a table: looked at first, what is bad set aside with its reason, and twice the same changes nothing", async (t) => {
  const o = await office(t), cora = await o.hire("Cora Made-up", "coordinator");
  await o.hire("Wilma Made-up");
  const { page } = await desk(t);
  await sit(page, await o.invite(cora));
  await open(page, "first");
  const csv = ["name,phone,worker,goals", '"=HYPERLINK(""http://made-up.example"",""Pia"")",07700 900001,Wilma Made-up,', `سلوى Ùna 🌱,,Wilma Made-up,${"long ".repeat(1000)}`, ",07700 900002,Wilma Made-up,nameless", "Quin Madeupstone,,Nobody Known,"].join("\n");
  await page.getByLabel(c.first.file).setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.getByRole("button", { name: c.first.look, exact: true }).click();
  await page.getByText(`2 ${c.first.counts["new"]}`).waitFor();
  await page.getByText(`2 ${c.first.counts["bad"]}`).waitFor();
  await open(page, "caseload");
  await page.getByText(c.table.empty).waitFor(); // to look writes nothing
  await open(page, "first");
  await page.getByLabel(c.first.file).setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.getByRole("button", { name: c.first.look, exact: true }).click();
  await page.getByRole("button", { name: c.first.go, exact: true }).click();
  await page.getByText(c.first.done).waitFor();
  await page.getByRole("button", { name: c.first.look, exact: true }).click();
  await page.getByText(`2 ${c.first.counts["there"]}`).waitFor();
  await open(page, "caseload");
  await page.getByRole("link", { name: "سلوى Ùna 🌱" }).waitFor();
  await page.getByRole("link", { name: '=HYPERLINK("http://made-up.example","Pia")' }).waitFor();
});

test("a phone is enrolled by a code on the screen, and cut off after a fresh proof of who sits there", async (t) => {
  const o = await office(t), wilma = await o.hire("Wilma Made-up"), cora = await o.hire("Cora Made-up", "coordinator"), made = await openDesk(o);
  await made.person(wilma, { name: "Pia Madeupstone" });
  const { page } = await desk(t);
  await sit(page, await o.invite(cora));
  await open(page, "workers");
  const card = page.getByRole("region", { name: "Wilma Made-up" });
  await card.getByRole("button", { name: new RegExp(`^${c.workers.enrol}`) }).click();
  const code = (await card.locator("strong.num").textContent())!;
  await card.getByRole("img", { name: c.workers.enrolTitle("Wilma Made-up") }).waitFor();
  const p = await phone(t);
  await joinPhone(p.page, `${o.url}/app/#enrol=${code}`);
  await line(p.page, "everything");
  await page.reload();
  await card.getByRole("button", { name: new RegExp(`^${c.workers.report}`) }).first().click();
  await card.getByRole("heading", { name: /may hold$/ }).waitFor();
  await card.getByText("Pia Madeupstone").waitFor();
  await card.getByRole("button", { name: new RegExp(`^${c.workers.cut}`) }).first().click();
  await card.getByRole("button", { name: c.workers.cutYes, exact: true }).click();
  await page.getByText(c.workers.cutDone).waitFor();
  await p.page.getByRole("heading", { level: 1, name: w.cutOff.title }).waitFor();
});

test("each screen of the desk is clean to axe, light and dark, and as narrow as 400 % makes it", async (t) => {
  const o = await office(t), wilma = await o.hire("Wilma Made-up"), cora = await o.hire("Cora Made-up", "coordinator"), made = await openDesk(o);
  const pia = await made.person(wilma, { name: "Pia Madeupstone سلوى Ùna 🌱", phone: "07700 900001" });
  await made.appointment(pia, { title: "Look at the flat", starts_at: inHours(-3) });
  await made.appointment(pia, { title: "x".repeat(200), starts_at: inHours(30) });
  await o.phone(wilma);
  const { page } = await desk(t);
  await sit(page, await o.invite(cora));
  const found: string[] = [];
  for (const place of ["now", "caseload", "workers", "handover", "held", "figures", "calendar", "audit", "twice", "first"] as const) {
    await open(page, place);
    await heading(page, place === "calendar" ? c.calendar.title : c[place === "caseload" ? "table" : place].title);
    await until("it to be loaded", async () => (await page.getByText(c.loading, { exact: true }).count()) === 0);
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      found.push(...(await look(page)).violations.map((v) => `${place} ${scheme}: ${v}`));
    }
    await page.setViewportSize({ width: 320, height: 800 });
    if (await page.evaluate(() => document.documentElement.scrollWidth > 320)) found.push(`${place} is wider than 320 px`);
    await page.setViewportSize({ width: 1280, height: 800 });
  }
  assert.deepEqual(found, []);
});

/** SCREENS=1 makes the pictures of the README anew. */
if (process.env["SCREENS"]) test("the pictures of the README", async (t) => {
  const d = await demo(t), { page } = await desk(t), to = join(web, "screens");
  await sit(page, d.links.coordinator);
  for (const [place, name] of [["now", "desk-now"], ["caseload", "desk-caseload"], ["figures", "desk-figures"]] as const) {
    await open(page, place);
    await until("it to be loaded", async () => (await page.getByText(c.loading, { exact: true }).count()) === 0);
    await page.getByRole("button", { name: w.close, exact: true }).click({ timeout: 1000 }).catch(() => undefined);
    await page.evaluate(() => { (document.activeElement as HTMLElement | null)?.blur(); });
    await page.screenshot({ path: join(to, `${name}.png`), animations: "disabled" });
  }
  await page.emulateMedia({ colorScheme: "dark" });
  await open(page, "caseload");
  await page.screenshot({ path: join(to, "desk-caseload-dark.png"), animations: "disabled" });
});
