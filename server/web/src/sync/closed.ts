import type { Db } from "./db.ts";
import { joinKeys } from "./joining.ts";
import { metaKeys } from "./load.ts";
import type { PhoneState } from "./phone.ts";
import type { Spare } from "./spare.ts";
import type { VaultLook } from "./vault.ts";

/** How a phone stands that is not open. */
export async function closedState(db: Db, look: VaultLook, spare: Spare): Promise<PhoneState> {
  switch (look.kind) {
    case "none": {
      const [erased, ids] = await Promise.all([db.get("meta", joinKeys.left) as Promise<"signed_out" | "revoked" | undefined>, db.getAllKeys("letters")]);
      const held = spare.held(), left = erased ?? (held && "lost"), letters = new Set([...ids, ...held?.keys() ?? []]).size;
      return { kind: "new", ...(left && { left }), ...(letters > 0 && { unsent: letters }) };
    }
    case "newer": return { kind: "broken", why: "newer" };
    case "coordinator": return { kind: "locked", coordinator: true, unsent: await unsentRows(db) };
    case "open":
    case "locked":
      return { kind: "locked", coordinator: false, unsent: await unsentRows(db), ...("until" in look && look.until !== undefined && { until: look.until }) };
  }
}

/** What the server has not answered, as far as can be told from outside. */
export async function unsentRows(db: Db): Promise<number> {
  const tx = db.transaction(["meta", "outbox", "letters"]);
  const answered = (await tx.objectStore("meta").get(metaKeys.answered) as number | undefined) ?? 0;
  const [rows, letters] = await Promise.all([tx.objectStore("outbox").count(IDBKeyRange.lowerBound(answered, true)), tx.objectStore("letters").count()]);
  return rows + letters;
}
