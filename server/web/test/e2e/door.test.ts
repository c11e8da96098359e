import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { w } from "../../src/field/words.ts";
import { office, openDesk, phone, until, type Phone } from "./harness.ts";
import { check } from "./with/check.ts";
import { go, join, line, lock, locked, PIN, support, tabs, unlock } from "./with/hand.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
/** What has the focus: its element, and its id or its words. */
const focus = (page: Page): Promise<string> => page.evaluate(() => {
  const el = document.activeElement!;
  return `${el.tagName.toLowerCase()} ${el.id || el.textContent!.trim()}`;
});
const hasFocus = (page: Page, what: string) => until(`the focus to be on ${what}`, async () => await focus(page) === what);

/** Nothing is wrong with a screen, asked from its top, as somebody meets it. */
async function sound({ page, chromium }: Phone): Promise<void> {
  await page.evaluate(() => {
    scrollTo(0, 0);
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
  });
  assert.deepEqual((await check(page, await chromium.cdp(page))).faults, []);
}

test("a code is in no address: not in the bar, the history, or anything that is asked of the server", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), link = await o.invite(worker);
  const code = link.split("#enrol=")[1]!;
  const p = await phone(t), asked: string[] = [];
  p.page.on("request", (r) => asked.push(r.url()));
  await p.page.goto(link);
  await button(p.page, w.join.useCode).waitFor();
  assert.equal(p.page.url(), `${o.url}/app/`);
  await button(p.page, w.join.useCode).click();
  await join(p.page, await o.invite(worker)); // another link in the same window: that code counts
  assert.equal(await p.page.evaluate(() => JSON.stringify([history.state, location.href, document.title, document.body.innerText]).includes("enrol=")), false);
  assert.deepEqual(asked.filter((url) => url.includes(code) || url.includes("enrol=")), []);
  await p.page.goto(`${o.url}/app/#enrol=${code}`);
  await p.page.getByText(w.join.already).waitFor(); // a link that is tapped while the phone is open
  assert.equal(p.page.url().includes("enrol"), false);
});

test("a code is typed or pasted, and what is wrong with it or the PIN is said where the person is", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up");
  const p = await phone(t), { page } = p;
  await page.goto(`${o.url}/app/`);
  const code = page.getByLabel(w.join.code), next = button(page, w.join.next);
  await code.fill("7QK2M");
  await next.click();
  await page.getByRole("alert").getByRole("link", { name: w.join.codeShort }).click();
  await hasFocus(page, "input code");
  await sound(p);
  await code.fill("7qk2m 9xw4p 3trhv"); // of the right form, and nobody's
  await code.press("Enter");
  await heading(page, w.pin.choose).waitFor();
  await hasFocus(page, `h1 ${w.pin.choose}`);
  const pin = page.getByLabel(w.pin.label, { exact: true }), twice = page.getByLabel(w.pin.twice, { exact: true });
  for (const [first, second, says] of [["", "", w.pin.missing], ["12345", "12345", w.pin.faults.too_short], ["123456", "123456", w.pin.faults.in_order], [PIN, "740527", w.pin.differ]] as const) {
    await pin.fill(first);
    await twice.fill(second);
    await button(page, w.join.join).click();
    await page.getByRole("alert").getByRole("link", { name: says }).waitFor();
  }
  await sound(p);
  await twice.fill(PIN);
  await button(page, w.join.join).click();
  await page.getByRole("alert").getByRole("link", { name: w.join.badCode }).waitFor({ timeout: 60_000 });
  await code.fill(await o.invite(worker)); // the whole link
  await next.click();
  await pin.fill(PIN);
  await twice.fill(PIN);
  await button(page, w.join.join).click();
  await tabs(page).waitFor({ timeout: 90_000 });
  await line(page, "everything");
  p.chromium.forgive(); // the browser lists the refused code as a failed request
});

test("an iPhone is told to install first and how to carry the code over, and may go on in the browser", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), link = await o.invite(worker);
  const p = await phone(t, { flags: ["--user-agent=Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"] }), { page } = p;
  await page.addInitScript(() => addEventListener("beforeinstallprompt", (e) => e.stopImmediatePropagation(), { capture: true })); // Safari knows no such thing
  await page.goto(link);
  await heading(page, w.iphone.title).waitFor();
  await page.getByText(link.split("#enrol=")[1]!, { exact: true }).waitFor();
  await sound(p);
  await page.getByText(w.iphone.stay, { exact: true }).click();
  await button(page, w.iphone.stayYes).click();
  await button(page, w.join.useCode).waitFor();
});

test("the focus goes with the person, titles name nobody, and the screens of the phone itself are sound", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  await desk.person(worker, { name: "Pia Madeupstone" });
  const p = await phone(t), { page } = p;
  await join(page, await o.invite(worker));
  await line(page, "everything");
  await go(page, "More");
  await hasFocus(page, `h1 ${w.menu.title}`);
  await sound(p);
  for (const [link, title] of [[w.about.title, w.about.title], [w.pin.changeTitle, w.pin.changeTitle], [w.leave.title, w.leave.title]] as const) {
    await page.getByRole("link", { name: link, exact: true }).click();
    await heading(page, title).waitFor();
    await hasFocus(page, `h1 ${title}`);
    await sound(p);
    await page.getByRole("link", { name: w.back, exact: true }).click();
    await heading(page, w.menu.title).waitFor();
  }
  await go(page, "Office");
  await sound(p);
  await go(page, "People");
  await page.getByRole("link", { name: /Pia Madeupstone/ }).first().click();
  await heading(page, "Pia Madeupstone").waitFor();
  assert.equal(await page.title(), `${w.titles.person} – ${w.app}`);
  await lock(page);
  await hasFocus(page, "input pin");
  await sound(p);
  await unlock(page);
  await hasFocus(page, `h1 ${w.menu.title}`);
});

test("signing out sends first; what cannot be sent is erased only after a box was ticked", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  await desk.person(worker, { name: "Pia Madeupstone" });
  const p = await phone(t), { page } = p;
  await join(page, await o.invite(worker));
  await line(page, "everything");
  await o.wire.refuse();
  await support(page, { who: "Pia Madeupstone", note: "Not sent" });
  await go(page, "More");
  await page.getByRole("link", { name: w.leave.title, exact: true }).click();
  await button(page, w.leave.sendAndLeave).click();
  await heading(page, w.leave.unsentTitle(1)).waitFor({ timeout: 90_000 });
  await hasFocus(page, `h1 ${w.leave.unsentTitle(1)}`);
  await sound(p);
  await button(page, w.leave.erase).click();
  await page.getByRole("alert").getByRole("link", { name: w.leave.sureMissing }).waitFor();
  await line(page, { unsent: 1 });
  await page.reload();
  await locked(page);
  await unlock(page);
  await line(page, { unsent: 1 }); // nothing went
  await button(page, w.leave.sendAndLeave).click();
  await page.getByLabel(w.leave.sure(1)).check({ timeout: 90_000 });
  await button(page, w.leave.erase).click();
  await page.getByText(w.join.signedOut).waitFor();
  p.chromium.forgive(); // without a wire each try is a failed request
});
