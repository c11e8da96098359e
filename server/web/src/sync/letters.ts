import type { Letter, SealLetter } from "./box.ts";
import type { SealOp } from "./commit.ts";
import { transact, type Db } from "./db.ts";
import { sealTo } from "./letter.ts";
import type { OpID } from "./ids.ts";
import type { Spare } from "./spare.ts";
import { arrived, type Session } from "./tokens.ts";
import { decodeSealKey } from "./wire.ts";

const utf8 = new TextEncoder();

/** Seals ops to the server by the key that it gave when the phone joined; a key of a kind that this build does not know seals none. */
export async function sealOps(key: string | undefined): Promise<SealOp> {
  const known = key === undefined ? undefined : decodeSealKey(key);
  const seal: SealLetter | undefined = known && await sealTo(known).catch(() => undefined);
  return (op, client) => (client === undefined ? undefined : seal?.(utf8.encode(JSON.stringify({ client, op }))));
}

/** In the open, in `meta`: ids of ops that were handed in sealed and wait for a coordinator. */
export const handedKey = "handed";

/**
 * Hands in what an earlier vault of this phone had in its outbox, and lets go what the server has. Says how many are left, and
 * whether the server has answered for all: what it did not take it will not take tomorrow.
 */
export async function handInLetters(db: Db, term: string, spare: Spare, session: Session, signal: AbortSignal): Promise<{ readonly left: number; readonly answered: boolean }> {
  const tx = db.transaction("letters");
  const [ids, letters] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
  if (letters.length === 0) return { left: 0, answered: true };
  const { results, fault } = await session.handIn(letters as readonly Letter[], signal);
  const gone = results.filter(arrived).flatMap((r) => ids[r.i] ?? []);
  const held = results.filter((r) => r.status === "held").flatMap((r) => ids[r.i] ?? []);
  await spare.drop(gone);
  if (gone.length > 0) await transact(db, term, ["meta", "letters"], "strict", async (tx) => {
    const meta = tx.objectStore("meta"), before = (await meta.get(handedKey) as readonly OpID[] | undefined) ?? [];
    await Promise.all([...gone.map((id) => tx.objectStore("letters").delete(id)), meta.put([...new Set([...before, ...held])], handedKey)]);
  });
  return { left: letters.length - gone.length, answered: fault === undefined };
}

/** Of those handed in, which nobody has decided about yet; what was decided is not asked about again. */
export async function undecided(db: Db, term: string, decided: ReadonlySet<OpID>): Promise<readonly OpID[]> {
  const handed = (await db.get("meta", handedKey) as readonly OpID[] | undefined) ?? [];
  const left = handed.filter((id) => !decided.has(id));
  if (left.length < handed.length) await transact(db, term, ["meta"], "relaxed", (tx) => tx.objectStore("meta").put(left, handedKey));
  return left;
}
