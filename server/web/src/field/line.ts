import type { Doing, PhoneState } from "../sync/phone.ts";
import type { Dates } from "./dates.ts";
import type { IconName } from "./icons.tsx";
import type { Words } from "./words.ts";

/** What the line that is always in view says. `key` changes when something happened that is worth hearing. */
export interface Line {
  readonly tone: "ok" | "wait" | "needs" | "stop";
  readonly icon: IconName;
  readonly text: string;
  readonly detail?: string;
  readonly key: string;
}

type Open = Extract<PhoneState, { kind: "open" }>;

/**
 * How far what was written here has come, in one sentence. It says what is true and no more: what is on this phone, what the server
 * holds and since when, and what needs the person; never that something was sent which the server has not answered.
 */
export function lineOf({ reach, needsYou }: Pick<Open, "reach" | "needsYou">, now: number, w: Words, d: Dates): Line {
  const { unsent, doing } = reach;
  const words = w.line;
  if (doing.kind === "stuck") return { tone: "stop", icon: "alert", text: words.stuck[doing.why], detail: unsent > 0 ? words.safeHere(unsent) : words.open, key: `stuck ${doing.why}` };
  if (needsYou > 0) return { tone: "needs", icon: "hand", text: words.needsYou(needsYou), detail: unsent > 0 ? words.unsent(unsent) : words.open, key: `needs ${needsYou}` };
  const does = doingWords(doing, now, w, d);
  if (unsent > 0) return { tone: "wait", icon: doing.kind === "waiting" && doing.why === "offline" ? "offline" : "up", text: words.unsent(unsent), detail: does ?? words.soon, key: "unsent" };
  const away = doing.kind === "waiting";
  if (reach.everything !== undefined) return { tone: "ok", icon: away ? "offline" : "check", text: words.everything(d.when(reach.everything, now)), ...(away && does ? { detail: does } : {}), key: away ? "all away" : "all" };
  return { tone: "wait", icon: away ? "offline" : "sync", text: words.nothingYet, ...(does ? { detail: does } : {}), key: "nothing yet" };
}

/** What the phone does about it now; nothing while it rests. */
export function doingWords(doing: Doing, now: number, w: Words, d: Dates): string | undefined {
  switch (doing.kind) {
    case "resting":
      return undefined;
    case "trying":
      return w.line.trying;
    case "waiting":
      return doing.why === "offline" ? w.line.offline : w.line.waiting[doing.why](d.when(doing.again, now));
    case "stuck":
      return w.line.stuck[doing.why];
    default:
      return doing satisfies never;
  }
}
