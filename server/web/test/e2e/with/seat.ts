/** What a coordinator's hand does at a desk, with a passkey of the browser's own making. */
import type { TestContext } from "node:test";
import type { Page } from "playwright-core";
import { c } from "../../../src/console/words.ts";
import { firstPage } from "../harness.ts";
import { launch, freshProfile, type Chromium } from "./browser.ts";
import { rm } from "node:fs/promises";

export interface Seat {
  readonly page: Page;
  readonly chromium: Chromium;
}

/** A browser at a desk, in the size of one, with an authenticator in it. At the end of the test it goes, and the test fails on what a policy or the page complained of. */
export async function desk(t: TestContext): Promise<Seat> {
  const profile = await freshProfile(), chromium = await launch({ profile }), page = await firstPage(chromium.context);
  await page.setViewportSize({ width: 1280, height: 800 });
  const cdp = await chromium.cdp(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  t.after(async () => {
    const faults = chromium.faults();
    await chromium.kill();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    if (faults.length > 0) throw new Error(`the browser complained:\n${faults.join("\n")}`);
  });
  return { page, chromium };
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
