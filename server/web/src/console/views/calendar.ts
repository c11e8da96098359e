import { msOf } from "../../sync/ids.ts";
import type { Caseload } from "../../sync/phone.ts";
import { byStart, visitOf } from "../../field/views/visit.ts";
import { plusDays, startOf, type Day } from "../../field/views/wall.ts";
import { membersOf, workersBy } from "./table.ts";
import type { CalendarView, DeskVisit } from "./views.ts";

/** The team's appointments by day. */
export function calendarView(caseload: Caseload, from: string, days: number): CalendarView {
  const heads = new Map(caseload.people().map((h) => [h.scope, h])), all = Array.from({ length: days }, (_, i) => plusDays(from as Day, i));
  const begin = startOf(from as Day), end = startOf(plusDays(from as Day, days)), workers = workersBy(caseload, begin);
  const visits = caseload.hot("appointment").flatMap((a): readonly DeskVisit[] => {
    const head = heads.get(a.scope), visit = head && visitOf(head, a);
    return visit === undefined || msOf(visit.startsAt) < begin || msOf(visit.startsAt) >= end ? [] : [{ ...visit, worker: workers(visit.scope) }];
  }).sort(byStart);
  return {
    members: membersOf(caseload),
    days: all.map((day) => ({ day, visits: visits.filter((v) => msOf(v.startsAt) >= startOf(day) && msOf(v.startsAt) < startOf(plusDays(day, 1))) })),
  };
}
