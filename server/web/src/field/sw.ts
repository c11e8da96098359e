/// <reference lib="webworker" />
// The service worker: keeps the app's own files, so that it opens with no network. It never sees the API, another origin, or
// anything outside /app/, and holds nothing of anybody. When the server wakes the phone, it says so to who is open, and what a stranger may see.

import { notification } from "./words/notification.ts";

declare const self: ServiceWorkerGlobalScope;
/** The files of the app, by their path under it, each with the SHA-256 of its bytes in base64. "./" is the page. */
declare const __SHELL__: Readonly<Record<string, string>>;
declare const __BUILD__: string;

/** What a page may say to it: take over now. A new version waits until one does. */
export type ToServiceWorker = { readonly kind: "take" };
/** What it says to the pages: the server woke this phone. */
export type FromServiceWorker = { readonly kind: "woken" };

const prefix = "alongside-shell ";
const shellName = prefix + __BUILD__;
const home = new URL(self.registration.scope);

/**
 * The file, with the bytes that this build was made with, or an error: a sign-in page of somebody's Wi-Fi, a file of another build
 * or half of one is not kept.
 */
async function exactly(path: string, hash: string): Promise<Response> {
  const got = await fetch(new URL(path, home), { cache: "no-cache", credentials: "omit", redirect: "error" });
  if (!got.ok) throw new Error(`${path}: ${got.status}`);
  const bytes = await got.arrayBuffer();
  const sum = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))));
  if (sum !== hash) throw new Error(`${path} is not the one that was built`);
  const headers = new Headers(got.headers); // the policy of the page among them
  headers.delete("content-encoding");
  headers.delete("content-length");
  return new Response(bytes, { status: 200, headers });
}

/** Keeps all of the shell or nothing. What it rejects with fails the installation, and the version before goes on. */
async function keepShell(): Promise<void> {
  try {
    const shell = await caches.open(shellName);
    await Promise.all(Object.entries(__SHELL__).map(async ([path, hash]) => shell.put(new URL(path, home), await exactly(path, hash))));
  } catch (why) {
    await caches.delete(shellName);
    throw why;
  }
}

async function dropOthers(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((n) => n.startsWith(prefix) && n !== shellName).map((n) => caches.delete(n)));
}

/** The answer to this request; undefined: it is none of this worker's business. */
function answer(request: Request): Promise<Response> | undefined {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== home.origin || !url.pathname.startsWith(home.pathname)) return undefined;
  const path = url.pathname.slice(home.pathname.length);
  if (Object.hasOwn(__SHELL__, path)) return fromShell(path, request);
  if (request.mode !== "navigate") return undefined;
  // The page's places are said in fragments. Any other path leads home, as it does at the server.
  return path === "" || path === "index.html" ? fromShell("./", request) : Promise.resolve(Response.redirect(home.href, 302));
}

async function fromShell(path: string, request: Request): Promise<Response> {
  const kept = await caches.match(new URL(path, home), { cacheName: shellName });
  if (kept !== undefined) return kept;
  // It went, with what somebody who signed out took off this phone, or by the browser. It is kept again if the server has it still.
  try {
    const again = await exactly(path, __SHELL__[path]!);
    await (await caches.open(shellName)).put(new URL(path, home), again.clone());
    return again;
  } catch {
    return fetch(request);
  }
}

/** One notification at most is ever there: a later one takes its place. */
const tag = "alongside";

/**
 * The server woke the phone: open windows fetch what is new. `alert` says that somebody is to see it, and then the lock screen says that something has
 * changed, and no more. A wake-up says nothing where the app is in view; elsewhere browsers demand that something is shown, so it is shown without a sound.
 */
async function woken(data: PushMessageData | null): Promise<void> {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const window of windows) window.postMessage({ kind: "woken" } satisfies FromServiceWorker);
  const alert = isAlert(data), apple = /AppleWebKit(?!.*Chrom)/.test(self.navigator.userAgent); // which takes the permission away for each one that shows nothing
  if (!alert && !apple && windows.some(({ visibilityState }) => visibilityState === "visible")) return;
  await self.registration.showNotification(notification.title, { body: notification.text, tag, silent: !alert, icon: "icon-192.png", ...(alert && { renotify: true }) } as NotificationOptions);
}

function isAlert(data: PushMessageData | null): boolean {
  try {
    return (data?.json() as { readonly alert?: unknown } | undefined)?.alert === true;
  } catch {
    return false; // none of ours
  }
}

/** The app as it stands; if it is locked it asks for the PIN. */
async function show(): Promise<void> {
  const open = (await self.clients.matchAll({ type: "window", includeUncontrolled: true })).find(({ url }) => url.startsWith(home.href));
  await (open ? open.focus() : self.clients.openWindow(home.href));
}

self.addEventListener("push", (event) => event.waitUntil(woken(event.data)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show());
});
self.addEventListener("install", (event) => event.waitUntil(keepShell()));
self.addEventListener("activate", (event) => event.waitUntil(dropOthers().then(() => self.clients.claim())));
self.addEventListener("message", (event) => {
  if ((event.data as ToServiceWorker | undefined)?.kind === "take") event.waitUntil(self.skipWaiting());
});
self.addEventListener("fetch", (event) => {
  const answered = answer(event.request);
  if (answered !== undefined) event.respondWith(answered);
});
