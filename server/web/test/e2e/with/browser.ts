import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type CDPSession, type Page } from "playwright-core";
import { openWatchman, type Watchman } from "./proxy.ts";
import { until } from "./until.ts";

/** A phone's browser, with a profile folder of its own. It is started as a process group, so that all of it can be killed at one blow. */
export interface Chromium {
  readonly profile: string;
  /** What the folder keeps: the phone itself, so to say. */
  readonly context: BrowserContext;
  readonly browser: Browser;
  /** Another phone in the same browser: nothing is shared, and nothing of it stays. */
  another(): Promise<BrowserContext>;
  /** Ends it as a person would, so that the profile is written out. */
  close(): Promise<void>;
  /** SIGKILL, to all of its processes; done when none is left. */
  kill(): Promise<void>;
  /** Faults that no test wants: CSP violations, errors of the page, requests to anybody else. Empty when all is well. */
  faults(): readonly string[];
  /** Forgets the faults so far: for a test that wanted them. */
  forgive(): void;
  cdp(page: Page): Promise<CDPSession>;
}

export interface ChromiumOptions {
  readonly profile: string;
  /** So many seconds is its clock ahead of this machine's. */
  readonly clock?: number;
  readonly flags?: readonly string[];
  readonly preload?: string;
}

const flags = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-breakpad", "--disable-dev-shm-usage",
  "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--no-default-browser-check", "--no-service-autorun",
  "--hide-crash-restore-bubble", "--disable-search-engine-choice-screen", "--password-store=basic", "--use-mock-keychain",
  "--mute-audio", "--hide-scrollbars", "--lang=en-GB", "--remote-debugging-port=0", "--window-size=390,844", "--force-color-profile=srgb",
  "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,Translate,MediaRouter,OptimizationHints,InterestFeedContentSuggestions,AutofillServerCommunication,CertificateTransparencyComponentUpdater",
];

export const freshProfile = (): Promise<string> => mkdtemp(join(tmpdir(), "alongside-profile-"));

export async function launch(o: ChromiumOptions): Promise<Chromium> {
  const watchman = await openWatchman();
  await rm(join(o.profile, "DevToolsActivePort"), { force: true });
  const env: NodeJS.ProcessEnv = { ...process.env, TZ: "Europe/London", LANG: "en_GB.UTF-8", HOME: o.profile };
  if (o.preload) { env["LD_PRELOAD"] = o.preload; env["AHEAD_SECONDS"] = String(o.clock ?? 0); }
  const child = spawn("/usr/bin/chromium", [...flags, `--user-data-dir=${o.profile}`, `--proxy-server=127.0.0.1:${watchman.port}`, ...(o.flags ?? []), "about:blank"],
    { detached: true, stdio: ["ignore", "ignore", "pipe"], env });
  let said = "";
  child.stderr?.on("data", (b: Buffer) => { said = (said + b.toString()).slice(-20_000); });
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  try {
    const port = await until("the browser to start", async () => {
      if (child.exitCode !== null) throw new Error(`the browser ended: ${said}`);
      const text = await readFile(join(o.profile, "DevToolsActivePort"), "utf8").catch(() => "");
      return text.includes("\n") ? text.split("\n", 1)[0] : undefined;
    });
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    return opened(o.profile, child, exited, browser, watchman);
  } catch (e) {
    killGroup(child);
    await exited;
    await watchman.stop();
    throw e;
  }
}

function opened(profile: string, child: ChildProcess, exited: Promise<void>, browser: Browser, watchman: Watchman): Chromium {
  const found: string[] = [];
  const watch = (context: BrowserContext): BrowserContext => {
    context.setDefaultTimeout(90_000);
    context.on("console", (m) => {
      const text = m.text();
      if (/Content Security Policy|Trusted Types/i.test(text)) found.push(`CSP: ${text}`);
      else if (m.type() === "error" && !/^Failed to load resource/.test(text)) found.push(`console: ${text}`);
    });
    context.on("weberror", (e) => found.push(`page: ${e.error().stack ?? e.error().message}`));
    return context;
  };
  const context = watch(browser.contexts()[0]!);
  const over = async (end: () => void | Promise<void>): Promise<void> => {
    await end();
    await exited;
    await browser.close().catch(() => undefined); // it is gone already
    await watchman.stop();
  };
  return {
    profile, context, browser,
    another: async () => watch(await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "en-GB" })),
    close: () => over(async () => {
      const session = await browser.newBrowserCDPSession();
      await session.send("Browser.close").catch(() => undefined); // the answer may not come any more
    }),
    kill: () => over(async () => {
      killGroup(child);
      await until("all of the browser's processes to go", async () => !await isThere(child)); // each of them may hold a file of the profile
    }),
    faults: () => [...found, ...watchman.asked().map((a) => `asked ${a}`)],
    forgive() { found.length = 0; watchman.forgive(); },
    cdp: (page) => page.context().newCDPSession(page),
  };
}

/** Whether a process of its group still runs. One that has ended and that nobody asked for holds nothing. */
async function isThere(child: ChildProcess): Promise<boolean> {
  const stats = await Promise.all((await readdir("/proc")).filter((f) => /^\d+$/.test(f)).map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  return stats.some((stat) => {
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state !== "Z" && state !== "X" && Number(group) === child.pid;
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
}
