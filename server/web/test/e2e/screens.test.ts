import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join as path } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { type At, href, shapes } from "../../src/field/route.ts";
import { w } from "../../src/field/words.ts";
import type { RecordID } from "../../src/sync/ids.ts";
import { at, office, phone, until, web, wrongClock, type ChromiumOptions } from "./harness.ts";
import { check } from "./with/check.ts";
import { go, line, lock } from "./with/hand.ts";
import { fillWorld, type World } from "./with/world.ts";

/** The address of each screen, of somebody or something of the world. A screen that is added to the app has to be added here. */
function addresses(of: World): Readonly<Record<At, string>> {
  const { person } = of, r = of.record;
  const at = (where: At, ids: Readonly<Record<string, string>> = {}): string => (href as (at: At, params: object) => string)(where, ids);
  return {
    today: at("today"), people: at("people"), newPerson: at("newPerson"), person: at("person", { person }), editPerson: at("editPerson", { person }),
    personState: at("personState", { person }), newAppointment: at("newAppointment", { person }), newContact: at("newContact", { person }),
    newConsent: at("newConsent", { person }), newFollowUp: at("newFollowUp", { person }), support: at("support"), supportWith: at("supportWith", { person }),
    editSupport: at("editSupport", { record: r.support }), appointment: at("appointment", { record: r.appointment }), editAppointment: at("editAppointment", { record: r.appointment }),
    moveAppointment: at("moveAppointment", { record: r.appointment }),
    outcome: at("outcome", { record: r.past }), supportAfter: at("supportAfter", { record: r.past }), stepAfter: at("stepAfter", { record: r.past }), contact: at("contact", { record: r.contact }), consent: at("consent", { record: r.consent }), followUp: at("followUp", { record: r.follow_up }),
    page: at("page", { person }), settle: at("settle", { record: r.settle }), office: at("office"), more: at("more"), pin: at("pin"), locks: at("locks"), wake: at("wake"), leave: at("leave"), about: at("about"),
  };
}

/** Forms that are sent as they are, with nothing filled in, to see what they say. */
const empty: readonly At[] = ["newPerson", "newContact", "newConsent", "newFollowUp", "newAppointment", "support", "pin"];

/** SCREENS=1 makes the pictures of the README anew. */
const pictures = process.env["SCREENS"] ? path(web, "screens") : undefined;

