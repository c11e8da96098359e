import { createCaseload, type Sights } from "../sync/caseload.ts";
import type { Timer } from "../sync/clock.ts";
import { guardDefaults } from "../sync/guard.ts";
import { isPerson, uuid, userScope, type Instant, type OpID } from "../sync/ids.ts";
import { listen } from "../sync/live.ts";
import { officeOf } from "../sync/office.ts";
import { made, waits, type Size } from "../sync/outbox.ts";
import type { Draft, News, Office, PhoneState, Reach as Reached, Saved } from "../sync/phone.ts";
import type { Edit, Enrolled, Result } from "../sync/record.ts";
import { createRun } from "../sync/run.ts";
import { createSchedule } from "../sync/schedule.ts";
import { createSession } from "../sync/tokens.ts";
import { createTransport, type Reach } from "../sync/transport.ts";
import { createKeep } from "./keep.ts";

/*
 * A desk: the same client that phones are, over a memory that goes with the window. What is written is pushed at once, and is said to be
 * saved when the server has answered and not before; with no connection it waits in this window alone, and the screen says so.
 */

export interface DeskEffects {
  readonly reach: Reach;
  readonly timer: Timer;
  readonly random: (bytes: Uint8Array) => Uint8Array;
  readonly build: string;
  readonly tell: (news: News) => void;
}

export interface Desk {
  readonly caseload: Sights;
  state(): PhoneState;
  /** Resolves when the server has answered, whatever it says; that is in `results`. */
  write(edits: readonly Edit[], ids?: readonly OpID[]): Promise<Saved>;
  /** What the server said of ops of this window. */
  resultOf(op: OpID): Result | undefined;
  office(): Office;
  clear(ops: readonly OpID[]): Promise<void>;
  keepDraft(key: string, body: unknown): void;
  draft(key: string): Draft | undefined;
  drafts(): readonly Draft[];
  dropDraft(key: string): void;
  syncNow(): void;
  attend(visible: boolean): void;
  end(): Promise<void>;
}

/** A desk has a wire that phones can only wish for. */
const most: Size = { ops: 500, body: 900_000, page: 1 << 20 };
/** Between two tries, in milliseconds, on the average. */
const soon = 5_000;
/** So long a write may go unanswered before the form says that it waits. */
const patience = 8_000;

export async function openDesk(fx: DeskEffects, enrolled: Enrolled): Promise<Desk> {
  const { reach, random, timer, tell } = fx, { now } = reach;
  const chance = { now, random };
  const random01 = (): number => new DataView(random(new Uint8Array(4)).buffer).getUint32(0) / 2 ** 32;
  let caseload: Sights | undefined;
  let at: PhoneState = { kind: "starting" };
  const drafts = new Map<string, Draft>(), results = new Map<OpID, Result>(), watching = new Set<() => void>();
  const keep = createKeep((scopes) => {
    caseload?.stale(scopes);
    note();
    tell({ kind: "changed", scopes });
    stand();
  });
  await keep.change((step) => {
    step.state = { ...step.state, client: enrolled.client, user: enrolled.user, refresh: enrolled.refresh };
  });
  const m = keep.memory, user = enrolled.user, mine = userScope(user.id);
  const none = { page: () => Promise.resolve(undefined), forget: () => undefined };
  caseload = createCaseload(m, none, user);
  const transport = createTransport(reach);
  const session = createSession({ keep, transport, now, mint: () => uuid(now(), random) });
  const over = new AbortController();
  const run = createRun({ keep, session, transport, now, pause: (ms) => new Promise((done) => void timer(ms * random01(), done)), erase: () => Promise.resolve(), build: fx.build }, most);
  const schedule = createSchedule({
    run, now, timer, random: () => random01() * 0.1, // few sit at desks, and they watch
    stands: () => ({ waits: [...m.outbox.values()].some(waits), head: m.state.head }),
    say: stand, ended: stand, broken: () => say({ kind: "broken", why: "storage" }),
  });
  listen({ session, transport, timer, random: () => random01() * 0.1, hint: (seq) => schedule.hint(seq), connected(live) {
    schedule.attend({ live });
    if (!live) schedule.nudge("asked"); // whether the server is there is to be seen now
  }, refused: () => schedule.nudge("asked") }, over.signal)
    .catch(() => say({ kind: "broken", why: "storage" }));
  schedule.nudge("open");
  /** Somebody watches: while the server is away it is asked again soon, and not ever more rarely as by a phone in a pocket. */
  const persist = (): void => {
    if (over.signal.aborted) return;
    if (schedule.doing().kind === "waiting") schedule.nudge("asked");
    timer(soon * (0.5 + random01()), persist);
  };
  persist();

  function say(state: PhoneState): void {
    if (JSON.stringify(state) === JSON.stringify(at)) return;
    at = state;
    tell({ kind: "state", state });
  }
  function stand(): void {
    if (caseload === undefined || m.state.shown !== true) return;
    for (const hear of watching) hear();
    say({ kind: "open", user, reach: reached(), needsYou: 0, kept: undefined, locks: guardDefaults, update: "none" });
  }
  function reached(): Reached {
    const { everything, synced } = m.state;
    return { unsent: [...m.outbox.values()].filter(waits).length, doing: schedule.doing(), ...(everything && { everything }), ...(synced && { synced }) };
  }
  /** What was answered is remembered, since the outbox lets it go. */
  function note(): void {
    for (const w of m.outbox.values()) if (w.result) results.set(w.op.id, w.result);
  }

  async function write(edits: readonly Edit[], ids?: readonly OpID[]): Promise<Saved> {
    if (edits.some((e) => !isPerson(e.scope) && e.scope !== mine && !caseload!.knows(e.scope))) return { kind: "not_yours" };
    const making = made(edits, m.lastN, chance);
    if (making.kind !== "made") throw new Error(`an edit is ${making.kind}`);
    const ops = keep.write(making.ops.map((op, i) => ({ ...op, id: ids?.[i] ?? op.id })));
    schedule.nudge("asked");
    await new Promise<void>((done) => {
      const end = (): void => {
        watching.delete(look);
        cancel();
        done();
      };
      const look = (): void => {
        note();
        if (ops.every((op) => results.has(op.id))) end();
      };
      const cancel = timer(patience, end);
      watching.add(look);
      look();
    });
    return { kind: "saved", ops: ops.map((op) => op.id) };
  }

  return {
    caseload, write,
    state: () => at,
    resultOf: (op) => results.get(op),
    office: () => officeOf(m, caseload!, [], 0),
    clear: (ops) => keep.change((step) => ops.forEach((id) => step.unlist(id))),
    keepDraft: (key, body) => void drafts.set(key, { key, body, at: new Date(now()).toISOString() as Instant }),
    draft: (key) => drafts.get(key),
    drafts: () => [...drafts.values()],
    dropDraft: (key) => void drafts.delete(key),
    syncNow: () => schedule.nudge("asked"),
    attend(visible) {
      schedule.attend({ visible });
      if (visible) schedule.nudge("visible");
    },
    async end() {
      over.abort();
      session.forget();
      await schedule.stop();
    },
  };
}
