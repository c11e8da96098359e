// A phone's storage on a real IndexedDB engine and real WebCrypto, for tests.
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { createBox, type Box } from "../../src/sync/box.ts";
import { beginTerm, openDb, stores, type Db } from "../../src/sync/db.ts";
import type { Instant, RecordID, Scope, UserID, Version } from "../../src/sync/ids.ts";
import { personOf, isPerson } from "../../src/sync/ids.ts";
import type { Frame } from "../../src/sync/keep.ts";
import type { Fields, ServerRecord } from "../../src/sync/record.ts";
import { openSpare } from "../../src/sync/spare.ts";
import { openStore, type Store, type StoreEffects } from "../../src/sync/store.ts";

/** A browser's storage, empty. */
export function freshDisk(): void {
  globalThis.indexedDB = new IDBFactory();
}

export const random = (b: Uint8Array): Uint8Array => crypto.getRandomValues(b as Uint8Array<ArrayBuffer>);
export const dataKey = (): Promise<CryptoKey> => crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

export interface Rig {
  readonly key: CryptoKey;
  readonly term: string;
  readonly db: Db;
  readonly box: Box;
  readonly store: Store;
  readonly clock: { at: number };
  readonly changed: Scope[][];
}
export const noon = Date.UTC(2026, 5, 15, 12);

/** Opens the storage as an unlocked phone does; again with the same key after a reload. */
export async function unlocked(key: CryptoKey, clock = { at: noon }, more: Partial<StoreEffects> = {}): Promise<Rig> {
  const opening = await openDb("alongside", () => undefined);
  if (opening.kind !== "open") throw new Error(`the database is ${opening.kind}`);
  const { box } = createBox(key, random);
  const changed: Scope[][] = [], term = crypto.randomUUID();
  await beginTerm(opening.db, term);
  const spare = await openSpare(() => Promise.resolve(undefined));
  const store = await openStore({ db: opening.db, term, box, spare, letter: () => undefined, now: () => clock.at, random, changed: (s) => void changed.push([...s]), ...more });
  return { key, term, db: opening.db, box, store, clock, changed };
}

/** Everything on the disk, as text: bytes each as one character. */
export async function dump(db: Db): Promise<string> {
  const all: unknown[] = [];
  for (const name of stores) {
    const tx = db.transaction(name);
    all.push(name, await tx.store.getAllKeys(), await tx.store.getAll());
  }
  return JSON.stringify(all, (_, v: unknown) => (v instanceof Uint8Array ? Buffer.from(v).toString("latin1") : v));
}

let made = 0;
export const recordId = (): RecordID => `00000000-0000-7000-8000-${(++made).toString(16).padStart(12, "0")}` as RecordID;

export function record(scope: Scope, kind: string, version: number, fields: Fields, more: Partial<ServerRecord> = {}): ServerRecord {
  return { scope, kind, id: kind === "person" && isPerson(scope) ? personOf(scope) : recordId(), version: version as Version, user: "u-1" as UserID,
    at: "2026-06-01T09:00:00.000Z" as Instant, fields, ...more };
}
export const backfill = (scope: Scope, gen: number, records: readonly ServerRecord[]): readonly Frame[] => [
  { frame: "scope", scope, gen: gen as Version, backfill: true, done: false },
  ...records.map((r): Frame => ({ frame: "record", scope, gen: gen as Version, record: r })),
  { frame: "scope", scope, gen: gen as Version, backfill: false, done: true },
];
