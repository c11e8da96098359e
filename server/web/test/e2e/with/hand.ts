/**
 * What a worker's hand does, through what a screen shows and a screen reader says: roles and words. Each step ends when the screen says
 * that it is done, and fails with what it waited for.
 */
import type { Locator, Page } from "playwright-core";
import { w } from "../../../src/field/words.ts";
import { until } from "./until.ts";

export const PIN = "740526";

const escaped = (s: string): string => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const exact = (s: string): RegExp => new RegExp(`^${escaped(s)}$`);
const starts = (s: string): RegExp => new RegExp(`^${escaped(s)}`);
const heading = (page: Page, name: string | RegExp): Locator => page.getByRole("heading", { level: 1, name });
const button = (page: Page, name: string | RegExp): Locator => page.getByRole("button", { name: typeof name === "string" ? exact(name) : name });

/** Opens a link with a code, chooses a PIN, and sees Today. */
export async function join(page: Page, link: string, pin = PIN): Promise<void> {
  await page.goto(link);
  await button(page, w.join.useCode).click();
  await joinWith(page, pin);
}

async function joinWith(page: Page, pin: string): Promise<void> {
  await page.getByLabel(w.pin.label, { exact: true }).fill(pin);
  await page.getByLabel(w.pin.twice, { exact: true }).fill(pin);
  await button(page, new RegExp(`^(${w.join.join}|${w.failed.again})$`)).click();
  // Without an answer the app says so, and waits for the person to try again with the same code.
  await until("the phone to join", async () => {
    if (await tabs(page).isVisible()) return true;
    const again = button(page, w.failed.again);
    if (await again.isVisible()) await again.click({ timeout: 2000 }).catch(() => undefined);
    return false;
  }, 120_000);
}

export async function unlock(page: Page, pin = PIN, ms = 90_000): Promise<void> {
  await locked(page);
  const field = page.getByLabel(w.locked.label, { exact: true });
  await until("the PIN to be taken", async () => {
    if (await tabs(page).isVisible()) return true;
    if (await slowedDown(page) || !await button(page, w.locked.open).isVisible()) return false;
    await field.fill(pin, { timeout: 2000 }).catch(() => undefined);
    await field.press("Enter", { timeout: 2000 }).catch(() => undefined);
    await until("an answer", async () => await tabs(page).isVisible() || await page.getByText(w.locked.wrong).first().isVisible() || slowedDown(page), 20_000);
    return tabs(page).isVisible();
  }, ms);
}

export const tabs = (page: Page): Locator => page.getByRole("navigation", { name: w.tabs.label });

export async function locked(page: Page, ms?: number): Promise<void> {
  await shown(page, heading(page, w.locked.title), ms);
}

/** Waits for what a screen should show; a wait in vain tells what it shows in its place, which is made up here. */
async function shown(page: Page, what: Locator, ms?: number): Promise<void> {
  await what.waitFor(ms === undefined ? {} : { timeout: ms }).catch(async (e: Error) => {
    const there = await page.locator("body").innerText({ timeout: 5_000 }).catch((e: Error) => `no answer (${e.message})`);
    throw new Error(`${e.message}\nThe screen at ${page.url()} shows:\n${there}`);
  });
}

/** Tries a wrong PIN, and waits until the app has said so. */
export async function wrongPin(page: Page): Promise<void> {
  await locked(page);
  const field = page.getByLabel(w.locked.label, { exact: true });
  await field.fill("918273");
  await field.press("Enter");
  await until("the PIN to be refused", async () => await page.getByText(w.locked.wrong).first().isVisible() || slowedDown(page));
}

/** It says how long nobody may try again. */
export function slowedDown(page: Page): Promise<boolean> {
  const [before, after] = w.locked.again("\u0000").split("\u0000") as [string, string];
  return page.getByText(new RegExp(`^${escaped(before)}\\d.*${escaped(after)}$`)).first().isVisible();
}

