/// <reference lib="webworker" />
// A tab's worker. Screens ask it by messages; it answers each, and tells what has changed. In the tab that leads it owns storage and
// sync, in the others it passes on; either way it sees to it that the phone is locked when it is time to.
import { realTimer } from "../sync/clock.ts";
import { createGuard } from "../sync/guard.ts";
import { uuid, type OpID, type RecordID, type Scope } from "../sync/ids.ts";
import { channelName, openTab, type Led as LedTab, type Presence, type Reign } from "../sync/leader.ts";
import { openOpfs } from "../sync/opfs.ts";
import { openPhone, type Led } from "../sync/open.ts";
import type { News } from "../sync/phone.ts";
import { readyPins } from "../sync/kdf.ts";
import type { Edit } from "../sync/record.ts";
import { gzip } from "../sync/transport.ts";
import { deviceOf } from "./device.ts";
import { newsAlong } from "./along.ts";
import type { FromWorker, Port, ToWorker } from "./port.ts";
import { peopleView } from "./views/people.ts";
import { personView } from "./views/person.ts";
import { recordView } from "./views/record.ts";
import { todayView } from "./views/today.ts";

declare const self: DedicatedWorkerGlobalScope;
declare const __BUILD__: string;

const random = (bytes: Uint8Array): Uint8Array => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
const mint = (): string => uuid(Date.now(), random);
const post = (message: FromWorker): void => self.postMessage(message);
const hear = (news: News): void => {
  if (news.kind === "state" && news.state.kind === "open") guard.set(news.state.locks);
  along.hear(news);
};
const along = newsAlong((news) => post({ news }), realTimer);

/** The phone, while this tab leads. */
let phone: Led | undefined;
/** A lock that came by itself: what is asked after it is answered after it. */
let locking: Promise<unknown> = Promise.resolve();

const guard = createGuard({
  now: Date.now, tick: () => performance.now(), after: realTimer,
  lock() {
    tab?.forget();
    locking = tab?.call("lock", []).catch(() => undefined) ?? locking;
  },
});

async function lead({ term, handed, tell, hand }: Reign<News>): Promise<LedTab<News>> {
  const led = await openPhone({
    term, random, build: __BUILD__, device: deviceOf(navigator),
    reach: { fetch: (url, init) => fetch(url, init), origin: self.location.origin, now: Date.now, timer: realTimer, online: () => navigator.onLine, pack: gzip },
    kept: async () => navigator.storage?.persisted?.(),
    forgetApp: async () => {
      for (const name of await caches.keys()) await caches.delete(name);
    },
    spare: openOpfs, tell, hand,
  }, handed).catch((why: unknown) => {
    tell({ kind: "state", state: { kind: "broken", why: "storage" } });
    throw why;
  });
  phone = led;
  void readyPins().catch(() => undefined); // it is asked for again with the PIN
  return {
    answer: (call, args) => answer(led, call as keyof Port, args),
    now: () => ({ kind: "state", state: led.state() }),
    async end() {
      if (phone === led) phone = undefined;
      await guard.saved();
      await led.end();
    },
  };
}

// Keys, locks and storage are there in a secure context alone.
const tab = self.isSecureContext && typeof crypto.subtle === "object" ? openTab<News>({
  locks: navigator.locks, channel: new BroadcastChannel(channelName), id: mint(), build: __BUILD__, after: realTimer, term: mint, now: Date.now, lead, hear,
  holds: (open) => (open ? guard.opened() : guard.locked()),
  presence(from, what) {
    guard.presence(from, what);
    if (what === "shown" || (what === "hidden" && !guard.inView())) phone?.nudge(what);
  },
  // A PIN is not tried twice for one asking, nor a code used: the screen sees by the state what became of it.
  once: new Set<keyof Port>(["join", "unlock", "changePin"]),
}) : undefined;
if (tab === undefined) hear({ kind: "state", state: { kind: "broken", why: "no_crypto" } });
self.addEventListener("online", () => phone?.nudge("online"));

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  const { id, call, args } = data;
  if (call === "presence") {
    tab?.presence(args[0] as Presence);
    return post({ id, ok: true, value: undefined });
  }
  guard.check(); // a timer may be late by a night
  const written = call === "write";
  if (written) along.begun();
  locking.then(() => {
    if (tab === undefined) throw new DOMException("", "NotSupportedError");
    return tab.call(call, call === "write" ? named(...args as Parameters<Port["write"]>) : args);
  }).then(
    (value) => post({ id, ok: true, value, ...(written ? { along: along.answered() } : {}) }),
    (why: unknown) => post({ id, ok: false, why: faultOf(why), ...(written ? { along: along.answered() } : {}) }),
  );
});

/** Ids are chosen here, so that what is asked of two leaders, one after the other, is saved once. */
const named = (edits: readonly Edit[], ids: readonly OpID[] = edits.map(() => mint() as OpID)): Parameters<Port["write"]> => [edits, ids];

/** What went wrong, by the name of its kind alone: words of an error may hold anything. */
const faultOf = (why: unknown): string => (why instanceof Error ? why.name : "unknown");

/** Answers a call. Arguments are as the screens' side of the port gave them. */
async function answer(phone: Led, call: keyof Port, args: readonly unknown[]): Promise<unknown> {
  const caseload = phone.caseload();
  switch (call) {
    case "today": return caseload && todayView(caseload, Date.now());
    case "people": return caseload && peopleView(caseload, Date.now());
    case "person": return caseload && personView(caseload, args[0] as Scope, Date.now());
    case "record": return caseload && recordView(caseload, args[0] as RecordID);
    case "presence":
    case "update": return undefined; // the tab's own
    case "join": return guard.saving(phone.join(...args as Parameters<Port["join"]>));
    case "unlock": return phone.unlock(...args as Parameters<Port["unlock"]>);
    case "lock":
      await guard.saved();
      return phone.lock();
    case "lockAfter": return phone.lockAfter(...args as Parameters<Port["lockAfter"]>);
    case "changePin": return guard.saving(phone.changePin(...args as Parameters<Port["changePin"]>));
    case "signOut": return guard.saving(phone.signOut(...args as Parameters<Port["signOut"]>));
    case "write": return guard.saving(phone.write(...args as Parameters<Port["write"]>));
    case "syncNow": return phone.syncNow(...args as Parameters<Port["syncNow"]>);
    case "pushKey": return phone.pushKey();
    case "wakeBy": return phone.wakeBy(...args as Parameters<Port["wakeBy"]>);
    case "office": return phone.office();
    case "clear": return guard.saving(phone.clear(...args as Parameters<Port["clear"]>));
    case "keepDraft": return guard.saving(phone.keepDraft(...args as Parameters<Port["keepDraft"]>));
    case "draft": return phone.draft(...args as Parameters<Port["draft"]>);
    case "drafts": return phone.drafts();
    case "dropDraft": return guard.saving(phone.dropDraft(...args as Parameters<Port["dropDraft"]>));
  }
}
