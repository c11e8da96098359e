import { msOf } from "../../sync/ids.ts";
import type { Caseload } from "../../sync/phone.ts";
import { ladder } from "../../field/views/ladder.ts";
import { isOverdue } from "../../field/views/people.ts";
import { byStart, isOpen, visitOf } from "../../field/views/visit.ts";
import { dayOf, plusDays, startOf } from "../../field/views/wall.ts";
import { waits } from "./held.ts";
import { workersBy } from "./table.ts";
import type { DeskVisit, NowView, TableView } from "./views.ts";

const day = 86_400_000;
/** So long a miss without a next appointment is shown here; after it the ladder's last step is due anyway. */
const adriftFor = 14 * day;

/** Today over all workers. */
export function nowView(caseload: Caseload, { rows }: TableView, now: number): NowView {
  const heads = new Map(caseload.people().map((h) => [h.scope, h])), workers = workersBy(caseload, now);
  const visits = caseload.hot("appointment").flatMap((a): readonly DeskVisit[] => {
    const head = heads.get(a.scope), visit = head && visitOf(head, a);
    return visit === undefined ? [] : [{ ...visit, worker: workers(visit.scope) }];
  }).sort(byStart);
  const today = dayOf(now), from = startOf(today), to = startOf(plusDays(today, 1));
  const overdue = visits.filter((v) => isOverdue(v.record, now) && v.state !== "died");
  const ahead = new Set(visits.filter((v) => isOpen(v.record) && msOf(v.startsAt) > now).map((v) => v.scope));
  const came = new Map<string, number>();
  for (const v of visits) if (v.status === "attended") came.set(v.scope, msOf(v.startsAt));
  const adrift = visits.filter((v) => v.status === "missed" && now - msOf(v.startsAt) < adriftFor && !ahead.has(v.scope) && (came.get(v.scope) ?? 0) < msOf(v.startsAt) && v.state === "open");
  return {
    visits: visits.filter((v) => msOf(v.startsAt) >= from && msOf(v.startsAt) < to),
    answers: visits.filter((v) => v.wants && v.state !== "died"), overdue, adrift: [...new Map(adrift.map((v) => [v.scope, v])).values()],
    ladder: ladder(caseload, heads, new Set(overdue.map((v) => v.record.id)), now),
    unseen: rows.filter((r) => r.attention.includes("unseen")),
    apart: [...heads.values()].filter((h) => h.conflicts > 0).length,
    held: caseload.hot("held").filter(waits).length,
    people: rows.filter((r) => r.state !== "closed" && r.state !== "died").length,
  };
}

