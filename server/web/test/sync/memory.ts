import type { RecordID, Scope } from "../../src/sync/ids.ts";
import { fresh, StorageFull, type Keep, type Look, type Mark, type Step, type Sum, type SyncState, type Written } from "../../src/sync/keep.ts";
import { made, numbered, type Chance } from "../../src/sync/outbox.ts";
import { byRecord, overlay } from "../../src/sync/overlay.ts";
import type { Edit, Op, ServerRecord, Shown } from "../../src/sync/record.ts";
import { fate, take } from "../../src/sync/stage.ts";
import { add, nothing, sumOf } from "../../src/sync/sums.ts";

interface Shelf {
  readonly gen: Mark["gen"];
  readonly records: ReadonlyMap<RecordID, ServerRecord>;
}
interface Staged {
  readonly mark: Mark;
  readonly records: ReadonlyMap<RecordID, ServerRecord | null>;
}

/** All that a phone keeps, as a value: plain data, so that a copy of it is a copied phone. */
export interface Stored {
  readonly state: SyncState;
  readonly lastN: number;
  readonly entries: readonly Written[];
  readonly listed: readonly Written[];
  readonly view: ReadonlyMap<Scope, Shelf>;
  readonly staged: ReadonlyMap<Scope, Staged>;
}
export const empty: Stored = { state: fresh, lastN: 0, entries: [], listed: [], view: new Map(), staged: new Map() };

/** The smallest storage that keeps the promises of Keep: a value that is replaced whole, after a while. */
export interface Memory extends Keep {
  /** Writes edits as a screen does; several together. Gives the ops. */
  write(edits: readonly Edit[], chance: Chance): Promise<readonly Op[]>;
  stored(): Stored;
  /** Puts other things in the place of what is stored, as a fault of some program would. */
  spoil(change: (now: Stored) => Stored): void;
  scopes(): readonly Scope[];
  records(scope: Scope): readonly Shown[];
  /** Whether the next change finds no room. */
  full(is: boolean): void;
  /** Called once, while the next change is being sealed. */
  meanwhile(fn: () => Promise<unknown>): void;
}

export function memory(from: Stored = empty): Memory {
  let now = structuredClone(from);
  let turn: Promise<unknown> = Promise.resolve();
  let noRoom = false;
  let between: (() => Promise<unknown>) | undefined;

  return {
    look: (fn) => fn(lookAt(now)),
    change<T>(fn: (step: Step) => T): Promise<T> {
      const work = turn.then(async () => {
        const was = now;
        const { step, result } = stepOn(was);
        const value = fn(step);
        const other = between;
        between = undefined;
        await other?.();
        await new Promise<void>((done) => setImmediate(done)); // sealing takes a while
        if (noRoom) {
          noRoom = false;
          throw new StorageFull();
        }
        const next = result();
        const written = now.entries.filter((e) => e.op.n > was.lastN); // by a person, meanwhile
        const entries = written.map((e, i) => ({ ...e, op: { ...e.op, n: next.lastN + 1 + i } }));
        now = structuredClone({ ...next, entries: [...next.entries, ...entries], lastN: next.lastN + entries.length });
        return value;
      });
      turn = work.catch(() => undefined);
      return work;
    },
    async write(edits, chance) {
      const m = made(edits, now.lastN, chance);
      if (m.kind !== "made") throw new Error(`the edit is ${m.kind}`);
      await new Promise<void>((done) => setImmediate(done));
      const ops = numbered(m.ops, now.lastN);
      now = { ...now, lastN: now.lastN + ops.length, entries: [...now.entries, ...ops.map((op) => ({ op }))] };
      return ops;
    },
    stored: () => structuredClone(now),
    spoil: (change) => { now = change(now); },
    scopes: () => [...new Set([...shelves(now).keys(), ...byRecord(now.entries).keys()])].sort(),
    records(scope) {
      const own = byRecord(now.entries).get(scope);
      const there = shelves(now).get(scope);
      const ids = new Set([...(there?.keys() ?? []), ...(own?.keys() ?? [])]);
      const me = now.state.user?.id;
      return me === undefined ? [] : [...ids].sort().flatMap((id) => overlay(there?.get(id), own?.get(id) ?? [], me) ?? []);
    },
    full: (is) => { noRoom = is; },
    meanwhile: (fn) => { between = fn; },
  };
}

