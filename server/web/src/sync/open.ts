import { guardDefaults, guardSettings } from "./guard.ts";
import { BoxDamaged, BoxShut } from "./box.ts";
import { closedState, unsentRows } from "./closed.ts";
import { beginTerm, dbName, eraseDb, openDb, stores, TakenOver, termKey, transact, vaultRows, type Db, type Opening, type Tx } from "./db.ts";
import { isPerson, userScope, uuid, type OpID } from "./ids.ts";
import { enrol, joinKeys, refused, settleIn, type Device } from "./joining.ts";
import { StorageFull } from "./keep.ts";
import { undecided } from "./letters.ts";
import { officeOf } from "./office.ts";
import { made } from "./outbox.ts";
import type { Caseload, Joined, Left, News, Phone, PhoneState, Saved, Unlocked as Tried } from "./phone.ts";
import { pinFault } from "./pin.ts";
import type { Edit, Op } from "./record.ts";
import type { Outcome } from "./run.ts";
import { matchSpare } from "./salvage.ts";
import { openSpare, type OpenSpare } from "./spare.ts";
import { createTransport, is, type Reach } from "./transport.ts";
import { turns } from "./turns.ts";
import { unlock, type Unlocked } from "./unlocked.ts";
import { createVault, type Handed, type Opened } from "./vault.ts";

export interface PhoneEffects {
  /** Whose term it is to write; never used before. */
  readonly term: string;
  readonly reach: Reach;
  readonly random: (bytes: Uint8Array) => Uint8Array;
  readonly build: string;
  readonly device: Device;
  /** Whether the browser promised to keep what is stored; undefined: it does not say. */
  readonly kept: () => Promise<boolean | undefined>;
  /** Takes away what the browser has of the app itself. */
  readonly forgetApp: () => Promise<void>;
  /** The second place for letters. */
  readonly spare: OpenSpare;
  readonly tell: (news: News) => void;
  /** What opens the phone without a PIN is good from here on; undefined: it no longer is. */
  readonly hand: (handed: Handed | undefined) => void;
}

/** A phone that this worker leads. */
export interface Led extends Omit<Phone, "presence" | "update"> {
  state(): PhoneState;
  /** Undefined while it is locked. */
  caseload(): Caseload | undefined;
  /** The network came back, or the app came to the front or left it. */
  nudge(why: "online" | "shown" | "hidden" | "push"): void;
  /** Lets go of everything in order. */
  end(): Promise<void>;
}

/** How long signing out waits for what is unsent to be sent, in milliseconds. */
const lastTry = 20_000;
/** Under which key of `meta` it stands when this phone locks by itself. It is nobody's secret. */
const locksKey = "locks";
/** How long it waits for the server to hear that it is to be woken no more. */
const lastWord = 5_000;

