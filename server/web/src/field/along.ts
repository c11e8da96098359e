import type { Timer } from "../sync/clock.ts";
import type { News } from "../sync/phone.ts";

/** In milliseconds: how long news waits for an answer at most. */
const longest = 250;

export interface Along {
  /** Somebody waits for a write. */
  begun(): void;
  /** It is answered. Gives the news that goes with the answer. */
  answered(): readonly News[];
  hear(news: News): void;
}

/**
 * News that a write brings about goes along with its answer, in one message, so that a page draws "saved" and what it changes once and together.
 * News that the phone is no longer open waits for nothing, and what had waited goes before it: the order in which news was made is kept.
 */
export function newsAlong(tell: (news: News) => void, after: Timer): Along {
  let under = 0, cancel: (() => void) | undefined;
  let waiting: News[] = [];
  const taken = (): readonly News[] => {
    cancel?.();
    cancel = undefined;
    const all = waiting;
    waiting = [];
    return all;
  };
  const flush = (): void => taken().forEach(tell);
  return {
    begun: () => { under++; },
    answered: () => (--under === 0 ? taken() : []),
    hear(news) {
      waiting.push(news);
      if (under === 0 || (news.kind === "state" && news.state.kind !== "open")) flush();
      else cancel ??= after(longest, flush);
    },
  };
}
