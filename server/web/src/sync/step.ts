import type { OpID, Scope, Version } from "./ids.ts";
import type { Frame, Look, Step, Sum, SyncState, Written } from "./keep.ts";
import type { Memory } from "./load.ts";
import { landing, nothingStaged, stageFrames, type Plan, type Staging } from "./staging.ts";
import { sumOf } from "./sums.ts";

/** What a step said is to become of things, before any of it is kept. */
export interface Draft {
  readonly state: SyncState;
  readonly puts: ReadonlyMap<number, Written>;
  readonly removed: ReadonlySet<number>;
  /** All of the outbox under new numbers; puts and removed are in it. */
  readonly renumbered: readonly Written[] | undefined;
  readonly listed: ReadonlyMap<OpID, Written | undefined>;
  readonly staging: Staging;
  /** Pages that this step has staged, by their rows. */
  readonly frames: Pages;
  /** What was staged before is void, or has landed. */
  readonly unstaged: boolean;
  readonly plans: ReadonlyMap<Scope, Plan>;
  /** Pages of this step that landed in it, and never need a row. */
  readonly landed: Pages;
}
type Pages = ReadonlyMap<number, readonly Frame[]>;

export const inOrder = (entries: Iterable<Written>): readonly Written[] => [...entries].sort((a, b) => a.op.n - b.op.n);

/** What stands now. */
export function lookAt(m: Memory): Look {
  return {
    state: m.state, lastN: m.lastN,
    entries: () => inOrder(m.outbox.values()),
    listed: () => [...m.listed.values()],
    sums: () => new Map([...m.folders].map(([scope, f]) => [scope, m.damaged.has(scope) ? unread : sumOf(f.tally)])),
  };
}

/** Of a folder that cannot be read: no server says so, and it is fetched again. */
const unread: Sum = { count: 0, sum: "0000000000000001" };

/** Entries that a step has said anything new of. */
export const changedEntries = (draft: Draft): readonly Written[] => draft.renumbered ?? [...draft.puts.values()].filter((w) => !draft.removed.has(w.op.n));

/** What a step said of the state, the outbox and the lists, once it is kept. What becomes of folders is their keeper's. */
export function settleEntries(m: Memory, draft: Draft): void {
  if (draft.renumbered) {
    m.outbox.clear();
    m.lastN = draft.renumbered.length;
  }
  for (const w of changedEntries(draft)) m.outbox.set(w.op.n, w);
  for (const n of draft.removed) m.outbox.delete(n);
  for (const [id, w] of draft.listed) {
    if (w) m.listed.set(id, w);
    else m.listed.delete(id);
  }
  m.state = draft.state;
  m.staging = draft.staging;
}

/** A step on what stands, and what it has said when it is over. */
export function begin(m: Memory): { readonly step: Step; end(): Draft } {
  let puts = new Map<number, Written>(), removed = new Set<number>(), renumbered: Written[] | undefined;
  let staging = m.staging, frames = new Map<number, readonly Frame[]>(), unstaged = false;
  let plans = new Map<Scope, Plan>(), landed: Pages = new Map();
  let entries: readonly Written[] | undefined;
  const listed = new Map<OpID, Written | undefined>();
  const genOf = (scope: Scope): Version | undefined => m.folders.get(scope)?.gen;
  const look = lookAt(m);
  const step: Step = {
    state: m.state,
    get lastN() {
      return renumbered ? renumbered.length : m.lastN;
    },
    entries() {
      if (renumbered) return renumbered;
      return entries ??= inOrder(new Map([...m.outbox, ...puts].filter(([n]) => !removed.has(n))).values());
    },
    listed: () => [...new Map<OpID, Written | undefined>([...m.listed, ...listed]).values()].filter((w) => w !== undefined),
    put(entry) {
      entries = undefined;
      if (renumbered) renumbered = renumbered.map((w) => (w.op.n === entry.op.n ? entry : w));
      else puts.set(entry.op.n, entry);
    },
    remove(n) {
      entries = undefined;
      if (renumbered) throw new Error("a step that numbers anew takes nothing out after it");
      removed.add(n);
    },
    renumber() {
      renumbered = step.entries().map((w, i) => ({ ...w, op: { ...w.op, n: i + 1 } }));
      [puts, removed, entries] = [new Map(), new Set(), undefined];
    },
    list: (entry) => void listed.set(entry.op.id, entry),
    unlist: (id) => void listed.set(id, undefined),
    stage(page) {
      frames.set(staging.next, page);
      staging = stageFrames(staging, page, genOf);
    },
    unstage() {
      [staging, frames, unstaged] = [nothingStaged, new Map(), true];
    },
    land(reset) {
      [plans, landed, frames, staging, unstaged] = [landing(staging, m.folders, reset), frames, new Map(), nothingStaged, true];
    },
    drop(scope) {
      if (m.folders.has(scope)) plans.set(scope, { kind: "goes" });
      else plans.delete(scope);
    },
    sums() {
      const sums = new Map(look.sums());
      for (const [scope, plan] of plans) {
        if (plan.kind === "goes") sums.delete(scope);
        else sums.set(scope, plan.kind === "poured" && m.damaged.has(scope) ? unread : sumOf(plan.tally));
      }
      return sums;
    },
  };
  return { step, end: () => ({ state: step.state, puts, removed, renumbered, listed, staging, frames, unstaged, plans, landed }) };
}
