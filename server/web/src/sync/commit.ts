import type { Letter } from "./box.ts";
import type { OutboxRow, StoreName, Tx } from "./db.ts";
import type { ClientID, OpID, Scope } from "./ids.ts";
import type { Written } from "./keep.ts";
import { applyFolders, land, namesOf, stagedRow, tidied, writeFolders, type Desk } from "./land.ts";
import { entryName, listedName, metaKeys, stageName, type Memory } from "./load.ts";
import { written } from "./pages.ts";
import { preview } from "./preview.ts";
import type { Op } from "./record.ts";
import type { Sealed } from "./spare.ts";
import { changedEntries, settleEntries, type Draft } from "./step.ts";
import { encodeOp } from "./wire.ts";

/** What is to be written, all sealed, and what memory becomes once it is. */
export interface Change {
  readonly stores: StoreName[];
  /** Waits for nothing but the transaction. */
  write(tx: Tx): Promise<unknown>;
  apply(m: Memory): void;
  /** Letters for the second place once it is written, and ops whose letters leave that before. */
  readonly sealed: readonly Sealed[];
  readonly dropped: readonly OpID[];
  /** Scopes whose views are old then. */
  readonly scopes: readonly Scope[];
}
/** Seals an op to the server; undefined while its key is not known. */
export type SealOp = (op: Op, client: ClientID | undefined) => Promise<Letter> | undefined;

/** Ids of ops that were let go are remembered for so many, in case they are asked to be written once more. */
const spentMost = 200;

/** Works out and seals what a step said. */
export async function prepare(desk: Desk, letter: SealOp, m: Memory, draft: Draft): Promise<Change> {
  const { box } = desk;
  const entries = changedEntries(draft);
  const rowAt = (fresh: Draft["frames"]) => (n: number) => stagedRow(desk, fresh, n);
  const landing = await land(desk, m, draft.plans, rowAt(draft.landed));
  const names = namesOf(landing.gone);
  const gone = names.length > 0 ? [...m.gone, ...names.map((name) => ({ name, at: desk.now }))] : m.gone;
  const spentNow = [...draft.removed].flatMap((n) => m.outbox.get(n)?.op.id ?? []);
  const spent = spentNow.length > 0 ? [...m.spent, ...spentNow].slice(-spentMost) : m.spent;
  const before = draft.unstaged ? new Map() : m.preview;
  const shows = draft.state.shown ? new Map() : await preview(draft.staging, before, desk.now, rowAt(draft.frames));
  const [state, goneBox, rows, listed, stage] = await Promise.all([
    draft.state === m.state ? undefined : box.seal(metaKeys.state, written(draft.state)),
    gone === m.gone ? undefined : box.seal(metaKeys.gone, written(gone)),
    Promise.all(entries.map((w) => rowOf(desk, w, draft.renumbered ? letter : () => undefined, draft.state.client))),
    Promise.all([...draft.listed].map(async ([id, w]) => [id, w && await box.seal(listedName(id), written(w))] as const)),
    Promise.all([...draft.frames].map(async ([n, frames]) => [n, await box.seal(stageName(n), written(frames))] as const)),
  ]);
  const scopes = new Set<Scope>([...draft.plans.keys(), ...entries.map((w) => w.op.scope)]);
  for (const s of new Set([...shows.keys(), ...m.preview.keys()])) if (shows.get(s) !== m.preview.get(s)) scopes.add(s);
  for (const w of [...[...draft.removed].map((n) => m.outbox.get(n)), ...[...draft.listed.keys()].map((id) => m.listed.get(id))]) if (w) scopes.add(w.op.scope);
  return {
    stores: ["meta", "outbox", "listed", "pages", "log", "stage"],
    write(tx) {
      const meta = tx.objectStore("meta"), outbox = tx.objectStore("outbox"), list = tx.objectStore("listed"), staged = tx.objectStore("stage");
      const asked: Promise<unknown>[] = [];
      if (state) asked.push(meta.put(state, metaKeys.state), meta.put(draft.state.offered, metaKeys.answered));
      if (goneBox) asked.push(meta.put(goneBox, metaKeys.gone));
      if (spent !== m.spent) asked.push(meta.put(spent, metaKeys.spent));
      if (draft.renumbered) asked.push(outbox.clear(), meta.put(rows.length, metaKeys.count), ...rows.map((row) => outbox.put(row)));
      else asked.push(...rows.map((row) => putEntry(tx, row)), ...[...draft.removed].map((n) => outbox.delete(n)));
      for (const [id, sealed] of listed) asked.push(sealed ? list.put(sealed, id) : list.delete(id));
      if (draft.unstaged) asked.push(staged.clear());
      for (const [n, sealed] of stage) {
        if (n === 1 && !draft.unstaged) asked.push(staged.clear()); // rows of a run that could not be read
        asked.push(staged.put(sealed, n));
      }
      return Promise.all([...asked, ...writeFolders(tx, landing)]);
    },
    apply(m) {
      settleEntries(m, draft);
      m.spent = spent;
      m.gone = gone;
      m.preview = shows;
      applyFolders(desk, m, landing);
    },
    sealed: sealedOf(rows),
    dropped: [...spentNow, ...rows.filter((row) => row.emptied).map((row) => row.id)],
    scopes: [...scopes],
  };
}

/** Work for an idle moment, that changes nothing that is shown; undefined: there is none. */
export async function tidy(desk: Desk, m: Memory): Promise<Change | undefined> {
  const landing = await tidied(desk, m);
  return landing && {
    stores: ["meta", "pages", "log"], scopes: [], sealed: [], dropped: [],
    write: (tx) => Promise.all(writeFolders(tx, landing)),
    apply: (m) => applyFolders(desk, m, landing),
  };
}

export async function rowOf(desk: Pick<Desk, "box">, w: Written, letter: SealOp, client: ClientID | undefined): Promise<OutboxRow> {
  const [box, sealed] = await Promise.all([desk.box.seal(entryName(w.op.id), written(w)), isEmptied(w) ? undefined : letter(w.op, client)]);
  return { n: w.op.n, id: w.op.id, box, ...(sealed && { letter: sealed }), size: encodeOp(w.op).length, ...(isEmptied(w) && { emptied: true }) };
}

export const sealedOf = (rows: readonly OutboxRow[]): readonly Sealed[] => rows.flatMap(({ id, letter }) => (letter ? [{ id, letter }] : []));

/** Nothing of what it said is to stay, in its letter neither (PROTOCOL §11.2). */
const isEmptied = (w: Written): boolean => w.result?.code === "erased";

/** Puts a row in place of the one with its number. The op is the same, so its letter stays. */
async function putEntry(tx: Tx, row: OutboxRow): Promise<unknown> {
  const outbox = tx.objectStore("outbox");
  const before = await outbox.get(row.n);
  return outbox.put(before?.letter && !row.emptied ? { ...row, letter: before.letter } : row);
}
