import type { Presence } from "./leader.ts";

/*
 * Locks the phone by itself: when nobody touched it for some minutes, and when it was out of sight for longer than a grace, which a
 * telephone call, the camera or a look at the map fit into. Time is the longer one of what two clocks say went by: the wall clock
 * goes on while a phone sleeps but may be set back, the other cannot be set but may sleep too. So a phone that slept
 * locks as it wakes, before it answers anything.
 *
 * It never locks while something is being saved, but right after. Forms under way are kept sealed as drafts by whoever shows them.
 */

export interface GuardSettings {
  /** Untouched for so long. */
  readonly idle: number;
  /** Out of sight, in all tabs, for so long. */
  readonly hidden: number;
}
const minute = 60_000;
export const guardDefaults: GuardSettings = { idle: 5 * minute, hidden: 2 * minute };

/** What a worker may choose, in milliseconds. There is no "never". */
export const lockChoices = { idle: [minute, 5 * minute, 15 * minute], hidden: [0, 2 * minute, 5 * minute] } as const;

/** What was kept, as far as it is a choice. */
export function guardSettings(kept: unknown): GuardSettings {
  const { idle, hidden } = (kept ?? {}) as Partial<Record<keyof GuardSettings, unknown>>;
  return { idle: lockChoices.idle.find((ms) => ms === idle) ?? guardDefaults.idle, hidden: lockChoices.hidden.find((ms) => ms === hidden) ?? guardDefaults.hidden };
}

export interface GuardEffects {
  /** The wall clock and one that only goes forward, in milliseconds. */
  readonly now: () => number;
  readonly tick: () => number;
  readonly after: (ms: number, then: () => void) => () => void;
  readonly lock: (why: "idle" | "hidden") => void;
}

export interface Guard {
  /** The vault was opened, or locked by whomever. */
  opened(): void;
  locked(): void;
  /** What happened in one of the tabs; "gone": that tab is no more. */
  presence(tab: string, what: Presence | "gone"): void;
  /** Locks if it is time to. Call it before anything is answered: a timer may be late by a night. True: it is locked, or will be after a save. */
  check(): boolean;
  /** Not locked before this is done. Gives what the work gives. */
  saving<T>(work: Promise<T>): Promise<T>;
  /** Done when nothing is being saved: who locks by hand waits for it too. */
  saved(): Promise<void>;
  /** Whether the app is in view in any of the tabs. */
  inView(): boolean;
  set(settings: GuardSettings): void;
}

interface Moment { readonly wall: number; readonly tick: number }

/** How often it looks at least, so that a phone that woke is noticed though no timer counted its sleep. */
const look = 15_000;

export function createGuard({ now, tick, after, lock }: GuardEffects, settings: GuardSettings = guardDefaults): Guard {
  let open = false;
  let due: "idle" | "hidden" | undefined;
  let saves = 0;
  const waiting: (() => void)[] = [];
  let touched: Moment = { wall: now(), tick: tick() };
  /** Since when no tab is in view; undefined: one is. */
  let hidden: Moment | undefined;
  const inView = new Map<string, boolean>();
  let stop: (() => void) | undefined;

  const moment = (): Moment => ({ wall: now(), tick: tick() });
  const since = (m: Moment): number => Math.max(now() - m.wall, tick() - m.tick);

  function check(): boolean {
    if (!open) return false;
    due ??= since(touched) >= settings.idle ? "idle" : hidden !== undefined && since(hidden) >= settings.hidden ? "hidden" : undefined;
    if (due === undefined) return false;
    if (saves > 0) return true;
    const why = due;
    locked();
    lock(why);
    return true;
  }
  function watch(): void {
    stop?.();
    stop = undefined;
    if (!open || due !== undefined) return; // once it is due, the end of the last save locks
    const left = Math.min(settings.idle - since(touched), hidden === undefined ? look : settings.hidden - since(hidden), look);
    stop = after(Math.max(left, 0), () => {
      check();
      watch();
    });
  }
  function locked(): void {
    open = false;
    due = undefined;
    watch();
  }

  return {
    check, locked,
    opened() {
      if (open) return;
      open = true;
      due = undefined;
      touched = moment();
      hidden = hidden === undefined ? undefined : moment();
      watch();
    },
    presence(tab, what) {
      check(); // what was due before does not become undone by a touch
      switch (what) {
        case "touched":
          touched = moment();
          inView.set(tab, true);
          break;
        case "shown": inView.set(tab, true); break;
        case "hidden": inView.set(tab, false); break;
        case "gone": inView.delete(tab); break;
        default: what satisfies never;
      }
      const seen = inView.size === 0 || [...inView.values()].includes(true);
      hidden = seen ? undefined : hidden ?? moment();
      watch();
    },
    async saving(work) {
      saves++;
      try {
        return await work;
      } finally {
        if (--saves === 0) {
          check();
          for (const done of waiting.splice(0)) done();
        }
      }
    },
    saved: () => (saves === 0 ? Promise.resolve() : new Promise((done) => { waiting.push(done); })),
    inView: () => hidden === undefined,
    set(next) {
      settings = next;
      check();
      watch();
    },
  };
}
