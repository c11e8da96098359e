import type { Timer } from "./clock.ts";
import { instant } from "./ids.ts";
import { StorageFull } from "./keep.ts";
import type { Doing } from "./phone.ts";
import type { Outcome, Report, Run } from "./run.ts";

/** Why to sync. */
export type Nudge =
  /** The phone was unlocked or has just joined, the network came back, somebody asks, or the server woke the phone: at once. */
  | "open" | "online" | "asked" | "push"
  /** The app came to the front: at once, unless phone and server agreed a moment ago. */
  | "visible"
  /** Something was written: when the person's hand has rested for a moment. */
  | "write";

export interface ScheduleEffects {
  readonly run: Run;
  readonly now: () => number;
  readonly timer: Timer;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** What the outbox and the view stand at: whether anything waits, and the head of the last completed run. */
  readonly stands: () => { readonly waits: boolean; readonly head: number };
  readonly say: (doing: Doing) => void;
  readonly ended: (outcome: Outcome, report: Readonly<Report>) => void;
  /** The storage failed, other than for want of room. The schedule has stopped. */
  readonly broken: (why: unknown) => void;
}

export interface Schedule {
  nudge(why: Nudge): void;
  /** The server's head, as a live hint says it. */
  hint(seq: number): void;
  /** Whether the app is at the front, and whether hints come. Both say how often to look when all is well. */
  attend(is: { readonly visible?: boolean; readonly live?: boolean }): void;
  doing(): Doing;
  /** Ends the run under way, and starts none any more. */
  stop(): Promise<void>;
}

// Milliseconds.
const rest = 400; // after a write
const spread = 1000; // of phones that are hinted at together: what somebody answered is in view within two seconds
const justNow = 10_000;
const quiet = 60_000; // between two looks while all is well and somebody may see it
const longest = 15 * 60_000; // between two looks, or two attempts that fail
const firstWait = 2000; // after an attempt that failed, doubled each time

/**
 * Says when to sync: never two runs at once, never before the server's plea is over, and after failures at growing distances with
 * jitter, so that phones that failed together do not come back together.
 */
export function createSchedule(e: ScheduleEffects): Schedule {
  let doing: Doing = { kind: "resting" };
  let due: { readonly at: number; readonly cancel: () => void } | undefined;
  let running: { readonly abort: AbortController; readonly end: Promise<void> } | undefined;
  let wanted: "now" | "write" | undefined; // while a run is under way
  let hinted = 0;
  let failures = 0, notBefore = 0, agreedAt = Number.NEGATIVE_INFINITY;
  let visible = true, live = false, stopped = false;

  const say = (next: Doing): void => {
    doing = next;
    e.say(next);
  };
  /** Has a run begin at that time, or before if one is due. */
  const by = (time: number): void => {
    if (stopped || running) return;
    const at = Math.max(time, notBefore);
    if (due && due.at <= at) return;
    due?.cancel();
    due = { at, cancel: e.timer(Math.max(at - e.now(), 0), begin) };
    if (doing.kind === "waiting") say({ ...doing, again: instant(at) });
  };
  const begin = (): void => {
    due = undefined;
    if (stopped || running) return;
    wanted = undefined;
    const abort = new AbortController();
    say({ kind: "trying" });
    const end = e.run(abort.signal).then(
      ({ outcome, report }) => {
        running = undefined;
        took(outcome, report);
      },
      (why: unknown) => {
        running = undefined;
        failed(why);
      },
    );
    running = { abort, end };
  };

  const took = (outcome: Outcome, report: Readonly<Report>): void => {
    if (report.exchanges > 0 || report.pushed > 0) failures = 0;
    switch (outcome.kind) {
      case "agreed":
        failures = 0;
        agreedAt = e.now();
        say({ kind: "resting" });
        by(e.now() + between());
        break;
      case "later":
        failures++;
        if (outcome.after !== undefined) notBefore = e.now() + outcome.after + e.random() * Math.min(outcome.after, spread);
        wait(outcome.why);
        break;
      case "signed_out":
        say({ kind: "stuck", why: "signed_out" });
        break;
      case "outdated":
      case "differs":
        say({ kind: "stuck", why: outcome.kind });
        by(e.now() + longest);
        break;
      case "left":
        stopped = true;
        say({ kind: "resting" });
        break;
      case "stopped":
        say({ kind: "resting" });
        break;
    }
    e.ended(outcome, report);
    again();
  };
  const failed = (why: unknown): void => {
    if (stopped) return; // what was stopped may find its storage closed
    if (why instanceof StorageFull) {
      failures++;
      say({ kind: "stuck", why: "storage_full" });
      by(e.now() + backoff());
      return;
    }
    stopped = true;
    say({ kind: "resting" });
    e.broken(why);
  };
  const wait = (why: Extract<Outcome, { kind: "later" }>["why"]): void => {
    const at = Math.max(e.now() + backoff(), notBefore);
    by(at);
    say({ kind: "waiting", why, again: instant(at) });
  };
  /** What was asked for while the run was under way, and it did not do itself. */
  const again = (): void => {
    const { waits, head } = e.stands();
    if (wanted === "now" || (wanted === "write" && waits)) by(e.now() + (wanted === "write" ? rest : 0));
    else if (hinted > head) by(e.now() + e.random() * spread);
    wanted = undefined;
  };
  const backoff = (): number => Math.min(firstWait * 2 ** Math.min(failures - 1, 20), longest) * (0.5 + 0.5 * e.random());
  const between = (): number => distance(visible, live) * (0.9 + 0.2 * e.random());

  return {
    nudge(why) {
      if (running) {
        if (why !== "visible") wanted = why === "write" && wanted !== "now" ? "write" : "now";
        return;
      }
      if (why === "visible" && doing.kind === "resting" && e.now() - agreedAt < justNow) return;
      by(e.now() + (why === "write" ? rest : 0));
    },
    hint(seq) {
      hinted = Math.max(hinted, seq);
      if (!running && hinted > e.stands().head) by(e.now() + e.random() * spread);
    },
    attend(is) {
      const before = distance(visible, live);
      visible = is.visible ?? visible;
      live = is.live ?? live;
      if (doing.kind === "resting" && distance(visible, live) < before) by(e.now() + between());
    },
    doing: () => doing,
    async stop() {
      stopped = true;
      due?.cancel();
      due = undefined;
      running?.abort.abort();
      await running?.end;
    },
  };
}

const distance = (visible: boolean, live: boolean): number => (visible && !live ? quiet : longest);
