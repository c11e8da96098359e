import { dice as sides } from "../../sync/dice.ts";

/** Waits for a condition and gives what it came to; a wait that is too long fails with what was waited for. */
export async function until<T>(what: string, cond: () => T | undefined | false | Promise<T | undefined | false>, ms = 90_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const got = await cond();
    if (got !== undefined && got !== false) return got;
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s in vain: ${what}`);
    await pause(50);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Chance that can be played again, from 0 to below 1: SEED=n. */
export function dice(seed: number): () => number {
  const roll = sides(seed);
  return () => roll(2 ** 32) / 2 ** 32;
}
