import { openWhole, type Box } from "./box.ts";
import type { Db, OutboxRow } from "./db.ts";
import { isNeeded, type Folder } from "./folder.ts";
import type { OpID, RecordID, Scope, Version } from "./ids.ts";
import { fresh, type Frame, type SyncState, type Written } from "./keep.ts";
import { pour, read, readHead, readLog, readPage } from "./pages.ts";
import { preview, type Preview } from "./preview.ts";
import { nothingStaged, stageFrames, tallied, type Staging } from "./staging.ts";

/** All that is in memory while the phone is unlocked. */
export interface Memory {
  state: SyncState;
  lastN: number;
  readonly outbox: Map<number, Written>;
  readonly listed: Map<OpID, Written>;
  readonly folders: Map<Scope, Folder>;
  staging: Staging;
  /** People that left this phone. */
  gone: readonly Gone[];
  /** The number of the next row of a log. */
  nextLog: number;
  /** Ids of ops that left the outbox lately: they were saved. */
  spent: readonly OpID[];
  /** Folders of which a page does not open: what is in it does not count as held, so that it is fetched again. */
  readonly damaged: Set<Scope>;
  /** Pages that no folder names. */
  strays: readonly string[];
  /** Scopes that are shown before the first run is complete. */
  preview: Preview;
}
export interface Gone {
  readonly name: string;
  readonly at: number;
  /** When it was told first. */
  readonly told?: number;
}

export const emptyMemory = (state: SyncState): Memory => ({
  state, lastN: 0, outbox: new Map(), listed: new Map(), folders: new Map(), staging: nothingStaged, gone: [], nextLog: 1,
  spent: [], damaged: new Set(), strays: [], preview: new Map(),
});

/** Names under which things of the store `meta` are sealed and kept. */
export const metaKeys = {
  state: "state", gone: "gone",
  /** In the open: the highest number given out, and up to which the server has answered. */
  count: "count", answered: "answered",
  /** In the open: ids of ops that were let go. */
  spent: "spent",
} as const;

/** What the disk has, read in one transaction, so that it fits together, and opened. */
export async function load(db: Db, box: Box, now: number): Promise<Memory> {
  const tx = db.transaction(["meta", "outbox", "listed", "pages", "log", "stage"], "readonly");
  const meta = tx.objectStore("meta"), pages = tx.objectStore("pages"), log = tx.objectStore("log");
  const heads = IDBKeyRange.bound("h/", "h0", false, true), warm = IDBKeyRange.bound("w/", "w0", false, true);
  const [state, gone, count, spent, rows, listed, headKeys, headPages, warmKeys, warmPages, coldKeys, logKeys, logRows, stageKeys] = await Promise.all([
    meta.get(metaKeys.state) as Promise<Uint8Array | undefined>, meta.get(metaKeys.gone) as Promise<Uint8Array | undefined>,
    meta.get(metaKeys.count) as Promise<number | undefined>, meta.get(metaKeys.spent) as Promise<readonly OpID[] | undefined>,
    tx.objectStore("outbox").getAll(), tx.objectStore("listed").getAll(),
    pages.getAllKeys(heads), pages.getAll(heads), pages.getAllKeys(warm), pages.getAll(warm), pages.getAllKeys(IDBKeyRange.bound("c/", "c0", false, true)),
    log.getAllKeys(), log.getAll(), tx.objectStore("stage").getAllKeys(),
  ]);
  const listedKeys = await tx.objectStore("listed").getAllKeys();
  await tx.done;

  const memory: Memory = {
    ...emptyMemory(fresh), state: state ? { ...fresh, ...read<SyncState>(await box.open(metaKeys.state, state)) } : fresh, lastN: count ?? 0,
    outbox: new Map((await openEntries(box, rows)).map((w) => [w.op.n, w])),
    listed: new Map(await Promise.all(listed.map(async (sealed, i) => [listedKeys[i]!, read<Written>(await box.open(listedName(listedKeys[i]!), sealed))] as const))),
    gone: gone ? read<Gone[]>(await box.open(metaKeys.gone, gone)) : [], spent: spent ?? [],
  };

  const folders = await Promise.all(headPages.map(async (sealed, i) => {
    const name = headKeys[i]!;
    return openWhole(box, name, sealed).then((plain) => plain && readHead(name, plain));
  }));
  const byName = new Map<string, Folder>(), owners = new Map<string, Folder>();
  for (const f of folders) {
    if (f === undefined) continue;
    byName.set(f.name, f);
    for (const p of f.pages) owners.set(p.name, f);
  }
  const warmAt = new Map(warmKeys.map((key, i) => [key, warmPages[i]!]));
  const needed = [...byName.values()].flatMap((f) => f.pages.filter((p) => isNeeded(p, now)).map((p) => [f, p] as const));
  await Promise.all(needed.map(async ([f, p]) => {
    const sealed = warmAt.get(p.name) ?? await db.get("pages", p.name);
    const plain = sealed && await openWhole(box, p.name, sealed);
    const records = plain && readPage(f, p, plain);
    if (records === undefined) memory.damaged.add(f.scope);
    else for (const r of records) f.atHand.set(r.id, r);
  }));
  const plainLog = await Promise.all(logRows.map((sealed, i) => openWhole(box, logName(logKeys[i]!), sealed)));
  for (const [i, [name, n]] of logKeys.entries()) {
    memory.nextLog = Math.max(memory.nextLog, n + 1);
    const f = byName.get(name), plain = plainLog[i];
    if (f === undefined) continue;
    if (plain === undefined) {
      memory.damaged.add(f.scope);
      continue;
    }
    const { records, gone } = readLog(f.scope, plain);
    byName.set(name, pour(f, records, gone, tallied(f, versions(records), gone), logRows[i]!.byteLength));
  }
  for (const f of byName.values()) memory.folders.set(f.scope, f);
  const rowAt = async (n: number): Promise<readonly Frame[] | undefined> => {
    const sealed = await db.get("stage", n), plain = sealed && await openWhole(box, stageName(n), sealed);
    return plain && read<Frame[]>(plain);
  };
  const genOf = (scope: Scope): Version | undefined => memory.folders.get(scope)?.gen;
  for (const n of stageKeys) { // one after the other: a first pull may have brought much
    const frames = await rowAt(n);
    if (frames === undefined) { // what the run brought is asked for again
      const { run: _, ...state } = memory.state;
      [memory.state, memory.staging] = [state, nothingStaged];
      break;
    }
    memory.staging = stageFrames({ ...memory.staging, next: n }, frames, genOf);
  }
  if (!memory.state.shown) memory.preview = await preview(memory.staging, new Map(), now, async (n) => await rowAt(n) ?? []);
  memory.strays = [...headKeys.filter((k) => !byName.has(k)), ...[...warmKeys, ...coldKeys].filter((k) => !owners.has(k))];
  return memory;
}

export const openEntries = (box: Box, rows: readonly OutboxRow[]): Promise<readonly Written[]> =>
  Promise.all(rows.map(async (row) => read<Written>(await box.open(entryName(row.id), row.box))));

export const entryName = (id: OpID): string => `outbox/${id}`;
export const listedName = (id: OpID): string => `listed/${id}`;
export const logName = ([head, n]: readonly [string, number]): string => `log/${head}/${n}`;
export const stageName = (n: number): string => `stage/${n}`;

export function* versions(records: readonly { readonly id: RecordID; readonly version: Version }[]): Iterable<readonly [RecordID, Version]> {
  for (const r of records) yield [r.id, r.version];
}
