/**
 * What tests in a real browser stand on: the program as it is built, a wire in front of it that really fails, and Chromium. All of it on the
 * loopback; what was started is ended by its own id.
 */
import { rm } from "node:fs/promises";
import type { TestContext } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { freshProfile, launch, type Chromium, type ChromiumOptions } from "./with/browser.ts";
import { openDemo, openOffice, type Demo, type Office } from "./with/office.ts";

export { buildNext, web } from "./with/binary.ts";
export { look } from "./with/axe.ts";
export { scan } from "./with/scan.ts";
export { dice, pause, until } from "./with/until.ts";
export { wrongClock } from "./with/clock.ts";
export { at, inHours, openDesk, type Desk } from "./with/desk.ts";
export type { Chromium, ChromiumOptions } from "./with/browser.ts";
export { heldNote, heldOf } from "./with/office.ts";
export type { Demo, LinePhone, LineRecord, Office } from "./with/office.ts";
export type { Fault, Passed, Proxy } from "./with/proxy.ts";

/** An empty office, gone with the test. */
export async function office(t: TestContext): Promise<Office> {
  const o = await openOffice();
  t.after(() => o.stop());
  return o;
}

/** The demo, gone with the test; settings are of its environment. */
export async function demo(t: TestContext, settings: NodeJS.ProcessEnv = {}): Promise<Demo> {
  const d = await openDemo(settings);
  t.after(() => d.stop());
  return d;
}

/** A phone of flesh and blood: its browser can be closed, killed and opened again over what its folder keeps. */
export interface Phone {
  readonly profile: string;
  readonly chromium: Chromium;
  readonly page: Page;
  /** Closes the browser, or kills it, and opens it again at the app. */
  again(how: "close" | "kill", o?: Partial<ChromiumOptions>): Promise<void>;
  /** The same phone with nothing running. */
  end(how: "close" | "kill"): Promise<void>;
}

/**
 * A fresh phone. At the end of the test its browser goes, and the test fails if it violated the policy, threw, or asked anybody else than
 * the server.
 */
export async function phone(t: TestContext, o: Partial<ChromiumOptions> = {}): Promise<Phone> {
  const profile = o.profile ?? await freshProfile();
  const faults: string[] = [];
  let chromium = await launch({ ...o, profile }), page = await firstPage(chromium.context), running = true;
  const end = async (how: "close" | "kill"): Promise<void> => {
    if (!running) return;
    running = false;
    faults.push(...chromium.faults());
    await chromium[how]();
  };
  t.after(async () => {
    await end("kill");
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    if (faults.length > 0) throw new Error(`the browser complained:\n${faults.join("\n")}`);
  });
  return {
    profile,
    get chromium() { return chromium; },
    get page() { return page; },
    end,
    async again(how, other = {}) {
      await end(how);
      chromium = await launch({ ...o, ...other, profile });
      page = await firstPage(chromium.context);
      running = true;
    },
  };
}

/** The page that a browser opens with, in the size of a phone. */
export async function firstPage(context: BrowserContext): Promise<Page> {
  const page = context.pages()[0] ?? await context.newPage();
  await page.setViewportSize({ width: 390, height: 844 });
  return page;
}
