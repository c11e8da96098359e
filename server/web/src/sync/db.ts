import { deleteDB, openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from "idb";
import { StorageFull } from "./keep.ts";
import type { Letter } from "./box.ts";
import type { OpID } from "./ids.ts";
import type { VaultRow, VaultRows } from "./vault.ts";

/**
 * The phone's database. In the open stand numbers of ops, ids, sizes, opaque names and the handle of the device key;
 * whatever is of anybody is sealed before it comes here.
 */
export interface Schema extends DBSchema {
  /** The vault's row, the sealed state, and small things that are kept once. */
  meta: { key: string; value: unknown };
  /** What was written here, by number. */
  outbox: { key: number; value: OutboxRow; indexes: { id: OpID } };
  /** What was held or rejected, until it is cleared. */
  listed: { key: OpID; value: Uint8Array };
  /** Heads (`h/…`), pages that are at hand (`w/…`) and cold ones (`c/…`). */
  pages: { key: string; value: Uint8Array };
  /** What came since a folder was folded, by the name of its head and a number. */
  log: { key: [string, number]; value: Uint8Array };
  /** Pages of the run under way, in the order in which they came. */
  stage: { key: number; value: Uint8Array };
  drafts: { key: string; value: Uint8Array };
  /** What an earlier vault had in its outbox, sealed to the server, until that has it. */
  letters: { key: OpID; value: Letter };
}

/** `box` holds the entry without its number, which is the key; `letter` is missing while the server's key is not known. */
export interface OutboxRow {
  readonly n: number;
  readonly id: OpID;
  readonly box: Uint8Array;
  readonly letter?: Letter;
  /** Characters of the op as it is sent. */
  readonly size: number;
  /** What it said was erased. */
  readonly emptied?: true;
}

export type Db = IDBPDatabase<Schema>;
export type StoreName = StoreNames<Schema>;
export type Tx = IDBPTransaction<Schema, StoreName[], "readwrite">;

export const dbName = "alongside";
export const schema = 1;
export const stores: StoreName[] = ["meta", "outbox", "listed", "pages", "log", "stage", "drafts", "letters"];

export type Opening = { readonly kind: "open"; readonly db: Db } | { readonly kind: "newer" } | { readonly kind: "broken" };

/**
 * Pauses before the storage is asked for again, in milliseconds. After a browser was killed, its next start may find the files still held
 * by a process of before that is about to go.
 */
const pauses = [200, 1_000, 3_000];

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Opens the database, or says why not. `gone` is called when another program of this phone deletes or upgrades it, or the browser ends it. */
export async function openDb(name: string, gone: () => void, pause: (ms: number) => Promise<void> = wait): Promise<Opening> {
  for (let tries = 0; ; tries++) {
    try {
      return { kind: "open", db: await open(name, gone) };
    } catch (e) {
      const why = e instanceof DOMException ? e.name : "";
      if (why === "VersionError") return { kind: "newer" };
      const ms = pauses[tries];
      if (ms === undefined || why === "SecurityError") return { kind: "broken" };
      await pause(ms);
    }
  }
}

const open = (name: string, gone: () => void): Promise<Db> => openDB<Schema>(name, schema, {
  upgrade(db, from) {
    if (from >= 1) return;
    db.createObjectStore("meta");
    db.createObjectStore("outbox", { keyPath: "n" }).createIndex("id", "id", { unique: true });
    for (const store of ["listed", "pages", "log", "stage", "drafts", "letters"] as const) db.createObjectStore(store);
  },
  blocking(_before, _after, event) {
    (event.target as IDBDatabase).close();
    gone();
  },
  terminated: gone,
});

export const eraseDb = (name: string): Promise<void> => deleteDB(name);

/** Another worker has taken the phone over: this one keeps nothing any more. */
export class TakenOver extends Error {
  override readonly name = "TakenOver";
}

/** Under which key of `meta` it stands whose term it is to write. */
export const termKey = "term";

/** Begins a term: from here on no transaction of an earlier one is completed. */
export const beginTerm = (db: Db, term: string): Promise<void> => attempt(db, ["meta"], "strict", (tx) => tx.objectStore("meta").put(term, termKey));

/**
 * One transaction of this term, else TakenOver. What `fn` asks of it goes at once, without waiting for anything else; it is
 * done when the disk has it. StorageFull where there is no room. Whatever it rejects with, nothing was changed.
 */
export const transact = (db: Db, term: string, names: StoreName[], durability: "strict" | "relaxed", fn: (tx: Tx) => Promise<unknown>): Promise<void> =>
  attempt(db, names, durability, async (tx) => {
    if (await tx.objectStore("meta").get(termKey) !== term) throw new TakenOver();
    await fn(tx);
  });

async function attempt(db: Db, names: StoreName[], durability: "strict" | "relaxed", fn: (tx: Tx) => Promise<unknown>): Promise<void> {
  const tx = db.transaction(names, "readwrite", { durability });
  const done = tx.done.catch((e: unknown) => { throw isFull(tx.error ?? e) ? new StorageFull() : e; });
  try {
    await fn(tx);
  } catch (e) {
    try {
      tx.abort();
    } catch { /* it is over already */ }
    await done.catch(() => undefined);
    throw isFull(e) || isFull(tx.error) ? new StorageFull() : e;
  }
  await done;
}

const isFull = (e: unknown): boolean => e instanceof Error && e.name === "QuotaExceededError" || e instanceof DOMException && e.name === "QuotaExceededError" || e instanceof StorageFull;

export const vaultKey = "vault";

/** The vault's row, in `meta`. No room is said as the browser says it. */
export function vaultRows(db: () => Db, term: string): VaultRows {
  return {
    read: async () => await db().get("meta", vaultKey) as VaultRow | undefined,
    update: (change) => transact(db(), term, ["meta"], "strict", async (tx) => {
      const meta = tx.objectStore("meta");
      const row = change(await meta.get(vaultKey) as VaultRow | undefined);
      await (row ? meta.put(row, vaultKey) : meta.delete(vaultKey));
    }).catch((why: unknown) => { throw why instanceof StorageFull ? new DOMException("no room", "QuotaExceededError") : why; }),
  };
}
