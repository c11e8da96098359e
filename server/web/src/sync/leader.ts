import type { Handed } from "./vault.ts";

/*
 * One tab among all leads: its worker owns storage and sync, the others ask it. Who leads is who holds a lock of the browser's
 * (Web Locks), which the browser takes from a tab that goes, however it goes. Then the next in the queue leads, with the key that
 * the last handed on in memory, and what was asked and not answered is asked again: it must be the same to ask twice (writes
 * carry ids that the asker chose), but for the calls named in `once`, which fail instead.
 *
 * A browser may put a tab to sleep with the lock in its hands (Safari on a phone does). A tab that is in view, has asked, and has
 * had no sign of life after three calls steals the lock. The sleeper may wake in the middle of anything: so each reign has a
 * term, which the new leader writes down first, and each transaction that writes looks whether it still is the term.
 *
 * All tabs of one build speak the same words. A tab of another build came later, with what the app was updated to: the leader
 * steps down for good when it hears one.
 */

/** What the leading tab runs. News that it tells reach every tab, its own included. */
export interface Led<N> {
  /** An answer that fails with TakenOver, since a transaction found another term, is asked again of whoever leads. */
  answer(call: string, args: readonly unknown[]): Promise<unknown>;
  /** What a tab has to be told that has just come. */
  now(): N;
  /** Lets go of storage and of all keys: what is being written is finished or undone when this is done, and nothing is begun. */
  end(): Promise<void>;
}

export interface Reign<N> {
  /** Never given twice. It is to be the first thing written, and looked at in each transaction that writes. */
  readonly term: string;
  /** Of the leader before, if its vault was open. */
  readonly handed: Handed | undefined;
  tell(news: N): void;
  /**
   * After an unlock with the new key, after a lock with undefined, so that all tabs have it, or forget it. Also as the reign
   * begins, if the key of the leader before still counts: if nothing was handed on by then, the phone is locked.
   */
  hand(handed: Handed | undefined): void;
}

export type Presence = "hidden" | "shown" | "touched";

/** A BroadcastChannel, as much of it as is used. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

export interface TabEffects<N> {
  readonly locks: Pick<LockManager, "request">;
  /** The same name in all tabs: `channelName`. */
  readonly channel: Channel;
  /** This tab's own, never used before. */
  readonly id: string;
  readonly build: string;
  readonly after: (ms: number, then: () => void) => () => void;
  /** A new term, never given before. */
  readonly term: () => string;
  readonly now: () => number;
  /** Begins a reign. What it rejects with fails every call of this tab, and lets the next tab try. */
  readonly lead: (reign: Reign<N>) => Promise<Led<N>>;
  readonly hear: (news: N) => void;
  /** Whether this tab has, or no longer has, what opens the phone. */
  readonly holds: (open: boolean) => void;
  readonly presence: (tab: string, what: Presence | "gone") => void;
  /** Calls that are not asked again of the next leader. */
  readonly once: ReadonlySet<string>;
}

export interface Tab {
  call(name: string, args: readonly unknown[]): Promise<unknown>;
  presence(what: Presence): void;
  /** Forgets the key that was handed on. */
  forget(): void;
  leads(): boolean;
  /** Goes in order: what is under way is finished first. */
  close(): Promise<void>;
}

export const channelName = "alongside tabs 1";
const lockName = "alongside leader";
const tabLock = (tab: string): string => `alongside tab ${tab}`;
/** Between two looks whether the leader lives, while something is asked of it. */
const pulse = 3_000;
const deaf = 3;

type Message<N> =
  | { readonly kind: "here"; readonly tab: string; readonly build: string }
  | { readonly kind: "leads"; readonly term: string; readonly order: number; readonly now: N }
  | { readonly kind: "news"; readonly order: number; readonly news: N }
  | { readonly kind: "key"; readonly order: number; readonly handed: Handed | undefined } // by itself, so that a browser which cannot pass it on loses nothing else
  | { readonly kind: "ask"; readonly term: string; readonly from: string; readonly id: number; readonly call: string; readonly args: readonly unknown[] }
  | ({ readonly kind: "answer"; readonly to: string; readonly id: number } & Answer)
  | { readonly kind: "alive"; readonly order: number } // asks the leader, and is answered with `living`
  | { readonly kind: "living" }
  | { readonly kind: "presence"; readonly tab: string; readonly what: Presence }
  | { readonly kind: "over" }; // an outdated leader has answered what it could
/** Why something failed is the name of the error alone: its words may hold anything. */
type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

interface Asked {
  readonly call: string;
  readonly args: readonly unknown[];
  readonly settle: (answer: Answer) => void;
  /** Of the leader that it was put to; undefined: none yet. */
  term: string | undefined;
}

