import { transact, vaultKey, type Db } from "./db.ts";
import type { OpID } from "./ids.ts";
import type { Sealed, Spare } from "./spare.ts";

/**
 * Makes the database and the spare letters agree, before anything else writes. What a database lost that still has its vault is put
 * among its letters, to be handed in; the server knows what it has already.
 */
export async function matchSpare(db: Db, term: string, spare: Spare): Promise<void> {
  const tx = db.transaction(["meta", "outbox", "letters"]), kept = tx.objectStore("letters");
  const [vault, rows, ids, letters] = await Promise.all([tx.objectStore("meta").getKey(vaultKey), tx.objectStore("outbox").getAll(), kept.getAllKeys(), kept.getAll()]);
  if (vault === undefined) return;
  await spare.begin();
  const held = spare.held();
  if (held === undefined) return; // this browser has no second place
  const there = new Set<OpID>([...ids, ...rows.map((r) => r.id)]);
  const lost = [...held].filter(([id]) => !there.has(id));
  if (lost.length > 0) await transact(db, term, ["meta", "letters"], "strict", (tx) => Promise.all(lost.map(([id, letter]) => tx.objectStore("letters").put(letter, id))));
  const all: Sealed[] = [...ids.map((id, i) => ({ id, letter: letters[i]! })), ...rows.flatMap((r) => (r.letter ? [{ id: r.id, letter: r.letter }] : []))];
  await spare.keep(all.filter(({ id }) => !held.has(id)));
  await spare.drop(rows.filter((r) => r.emptied).map((r) => r.id));
}
