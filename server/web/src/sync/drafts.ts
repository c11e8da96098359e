import { openWhole, type Box } from "./box.ts";
import { transact, type Db } from "./db.ts";
import { instant } from "./ids.ts";
import { read, written } from "./pages.ts";
import type { Draft } from "./phone.ts";
import { turns } from "./turns.ts";

/** Forms under way. Each stands sealed under a random name, since what a form is called may say whom it is about. */
export interface Drafts {
  keep(key: string, body: unknown): Promise<void>;
  of(key: string): Draft | undefined;
  all(): readonly Draft[];
  drop(key: string): Promise<void>;
}

export async function openDrafts(db: Db, term: string, box: Box, now: () => number, name: () => string): Promise<Drafts> {
  const kept = new Map<string, { readonly row: string; readonly draft: Draft }>();
  const tx = db.transaction("drafts");
  const [rows, sealed] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
  for (const [i, row] of rows.entries()) {
    const plain = await openWhole(box, nameOf(row), sealed[i]!);
    if (plain === undefined) continue;
    const draft = read<Draft>(plain);
    kept.set(draft.key, { row, draft });
  }
  const turn = turns();
  return {
    keep: (key, body) => turn(async () => {
      const draft: Draft = { key, body, at: instant(now()) }, row = kept.get(key)?.row ?? name();
      const value = await box.seal(nameOf(row), written(draft));
      await transact(db, term, ["meta", "drafts"], "relaxed", (tx) => tx.objectStore("drafts").put(value, row));
      kept.set(key, { row, draft });
    }),
    of: (key) => kept.get(key)?.draft,
    all: () => [...kept.values()].map((k) => k.draft),
    drop: (key) => turn(async () => {
      const known = kept.get(key);
      if (known === undefined) return;
      await transact(db, term, ["meta", "drafts"], "relaxed", (tx) => tx.objectStore("drafts").delete(known.row));
      kept.delete(key);
    }),
  };
}

const nameOf = (row: string): string => `drafts/${row}`;