/** What the view shows: until a run has been completed, what has come whole. */
function shelves(now: Stored): ReadonlyMap<Scope, ReadonlyMap<RecordID, ServerRecord>> {
  if (now.state.shown) return new Map([...now.view].map(([scope, s]) => [scope, s.records]));
  return new Map([...now.staged].filter(([, s]) => s.mark.done).map(([scope, s]) => [scope, live(s.records)]));
}

const live = (records: Staged["records"]): ReadonlyMap<RecordID, ServerRecord> =>
  new Map([...records].flatMap(([id, r]) => (r ? [[id, r] as const] : [])));

const lookAt = (now: Stored): Look => ({
  state: now.state, lastN: now.lastN, entries: () => now.entries, listed: () => now.listed, sums: () => sumsOf(now.view),
});

/** Counts what is stored, not what was sent. */
function sumsOf(view: Stored["view"]): ReadonlyMap<Scope, Sum> {
  return new Map([...view].map(([scope, shelf]) => [scope, sumOf([...shelf.records.values()].reduce((t, r) => add(t, r.id, r.version), nothing))]));
}

function stepOn(was: Stored): { readonly step: Step; readonly result: () => Stored } {
  let lastN = was.lastN;
  let entries = new Map(was.entries.map((e) => [e.op.n, e]));
  const listed = new Map(was.listed.map((e) => [e.op.id, e]));
  const view = new Map(was.view);
  const staged = new Map(was.staged);
  const inOrder = (): readonly Written[] => [...entries.values()].sort((a, b) => a.op.n - b.op.n);
  const step: Step = {
    state: was.state,
    get lastN() { return lastN; },
    entries: inOrder,
    listed: () => [...listed.values()],
    sums: () => sumsOf(view),
    put(e) {
      if (!entries.has(e.op.n)) throw new Error(`there is no entry ${e.op.n}`);
      entries.set(e.op.n, e);
    },
    remove: (n) => void entries.delete(n),
    renumber() {
      entries = new Map(inOrder().map((e, i) => [i + 1, { ...e, op: { ...e.op, n: i + 1 } }]));
      lastN = entries.size;
    },
    list: (e) => void listed.set(e.op.id, e),
    unlist: (id) => void listed.delete(id),
    stage(frames) {
      for (const f of frames) {
        const scope = f.frame === "record" ? f.record.scope : f.scope;
        const shown = view.get(scope);
        const before = staged.get(scope);
        const taken = take(before?.mark ?? (shown && { gen: shown.gen }), f);
        const records = new Map(before?.records);
        switch (taken.kind) {
          case "ignored":
            continue;
          case "begun":
            records.clear();
            break;
          case "marked":
            break;
          case "counts":
            if (f.frame === "record") records.set(f.record.id, f.record);
            else if (f.frame === "gone" && taken.mark.came) records.delete(f.id);
            else if (f.frame === "gone") records.set(f.id, null);
        }
        staged.set(scope, { mark: taken.mark, records });
      }
    },
    unstage: () => staged.clear(),
    land(reset) {
      for (const scope of new Set([...view.keys(), ...staged.keys()])) {
        const shown = view.get(scope);
        const s = staged.get(scope);
        switch (fate(shown !== undefined, s?.mark, reset)) {
          case "stays":
            break;
          case "goes":
            view.delete(scope);
            break;
          case "replaced":
            if (s) view.set(scope, { gen: s.mark.gen, records: live(s.records) });
            break;
          case "poured": {
            const records = new Map(shown?.records);
            for (const [id, r] of s?.records ?? []) {
              if (r) records.set(id, r);
              else records.delete(id);
            }
            if (shown) view.set(scope, { ...shown, records });
          }
        }
      }
      staged.clear();
    },
    drop: (scope) => void view.delete(scope),
  };
  return { step, result: () => ({ state: step.state, lastN, entries: inOrder(), listed: [...listed.values()], view, staged }) };
}
