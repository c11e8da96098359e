import type { Instant, Scope, UserID } from "../../sync/ids.ts";
import type { Caseload } from "../../sync/phone.ts";
import type { Op, Shown } from "../../sync/record.ts";
import { isTwo, text } from "../../field/views/read.ts";
import { calledOf } from "../../field/views/visit.ts";
import { newest } from "./table.ts";
import type { Apart, HeldRow, HeldView } from "./views.ts";

/** What waits for a coordinator. `caseload` has people whole: all of a desk's records are at hand. */
export async function heldView(caseload: Caseload): Promise<HeldView> {
  const heads = new Map(caseload.people().map((h) => [h.scope, h]));
  const rows = [...caseload.hot("held")].sort(newest).map((record): HeldRow => {
    const op = opOf(record), head = op && heads.get(op.scope), user = text(record, "user");
    return {
      record, op, person: head ? calledOf(head.person) : op?.kind === "person" && typeof op.set?.["name"] === "string" ? op.set["name"] : undefined,
      by: (user === undefined ? undefined : caseload.nameOf(user as UserID)) ?? user ?? "", reason: text(record, "reason") ?? "", detail: text(record, "detail"),
      at: (text(record, "at") ?? record.at) as Instant, status: text(record, "status") === "rejected" ? "rejected" : "held", settled: text(record, "settled"),
    };
  });
  const apart: Apart[] = [];
  for (const head of heads.values()) {
    if (head.conflicts > 0) apart.push({ scope: head.scope, person: calledOf(head.person), records: (await caseload.all(head.scope)).filter(isTwo) });
  }
  return { open: rows.filter((r) => waits(r.record)).sort(order), settled: rows.filter((r) => !waits(r.record)).slice(0, 200), apart };
}

/** Whether an entry wants a decision. One that is itself a decision, and came after another's, wants none: it is told with those that were made. */
export const waits = (record: Shown): boolean => text(record, "settled") === undefined && opOf(record)?.kind !== "held";

/** As it was sent; undefined where that could not be read. */
function opOf(record: Shown): Op | undefined {
  const op = record.fields["op"];
  return typeof op === "object" && op !== null && !Array.isArray(op) && typeof (op as { scope?: unknown }).scope === "string" ? op as unknown as Op & { scope: Scope } : undefined;
}

/** Of one author, what came first is settled first (contract §5). */
const order = (a: HeldRow, b: HeldRow): number => (a.by === b.by ? (a.op?.n ?? 0) - (b.op?.n ?? 0) : a.by.localeCompare(b.by, "en"));
