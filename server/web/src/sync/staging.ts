import type { Folder } from "./folder.ts";
import { plainly } from "./folder.ts";
import type { RecordID, Scope, Version } from "./ids.ts";
import type { Frame, Mark } from "./keep.ts";
import type { Shown } from "./record.ts";
import { fate, take } from "./stage.ts";
import { add, nothing, remove, type Tally } from "./sums.ts";

/**
 * What the run under way has brought. The frames themselves stand in rows, a page of the run in each; here is only which
 * of them count. It is never changed: each page makes a new one.
 */
export interface Staging {
  readonly scopes: ReadonlyMap<Scope, Brought>;
  /** The number of the next row. */
  readonly next: number;
}
export interface Brought {
  readonly mark: Mark;
  /** Rows in which frames of it stand that count. */
  readonly first: number;
  readonly last: number;
  readonly live: ReadonlyMap<RecordID, Version>;
  /** Deleted by the run; empty for what came whole. */
  readonly gone: ReadonlyMap<RecordID, Version>;
}
export const nothingStaged: Staging = { scopes: new Map(), next: 1 };

/** `genOf` is of the view. */
export function stageFrames(staging: Staging, frames: readonly Frame[], genOf: (scope: Scope) => Version | undefined): Staging {
  const scopes = new Map(staging.scopes), row = staging.next;
  const open = new Map<Scope, { mark: Mark; first: number; live: Map<RecordID, Version>; gone: Map<RecordID, Version> }>();
  for (const frame of frames) {
    const scope = frame.scope;
    const known = open.get(scope) ?? scopes.get(scope);
    const gen = genOf(scope);
    const taken = take(known?.mark ?? (gen === undefined ? undefined : { gen }), frame);
    if (taken.kind === "ignored") continue;
    let at = open.get(scope);
    if (at === undefined || taken.kind === "begun") {
      const from = taken.kind === "begun" ? undefined : known;
      at = { mark: taken.mark, first: from?.first ?? row, live: new Map(from?.live), gone: new Map(from?.gone) };
      open.set(scope, at);
    }
    at.mark = taken.mark;
    if (frame.frame === "record") {
      at.live.set(frame.record.id, frame.record.version);
      at.gone.delete(frame.record.id);
    } else if (frame.frame === "gone") {
      at.live.delete(frame.id);
      if (!taken.mark.came) at.gone.set(frame.id, frame.version);
    }
  }
  for (const [scope, at] of open) scopes.set(scope, { ...at, last: row });
  return { scopes, next: row + 1 };
}

/** What becomes of a scope when the run lands. Scopes that stay as they are have none. */
export type Plan =
  | { readonly kind: "goes" }
  | { readonly kind: "replaced"; readonly brought: Brought; readonly tally: Tally }
  | { readonly kind: "poured"; readonly brought: Brought; readonly tally: Tally };

export function landing(staging: Staging, folders: ReadonlyMap<Scope, Folder>, reset: boolean): Map<Scope, Plan> {
  const plans = new Map<Scope, Plan>();
  for (const scope of new Set([...folders.keys(), ...staging.scopes.keys()])) {
    const folder = folders.get(scope), brought = staging.scopes.get(scope);
    switch (fate(folder !== undefined, brought?.mark, reset)) {
      case "stays":
        break;
      case "goes":
        if (folder) plans.set(scope, { kind: "goes" });
        break;
      case "replaced": {
        let tally = nothing;
        for (const [id, version] of brought!.live) tally = add(tally, id, version);
        plans.set(scope, { kind: "replaced", brought: brought!, tally });
        break;
      }
      case "poured":
        plans.set(scope, { kind: "poured", brought: brought!, tally: tallied(folder!, brought!.live, brought!.gone.keys()) });
    }
  }
  return plans;
}

/** The tally of a folder after these have come and gone. */
export function tallied(folder: Folder, live: Iterable<readonly [RecordID, Version]>, gone: Iterable<RecordID>): Tally {
  let tally = folder.tally;
  const leave = (id: RecordID): void => {
    const spot = folder.index.get(id);
    if (spot) tally = remove(tally, id, spot.version);
  };
  for (const [id, version] of live) {
    leave(id);
    tally = add(tally, id, version);
  }
  for (const id of gone) leave(id);
  return tally;
}

/** Goes through the rows once, and gives the records of each scope that count as soon as the last of them was read. */
export async function collect(wanted: ReadonlyMap<Scope, Brought>, rowAt: (n: number) => Promise<readonly Frame[]>, done: (scope: Scope, records: readonly Shown[]) => Promise<void>): Promise<void> {
  const found = new Map<Scope, Map<RecordID, Shown>>();
  const byLast = new Map<number, Scope[]>();
  let first = Infinity, last = -Infinity;
  for (const [scope, b] of wanted) {
    found.set(scope, new Map());
    byLast.set(b.last, [...(byLast.get(b.last) ?? []), scope]);
    first = Math.min(first, b.first);
    last = Math.max(last, b.last);
  }
  for (let row = first; row <= last; row++) {
    for (const frame of await rowAt(row)) {
      if (frame.frame !== "record") continue;
      const b = wanted.get(frame.scope);
      if (b && row >= b.first && b.live.get(frame.record.id) === frame.record.version) found.get(frame.scope)!.set(frame.record.id, plainly(frame.record, frame.scope));
    }
    for (const scope of byLast.get(row) ?? []) {
      await done(scope, [...found.get(scope)!.values()]);
      found.delete(scope);
    }
  }
}
