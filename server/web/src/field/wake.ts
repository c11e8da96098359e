import { isApple } from "./install.ts";
import type { Port } from "./port.ts";

// How the server wakes this phone while the app is shut: the browser subscribes at its maker's push service, and the server is told. What the
// person chose stays here, beside what they put off: it is about the app and nobody.

/** Whether the phone tells when something changes, and if not, what is in the way. */
export type Waking = "on" | "off" | "refused" | "not_here" | "iphone";
export type Turned = { readonly kind: "on" } | { readonly kind: "refused" } | { readonly kind: "not_asked" } | { readonly kind: "unreachable" } | { readonly kind: "barred" };

const chosen = "wake";
const wanted = (): boolean => { try { return localStorage.getItem(chosen) === "on"; } catch { return false; } };
const choose = (on: boolean): void => { try { if (on) localStorage.setItem(chosen, "on"); else localStorage.removeItem(chosen); } catch { /* it is asked again, no more */ } };

/** Where the app is installed as a service worker that may be pushed to; undefined: nowhere. */
async function registered(): Promise<ServiceWorkerRegistration | undefined> {
  if (!("serviceWorker" in navigator) || !("Notification" in window)) return undefined;
  const found = await navigator.serviceWorker.getRegistration();
  return found && "pushManager" in found ? found : undefined;
}

export async function waking(installed: boolean): Promise<Waking> {
  if (!installed && isApple(navigator.userAgent, navigator.platform, navigator.maxTouchPoints)) return "iphone";
  if (await registered() === undefined) return "not_here";
  if (Notification.permission === "denied") return "refused";
  return wanted() && Notification.permission === "granted" ? "on" : "off";
}

/** Asks the person, who has just tapped, then the push service, then the server. Nothing is on before all three have said so. */
export async function turnOn(port: Port): Promise<Turned> {
  const at = await registered(), asked = at && await Notification.requestPermission();
  if (at === undefined || asked === "denied") return { kind: "refused" };
  if (asked !== "granted") return { kind: "not_asked" };
  const told = await tell(at, port);
  if (told.kind === "on") choose(true);
  else await forget(at);
  return told;
}

async function tell(at: ServiceWorkerRegistration, port: Port): Promise<Turned> {
  const key = await port.pushKey();
  const subscription = key && await subscribe(at, key);
  if (!subscription) return { kind: "unreachable" };
  const { kind } = await port.wakeBy(JSON.stringify(subscription));
  return { kind: kind === "told" ? "on" : kind };
}

/** The same subscription again, unless it was for another server's key. */
async function subscribe(at: ServiceWorkerRegistration, key: string): Promise<PushSubscription | undefined> {
  const to = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await at.pushManager.subscribe(to);
  } catch {
    await forget(at);
    return at.pushManager.subscribe(to).catch(() => undefined);
  }
}
const forget = async (at: ServiceWorkerRegistration): Promise<void> => {
  await (await at.pushManager.getSubscription())?.unsubscribe();
};

/** From here on nothing wakes the phone, whether the server hears of it now or when it finds nobody there. */
export async function turnOff(port: Port): Promise<void> {
  choose(false);
  const at = await registered();
  if (at) await forget(at).catch(() => undefined);
  await port.wakeBy(undefined).catch(() => undefined);
}

/** After the app was opened: what it was woken for is in view, and the server is told anew what has changed, or was not told. */
export async function settleIn(port: Port): Promise<void> {
  const at = await registered();
  if (at === undefined) return;
  for (const shown of await at.getNotifications()) shown.close();
  if (wanted() && Notification.permission === "granted") await tell(at, port);
  else await port.wakeBy(undefined);
}

/** The phone was signed out, or erased: nothing is left of it at the push service either. */
export async function leave(): Promise<void> {
  choose(false);
  const at = await registered();
  if (at === undefined) return;
  for (const shown of await at.getNotifications()) shown.close();
  await forget(at);
}
