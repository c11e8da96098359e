import type { Box, Letter } from "./box.ts";
import { stores, transact, vaultKey, type Db } from "./db.ts";
import type { OpID } from "./ids.ts";
import { fresh, type Keep, type SyncState } from "./keep.ts";
import { handedKey } from "./letters.ts";
import { emptyMemory, metaKeys } from "./load.ts";
import { written } from "./pages.ts";
import type { Joined } from "./phone.ts";
import { begin, lookAt } from "./step.ts";
import { createSession, type Enrolment } from "./tokens.ts";
import type { Transport } from "./transport.ts";
import type { VaultRow } from "./vault.ts";
import { decodeSealKey } from "./wire.ts";

/** In the open, in `meta`: the device's own id, the server's key that letters are sealed to, and why a phone was erased. */
export const joinKeys = { device: "device", sealKey: "seal_key", left: "left" } as const;

export interface Device {
  readonly name: string;
  readonly platform: string;
}

/** What the server said to a code. Nothing of it is on the disk yet: the same code is answered again for a while. */
export type Enrolling = { readonly kind: "enrolled"; readonly state: SyncState; readonly sealKey: string } | Exclude<Joined, { kind: "joined" }>;

/**
 * Enrols a phone that has no open vault. The device's id is on the disk before it is sent, so that a lost reply can be
 * repeated, and the key to seal to is there before the code is used up.
 */
export async function enrol(db: Db, term: string, transport: Transport, now: () => number, mint: () => string, code: string, device: Device, signal: AbortSignal): Promise<Enrolling> {
  let id = await db.get("meta", joinKeys.device) as string | undefined;
  if (id === undefined) {
    const minted = id = mint();
    await transact(db, term, ["meta"], "strict", (tx) => tx.objectStore("meta").put(minted, joinKeys.device));
  }
  const key = await transport.get("/v1/seal-key", signal);
  if (key.fault) return refused({ kind: "later", fault: key.fault });
  if (decodeSealKey(key.body) === undefined) return { kind: "unreachable" };
  const keep = unkept({ ...fresh, device: id });
  const said = await createSession({ keep, transport, now, mint }).enrol(code, device, signal);
  return said.kind === "joined" ? { kind: "enrolled", state: keep.look((now) => now.state), sealKey: key.body } : refused(said);
}

export function refused(said: Exclude<Enrolment, { kind: "joined" }>): Exclude<Joined, { kind: "joined" }> {
  switch (said.kind) {
    case "bad_code": return { kind: "bad_code" };
    case "closed": return { kind: "closed" };
    case "other_user": return { kind: "other_user" };
    case "later": {
      const { fault } = said;
      if (fault.kind !== "problem") return { kind: "unreachable" };
      return fault.problem.status === 429 ? { kind: "slow_down", seconds: Math.max(Math.ceil((fault.retryAfter ?? 60_000) / 1000), 1) } : { kind: "unreachable" };
    }
  }
}

/** A keep that keeps nothing, for what is to be kept with more. */
function unkept(state: SyncState): Keep {
  const m = emptyMemory(state);
  return {
    look: (fn) => fn(lookAt(m)),
    change(fn) {
      const { step, end } = begin(m), answer = fn(step);
      m.state = end().state;
      return Promise.resolve(answer);
    },
  };
}

/**
 * Puts a new vault on the disk with who the phone is now, in one transaction. What an earlier vault had in its outbox stays
 * as letters, to be handed in, and so does what the database lost and `spare` has; nobody can open the rest any more, and it goes.
 */
export async function settleIn(db: Db, term: string, row: VaultRow, box: Box, state: SyncState, sealKey: string,
  spare: ReadonlyMap<OpID, Letter> = new Map()): Promise<void> {
  const sealed = await box.seal(metaKeys.state, written(state));
  await transact(db, term, stores, "strict", async (tx) => {
    const meta = tx.objectStore("meta"), outbox = tx.objectStore("outbox"), letters = tx.objectStore("letters");
    const rows = await outbox.getAll();
    await Promise.all([
      ...[...spare].map(([id, letter]) => letters.put(letter, id)),
      ...rows.flatMap((r) => (r.letter ? [letters.put(r.letter, r.id)] : [])),
      ...(["outbox", "listed", "pages", "log", "stage", "drafts"] as const).map((name) => tx.objectStore(name).clear()),
      ...[metaKeys.gone, metaKeys.count, metaKeys.answered, metaKeys.spent, joinKeys.left, handedKey].map((key) => meta.delete(key)),
      meta.put(row, vaultKey), meta.put(sealed, metaKeys.state), meta.put(sealKey, joinKeys.sealKey),
    ]);
  });
}
