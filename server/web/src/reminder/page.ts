// The page of a person who is reminded of something works without this. It adds one thing: notifications on this phone.

const words = {
  on: "Notifications are on, on this phone. They say that you have something, and nothing else.",
  off: "Notifications are off, on this phone.",
  denied: "This browser does not let the page show notifications. You can change that in its settings.",
  failed: "That did not work. Try again in a moment.",
} as const;

interface Parts {
  readonly box: HTMLElement;
  readonly on: HTMLElement;
  readonly off: HTMLElement;
  readonly said: HTMLElement;
  readonly key: string;
  readonly at: string;
}

function parts(): Parts | undefined {
  const [box, on, off, said] = ["notify", "notify-on", "notify-off", "notify-said"].map((id) => document.getElementById(id));
  const key = box?.dataset["key"], at = box?.dataset["at"];
  return box && on && off && said && key && at ? { box, on, off, said, key, at } : undefined;
}

/** The browser's subscription of this page, if there is one. Each page has a registration of its own, so that two people can share a phone. */
async function subscription(at: string): Promise<PushSubscription | undefined> {
  const found = await navigator.serviceWorker.getRegistration(at);
  return (await found?.pushManager.getSubscription()) ?? undefined;
}

/** Tells the server. It is only done when it says so. */
async function tell(at: string, what: object): Promise<void> {
  const answer = await fetch(`${at}/push`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) });
  if (!answer.ok) throw new Error(`${answer.status}`);
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

async function switchOn(p: Parts): Promise<string> {
  if (await Notification.requestPermission() !== "granted") return words.denied;
  const registered = await navigator.serviceWorker.register("/r/sw.js", { scope: p.at });
  await working(registered);
  const sub = await registered.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(p.key) });
  try {
    await tell(p.at, sub.toJSON());
  } catch (why) {
    await sub.unsubscribe();
    throw why;
  }
  return words.on;
}

/** Waits until the registration's worker runs: `ready` is of the page's own address alone, which has a query after a form. */
function working(r: ServiceWorkerRegistration): Promise<void> {
  const worker = r.active ?? r.waiting ?? r.installing;
  if (worker === null || worker.state === "activated") return Promise.resolve();
  return new Promise((done, failed) => worker.addEventListener("statechange", () => {
    if (worker.state === "activated") done();
    else if (worker.state === "redundant") failed(new Error("the worker did not start"));
  }));
}

async function switchOff(p: Parts): Promise<string> {
  const sub = await subscription(p.at);
  if (sub !== undefined) {
    await tell(p.at, { ...sub.toJSON(), off: true });
    await sub.unsubscribe();
  }
  await (await navigator.serviceWorker.getRegistration(p.at))?.unregister();
  return words.off;
}

async function begin(p: Parts): Promise<void> {
  const show = async (): Promise<void> => {
    const is = Notification.permission === "granted" && await subscription(p.at) !== undefined;
    p.on.hidden = is;
    p.off.hidden = !is;
  };
  const does = (button: HTMLElement, what: (p: Parts) => Promise<string>): void => button.addEventListener("click", () => {
    p.said.textContent = "";
    void what(p).catch(() => words.failed).then(async (said) => {
      await show();
      p.said.textContent = said;
    });
  });
  does(p.on, switchOn);
  does(p.off, switchOff);
  await show();
  p.box.hidden = false;
}

const here = parts();
if (here !== undefined && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window) void begin(here);
