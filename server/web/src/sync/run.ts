import type { ClientID, Scope } from "./ids.ts";
import { instant, msOf } from "./ids.ts";
import { StorageFull, type Keep, type Look, type Step } from "./keep.ts";
import { handInLast } from "./last.ts";
import { answer, grown, isEmpty, isSmallest, largest, offer, reoffer, settle, shrunk, type Batch, type Size } from "./outbox.ts";
import { restart } from "./stage.ts";
import { same, totalOf } from "./sums.ts";
import type { Session } from "./tokens.ts";
import { is, passes, type Fault, type Transport } from "./transport.ts";
import { encodeSync, type Page, type Reply } from "./wire.ts";

export interface RunEffects {
  readonly keep: Keep;
  readonly session: Session;
  readonly transport: Transport;
  readonly now: () => number;
  /** Waits for up to so many milliseconds, by chance, between two attempts of a run. */
  readonly pause: (most: number) => Promise<void>;
  /** Everything on the phone goes. */
  readonly erase: () => Promise<void>;
  /** Which build of the app this is. */
  readonly build: string;
}

/** How a run ended. All but `left` may be run again: nothing is lost or done twice. */
export type Outcome =
  /** Phone and server agree, and everything that was written here is answered. */
  | { readonly kind: "agreed" }
  /** `after`: the server asks to be left alone for so many milliseconds. */
  | { readonly kind: "later"; readonly why: "offline" | "unreachable" | "busy" | "server_full"; readonly after?: number }
  | { readonly kind: "signed_out" }
  /** The device was cut off; its last work is handed in, and it is erased. */
  | { readonly kind: "left" }
  /** The server does not understand this build. */
  | { readonly kind: "outdated" }
  /** Phone and server differ, also after everything was fetched anew. */
  | { readonly kind: "differs" }
  /** Whoever asked has given up. */
  | { readonly kind: "stopped" };

/** What a run did. */
export interface Report {
  /** Requests that brought a whole page. */
  exchanges: number;
  /** That brought none, or not to its end. */
  cut: number;
  /** Ops answered for the first time; of those: beside another value, with a coordinator, not valid. */
  pushed: number;
  conflicts: number;
  held: number;
  rejected: number;
  /** Frames that changed something. */
  records: number;
  /** Scopes that went from this phone. That it has let them go, the server knows by the cursor of the request after. */
  dropped: number;
  /** Differences found: each is a fault of some program. */
  repairs: number;
  /** The server was restored, and got again what the phone still had. */
  reoffered: boolean;
  /** The phone turned out to be a copy. */
  newClient: boolean;
}
const blank: Report = { exchanges: 0, cut: 0, pushed: 0, conflicts: 0, held: 0, rejected: 0, records: 0, dropped: 0, repairs: 0, reoffered: false, newClient: false };

export type Run = (signal: AbortSignal) => Promise<{ readonly outcome: Outcome; readonly report: Readonly<Report> }>;

const mostRefetch = 32; // scopes of a request (PROTOCOL §4.2)
const firstPause = 500, secondPause = 1000; // milliseconds

/**
 * Sends all that waits and fetches until phone and server agree (PROTOCOL §4 to §7). One run at a time. It rejects with
 * StorageFull, or as the storage does; what was kept before stands.
 */
