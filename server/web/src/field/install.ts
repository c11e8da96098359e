import { computed, signal, type ReadonlySignal } from "@preact/signals";
import type { ToServiceWorker } from "./sw.ts";

// How the app stands on this device: whether it is installed, whether a new version of it waits, and whether the browser promised
// to keep what it stores. Only a page can ask for these, so no worker does.

/** Where the app runs, and so how a person would install it. */
export type Place =
  | { readonly kind: "installed" }
  /** The browser offers to install it: `ask` shows that offer, once, and must be called in a tap. */
  | { readonly kind: "offered"; readonly ask: () => Promise<"accepted" | "dismissed"> }
  /** Safari on an iPhone or iPad: Share, then Add to Home Screen. What it stores before is not there after, and goes after seven days without a visit. */
  | { readonly kind: "iphone" }
  /** Through the browser's own menu, if at all. */
  | { readonly kind: "browser" };

export interface Install {
  readonly place: ReadonlySignal<Place>;
  /** The app itself is on this device, whole: it opens without a network. */
  readonly whole: ReadonlySignal<boolean>;
  /** A new version is on this device and waits to be taken. */
  readonly waits: ReadonlySignal<boolean>;
  /** Another tab took a new version: this page is of the one before. It still works; load it anew where no form is open. */
  readonly stale: ReadonlySignal<boolean>;
  /** Whether the browser promised to keep what is stored; undefined: not asked yet, or it cannot be asked. */
  readonly kept: ReadonlySignal<boolean | undefined>;
  /** Asks the browser for that promise. Some show a question, so ask when the person has just joined. */
  keep(): Promise<boolean | undefined>;
  /** Looks whether there is a new version, at most once an hour unless `now`. Without a network nothing happens. */
  look(now?: "now"): Promise<void>;
  /** Takes the new version and loads the page anew; false: there is none, and nothing happened. Save what is being written first. */
  take(): Promise<boolean>;
}

/** Chromium's event, which no library of types has. */
interface BeforeInstallPrompt extends Event {
  prompt(): Promise<{ readonly outcome: "accepted" | "dismissed" }>;
}
/** Safari's own word for being on the home screen. */
interface MaybeStandalone { readonly standalone?: boolean }

/** iPads say that they are a Mac, but no Mac has a touch screen. */
export const isApple = (agent: string, platform: string, touchPoints: number): boolean => /iPhone|iPod|iPad/.test(agent) || (platform === "MacIntel" && touchPoints > 1);

const hour = 3_600_000;
/** Between two tries to get the app whole. */
const longest = 300_000;

/** Registers the service worker `at` and watches. Where there is none (no secure context) the rest still works. */
export function watchInstall(window: Window, at = "sw.js"): Install {
  const { navigator } = window;
  const container = "serviceWorker" in navigator ? navigator.serviceWorker : undefined;
  const display = window.matchMedia("(display-mode: standalone)");
  const onHome = (): boolean => display.matches || (navigator as MaybeStandalone).standalone === true;

  const installed = signal(onHome());
  const offer = signal<BeforeInstallPrompt | undefined>(undefined);
  const waiting = signal<ServiceWorker | undefined>(undefined);
  const stale = signal(false);
  const kept = signal<boolean | undefined>(undefined);
  const whole = signal(false);
  let registration: ServiceWorkerRegistration | undefined;
  let taking = false;
  let looked = 0;

  display.addEventListener("change", () => { installed.value = onHome(); });
  window.addEventListener("appinstalled", () => { offer.value = undefined; });
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault(); // it is offered in the app's own words, when it helps
    offer.value = event as BeforeInstallPrompt;
  });

  const place = computed<Place>(() => {
    const offered = offer.value;
    if (installed.value) return { kind: "installed" };
    if (offered !== undefined) {
      return { kind: "offered", ask: async () => {
        offer.value = undefined; // it can be shown once
        return (await offered.prompt()).outcome;
      } };
    }
    return isApple(navigator.userAgent, navigator.platform, navigator.maxTouchPoints) ? { kind: "iphone" } : { kind: "browser" };
  });

  /** Resolves when this one is installed, activated or given up. */
  const settled = (worker: ServiceWorker): Promise<void> => new Promise((done) => {
    const look = (): void => { if (worker.state !== "installing") done(); };
    worker.addEventListener("statechange", look);
    look();
  });
  /** What waits now, once what is being fetched is there. The very first one does not wait: nothing was before it. */
  async function note(of: ServiceWorkerRegistration): Promise<void> {
    if (of.installing) await settled(of.installing);
    waiting.value = of.active ? of.waiting ?? undefined : undefined;
  }
  /** Registers until the app is here whole: on a bad network the first try may bring half of it, which is not kept. */
  async function register(container: ServiceWorkerContainer): Promise<void> {
    let first = container.controller === null;
    container.addEventListener("controllerchange", () => {
      if (first) first = false;
      else if (!taking) stale.value = true;
    });
    for (let wait = 5_000; registration === undefined; wait = Math.min(2 * wait, longest)) {
      // updateViaCache none: whether there is a new version is never answered out of a cache.
      const got = await container.register(at, { updateViaCache: "none" }).catch(() => undefined);
      if (got?.installing) await settled(got.installing);
      if (got?.active ?? got?.waiting) registration = got;
      else await new Promise((go) => { window.setTimeout(go, wait); });
    }
    const found = registration;
    whole.value = true;
    found.addEventListener("updatefound", () => void note(found));
    await note(found);
  }
  if (container !== undefined) void register(container);

  if ("storage" in navigator) void navigator.storage.persisted().then((yes) => { if (yes) kept.value = true; }, () => undefined);

  async function look(now?: "now"): Promise<void> {
    if (now !== "now" && Date.now() - looked < hour) return;
    looked = Date.now();
    const found = registration;
    await found?.update().then(() => note(found), () => undefined);
  }

  return {
    place, whole, stale, kept, look,
    waits: computed(() => waiting.value !== undefined),
    async keep() {
      if (!("storage" in navigator)) return undefined;
      kept.value = await navigator.storage.persist().catch(() => false);
      return kept.value;
    },
    async take() {
      if (waiting.value === undefined) await look("now");
      const next = waiting.value;
      if (next === undefined || container === undefined) {
        if (!stale.value) return false;
        window.location.reload(); // it was taken in another tab
        return true;
      }
      taking = true;
      container.addEventListener("controllerchange", () => window.location.reload(), { once: true });
      next.postMessage({ kind: "take" } satisfies ToServiceWorker);
      return true;
    },
  };
}
