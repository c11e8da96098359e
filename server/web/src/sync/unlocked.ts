import type { Box } from "./box.ts";
import { createCaseload, type Sights } from "./caseload.ts";
import type { Timer } from "./clock.ts";
import type { Db } from "./db.ts";
import { openDrafts, type Drafts } from "./drafts.ts";
import { userScope, uuid, type Scope } from "./ids.ts";
import { joinKeys } from "./joining.ts";
import { handInLetters, sealOps } from "./letters.ts";
import { listen } from "./live.ts";
import { waits } from "./outbox.ts";
import type { Doing, Reach } from "./phone.ts";
import type { User } from "./record.ts";
import { createRun, type Outcome } from "./run.ts";
import { createSchedule, type Schedule } from "./schedule.ts";
import { openStore, type Store } from "./store.ts";
import type { Spare } from "./spare.ts";
import { createSession, type Session } from "./tokens.ts";
import type { Transport } from "./transport.ts";

export interface UnlockedEffects {
  readonly transport: Transport;
  readonly now: () => number;
  readonly random: (bytes: Uint8Array) => Uint8Array;
  readonly timer: Timer;
  readonly build: string;
  /** Everything on the phone goes; the run that asks for it is still under way. */
  readonly erase: () => Promise<void>;
  /** What is shown of these scopes has changed. */
  readonly changed: (scopes: readonly Scope[]) => void;
  /** How far things have come has. */
  readonly moved: () => void;
  readonly ended: (outcome: Outcome) => void;
  readonly broken: (why: unknown) => void;
}

/** A phone while its vault is open. */
export interface Unlocked {
  readonly user: User;
  readonly store: Store;
  readonly drafts: Drafts;
  readonly session: Session;
  readonly schedule: Schedule;
  readonly caseload: Sights;
  reach(): Reach;
  /** Begins nothing any more. What is being written is finished or undone when this is done. */
  end(): Promise<void>;
}

const foldAfter = 4_000; // milliseconds of peace after a run

export async function unlock(fx: UnlockedEffects, db: Db, term: string, box: Box, spare: Spare): Promise<Unlocked> {
  const { transport, now, random, timer } = fx;
  const random01 = (): number => new DataView(random(new Uint8Array(4)).buffer).getUint32(0) / 2 ** 32;
  const name = (): string => uuid(now(), random);
  const letter = await sealOps(await db.get("meta", joinKeys.sealKey) as string | undefined);
  let caseload: Sights | undefined;
  const store = await openStore({ db, term, box, letter, spare, now, random, changed(scopes) {
    caseload?.stale(scopes);
    fx.changed(scopes);
    fx.moved();
  } });
  const user = store.memory.state.user;
  if (user === undefined) throw new Error("the phone has a vault, and nobody's");
  const mine = userScope(user.id);
  caseload = createCaseload(store.memory, store.cold, user);
  const drafts = await openDrafts(db, term, box, now, name);

  const over = new AbortController();
  const session = createSession({ keep: store, transport, now, mint: name });
  const pause = (most: number): Promise<void> => new Promise((done) => void timer(most * random01(), done));
  const run = createRun({ keep: store, session, transport, now, pause, erase: fx.erase, build: fx.build });
  let letters = await db.count("letters"), handing = letters > 0, rest: (() => void) | undefined;

  const schedule = createSchedule({
    run, now, timer, random: random01,
    stands: () => ({ waits: [...store.memory.outbox.values()].some(waits), head: store.memory.state.head }),
    say: fx.moved,
    ended(outcome, { dropped }) {
      if (outcome.kind === "agreed") after();
      if (outcome.kind === "agreed" && dropped > 0) schedule.nudge("asked"); // whoever waits for a handover sees that it is done
      fx.ended(outcome);
    },
    broken: fx.broken,
  });

  /** What can wait until phone and server agree: letters of an earlier vault, and folding. */
  function after(): void {
    if (handing) {
      handing = false;
      void handInLetters(db, term, spare, session, over.signal).then(({ left, answered }) => {
        [letters, handing] = [left, !answered];
        fx.changed([mine]); // how many wait for a coordinator
        fx.moved();
      }, () => { handing = true; });
    }
    rest?.();
    rest = timer(foldAfter, fold);
  }
  function fold(): void {
    rest = undefined;
    if (over.signal.aborted) return;
    void store.fold().then((more) => { if (more && !over.signal.aborted) rest = timer(50, fold); }, () => undefined);
  }

  listen({ session, transport, timer, random: random01, hint: (seq) => schedule.hint(seq), connected: (live) => schedule.attend({ live }),
    refused: () => schedule.nudge("asked") }, over.signal).catch(fx.broken);
  schedule.nudge("open");

  return {
    user, store, drafts, session, schedule, caseload,
    reach: () => reachOf(store, letters, schedule.doing()),
    async end() {
      over.abort();
      rest?.();
      session.forget();
      await schedule.stop();
      await store.idle();
    },
  };
}

/** Letters of an earlier vault were written here too. */
function reachOf(store: Store, letters: number, doing: Doing): Reach {
  const { everything, synced } = store.memory.state;
  let unsent = letters;
  for (const w of store.memory.outbox.values()) if (waits(w)) unsent++;
  return { unsent, doing, ...(everything && letters === 0 && { everything }), ...(synced && { synced }) };
}
