/** What a coordinator's hand does at a desk, with a passkey of the browser's own making. */
import type { TestContext } from "node:test";
import type { Page } from "playwright-core";
import { c } from "../../../src/console/words.ts";
import { phone, type Chromium, type Phone } from "../harness.ts";

/** A browser in the size of a desk, with an authenticator in it. */
export async function desk(t: TestContext): Promise<Phone> {
  const p = await phone(t);
  await furnish(p.chromium, p.page);
  return p;
}

/** Makes a page one of a desk's: as large, and with passkeys. */
export async function furnish(chromium: Chromium, page: Page): Promise<void> {
  await page.setViewportSize({ width: 1280, height: 800 });
  const cdp = await chromium.cdp(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
}

/** Opens a coordinator's link, makes a passkey, and sees Now. */
export async function sit(page: Page, link: string, passkey = true): Promise<void> {
  await page.goto(link);
  await page.getByRole("button", { name: c.door.useCode, exact: true }).click();
  await page.getByRole("button", { name: passkey ? c.door.bind : c.door.later, exact: true }).click();
  await heading(page, c.now.title);
  await page.locator(".desk-bar .state.ok").waitFor();
}

export const heading = (page: Page, name: string): Promise<void> => page.getByRole("heading", { level: 1, name, exact: true }).waitFor();

export async function open(page: Page, place: Exclude<keyof typeof c.nav, "label">): Promise<void> {
  await page.getByRole("navigation", { name: c.nav.label }).getByRole("link", { name: c.nav[place], exact: true }).click();
}
