/// <reference lib="webworker" />
// The service worker of a person's page. It keeps nothing and answers no request: it shows that there is something, in words that
// tell whoever looks at the screen nothing else, and leads to the page.

declare const self: ServiceWorkerGlobalScope;

const shown = { title: "You have something coming up", body: "Open it to answer.", tag: "something" } as const;

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// What came is an opaque id, and is not looked at.
self.addEventListener("push", (event) => event.waitUntil(self.registration.showNotification(shown.title, { body: shown.body, tag: shown.tag })));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open());
});

/** The page is the registration's own scope: its address stands nowhere else. */
async function open(): Promise<void> {
  const page = new URL(self.registration.scope);
  for (const c of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
    if (new URL(c.url).pathname === page.pathname) {
      await c.focus();
      return;
    }
  }
  await self.clients.openWindow(page.href);
}

self.addEventListener("pushsubscriptionchange", ((event: ExtendableEvent & { readonly oldSubscription?: PushSubscription }) => {
  event.waitUntil(again(event.oldSubscription));
}) as EventListener);

/** A browser that has put another subscription in place of the one that the server knows. */
async function again(former: PushSubscription | undefined): Promise<void> {
  const key = former?.options.applicationServerKey;
  const now = await self.registration.pushManager.getSubscription()
    ?? (key ? await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }) : undefined);
  if (now === undefined) return;
  await fetch(`${self.registration.scope}/push`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(now) });
}

export {};