export function createRun(e: RunEffects, most: Size = largest): Run {
  let size = most; // follows what the connection bears, from run to run

  return async (signal) => {
    const fetched = new Set<Scope>(); // asked for again in this run
    const report: Report = { ...blank };
    let done = false, differing = false, moved = false, acked = false, afresh = false;
    let clients = 0, gaps = 0;
    let refetch: Scope[] = [];

    for (;;) {
      if (signal.aborted) return { outcome: { kind: "stopped" }, report };
      const outcome = await step();
      if (outcome) return { outcome, report };
    }

    /** One exchange, and what follows from it. */
    async function step(): Promise<Outcome | undefined> {
      let sent: Batch | undefined;
      let got: Reply | undefined;
      let as: ClientID | undefined;
      moved = false;
      const answered = await e.session.authorized(async (access, client) => {
        const next = ask();
        sent = next.batch;
        as = client;
        const x = await e.transport.exchange("/v1/sync", access, next.body, signal);
        got = x.reply;
        return x;
      }, signal);
      if (sent && got && (got.ack || got.page)) await take(sent, got, as);
      const fault: Fault | undefined = answered.fault;
      if (fault) return mend(fault);
      if (!moved) return { kind: "later", why: "busy" }; // the server neither takes what is sent nor gives what is new
      report.exchanges++;
      gaps = 0;
      size = grown(size, most);
      if (differing) return { kind: "differs" };
      return done && e.keep.look(sentAll) ? { kind: "agreed" } : undefined; // more may have been written while the page was kept
    }

    /** What to ask now. */
    function ask(): { readonly batch: Batch; readonly body: string } {
      return e.keep.look((now) => {
        const batch = offer(now, size);
        const body = encodeSync({
          cursor: now.state.run?.cursor || now.state.cursor, lastN: now.lastN, lostBelow: batch.lostBelow, sentAt: instant(e.now()),
          maxBytes: size.page, audit: now.state.differs === true, refetch, build: e.build, ops: batch.ops,
        });
        return { batch, body };
      });
    }

    /** Keeps what came, in one transaction. Without room for the page the answers alone are kept, and what was staged makes room: it comes again. */
    async function take(sent: Batch, got: Reply, as: ClientID | undefined): Promise<void> {
      try {
        await keep(sent, got, as, got.page);
      } catch (why) {
        if (!(why instanceof StorageFull) || !got.page) throw why;
        await keep(sent, got, as, undefined, "make room");
        throw why;
      }
    }

    async function keep(sent: Batch, got: Reply, as: ClientID | undefined, page: Page | undefined, room?: "make room"): Promise<void> {
      const before = { ...report };
      await e.keep.change((step) => {
        Object.assign(report, before);
        if (step.state.client !== as) { // the phone is another client since: numbers and cursor are not those that were answered
          moved = true;
          return;
        }
        if (room) restart(step, step.state.run?.reset ?? false);
        acked = step.state.offered > 0;
        if (sent.lostBelow > step.state.through + 1) {
          step.state = { ...step.state, lost: step.state.lost + sent.lostBelow - 1 - step.state.through };
        }
        if (got.ack) {
          const was = step.state.offered;
          const counts = answer(step, sent, got.ack.results);
          report.pushed += counts.pushed;
          report.conflicts += counts.conflicts;
          report.held += counts.held;
          report.rejected += counts.rejected;
          if (step.state.offered > was) {
            moved = true;
            gaps = 0;
          }
        }
        if (!page) return;
        if (sent.ops.length === 0) moved = page.complete || page.cursor !== (step.state.run?.cursor ?? "");
        takePage(step, sent, got, page);
      });
    }

    function takePage(step: Step, sent: Batch, got: Reply, page: Page): void {
      if (sent.lostBelow > 0) step.state = { ...step.state, offered: Math.max(step.state.offered, sent.lostBelow - 1) };
      // Whoever has acks and no page yet cannot tell from which epoch they are (PROTOCOL §7.3).
      const { epoch, offered } = step.state;
      const restored = epoch !== page.epoch && (epoch !== "" || acked);
      if (restored || page.through < offered) {
        report.reoffered = true;
        reoffer(step, page.through, restored);
      }
      step.state = { ...step.state, through: page.through, epoch: page.epoch };
      const run = step.state.run;
      if (page.reset && (!run?.reset || run.epoch !== page.epoch)) restart(step, false); // the server began from nothing with this page
      for (const f of got.frames) {
        if (f.frame !== "scope") report.records++;
        if (f.frame === "drop") report.dropped++;
      }
      step.stage(got.frames);
      const { recalled, ...rest } = step.state;
      step.state = {
        ...rest, safe: page.safe, run: { cursor: page.cursor, epoch: page.epoch, reset: (step.state.run?.reset ?? false) || page.reset },
        ...(page.recall ? { recalled: e.build } : recalled !== undefined && recalled !== e.build && { recalled }),
      };
      if (page.complete) complete(step, page);
    }

    /** Ends a pull: the view becomes what was staged, and is compared with what the server counts. */
    function complete(step: Step, page: Page): void {
      step.land(step.state.run?.reset ?? false);
      const audited = step.state.differs === true;
      const { run: _run, ...rest } = step.state;
      step.state = { ...rest, cursor: page.cursor, head: page.head, shown: true };
      if (settle(step, msOf(page.serverTime)) === 0) step.state = { ...step.state, everything: page.serverTime };
      refetch = [];
      if (!same(totalOf(step.sums().values()), page.total)) {
        repair(step, page, audited);
        return;
      }
      const { differs: _differs, ...agreed } = step.state;
      step.state = { ...agreed, synced: page.serverTime };
      done = sentAll(step);
    }

    /** Asks for what differs, scope by scope, and then for everything, once (PROTOCOL §6.6). */
    function repair(step: Step, page: Page, audited: boolean): void {
      if (!step.state.differs) {
        step.state = { ...step.state, differs: true, incidents: step.state.incidents + 1 };
        report.repairs++;
      }
      if (!page.sums && !audited) return; // the next request asks for them
      const different = page.sums ? compare(step, page.sums) : [];
      for (const scope of different) {
        if (!fetched.has(scope) && refetch.length < mostRefetch) {
          fetched.add(scope);
          refetch.push(scope);
        }
      }
      if (refetch.length > 0) return;
      // What was too much is dropped now; where that was all, the next run says so.
      if (different.length === 0 && page.sums && !afresh && same(totalOf(step.sums().values()), page.total)) return;
      if (afresh) {
        differing = true;
        return;
      }
      afresh = true;
      restart(step, true);
    }

    /** Does what makes the next attempt better, or says why there is none. */
    async function mend(fault: Fault): Promise<Outcome | undefined> {
      switch (fault.kind) {
        case "stopped":
          return { kind: "stopped" };
        case "signed_out":
          return { kind: "signed_out" };
        case "problem":
          return mendProblem(fault);
        case "cut":
          report.cut++;
          if (isSmallest(size)) {
            if (!moved) return { kind: "later", why: "unreachable" };
            await e.pause(secondPause);
            return undefined;
          }
          size = shrunk(size);
          await e.pause(firstPause);
          return undefined;
        case "unreachable":
          report.cut++;
          size = shrunk(size); // whether the request went half the way is not known
          return laterOf(fault);
        case "offline":
        case "portal":
          report.cut++;
          return laterOf(fault);
      }
    }

    async function mendProblem(fault: Extract<Fault, { kind: "problem" }>): Promise<Outcome | undefined> {
      const { status, through } = fault.problem;
      if (is(fault, "device_revoked")) return leave();
      if (is(fault, "client_behind") || is(fault, "op_number_reused")) {
        if (++clients > 2) return laterOf(fault);
        report.newClient = true;
        const refused = await e.session.newClient(signal);
        return refused && (is(refused, "device_revoked") ? leave() : mendLater(refused));
      }
      if (is(fault, "op_number_gap") && through !== undefined) {
        if (++gaps > 2) return laterOf(fault);
        report.reoffered = true;
        await e.keep.change((step) => reoffer(step, through, false));
        return undefined;
      }
      if (status === 413 && !isSmallest(size)) {
        size = shrunk(size);
        return undefined;
      }
      if (status === 400 || status === 426) return { kind: "outdated" };
      if (passes(fault)) report.cut++;
      return laterOf(fault);
    }

    /** Hands in the last work of a phone that was cut off, and erases it (PROTOCOL §5.7). What it shows goes at once. */
    async function leave(): Promise<Outcome> {
      await e.keep.change((step) => {
        const { shown: _shown, ...rest } = step.state;
        step.state = { ...rest, head: 0 as Step["state"]["head"] };
        restart(step, true);
        for (const scope of step.sums().keys()) step.drop(scope);
        for (const entry of step.listed()) step.unlist(entry.op.id);
      });
      const fault = await handInLast(e, signal);
      if (fault) return mendLater(fault);
      await e.erase();
      return { kind: "left" };
    }
  };
}

