import type { ClientID, Instant, OpID, RecordID, Scope, Version } from "./ids.ts";
import type { Op, Result, ServerRecord, User } from "./record.ts";

/** What a run needs of the phone's storage: the sync is written against this, the store is what stands behind it. */
export interface Keep {
  /** What stands now. `fn` looks and keeps nothing of it. */
  look<T>(fn: (now: Look) => T): T;
  /**
   * One step: `fn` says at once what is to become of things, and asks nobody. Everything that it said is then sealed and
   * kept in one transaction, or nothing of it; only after `complete` does look() show it and the promise resolve. Steps
   * come one after the other. Entries may be written while one is being sealed: they are not the step's.
   * It rejects with StorageFull, and whatever fn threw, with nothing changed.
   */
  change<T>(fn: (step: Step) => T): Promise<T>;
}

export interface Look {
  readonly state: SyncState;
  /** The highest number ever given out. */
  readonly lastN: number;
  /** The outbox in the order of numbers: what waits, and what was acknowledged and is still kept. */
  entries(): readonly Written[];
  /** What was held or rejected, until it is cleared. */
  listed(): readonly Written[];
  /** Of every scope that the view shows, as it is stored. */
  sums(): ReadonlyMap<Scope, Sum>;
}

export interface Step extends Look {
  state: SyncState;
  /** Takes the place of the entry with that number. */
  put(entry: Written): void;
  remove(n: number): void;
  /** Numbers everything in the outbox from 1, in its order, and puts lastN accordingly (PROTOCOL §2.3). */
  renumber(): void;
  list(entry: Written): void;
  unlist(id: OpID): void;
  /** Keeps a page's frames until the run is complete (PROTOCOL §6.3, §6.4, by stage.ts). */
  stage(frames: readonly Frame[]): void;
  /** Throws away what is staged. */
  unstage(): void;
  /** What is staged becomes the view, and sums() says it at once. With `reset` a scope goes that did not come whole. */
  land(reset: boolean): void;
  /** Takes a scope out of the view. */
  drop(scope: Scope): void;
}

/** All that the phone keeps once. It is sealed as one. */
export interface SyncState {
  /** The device's own id, kept before an enrolment is asked for, so that it can be repeated. */
  readonly device?: string;
  readonly client?: ClientID;
  readonly user?: User;
  readonly access?: string;
  /** When to renew `access`, by this device's clock, in milliseconds. */
  readonly expires?: number;
  readonly refresh?: string;
  readonly signedOut?: true;
  /** In which epoch the server was told to wake this client, and how; absent: it was not. */
  readonly wakes?: string;
  /** Entries up to here are answered. */
  readonly offered: number;
  /** The highest number that the server holds, as it last said. */
  readonly through: number;
  readonly safe: number;
  /** Of the last completed run. */
  readonly cursor: string;
  readonly epoch: string;
  readonly head: Version;
  readonly run?: PullRun;
  /** By the server's clock. */
  readonly synced?: Instant;
  readonly everything?: Instant;
  /** A run has been completed: the view is that. Until then scopes that are whole are shown out of the stage. */
  readonly shown?: true;
  readonly differs?: true;
  readonly incidents: number;
  readonly lost: number;
  /** The build that the server said must not go on: its name, so that the next one is not stopped by it. */
  readonly recalled?: string;
}
/** A run under way: the cursor of its last whole page; `reset` when it began from nothing, and what does not come goes. */
export interface PullRun {
  readonly cursor: string;
  readonly epoch: string;
  readonly reset: boolean;
}
export const fresh: SyncState = { offered: 0, through: 0, safe: 0, cursor: "", epoch: "", head: 0 as Version, incidents: 0, lost: 0 };

/** An op as the outbox keeps it. */
export interface Written {
  readonly op: Op;
  readonly result?: Result;
  /** When a completed run first found it answered, by the server's clock, in milliseconds. */
  readonly acked?: number;
  /** A completed run has brought what it did. */
  readonly seen?: true;
  /** Was listed as held or rejected once. */
  readonly listed?: true;
}

/** Number and sum of live records (PROTOCOL §6.6); `sum` as 16 lower-case hexadecimal digits. */
export interface Sum {
  readonly count: number;
  readonly sum: string;
}

/** What a page brings of scopes (PROTOCOL §6.1). */
export type Frame =
  | { readonly frame: "scope"; readonly scope: Scope; readonly gen: Version; readonly backfill: boolean; readonly done: boolean }
  | { readonly frame: "record"; readonly scope: Scope; readonly gen: Version; readonly record: ServerRecord }
  | { readonly frame: "gone"; readonly scope: Scope; readonly gen: Version; readonly id: RecordID; readonly version: Version }
  | { readonly frame: "drop"; readonly scope: Scope; readonly gen: Version };

/** What a run has brought of a scope. stage.ts: `take(mark of the run or, the first time, {gen} of the view; frame)` says what becomes of it. */
export interface Mark {
  readonly gen: Version;
  /** Whole, in place of what was there. */
  readonly came?: true;
  readonly done?: true;
  readonly dropped?: true;
}
export type Taken =
  | { readonly kind: "ignored" }
  /** What was staged of the scope before is void. */
  | { readonly kind: "begun"; readonly mark: Mark }
  | { readonly kind: "marked"; readonly mark: Mark }
  /** The record or its deletion counts. */
  | { readonly kind: "counts"; readonly mark: Mark };

/** The phone has no room; nothing of the step was kept. */
export class StorageFull extends Error {
  override readonly name = "StorageFull";
}