const whyOf = (why: unknown): string => (why instanceof Error ? why.name : "Error");

const named = (name: string): Error => Object.assign(new Error(name), { name });

/**
 * Calls fail with an error of the name that the leader's had, and besides: BrokenOff (of `once`: the tab that did it went, and may
 * have done it), Outdated (another version of the app is open in another tab) and Closed.
 */
export function openTab<N>(effects: TabEffects<N>): Tab {
  const { locks, channel, id: me, build, after } = effects;
  const asked = new Map<number, Asked>();
  let last = 0;
  /** The term of the leader that is known to lead. */
  let current: string | undefined;
  /** Reigns are in order, so that a leader that slept is known for one: by the clock, but always above the highest that was heard of. */
  let highest = 0;
  const others = new Set<string>();
  let handed: Handed | undefined;
  let reign: { readonly term: string; order: number; readonly led: Led<N> | undefined; readonly over: () => void } | undefined;
  let queued: AbortController | undefined;
  let inView = true;
  let unheard = 0;
  let beating: (() => void) | undefined;
  let ended: "closed" | "outdated" | undefined;
  let standing: Promise<void> = Promise.resolve();

  const post = (message: Message<N>): void => { if (ended !== "closed") channel.postMessage(message); };
  const hold = (key: Handed | undefined): void => {
    const changed = (handed === undefined) !== (key === undefined);
    handed = key;
    if (changed) effects.holds(key !== undefined);
  };
  function passOn(order: number, key: Handed | undefined): void {
    hold(key);
    try {
      post({ kind: "key", order, handed: key });
    } catch {
      post({ kind: "key", order, handed: undefined }); // this browser passes no keys from tab to tab: the next leader asks for the PIN
    }
  }

  /** Puts to the leader what it was not asked yet. */
  function ask(): void {
    for (const [id, a] of asked) {
      if (current === undefined || a.term === current) continue;
      if (a.term !== undefined && effects.once.has(a.call)) {
        a.settle({ ok: false, why: "BrokenOff" });
        continue;
      }
      a.term = current;
      if (reign?.term === current) void serve(a.call, a.args, a.settle);
      else post({ kind: "ask", term: current, from: me, id, call: a.call, args: a.args });
    }
    beat();
  }

  /** Answers, unless the reign ended meanwhile and it came to nothing: then the next leader is asked. */
  async function serve(call: string, args: readonly unknown[], settle: (answer: Answer) => void): Promise<void> {
    const mine = reign;
    if (mine?.led === undefined) return;
    try {
      settle({ ok: true, value: await mine.led.answer(call, args) });
    } catch (why) {
      if (reign === mine && whyOf(why) !== "TakenOver") settle({ ok: false, why: whyOf(why) });
    }
  }

  /** While something is asked of another tab, looks whether that lives. */
  function beat(): void {
    if (beating !== undefined || ended !== undefined) return;
    beating = after(pulse, () => {
      beating = undefined;
      if (asked.size === 0 || reign !== undefined || ended !== undefined) {
        unheard = 0;
        return;
      }
      if (unheard >= deaf && inView) {
        unheard = 0;
        queued?.abort();
        standing = stand({ steal: true });
      } else {
        unheard++;
        post({ kind: "alive", order: highest });
      }
      beat();
    });
  }

  async function stand(how: { readonly steal?: true } = {}): Promise<void> {
    const waiting = new AbortController();
    queued = waiting;
    try {
      await locks.request(lockName, how.steal ? { steal: true } : { signal: waiting.signal }, async () => {
        if (ended !== undefined || queued !== waiting) return;
        await begin();
      });
    } catch (why) {
      if (queued !== waiting) return; // this tab steals it instead
      await stepDown().catch(() => undefined);
      // Stolen, or given up; anything else is a reign that could not begin.
      if (!(why instanceof DOMException && why.name === "AbortError")) return failAll(whyOf(why));
    }
    if (ended === undefined) standing = stand();
  }

  /** Leads until the reign is over. */
  async function begin(): Promise<void> {
    const term = effects.term();
    let spoken = false;
    let over = (): void => undefined;
    const ends = new Promise<void>((done) => { over = done; });
    const order = highest = Math.max(highest + 1, effects.now());
    reign = { term, order, led: undefined, over };
    const led = await effects.lead({
      term, handed,
      tell: (news) => {
        if (reign?.term !== term) return;
        post({ kind: "news", order: reign.order, news });
        effects.hear(news);
      },
      hand: (key) => {
        spoken = true;
        if (reign?.term === term) passOn(reign.order, key);
      },
    });
    if (reign?.term !== term) return led.end(); // it was stolen while it began
    reign = { ...reign, led };
    if (!spoken) passOn(reign.order, undefined);
    current = term;
    announce();
    effects.hear(led.now());
    ask();
    await ends;
    if (reign?.term === term) await stepDown();
  }
  function announce(): void {
    if (reign?.led !== undefined) post({ kind: "leads", term: reign.term, order: reign.order, now: reign.led.now() });
  }

  async function stepDown(): Promise<void> {
    const was = reign;
    reign = undefined;
    if (was !== undefined && current === was.term) current = undefined;
    was?.over();
    await was?.led?.end();
  }

  function failAll(why: string): void {
    for (const a of [...asked.values()]) a.settle({ ok: false, why });
  }

  /** Another tab is there; when it goes, however it goes, the lock that it holds tells. */
  function meet(tab: string): void {
    if (tab === me || others.has(tab)) return;
    others.add(tab);
    void locks.request(tabLock(tab), { mode: "shared" }, () => {
      others.delete(tab);
      effects.presence(tab, "gone");
    });
  }

  /** Of a leader that slept and does not know yet that another leads. */
  const isOver = (order: number): boolean => order < highest;

  function take(m: Message<N>): void {
    switch (m.kind) {
      case "here":
        meet(m.tab);
        post({ kind: "presence", tab: me, what: inView ? "shown" : "hidden" });
        if (m.build !== build) outdated();
        else if (reign?.led !== undefined) {
          announce();
          passOn(reign.order, handed);
        }
        return;
      case "leads":
        if (isOver(m.order)) return announce();
        if (reign !== undefined) void stepDown().catch(() => undefined); // this tab slept, and was deposed
        highest = m.order;
        current = m.term;
        unheard = 0;
        effects.hear(m.now);
        ask();
        return;
      case "news":
        unheard = 0;
        if (!isOver(m.order)) effects.hear(m.news);
        return;
      case "key": return isOver(m.order) ? undefined : hold(m.handed);
      case "ask":
        if (m.term === reign?.term) void serve(m.call, m.args, (answer) => post({ kind: "answer", to: m.from, id: m.id, ...answer }));
        return;
      case "answer":
        if (m.to !== me) return;
        unheard = 0;
        asked.get(m.id)?.settle(m.ok ? { ok: true, value: m.value } : { ok: false, why: m.why });
        return;
      case "alive":
        if (reign === undefined) return;
        post({ kind: "living" });
        if (m.order > reign.order) { // whoever asks has heard of a reign that this tab has not, and takes it for the later one
          reign.order = highest = m.order + 1;
          announce();
        }
        return;
      case "living":
        unheard = 0;
        return;
      case "presence":
        meet(m.tab);
        return effects.presence(m.tab, m.what);
      case "over": return;
      default: m satisfies never;
    }
  }

  /** A tab of another build is there: this one finishes what it was asked, and then touches nothing any more. */
  function outdated(): void {
    if (ended !== undefined) return;
    ended = "outdated";
    hold(undefined);
    queued?.abort();
    const was = reign;
    was?.over();
    const rest = (): void => failAll("Outdated");
    if (was === undefined) after(deaf * pulse, rest); // the leader is of this build too, and answers what it can before it is over
    else void standing.then(() => {
      post({ kind: "over" });
      rest();
    });
  }

  channel.onmessage = (event) => {
    const m = event.data as Message<N>;
    if (ended === undefined) take(m);
    else if (ended === "outdated" && m.kind === "answer") take(m);
    else if (ended === "outdated" && m.kind === "over") failAll("Outdated");
  };
  let gone = (): void => undefined;
  const goes = new Promise<void>((done) => { gone = done; });
  void locks.request(tabLock(me), () => {
    post({ kind: "here", tab: me, build });
    if (ended === undefined) standing = stand();
    return goes;
  });

  return {
    call: (call, args) => new Promise((done, fail) => {
      if (ended !== undefined) return fail(named(ended === "closed" ? "Closed" : "Outdated"));
      const id = ++last;
      const settle = (answer: Answer): void => {
        if (!asked.delete(id)) return;
        if (answer.ok) done(answer.value);
        else fail(named(answer.why));
      };
      asked.set(id, { call, args, settle, term: undefined });
      ask();
    }),
    presence(what) {
      if (what !== "touched") inView = what === "shown";
      effects.presence(me, what);
      post({ kind: "presence", tab: me, what });
    },
    forget: () => hold(undefined),
    leads: () => reign?.led !== undefined,
    async close() {
      if (ended === "closed") return;
      ended = "closed";
      queued?.abort();
      reign?.over();
      await standing;
      gone();
      failAll("Closed");
      channel.close();
    },
  };
}
