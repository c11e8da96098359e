import type { Caseload, Head } from "../../sync/phone.ts";
import { instant } from "../../sync/ids.ts";
import type { RecordID, Scope } from "../../sync/ids.ts";
import type { Shown } from "../../sync/record.ts";
import { dueOf, isDone } from "./people.ts";
import { moment, text } from "./read.ts";
import type { LadderStep, StepName } from "./views.ts";
import { calledOf, isOpen, visitOf } from "./visit.ts";
import { dayOf, isDay } from "./wall.ts";

const steps: ReadonlySet<string> = new Set<StepName>(["outcome", "call_before", "call", "visit", "coordinator", "check_number"]);

/** Which step of the ladder a follow-up is; undefined for what somebody planned, whatever they typed there, and for a step of a later version. */
export function stepOf(followUp: Shown): StepName | undefined {
  const step = text(followUp, "step");
  if (step === undefined || !steps.has(step)) return undefined;
  return step === "check_number" || text(followUp, "appointment") !== undefined ? step as StepName : undefined;
}

/** A follow-up as a step of the ladder. `appointments` are those that the phone has at hand. */
export function ladderStep(head: Head, record: Shown, appointments: ReadonlyMap<string, Shown>, now: number): LadderStep | undefined {
  const step = stepOf(record);
  if (step === undefined) return undefined;
  const about = appointments.get(text(record, "appointment") ?? "" as RecordID), visit = about && visitOf(head, about);
  const phone = text(head.person, "phone"), ended = text(record, "ended") ?? (isDone(record) ? "done" : undefined);
  const at = isDay(text(record, "due") ?? "") ? undefined : moment(record, "due");
  return { scope: record.scope, person: calledOf(head.person), record, step, due: dueOf(record) ?? dayOf(now), ...(at === undefined ? {} : { dueAt: instant(at) }),
    ...(ended === undefined ? {} : { ended }), ...(phone === undefined ? {} : { phone }), ...(visit === undefined ? {} : { visit }) };
}

/** Whether somebody still has to do it. What became of an appointment need not be asked once it has been said. */
export const isToDo = (s: LadderStep): boolean => s.ended === undefined && (s.step !== "outcome" || s.visit === undefined || isOpen(s.visit.record));

const byDue = (a: LadderStep, b: LadderStep): number => a.due.localeCompare(b.due) || a.person.localeCompare(b.person, "en");

/** After a miss, in their order: each is to be done by its day, so it stands there from the first moment on. What has come after one that nobody did takes its place. */
const rungs: readonly StepName[] = ["call", "visit", "coordinator"];
const aboutOf = (s: LadderStep): string => text(s.record, "appointment") ?? "";

/** Steps of all people that want somebody now, and where the day itself does not ask already: of `asked`, the screen has the four outcomes in view. */
export function ladder(caseload: Caseload, heads: ReadonlyMap<Scope, Head>, asked: ReadonlySet<RecordID>, now: number): readonly LadderStep[] {
  const appointments = new Map(caseload.hot("appointment").map((a) => [a.id as string, a])), today = dayOf(now);
  const open = caseload.hot("follow_up").flatMap((record) => {
    const head = heads.get(record.scope), s = head && ladderStep(head, record, appointments, now);
    return s && isToDo(s) ? [s] : [];
  });
  const highest = new Map<string, number>();
  for (const s of open) highest.set(aboutOf(s), Math.max(highest.get(aboutOf(s)) ?? -1, rungs.indexOf(s.step)));
  return open.filter((s) => {
    const rung = rungs.indexOf(s.step);
    if (rung >= 0) return rung === highest.get(aboutOf(s));
    return s.due <= today && !(s.step === "outcome" && s.visit && asked.has(s.visit.record.id));
  }).sort(byDue);
}

/** The open steps of one person, due or not. */
export function ladderOf(head: Head, followUps: readonly Shown[], appointments: readonly Shown[], now: number): readonly LadderStep[] {
  const by = new Map(appointments.map((a) => [a.id as string, a]));
  return followUps.flatMap((f) => ladderStep(head, f, by, now) ?? []).filter(isToDo).sort(byDue);
}