async function takePictures(page: Page, where: Readonly<Record<At, string>>, plain: string): Promise<void> {
  if (!pictures) return;
  await mkdir(pictures, { recursive: true });
  await go(page, "Today");
  const word = page.getByRole("complementary").locator("summary");
  while (await word.isVisible()) { // what the app has to say of itself is put off
    await word.click();
    await page.getByRole("complementary").getByRole("button").last().click();
  }
  const shown: readonly (readonly [at: At, name: string, address?: string])[] = [["today", "today"], ["person", "person", href("person", { person: plain as RecordID })],
    ["support", "support"], ["settle", "two-versions"]];
  for (const [at, name, address = where[at]] of shown) {
    await visit(page, at, address);
    await page.evaluate(() => { (document.activeElement as HTMLElement | null)?.blur(); scrollTo(0, 0); });
    for (const scheme of at === "today" ? ["light", "dark"] as const : ["light"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.screenshot({ path: path(pictures, `${name}${scheme === "dark" ? "-dark" : ""}.png`), animations: "disabled" });
    }
    await page.emulateMedia({ colorScheme: "light" });
  }
}

/** Goes to a screen by its address, and waits until all of it is there. */
async function visit(page: Page, at: At, address: string): Promise<void> {
  await page.evaluate((to) => { location.hash = to; }, address);
  await until(`the screen ${at}`, async () => (await page.title()).startsWith(`${w.titles[at]} –`));
  await until("what it is about", async () => await page.getByText(w.loading, { exact: true }).count() === 0);
}

/** A phone on which it is twenty to ten in the morning, whenever the tests run: the day looks the same each time. */
async function morning(): Promise<Partial<ChromiumOptions>> {
  return { clock: Math.round((Date.parse(at(0, 9, 40)) - Date.now()) / 1000), preload: await wrongClock() };
}

test("every screen can be read, reached and used: by sight, by screen reader, by keys, narrow, enlarged and dark", async (t) => {
  const o = await office(t), p = await phone(t, await morning()), { page } = p;
  const all: string[] = [], looked = new Set<string>();
  const cdp = await p.chromium.cdp(page);
  const checked = async (name: string): Promise<void> => {
    const seen = await check(page, cdp);
    all.push(...seen.faults.map((f) => `${name}: ${f}`));
    for (const l of seen.looked) looked.add(l);
  };

  await page.goto(`${o.url}/app/`);
  await page.getByRole("heading", { name: w.join.title }).waitFor();
  await checked("join");
  await page.goto(await o.invite(await o.hire("Nobody Madeupwell")));
  await page.getByRole("button", { name: w.join.useCode }).click();
  await page.getByRole("heading", { name: w.pin.choose }).waitFor();
  await checked("choose a PIN");

  await page.goto("about:blank");
  const world = await fillWorld(o, page), where = addresses(world);
  for (const screen of Object.keys(shapes) as At[]) {
    await visit(page, screen, where[screen]);
    assert.equal(await page.getByRole("heading", { name: w.missing.title }).count(), 0, `${screen} is missing`);
    assert.equal(await page.getByRole("heading", { name: w.failed.title }).count(), 0, `${screen} failed`);
    assert.ok(![world.name, "Pia", "Madeupstone"].some((n) => page.url().includes(n)), "the address names somebody");
    await checked(screen);
    if (screen === "followUp") {
      await visit(page, screen, href("followUp", { record: world.record.call as RecordID }));
      await checked("a step of the ladder");
      for (const came of [w.ladder.skip, w.ladder.later, w.ladder.notReached.call]) await page.getByText(came, { exact: true }).last().click();
      await page.getByText(w.ladder.skip, { exact: true }).click();
      await page.locator("form button[type=submit]").last().click();
      await page.getByRole("alert").filter({ hasText: w.ladder.reasonMissing }).waitFor();
      await checked("a step of the ladder, skipped without a reason");
    }
    if (!empty.includes(screen)) continue;
    await page.locator("form button[type=submit]").last().click();
    const summary = page.getByRole("alert").filter({ hasText: w.problem.title });
    await summary.waitFor();
    assert.ok(await summary.evaluate((el) => el === document.activeElement), `${screen}: the summary of what is wrong does not take the focus`);
    await summary.getByRole("link").first().press("Enter");
    assert.ok(await page.evaluate(() => document.activeElement?.matches("input, textarea, select")), `${screen}: a line of the summary does not lead to its field`);
    await checked(`${screen}, sent empty`);
  }
  await takePictures(page, where, world.plain);
  await lock(page);
  await checked("locked");
  t.diagnostic(`looked at: ${JSON.stringify([...looked], null, 1)}`);
  assert.equal(all.join("\n"), "");
});

test("a support is written down by keys alone", async (t) => {
  const o = await office(t), p = await phone(t, await morning()), { page } = p;
  await fillWorld(o, page);
  const focused = (): Promise<string> => page.evaluate(() => {
    const el = document.activeElement as HTMLInputElement | null;
    const label = el?.labels?.[0]?.textContent ?? el?.getAttribute("aria-label") ?? el?.textContent ?? "";
    return `${el?.closest("fieldset")?.querySelector("legend")?.textContent ?? ""}|${label.trim()}`;
  });
  const tabTo = async (what: RegExp, key = "Tab"): Promise<void> => {
    for (let i = 0; i < 80; i++) {
      if (what.test(await focused())) return;
      await page.keyboard.press(key);
    }
    throw new Error(`Tab never came to ${what}`);
  };
  await tabTo(new RegExp(`\\|${w.tabs.record}$`));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: w.support.heading }).waitFor();
  await tabTo(new RegExp(`^${w.support.who.replace("?", "\\?")}\\|`));
  await page.keyboard.press("Space");
  await tabTo(new RegExp(`^${w.support.what.replace("?", "\\?")}\\|`));
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  await tabTo(new RegExp(`\\|${w.support.note}`));
  await page.keyboard.type("Written without a mouse or a finger");
  await tabTo(/\|Save/);
  await page.keyboard.press("Enter");
  await page.getByText(/on this phone/i).filter({ visible: true }).first().waitFor();
  await line(page, { unsent: 2 });
});
