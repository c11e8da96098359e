import type { Timer } from "../../src/sync/clock.ts";

/** A clock that only the test moves. */
export interface Clock {
  readonly now: () => number;
  readonly timer: Timer;
  /** Lets so many milliseconds pass, and what is due happen in its order. */
  pass(ms: number): Promise<void>;
  /** When the next timer is due, in milliseconds from now; undefined: none is set. */
  next(): number | undefined;
}

export function clock(start = Date.parse("2026-11-22T09:15:00Z")): Clock {
  let now = start, ids = 0;
  const timers = new Map<number, { readonly at: number; readonly fire: () => void }>();
  const settle = (): Promise<void> => new Promise((done) => setImmediate(done));
  return {
    now: () => now,
    timer(ms, fire) {
      const id = ++ids;
      timers.set(id, { at: now + Math.max(ms, 0), fire });
      return () => void timers.delete(id);
    },
    async pass(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const due = [...timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
        if (!due) break;
        now = due[1].at;
        timers.delete(due[0]);
        due[1].fire();
        await settle();
      }
      now = end;
    },
    next: () => (timers.size === 0 ? undefined : Math.min(...[...timers.values()].map((t) => t.at)) - now),
  };
}
