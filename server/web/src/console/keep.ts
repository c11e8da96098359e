import type { Folder } from "../sync/folder.ts";
import { inHead, plainly } from "../sync/folder.ts";
import type { RecordID, Scope } from "../sync/ids.ts";
import type { Frame, Keep, Step, Written } from "../sync/keep.ts";
import { fresh } from "../sync/keep.ts";
import { emptyMemory, type Memory } from "../sync/load.ts";
import { numbered } from "../sync/outbox.ts";
import type { Op, Shown } from "../sync/record.ts";
import { begin, inOrder, lookAt, settleEntries, type Draft } from "../sync/step.ts";
import type { Brought } from "../sync/staging.ts";
import { turns } from "../sync/turns.ts";

/*
 * What a desk has of its team, in memory and nowhere else: a window that is closed leaves nothing. It keeps the promises of Keep for the same run
 * that phones have; where those seal pages and write them in one transaction, here a step is over when it is said.
 */

export interface DeskKeep extends Keep {
  readonly memory: Memory;
  /** Puts ops behind what waits, under the next numbers. */
  write(ops: readonly Op[]): readonly Op[];
}

/** `changed` names scopes whose views are old; none: any. */
export function createKeep(changed: (scopes: readonly Scope[]) => void): DeskKeep {
  const m = emptyMemory(fresh);
  const rows = new Map<number, readonly Frame[]>();
  const inTurn = turns();
  let sorted: readonly Written[] | undefined;

  function apply(draft: Draft): void {
    const was = m.state;
    for (const [n, frames] of draft.landed) rows.set(n, frames);
    const brought = broughtBy(draft, rows);
    for (const [scope, plan] of draft.plans) {
      const before = m.folders.get(scope);
      if (plan.kind === "goes") m.folders.delete(scope);
      else m.folders.set(scope, folderOf(scope, before, plan.kind === "poured" ? before : undefined, plan.brought, brought.get(scope) ?? new Map(), plan.tally));
    }
    if (draft.unstaged) rows.clear();
    for (const [n, frames] of draft.frames) rows.set(n, frames);
    settleEntries(m, draft);
    sorted = undefined;
    const scopes = [...draft.plans.keys()];
    if (scopes.length > 0 || draft.renumbered || was.shown !== m.state.shown) changed(was.shown ? scopes : []);
    else if (draft.puts.size > 0 || draft.removed.size > 0 || draft.listed.size > 0) changed([...new Set([...draft.puts.values()].map((w) => w.op.scope))]);
  }

  return {
    memory: m,
    look: (fn) => fn({ ...lookAt(m), entries: () => sorted ??= inOrder(m.outbox.values()) }),
    change: <T>(fn: (step: Step) => T): Promise<T> => inTurn(() => {
      const { step, end } = begin(m);
      const answer = fn(step);
      apply(end());
      return Promise.resolve(answer);
    }),
    write(ops) {
      const given = numbered(ops, m.lastN);
      for (const op of given) m.outbox.set(op.n, { op });
      m.lastN += given.length;
      sorted = undefined;
      changed([...new Set(ops.map((op) => op.scope))]);
      return given;
    },
  };
}

/** The records that landed, by scope: of each the version that counts. */
function broughtBy(draft: Draft, rows: ReadonlyMap<number, readonly Frame[]>): ReadonlyMap<Scope, ReadonlyMap<RecordID, Shown>> {
  const found = new Map<Scope, Map<RecordID, Shown>>();
  const wanted = new Map<Scope, Brought>();
  for (const [scope, plan] of draft.plans) if (plan.kind !== "goes") wanted.set(scope, plan.brought);
  if (wanted.size === 0) return found;
  for (const [row, frames] of rows) {
    for (const f of frames) {
      if (f.frame !== "record") continue;
      const b = wanted.get(f.scope);
      if (b === undefined || row < b.first || b.live.get(f.record.id) !== f.record.version) continue;
      const of = found.get(f.scope) ?? new Map<RecordID, Shown>();
      found.set(f.scope, of.set(f.record.id, plainly(f.record, f.scope)));
    }
  }
  return found;
}

/** A folder with all of it at hand: `onto` is what stays, undefined where it came whole. */
function folderOf(scope: Scope, before: Folder | undefined, onto: Folder | undefined, brought: Brought, records: ReadonlyMap<RecordID, Shown>, tally: Folder["tally"]): Folder {
  const atHand = new Map(onto?.atHand), index = new Map(onto?.index);
  for (const id of brought.gone.keys()) {
    atHand.delete(id);
    index.delete(id);
  }
  for (const [id, r] of records) {
    atHand.set(id, r);
    index.set(id, { version: r.version, page: inHead });
  }
  return { scope, name: before?.name ?? scope, gen: brought.mark.gen, tally, index, pages: [], atHand, log: { rows: 0, bytes: 0 } };
}