export async function lock(page: Page): Promise<void> {
  await go(page, "More");
  await button(page, starts(w.menu.lock)).click();
  await locked(page);
}

/** Who has forgotten the PIN begins anew with a code from the coordinator. */
export async function forgotPin(page: Page, link: string, pin: string): Promise<void> {
  await locked(page);
  await page.getByText(w.locked.forgot, { exact: true }).click();
  await button(page, w.locked.haveCode).click();
  await joinAnew(page, link, pin);
}

/** Where the app asks for a new code. */
export async function joinAnew(page: Page, link: string, pin: string): Promise<void> {
  await page.getByLabel(w.join.code, { exact: true }).fill(link);
  await button(page, w.join.next).click();
  await joinWith(page, pin);
}

export type Tab = "Today" | "People" | "Record" | "More" | "Office";

/** Goes to a screen by its tab, or by the line. */
export async function go(page: Page, tab: Tab): Promise<void> {
  if (tab === "Office") {
    await statusLine(page).click();
    await heading(page, w.office.title).waitFor();
    return;
  }
  const label = { Today: w.tabs.today, People: w.tabs.people, Record: w.tabs.record, More: w.tabs.more }[tab];
  await tabs(page).getByRole("link", { name: exact(label) }).click();
  const name = tab === "Today" ? w.tabs.today : tab === "People" ? w.tabs.people : tab === "More" ? w.menu.title : w.support.heading;
  await heading(page, starts(name)).waitFor();
}

const statusLine = (page: Page): Locator => page.getByRole("link", { name: new RegExp(`${escaped(w.line.label)}$`) });

/** What the line is waited for to say. */
export type Saying = "everything" | "unsent" | "away" | "needs you" | { readonly unsent: number };

/** Waits until the line that is always in view says it, and gives what it says. */
export async function line(page: Page, what: Saying, ms = 90_000): Promise<string> {
  let last = "";
  const fits = (text: string): boolean => {
    switch (what) {
      case "everything": return text.startsWith(w.line.everything(""));
      case "unsent": return new RegExp(escaped(w.line.unsent(7)).replace("7", "\\d+")).test(text);
      case "away": return text.includes(w.line.offline) || text.includes(w.line.waiting.unreachable("\u0000").split("\u0000")[0]!);
      case "needs you": return new RegExp(`\\d+ (${w.line.needsYou(1).slice(2)}|${w.line.needsYou(2).slice(2)})`).test(text);
      default: return new RegExp(`(^|\\D)${escaped(w.line.unsent(what.unsent))}`).test(text);
    }
  };
  return until(`the line to say ${JSON.stringify(what)}`, async () => {
    last = (await statusLine(page).locator("strong, small").allInnerTexts().catch(() => [])).join(". ");
    return fits(last) && last;
  }, ms).catch((e: Error) => { throw new Error(`${e.message}; it says ${JSON.stringify(last)}`); });
}

/** Waits until words are on the screen, perhaps after a tab has been tapped. */
export async function saw(page: Page, words: string, on?: Tab): Promise<void> {
  if (on) await go(page, on);
  await page.getByText(words).filter({ visible: true }).first().waitFor();
}

export async function sawNot(page: Page, words: string, on?: Tab): Promise<void> {
  if (on) await go(page, on);
  await until(`"${words}" to go`, async () => await page.getByText(words).filter({ visible: true }).count() === 0);
}

/** Finds somebody by typing their name, and opens their page. */
export async function openPerson(page: Page, name: string): Promise<void> {
  await go(page, "People");
  await page.getByLabel(w.people.search, { exact: true }).fill(name);
  await page.getByRole("main").getByRole("link", { name: starts(name) }).first().click();
  await heading(page, starts(name)).waitFor();
}

/** Ticks a choice as a finger does: on its words. */
async function choose(page: Page, group: string, name: string | RegExp): Promise<void> {
  await page.getByRole("group", { name: starts(group) }).locator("label", { hasText: typeof name === "string" ? exact(name) : name }).first().click();
}