/** Opens the storage and says how the phone stands. With a key that another tab handed on it needs no PIN. */
export async function openPhone(fx: PhoneEffects, handed: Handed | undefined): Promise<Led> {
  const { reach, random, term } = fx;
  const { now, timer } = reach;
  const mint = (): string => uuid(now(), random);
  const transport = createTransport(reach);
  let db: Db, begun = false, ended = false;
  let at: PhoneState = { kind: "starting" };
  let open: Unlocked | undefined;
  let locks = guardDefaults;
  /** It is not said yet that the phone is open: a code may be somebody else's. */
  let hushed = false;
  /** Who waits for what was written to be sent: told of each step on, and of how a run ended. */
  const watching = new Set<(outcome?: Outcome) => void>();
  /** Opening, locking and leaving are done one after the other. */
  const turn = turns();

  const say = (state: PhoneState): void => {
    if (same(at, state)) return;
    at = state;
    if (!ended) fx.tell({ kind: "state", state });
  };

  const opening: Opening = await openDb(dbName, gone);
  if (opening.kind !== "open") {
    at = { kind: "broken", why: opening.kind === "newer" ? "newer" : "storage" };
    return shut();
  }
  db = opening.db;
  const spare = await openSpare(fx.spare);
  const rows = vaultRows(() => db, term), vault = createVault({ rows, now, random });
  let kept = await fx.kept();
  await begin().then(() => matchSpare(db, term, spare)).catch((why: unknown) => { if (!(why instanceof StorageFull)) throw why; }); // it still says how it stands
  const adopted = begun && handed && await vault.adopt(handed);
  if (adopted) await enter(adopted).catch(broken);
  else at = await closed();

  return {
    state: () => at,
    caseload: () => open?.caseload,
    join: (code, pin) => turn(() => join(code, pin)),
    unlock: (pin) => turn(async () => {
      if (open) return { kind: "open" };
      if (!begun) {
        try {
          await begin();
        } catch (why) {
          if (why instanceof StorageFull) return { kind: "storage_full" };
          throw why;
        }
      }
      const tried = await vault.unlock(pin);
      if (tried.kind !== "open") {
        say(await closed());
        return tried satisfies Tried;
      }
      await enter(tried).catch(broken);
      return { kind: "open" };
    }),
    lock() { // at once, whatever is under way
      const locked = vault.lock(), over = open?.end();
      open = undefined;
      fx.hand(undefined);
      return turn(async () => {
        await Promise.all([locked, over?.catch(() => undefined)]);
        if (at.kind === "open") say(await closed());
      });
    },
    lockAfter: (settings) => turn(async () => {
      if (!open) return;
      const chosen = guardSettings(settings);
      await transact(db, term, ["meta"], "strict", (tx) => tx.objectStore("meta").put(chosen, locksKey));
      locks = chosen;
      stand();
    }),
    changePin: (old, next) => turn(async () => {
      const tried = await vault.change(old, next);
      return tried.kind === "refused" ? { kind: "pin_refused", why: tried.why } : tried;
    }),
    signOut: (how) => turn(() => signOut(how)),
    write,
    syncNow(why = "asked") {
      open?.schedule.nudge(why);
      return Promise.resolve();
    },
    async office() {
      if (!open) return { waiting: [], needsYou: [], sealed: 0, notices: [], gone: [] };
      const { store, caseload } = open;
      const decided = new Set(caseload.hot("notice").map((n) => n.fields["op"] as OpID));
      return officeOf(store.memory, caseload, await store.tellGone(), (await undecided(db, term, decided)).length);
    },
    async clear(ops) {
      if (!open) return;
      await open.store.unlist(ops.filter((id) => open?.store.memory.listed.has(id)));
      const seen = open.caseload.hot("notice").filter((n) => n.fields["seen"] === undefined && ops.includes(n.fields["op"] as OpID));
      if (seen.length > 0) await write(seen.map((n): Edit => ({ scope: n.scope, kind: n.kind, record: n.id, base: n.version, set: { seen: true } })));
      stand();
    },
    keepDraft: async (key, body) => open?.drafts.keep(key, body),
    draft: async (key) => open?.drafts.of(key),
    drafts: async () => open?.drafts.all() ?? [],
    dropDraft: async (key) => open?.drafts.drop(key),
    pushKey: async () => open?.session.pushKey(new AbortController().signal),
    async wakeBy(subscription) {
      const fault = open ? await open.session.wakeBy(subscription, new AbortController().signal) : { kind: "stopped" } as const;
      if (fault === undefined) return { kind: "told" };
      return is(fault, "push_host_not_allowed") || is(fault, "bad_target") ? { kind: "barred" } : { kind: "unreachable" };
    },
    nudge(why) {
      if (why === "shown" || why === "hidden") open?.schedule.attend({ visible: why === "shown" });
      if (why !== "hidden") open?.schedule.nudge(why === "shown" ? "visible" : why);
      if (why === "shown") void look();
    },
    end,
  };

  /** From here on no other worker writes. On a phone that is full even that finds no room, and is tried again with the PIN. */
  async function begin(): Promise<void> {
    await beginTerm(db, term);
    begun = true;
  }

  async function closed(): Promise<PhoneState> {
    return closedState(db, begun ? await vault.look() : { kind: await rows.read() ? "locked" : "none" }, spare);
  }

  /** Goes in by an open vault. */
  async function enter(opened: Opened): Promise<void> {
    const mine = (): boolean => open !== undefined && open === entered;
    let entered: Unlocked | undefined;
    entered = await unlock({
      transport, now, random, timer, build: fx.build, erase: () => erase("revoked"),
      changed: (scopes) => { if (mine()) fx.tell({ kind: "changed", scopes }); },
      moved: () => { if (mine()) stand(); },
      ended: (outcome) => { for (const hear of watching) hear(outcome); },
      broken: (why) => { if (mine()) broken(why); },
    }, db, term, opened.box, spare);
    if (vault.opened()?.handed !== opened.handed) { // it was locked meanwhile
      await entered.end();
      return say(await closed());
    }
    locks = guardSettings(await db.get("meta", locksKey));
    open = entered;
    fx.hand(opened.handed);
    await look();
  }

  /** Whether the browser keeps what is stored may have changed while nobody looked. */
  async function look(): Promise<void> {
    kept = await fx.kept();
    stand();
  }

  /** Says how the open phone stands. */
  function stand(): void {
    if (!open || hushed) return;
    for (const hear of watching) hear();
    const { memory } = open.store;
    say({ kind: "open", user: open.user, reach: open.reach(), needsYou: memory.listed.size, kept, locks, update: memory.state.recalled === fx.build ? "must" : "none" });
  }

  /** The browser ended the storage, or another program of this phone did. */
  function gone(): void {
    broken(new Error("the storage was ended"));
  }

  function broken(why: unknown): void {
    if (why instanceof TakenOver || why instanceof BoxShut || ended) return; // another tab leads, and tells; or it was locked, and said
    const was = open;
    open = undefined;
    fx.hand(undefined);
    void vault.lock().catch(() => undefined);
    void was?.end().catch(() => undefined);
    if (!(why instanceof BoxDamaged)) return say({ kind: "broken", why: "storage" });
    void unsentRows(db).then((unsent) => say({ kind: "broken", why: "damaged", unsent }), () => say({ kind: "broken", why: "storage" }));
  }

  async function join(code: string, pin: string): Promise<Joined> {
    try {
      if (open) return await rejoin(open, code);
      const fault = pinFault(pin);
      if (fault !== undefined) return { kind: "pin_refused", why: fault };
      if (!begun) await begin();
      // Who remembers the PIN after all keeps everything.
      if ((await vault.look()).kind === "locked") {
        const tried = await vault.unlock(pin);
        if (tried.kind === "open") {
          hushed = true;
          try {
            await enter(tried).catch((why: unknown) => { if (!(why instanceof BoxDamaged)) throw why; }); // what is damaged is not there any more
            if (open) {
              const said = await rejoin(open, code);
              if (said.kind === "other_user") await shutAgain(); // whoever has the PIN and somebody else's code is told so, and sees nothing
              return said;
            }
          } finally {
            hushed = false;
            stand();
          }
        }
      }
      const said = await enrol(db, term, transport, now, mint, code, fx.device, new AbortController().signal);
      if (said.kind !== "enrolled") return said;
      const vaulted = await vault.make(pin, (row, box) => settleIn(db, term, row, box, said.state, said.sealKey, spare.held()));
      if (vaulted.kind === "refused") return { kind: "pin_refused", why: vaulted.why };
      await spare.begin();
      await enter(vaulted);
      return { kind: "joined" };
    } catch (why) {
      if (why instanceof StorageFull) return { kind: "storage_full" };
      throw why;
    }
  }

  async function shutAgain(): Promise<void> {
    const was = open;
    open = undefined;
    fx.hand(undefined);
    await Promise.all([vault.lock(), was?.end().catch(() => undefined)]);
    say(await closed());
  }

  /** A phone that is open, and was signed out by the server, keeps what it holds. */
  async function rejoin(into: Unlocked, code: string): Promise<Joined> {
    const said = await into.session.enrol(code, fx.device, new AbortController().signal);
    if (said.kind !== "joined") return refused(said);
    into.schedule.nudge("asked");
    return { kind: "joined" };
  }

  async function write(edits: readonly Edit[], ids?: readonly OpID[]): Promise<Saved> {
    const into = open;
    if (!into) return { kind: "locked" };
    const mine = userScope(into.user.id);
    if (edits.some((e) => !isPerson(e.scope) && e.scope !== mine && !into.caseload.knows(e.scope))) return { kind: "not_yours" };
    const making = made(edits, into.store.memory.lastN, { now, random });
    if (making.kind !== "made") throw new Error(`an edit is ${making.kind}`);
    const ops = making.ops.map((op, i): Op => ({ ...op, id: ids?.[i] ?? op.id }));
    try {
      await into.store.write(ops);
    } catch (why) {
      if (why instanceof StorageFull) return { kind: "storage_full" };
      if (!open) return { kind: "locked" };
      throw why;
    }
    into.schedule.nudge("write");
    return { kind: "saved", ops: ops.map((op) => op.id) };
  }

  async function signOut(how: "ask" | "erase"): Promise<Left> {
    const unsent = (): number => open?.reach().unsent ?? 0;
    if (at.kind === "new") return { kind: "left" };
    if (!open) return { kind: "unsent", count: await unsentRows(db) }; // whoever cannot open it does not erase it
    if (how === "ask") {
      if (unsent() > 0) await sent(open);
      if (unsent() > 0) return { kind: "unsent", count: unsent() };
    }
    await sleep(open);
    await erase("signed_out");
    return { kind: "left" };
  }

  /** Syncs, and waits until all is sent or a run could not send it, but not for ever. */
  function sent(of: Unlocked): Promise<void> {
    return new Promise((done) => {
      const over = (): void => {
        cancel();
        watching.delete(hear);
        done();
      };
      const hear = (outcome?: Outcome): void => { if (of.reach().unsent === 0 || (outcome && outcome.kind !== "agreed")) over(); };
      const cancel = timer(lastTry, over);
      watching.add(hear);
      of.schedule.nudge("asked");
    });
  }

  /** The server is to wake this phone no more; it finds out by itself too, so nobody waits long for it to be told. */
  async function sleep(of: Unlocked): Promise<void> {
    if (of.store.memory.state.wakes === undefined) return;
    const over = new AbortController(), cancel = timer(lastWord, () => over.abort());
    await of.session.wakeBy(undefined, over.signal).catch(() => undefined);
    cancel();
  }

  /** Everything goes: its rows in one transaction, and then the database, which the browser may keep for as long as another tab has it open. */
  async function erase(left: "signed_out" | "revoked"): Promise<void> {
    const was = open;
    open = undefined;
    fx.hand(undefined);
    if (left === "signed_out") await was?.end();
    else void was?.end().catch(() => undefined); // the run that asks for it is under way, and ends after this
    await spare.erase();
    await vault.destroy();
    const leave = (tx: Tx): Promise<unknown> => Promise.all([...stores.map((name) => tx.objectStore(name).clear()),
      tx.objectStore("meta").put(term, termKey), tx.objectStore("meta").put(left, joinKeys.left)]);
    await transact(db, term, stores, "strict", leave);
    await fx.forgetApp();
    db.close();
    await eraseDb(dbName);
    const again = await openDb(dbName, gone);
    if (again.kind !== "open") return say({ kind: "broken", why: "storage" });
    db = again.db;
    await beginTerm(db, term);
    await transact(db, term, stores, "strict", leave);
    say(await closed());
  }

  async function end(): Promise<void> {
    ended = true;
    const was = open;
    open = undefined;
    await was?.end().catch(() => undefined);
    await spare.end();
    db?.close();
  }

  /** A phone that cannot be opened: it says so, and does nothing. */
  function shut(): Led {
    const no = (): never => { throw new Error("the phone cannot be opened"); };
    return { state: () => at, caseload: () => undefined, join: no, unlock: no, lock: no, changePin: no, lockAfter: no, signOut: no, write: no, syncNow: no, office: no,
      clear: no, keepDraft: no, draft: no, drafts: no, dropDraft: no, pushKey: no, wakeBy: no, nudge: () => undefined, end: () => Promise.resolve() };
  }
}

const same = (a: PhoneState, b: PhoneState): boolean => JSON.stringify(a) === JSON.stringify(b);
