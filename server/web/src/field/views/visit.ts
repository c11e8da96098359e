import { instant, msOf } from "../../sync/ids.ts";
import type { Scope } from "../../sync/ids.ts";
import type { Caseload, Head } from "../../sync/phone.ts";
import type { Shown } from "../../sync/record.ts";
import { isTwo, moment, plain, text } from "./read.ts";
import type { Visit } from "./views.ts";
import { wantsSomething } from "./answer.ts";

const hour = 3_600_000;

/** The name that the person goes by. */
export const calledOf = (person: Shown): string => plain(text(person, "preferred_name") ?? text(person, "name") ?? "");

/** When it ends; an hour after its start where nobody has said, or said something that cannot be. */
export function endOf(appointment: Shown): number {
  const start = moment(appointment, "starts_at") ?? 0;
  const end = moment(appointment, "ends_at");
  return end !== undefined && end > start ? end : start + hour;
}

/** Whether nobody has yet said what became of it. A choice of a later version counts as said. */
export const isOpen = (appointment: Shown): boolean => {
  const status = text(appointment, "status");
  return status === undefined || status === "planned" || status === "confirmed";
};

/** An appointment for the screen; undefined where it has no time to stand at. */
export function visitOf(head: Head, record: Shown): Visit | undefined {
  const start = moment(record, "starts_at");
  if (start === undefined) return undefined;
  const end = moment(record, "ends_at");
  const replyTime = moment(record, "reply_time");
  const optional = (name: string, value: string | undefined): object => (value === undefined ? {} : { [name]: value });
  return {
    scope: record.scope, person: calledOf(head.person), record, startsAt: instant(start),
    ...(end === undefined ? {} : { endsAt: instant(end) }),
    status: text(record, "status") ?? "planned", title: plain(text(record, "title") ?? ""),
    state: stateOf(head.person),
    ...optional("place", text(record, "place")), ...optional("with", text(record, "with")),
    ...optional("phone", text(head.person, "phone")), ...optional("safetyNote", text(head.person, "safety_note")),
    ...optional("reply", replyOf(record)), ...optional("replyNote", text(record, "reply_note")),
    ...(replyTime === undefined ? {} : { replyTime: instant(replyTime) }), wants: wantsSomething(record),
    twoVersions: isTwo(record), unsent: record.unsent.length > 0,
  };
}

const replyOf = (record: Shown): string | undefined => {
  const reply = text(record, "reply");
  return reply === "none" ? undefined : reply;
};

export const stateOf = (person: Shown): string => text(person, "state") ?? "open";

export const byStart = (a: Visit, b: Visit): number => msOf(a.startsAt) - msOf(b.startsAt) || a.person.localeCompare(b.person, "en");

/** Hot records of a kind by the person they are about. */
export function byScope(caseload: Caseload, kind: string): ReadonlyMap<Scope, readonly Shown[]> {
  const found = new Map<Scope, Shown[]>();
  for (const record of caseload.hot(kind)) {
    const of = found.get(record.scope);
    if (of === undefined) found.set(record.scope, [record]);
    else of.push(record);
  }
  return found;
}