export interface Support {
  readonly who: string;
  readonly what?: keyof typeof w.values.what;
  readonly note: string;
}

/** Opens the form by the tab in the middle, and fills it in. */
export async function begin(page: Page, s: Support): Promise<void> {
  await go(page, "Record");
  const note = page.getByLabel(w.support.note, { exact: true });
  await note.waitFor();
  const likely = page.getByRole("group", { name: starts(w.support.who) }).locator("label.chip", { hasText: starts(s.who) });
  const others = page.getByLabel(w.support.somebodyElse);
  const chosen = await until(`${s.who} to be among those to choose from`, async () => {
    if (await likely.count() > 0) return "likely" as const;
    return (await others.locator("option").allInnerTexts()).find((o) => o === s.who || o.startsWith(`${s.who} (`));
  });
  if (chosen === "likely") await likely.first().click();
  else await others.selectOption({ label: chosen });
  await choose(page, w.support.what, w.values.what[s.what ?? "visit"]);
  await note.fill(s.note);
}

export const saveButton = (page: Page): Locator => page.locator("form").getByRole("button", { name: /^Save/ }).last();

/** Saves: the form goes, and the screen says that what was written is on this phone. Only then it is done. */
export async function saveNow(page: Page): Promise<string> {
  const form = page.locator("form .savebar");
  await saveButton(page).click();
  await form.waitFor({ state: "detached" });
  const said = page.getByRole("status").filter({ hasText: /saved on this phone/i });
  await said.first().waitFor();
  return said.first().innerText();
}

export async function support(page: Page, s: Support): Promise<void> {
  await begin(page, s);
  await saveNow(page);
}

/** Saving does not work; why is said, and what was typed stays. */
export async function saveRefused(page: Page, why: string): Promise<void> {
  await saveButton(page).click();
  await page.getByRole("alert").filter({ hasText: why }).first().waitFor();
}

/** What was begun is there again when the form is opened again. */
export async function resume(page: Page): Promise<void> {
  await go(page, "Record");
  await page.getByText(new RegExp(`^${escaped(w.form.restored("\u0000").split("\u0000")[0]!)}`)).waitFor();
}

/** A field of the form holds it. */
export async function hasText(page: Page, text: string): Promise<void> {
  await until(`a field that holds "${text}"`, () => page.locator("input, textarea").evaluateAll((all, t) => all.some((el) => (el as HTMLInputElement).value === t), text));
}

/** How people are called, each as often as somebody is called so. */
export async function names(page: Page): Promise<readonly string[]> {
  await go(page, "People");
  const all = page.getByRole("main").locator(".people .who");
  await all.first().waitFor();
  return all.evaluateAll((list) => list.map((el) => el.firstChild?.textContent ?? ""));
}

/** The appointments that Today asks about or shows as next. */
export async function askedAbout(page: Page): Promise<{ who: string; title: string }[]> {
  await go(page, "Today");
  const past = page.locator("section").filter({ has: page.getByRole("heading", { name: w.day.overdue, exact: true }) });
  const more = past.getByRole("button", { name: new RegExp(`^${escaped(w.more(7)).replace("7", "\\d+")}$`) });
  if (await more.isVisible()) await more.click();
  const names = await page.getByRole("group", { name: starts(w.outcome.ask) }).evaluateAll((all) => all.map((el) => el.getAttribute("aria-label") ?? ""));
  return names.map((n) => {
    const [who = "", ...title] = n.slice(w.outcome.ask.length + 1).split(", ");
    return { who, title: title.join(", ") };
  });
}