const sentAll = (now: Look): boolean => isEmpty(offer(now, { ...largest, ops: 1, body: 1 }));

/** Drops the scopes that the server does not name, and gives those whose records differ. */
function compare(step: Step, theirs: NonNullable<Page["sums"]>): readonly Scope[] {
  const mine = new Map(step.sums());
  for (const scope of mine.keys()) if (!theirs.has(scope)) step.drop(scope);
  return [...theirs].filter(([scope, sum]) => !same(mine.get(scope), sum)).map(([scope]) => scope).sort();
}

/** What becomes of a run that a fault ends. */
function mendLater(fault: Fault): Outcome {
  switch (fault.kind) {
    case "stopped":
      return { kind: "stopped" };
    case "signed_out":
      return { kind: "signed_out" };
    default:
      return laterOf(fault);
  }
}

function laterOf(fault: Exclude<Fault, { kind: "stopped" | "signed_out" }>): Outcome {
  switch (fault.kind) {
    case "offline":
      return { kind: "later", why: "offline" };
    case "unreachable":
    case "cut":
    case "portal":
      return { kind: "later", why: "unreachable" };
    case "problem": {
      const after = fault.retryAfter === undefined ? {} : { after: fault.retryAfter };
      switch (fault.problem.status) {
        case 507:
          return { kind: "later", why: "server_full", ...after };
        case 408:
        case 502:
        case 504:
          return { kind: "later", why: "unreachable", ...after };
        default:
          return { kind: "later", why: "busy", ...after };
      }
    }
  }
}
