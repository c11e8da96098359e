import { dateOf, inHead, warmFrom, type Folder, type Spot } from "./folder.ts";
import type { RecordID, Scope } from "./ids.ts";
import type { Frame } from "./keep.ts";
import type { Shown } from "./record.ts";
import { collect, type Brought, type Staging } from "./staging.ts";
import { nothing } from "./sums.ts";

/**
 * What a phone that has never completed a run may show already: scopes that the run has brought whole, as far as they are
 * to be at hand (PROTOCOL §6.3). It stands in memory alone.
 */
export type Preview = ReadonlyMap<Scope, Folder>;

/** `before` holds of scopes what is still good. */
export async function preview(staging: Staging, before: Preview, now: number, rowAt: (n: number) => Promise<readonly Frame[]>): Promise<Preview> {
  const shown = new Map<Scope, Folder>(), wanted = new Map<Scope, Brought>();
  for (const [scope, brought] of staging.scopes) {
    if (!brought.mark.done) continue;
    const known = before.get(scope);
    if (known && known.gen === brought.mark.gen && sameVersions(known, brought)) shown.set(scope, known);
    else wanted.set(scope, brought);
  }
  await collect(wanted, rowAt, (scope, records) => {
    const brought = wanted.get(scope)!;
    const atHand = new Map<RecordID, Shown>();
    for (const r of records) {
      const date = dateOf(r, now);
      if (date === undefined || date >= warmFrom(now)) atHand.set(r.id, r);
    }
    const index = new Map<RecordID, Spot>([...brought.live].map(([id, version]) => [id, { version, page: inHead }]));
    shown.set(scope, { scope, name: "", gen: brought.mark.gen, tally: nothing, index, pages: [], atHand, log: { rows: 0, bytes: 0 } });
    return Promise.resolve();
  });
  return shown;
}

function sameVersions(f: Folder, b: Brought): boolean {
  if (f.index.size !== b.live.size) return false;
  for (const [id, version] of b.live) if (f.index.get(id)?.version !== version) return false;
  return true;
}
