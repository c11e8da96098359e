import type { Timer } from "./clock.ts";
import type { Session } from "./tokens.ts";
import { passes, type Transport } from "./transport.ts";

export interface LiveEffects {
  readonly session: Session;
  readonly transport: Transport;
  readonly timer: Timer;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** The server's head: a reason to sync. */
  readonly hint: (seq: number) => void;
  /** Whether hints come now. */
  readonly connected: (is: boolean) => void;
  /** The server refuses to give any: a sync finds out what is to be done. */
  readonly refused: () => void;
}

const firstWait = 1000, longest = 60_000; // milliseconds between two connections
const aside = 5 * 60_000; // after a refusal, which may be over: the phone was let in anew

/** Listens for hints until `signal` ends, and connects again by itself (PROTOCOL §10). It brings no data and keeps nothing. */
export async function listen(e: LiveEffects, signal: AbortSignal): Promise<void> {
  for (let failures = 0, refused = false; ; ) {
    let heard = false;
    const { fault } = await e.session.authorized((access) => e.transport.live(access, (seq) => {
      if (!heard) e.connected(true);
      heard = true;
      e.hint(seq);
    }, signal), signal);
    if (heard) e.connected(false);
    if (signal.aborted || fault.kind === "stopped") return;
    if (!passes(fault)) {
      if (!refused) e.refused();
      refused = true;
      await sleep(e.timer, aside, signal);
      continue;
    }
    refused = false;
    failures = heard ? 1 : failures + 1;
    const plea = fault.kind === "problem" ? fault.retryAfter ?? 0 : 0;
    await sleep(e.timer, plea + Math.min(firstWait * 2 ** Math.min(failures, 10), longest) * e.random(), signal);
  }
}

function sleep(timer: Timer, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = (): void => {
      cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = timer(ms, wake);
    signal.addEventListener("abort", wake, { once: true });
  });
}
