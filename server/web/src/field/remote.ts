import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Scope } from "../sync/ids.ts";
import type { News, PhoneState } from "../sync/phone.ts";
import type { FromWorker, Port, ToWorker } from "./port.ts";

/** The end of a worker that screens hold. */
export interface Wire {
  postMessage(message: ToWorker): void;
  addEventListener(what: "message", then: (event: { data: FromWorker }) => void): void;
  addEventListener(what: "error" | "messageerror", then: () => void): void;
}

/** Calls whose answers a screen may keep in view. */
export type Views = Pick<Port, "today" | "people" | "person" | "record" | "office" | "drafts">;
type Answer<K extends keyof Views> = NonNullable<Awaited<ReturnType<Views[K]>>>;

/** What a screen has of a view. An older answer stays in view while a newer one is fetched. */
export type Seen<T> = { readonly kind: "loading" } | { readonly kind: "here"; readonly value: T } | { readonly kind: "none" } | { readonly kind: "failed" };

export interface Remote {
  readonly port: Port;
  readonly state: ReadonlySignal<PhoneState>;
  /** A view that is asked for again whenever what it shows has changed. The same question gives the same signal. */
  view<K extends keyof Views>(name: K, ...args: Parameters<Views[K]>): ReadonlySignal<Seen<Answer<K>>>;
  /** Asks for all views in use again: the clock went on while nobody looked. */
  refresh(): void;
}

interface Cached { readonly signal: Signal<Seen<unknown>>; readonly ask: () => void; readonly name: keyof Views; readonly args: readonly unknown[] }

/** How many views are kept; the longest unasked goes first. */
const kept = 24;

/**
 * In milliseconds. What has changed is asked for again a moment later, so that what somebody waits for (whether it is saved) is answered and
 * drawn first; and while much is coming, once for all that came meanwhile.
 */
const soon = 80, apart = 500;

/** The worker as a Port, and its news as signals. Calls may be made before the worker is up: they wait in its queue. */
export function connect(worker: Wire, after: (ms: number, then: () => void) => void = (ms, then) => void setTimeout(then, ms), tick: () => number = () => performance.now()): Remote {
  const state = signal<PhoneState>({ kind: "starting" });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (why: Error) => void }>();
  const views = new Map<string, Cached>();
  let last = 0;
  const stale = new Set<Cached>();
  let coming = false, refreshed = -Infinity;

  const call = (name: keyof Port, args: readonly unknown[]): Promise<unknown> => new Promise((resolve, reject) => {
    const id = ++last;
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, call: name, args });
  });
  const port = new Proxy({}, { get: (_, name) => (...args: unknown[]) => call(name as keyof Port, args) }) as Port;

  worker.addEventListener("message", ({ data }) => {
    if ("news" in data) { heed(data.news); return; }
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.ok) call?.resolve(data.value);
    else call?.reject(new Error(data.why));
    data.along?.forEach(heed);
  });
  const died = () => {
    state.value = { kind: "broken", why: "storage" };
    for (const call of waiting.values()) call.reject(new Error("the worker is gone"));
    waiting.clear();
  };
  worker.addEventListener("error", died);
  worker.addEventListener("messageerror", died);

  function heed(news: News): void {
    switch (news.kind) {
      case "state":
        state.value = news.state;
        // What was seen of anybody goes from this thread too once the phone is locked.
        if (news.state.kind !== "open") { for (const v of views.values()) v.signal.value = { kind: "loading" }; views.clear(); }
        return;
      case "changed":
        for (const v of views.values()) if (isAbout(v, news.scopes)) stale.add(v);
        if (stale.size === 0 || coming) return;
        coming = true;
        after(Math.max(soon, refreshed + apart - tick()), refresh);
        return;
      default:
        news satisfies never; // a newer worker's
    }
  }

  function refresh(): void {
    coming = false;
    refreshed = tick();
    const old = new Set(stale);
    stale.clear();
    for (const v of [...views.values()].reverse()) if (old.has(v)) v.ask(); // what was looked at last first
  }

  function isAbout(v: Cached, scopes: readonly Scope[]): boolean {
    if (scopes.length === 0) return true;
    const elsewhere = scopes.some((s) => !s.startsWith("person/")); // names of colleagues, notices
    switch (v.name) {
      case "today": case "people": case "office": case "drafts": return true;
      case "person": return elsewhere || scopes.includes(v.args[0] as Scope);
      case "record": {
        const seen = v.signal.peek();
        return elsewhere || seen.kind !== "here" || scopes.includes((seen.value as Answer<"record">).record.scope);
      }
      default: v.name satisfies never; return true; // the desk's own, which are of the whole team
    }
  }

  function view<K extends keyof Views>(name: K, ...args: Parameters<Views[K]>): ReadonlySignal<Seen<Answer<K>>> {
    const key = `${name} ${args.join(" ")}`;
    const found = views.get(key);
    if (found) {
      views.delete(key);
      views.set(key, found);
      return found.signal as Signal<Seen<Answer<K>>>;
    }
    const seen = signal<Seen<unknown>>({ kind: "loading" });
    let asking = false, again = false;
    const ask = (): void => {
      if (asking) { again = true; return; }
      asking = true;
      call(name, args).then(
        (value) => { seen.value = value === undefined ? { kind: "none" } : { kind: "here", value }; },
        () => { if (seen.peek().kind !== "here") seen.value = { kind: "failed" }; },
      ).finally(() => {
        asking = false;
        if (again) { again = false; ask(); }
      });
    };
    views.set(key, { signal: seen, ask, name, args });
    for (const old of views.keys()) { if (views.size <= kept) break; views.delete(old); }
    ask();
    return seen as Signal<Seen<Answer<K>>>;
  }

  return { port, state, view, refresh: () => { for (const v of views.values()) v.ask(); } };
}