/** One tap on Today, and then perhaps a note. */
export async function outcome(page: Page, who: string, title: string, how: "attended" | "missed" | "cancelled", note?: string): Promise<void> {
  await askedAbout(page);
  await page.getByRole("group", { name: `${w.outcome.ask} ${who}, ${title}`, exact: true }).first().getByRole("button", { name: w.outcome[how], exact: true }).click();
  const said = page.getByRole("group", { name: `${who}: ${w.outcome.said[how]}. ${w.onPhone}`, exact: true }).filter({ hasText: title });
  await said.first().waitFor();
  if (note === undefined) return;
  await said.first().getByRole("link", { name: w.outcome.note }).click();
  await page.getByRole("textbox", { name: w.outcome.noteLabel, exact: true }).fill(note);
  await saveNow(page);
}

export async function appointment(page: Page, who: string, a: { readonly title: string; readonly inDays: number; readonly time: string }): Promise<void> {
  await openPerson(page, who);
  await page.getByRole("link", { name: starts(w.person.book) }).click();
  await heading(page, starts(w.plan.new(who))).waitFor();
  await page.getByRole("textbox", { name: w.plan.title, exact: true }).fill(a.title);
  const day = new Date(Date.now() + a.inDays * 86_400_000), parts = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", day: "numeric", month: "numeric", year: "numeric" }).formatToParts(day);
  const part = (type: string): string => parts.find((p) => p.type === type)!.value;
  await page.getByLabel(w.date.day, { exact: true }).fill(part("day"));
  await page.getByLabel(w.date.month, { exact: true }).fill(part("month"));
  await page.getByLabel(w.date.year, { exact: true }).fill(part("year"));
  await page.getByRole("textbox", { name: w.plan.time, exact: true }).fill(a.time);
  await saveNow(page);
}

export async function newPerson(page: Page, name: string): Promise<void> {
  await go(page, "People");
  await page.getByRole("link", { name: w.people.add, exact: true }).click();
  await heading(page, w.people.add).waitFor();
  await page.getByRole("textbox", { name: w.fields.name, exact: true }).fill(name);
  await saveNow(page);
  await heading(page, name).waitFor();
}

/** Changes what is written about somebody; fields by the words of the form. */
export async function changeAbout(page: Page, name: string, to: Readonly<Record<string, string>>): Promise<void> {
  await openPerson(page, name);
  await page.getByRole("link", { name: `${w.change} ${w.of(name)}`, exact: true }).click();
  for (const [label, text] of Object.entries(to)) await page.getByRole("textbox", { name: label, exact: true }).fill(text);
  await saveNow(page);
}

/** Two versions stand on somebody's page; one tap keeps one. */
export async function settle(page: Page, name: string, value: string): Promise<void> {
  await openPerson(page, name);
  await page.getByRole("link", { name: starts(w.person.settle) }).first().click();
  await heading(page, w.settle.heading).waitFor();
  await button(page, new RegExp(`^${escaped(w.settle.keep)} .*${escaped(value)}`)).click();
  await page.getByText(`${w.settle.kept}. ${w.onPhone}`).first().waitFor();
}

/** Both versions are to be seen, each with who wrote it. */
export async function sawBoth(page: Page, name: string, versions: readonly (readonly [value: string, by: string])[]): Promise<void> {
  await openPerson(page, name);
  await page.getByRole("link", { name: starts(w.person.settle) }).first().click();
  await heading(page, w.settle.heading).waitFor();
  for (const [value, by] of versions) await page.getByRole("listitem").filter({ hasText: value }).filter({ hasText: by }).first().waitFor();
}

/** The phone was cut off, and says so. */
export async function wasCutOff(page: Page): Promise<void> {
  await heading(page, w.cutOff.title).waitFor({ timeout: 90_000 });
}

/** Which build the page is of. */
export const buildOf = (page: Page): Promise<string> => page.evaluate(() => (document.querySelector("script[type=module]") as HTMLScriptElement).src);

export async function updateOffered(page: Page): Promise<void> {
  await page.getByText(w.update.waits, { exact: true }).first().waitFor();
}
export async function takeUpdate(page: Page): Promise<void> {
  await page.getByText(w.update.waits, { exact: true }).first().click();
  await button(page, w.update.take).click();
}
