import type { Box } from "./box.ts";
import { TakenOver, transact, type Db, type OutboxRow } from "./db.ts";
import { prepare, rowOf, sealedOf, tidy, type Change, type SealOp } from "./commit.ts";
import type { OpID, Scope } from "./ids.ts";
import type { Keep, Look, Step, Written } from "./keep.ts";
import type { Desk } from "./land.ts";
import { load, metaKeys, type Memory } from "./load.ts";
import { numbered } from "./outbox.ts";
import { written } from "./pages.ts";
import type { Op } from "./record.ts";
import type { Spare } from "./spare.ts";
import { begin, inOrder, lookAt } from "./step.ts";
import { createCold, type Cold } from "./cold.ts";
import { turns } from "./turns.ts";

export interface StoreEffects {
  readonly db: Db;
  /** This worker's term as the one that writes. */
  readonly term: string;
  readonly box: Box;
  readonly letter: SealOp;
  readonly spare: Spare;
  readonly now: () => number;
  readonly random: (bytes: Uint8Array) => Uint8Array;
  /** Views of these scopes are old; none named: any. */
  readonly changed: (scopes: readonly Scope[]) => void;
}

/** The unlocked storage of a phone. */
export interface Store extends Keep {
  readonly memory: Memory;
  readonly cold: Cold;
  /**
   * Puts ops into the outbox in one strict transaction, and gives them numbers without gaps. Ops whose ids were saved before
   * are not saved again. When it resolves the disk has them, and their letters are in the second place too.
   */
  write(ops: readonly Op[]): Promise<void>;
  unlist(ids: readonly OpID[]): Promise<void>;
  /** Tells who left this phone since the last look, and remembers that it was told. */
  tellGone(): Promise<Memory["gone"]>;
  /** Folds one folder, or takes away what nothing names any more. False: there was nothing to do. */
  fold(): Promise<boolean>;
  /** Resolves when everything that was begun is over. */
  idle(): Promise<void>;
}

/** How long it is told who left: at most so long, and after it was told. */
const goneFor = 7 * 86_400_000;
const toldFor = 86_400_000;

export async function openStore(fx: StoreEffects): Promise<Store> {
  const { db, box } = fx;
  const m = await load(db, box, fx.now());
  const cold = createCold(db, box, (scope) => void m.damaged.add(scope));
  const steps = turns(), outbox = turns();
  const desk = (): Desk => ({ db, box, cold, now: fx.now(), name: () => opaque(fx.random) });
  let sorted: readonly Written[] | undefined;

  /** One step is prepared at a time; the outbox is held only while a transaction of it runs, or while it gets new numbers. */
  const change = <T>(fn: (step: Step) => T): Promise<T> => steps(async () => {
    let release = await outbox.hold();
    try {
      const { step, end } = begin(m);
      const answer = fn(step);
      const draft = end();
      if (!draft.renumbered) release();
      const ready = await prepare(desk(), fx.letter, m, draft);
      if (!draft.renumbered) release = await outbox.hold();
      await keep(ready, "strict");
      return answer;
    } finally {
      release();
    }
  });

  async function keep(ready: Change, durability: "strict" | "relaxed"): Promise<void> {
    await fx.spare.drop(ready.dropped);
    await transact(db, fx.term, ready.stores, durability, (tx) => ready.write(tx));
    await fx.spare.keep(ready.sealed);
    ready.apply(m);
    sorted = undefined;
    if (ready.scopes.length > 0) fx.changed(ready.scopes);
  }

  async function write(ops: readonly Op[]): Promise<void> {
    const release = await outbox.hold();
    try {
      const entries = numbered(ops, m.lastN).map((op): Written => ({ op }));
      const rows = await Promise.all(entries.map((w) => rowOf(fx, w, fx.letter, m.state.client)));
      if (await put(rows) === "known") return;
      await fx.spare.keep(sealedOf(rows));
      for (const w of entries) m.outbox.set(w.op.n, w);
      m.lastN += entries.length;
      sorted = undefined;
    } finally {
      release();
    }
    fx.changed([...new Set(ops.map((op) => op.scope))]);
  }

  /** `known`: they were saved before. */
  async function put(rows: readonly OutboxRow[]): Promise<"saved" | "known"> {
    let said: "saved" | "known" = "saved";
    await transact(db, fx.term, ["meta", "outbox"], "strict", async (tx) => {
      const meta = tx.objectStore("meta"), outbox = tx.objectStore("outbox"), { id } = rows[0]!;
      const [count, spent, there] = await Promise.all([meta.get(metaKeys.count), meta.get(metaKeys.spent), outbox.index("id").getKey(id)]);
      if (there !== undefined || (spent as readonly OpID[] | undefined)?.includes(id)) return void (said = "known");
      if (((count as number | undefined) ?? 0) !== m.lastN) throw new TakenOver(); // a number is never given twice, whatever else is wrong
      await Promise.all([...rows.map((row) => outbox.add(row)), meta.put(m.lastN + rows.length, metaKeys.count)]);
    });
    return said;
  }

  const look = (): Look => ({ ...lookAt(m), entries: () => sorted ??= inOrder(m.outbox.values()) });

  return {
    memory: m, cold,
    look: (fn) => fn(look()),
    change, write,
    unlist: (ids) => change((step) => ids.forEach((id) => step.unlist(id))),
    tellGone: () => steps(async () => {
      const now = fx.now();
      const gone = m.gone.filter((g) => now - g.at < goneFor && (g.told === undefined || now - g.told < toldFor)).map((g) => ({ ...g, told: g.told ?? now }));
      if (gone.length !== m.gone.length || m.gone.some((g) => g.told === undefined)) {
        const sealed = await box.seal(metaKeys.gone, written(gone));
        await transact(db, fx.term, ["meta"], "relaxed", (tx) => tx.objectStore("meta").put(sealed, metaKeys.gone));
        m.gone = gone;
      }
      return gone;
    }),
    fold: () => steps(async () => {
      const ready = await tidy(desk(), m);
      if (ready) await keep(ready, "relaxed");
      return ready !== undefined;
    }),
    idle: () => steps(() => outbox.hold().then((release) => release())),
  };
}

const opaque = (random: (bytes: Uint8Array) => Uint8Array): string => Array.from(random(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
