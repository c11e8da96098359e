import type { Timer } from "../sync/clock.ts";
import type { News } from "../sync/phone.ts";

/** In milliseconds: how long news waits for an answer at most. */
const longest = 250;

export interface AnswerFirst {
  /** Somebody waits for a write. */
  begun(): void;
  /** It is answered. */
  answered(): void;
  hear(news: News): void;
}

/**
 * News that a write brings about comes after its answer, so that a page draws "saved" first and once, and the rest with it. News that the
 * phone is no longer open waits for nothing, and what had waited goes before it: the order in which news was made is kept.
 */
export function answerFirst(tell: (news: News) => void, after: Timer): AnswerFirst {
  let under = 0, cancel: (() => void) | undefined;
  const waiting: News[] = [];
  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    for (const news of waiting.splice(0)) tell(news);
  };
  return {
    begun: () => { under++; },
    answered() { if (--under === 0) flush(); },
    hear(news) {
      waiting.push(news);
      if (under === 0 || (news.kind === "state" && news.state.kind !== "open")) flush();
      else cancel ??= after(longest, flush);
    },
  };
}
