import assert from "node:assert/strict";
import { test } from "node:test";
import { href } from "../../src/field/route.ts";
import { w } from "../../src/field/words.ts";
import type { RecordID } from "../../src/sync/ids.ts";
import { inHours, office, openDesk, phone } from "./harness.ts";
import { begin, go, join, line, saveNow } from "./with/hand.ts";
import { tooWide } from "./with/reach.ts";
import { atWork } from "./with/work.ts";

/** What nobody types on a phone, but a table that was read in or a web page can bring. */
test("words as long as a link, notes as long as a book and choices of no version fit on every page", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  const link = `https://made-up.example/${"x".repeat(110)}`, long = "Pia".padEnd(90, "a");
  const pia = await desk.person(worker, { name: long, goals: link, safety_note: link, phone: link, needs: [link] });
  const told = await desk.appointment(pia, { title: "x".repeat(130), starts_at: inHours(30), place: link, with: link, reply: "cannot", reply_note: link });
  await desk.appointment(pia, { title: "Home visit", starts_at: inHours(50), reply: "coming", reply_note: `${"a".repeat(10_000)}${"b ".repeat(5_000)}` });
  await desk.appointment(pia, { title: "Call", starts_at: inHours(54), reply: "new_time", reply_note: "c ".repeat(9_999) });
  await desk.record("support", pia, { what: "__proto__", at: inHours(-3), note: link, place: link });
  await desk.record("contact", pia, { name: "y".repeat(120), relation: link, phone: "07700 900001" });
  await desk.record("follow_up", pia, { about: link, due: inHours(-30).slice(0, 10) });
  const p = await phone(t);
  await join(p.page, await o.invite(worker));
  await line(p.page, "everything");
  const sticks: string[] = [];
  const look = async (name: string): Promise<void> => { 
    sticks.push(...(await tooWide(p.page)).map((s) => `${name}: ${s}`));
    const cut = await p.page.evaluate(() => [...document.querySelectorAll(".button")].filter((b) => b.scrollWidth > b.clientWidth + 1).map((b) => b.className));
    sticks.push(...cut.map((s) => `${name}: the words of ${s} are cut`));
  };
  for (const tab of ["Today", "People", "Record"] as const) {
    await go(p.page, tab);
    await look(tab);
    if (tab === "Today") assert.ok((await p.page.locator("main").innerText()).length < 5_000, "a note of 20,000 letters is on Today whole");
  }
  for (const [name, to] of [["person", href("person", { person: pia as RecordID })], ["support", href("supportWith", { person: pia as RecordID })], ["appointment", href("appointment", { record: told as RecordID })]] as const) {
    await p.page.evaluate((hash) => { location.hash = hash; }, to);
    await p.page.getByText("made-up.example").or(p.page.getByText(/^Save/)).first().waitFor();
    if (name === "person") await p.page.getByText("__proto__").waitFor();
    await look(name);
  }
  assert.deepEqual(sticks, []);
});

test("whoever goes on as soon as it is saved stays where they went", async (t) => {
  const { p } = await atWork(t);
  await begin(p.page, { who: "Pia Madeupstone", note: "Said, and gone on" });
  // As quick as a finger can be: in the moment in which it is said.
  await p.page.evaluate(() => new MutationObserver((_, watch) => {
    if (![...document.querySelectorAll("[role=status]")].some((e) => /saved on this phone/i.test(e.textContent!))) return;
    watch.disconnect();
    document.querySelector<HTMLAnchorElement>("nav a[href='#/people']")!.click();
  }).observe(document, { subtree: true, childList: true, characterData: true }));
  await saveNow(p.page);
  const people = p.page.getByRole("heading", { level: 1, name: w.titles.people, exact: true });
  await people.waitFor();
  await line(p.page, "everything");
  await p.page.waitForTimeout(500);
  assert.ok(await people.isVisible(), "the form that was saved took the person back with it");
});
