import { instant, msOf, personScope } from "../../sync/ids.ts";
import type { Instant, RecordID, Scope, UserID } from "../../sync/ids.ts";
import type { Caseload } from "../../sync/phone.ts";
import type { Shown } from "../../sync/record.ts";
import { ladderOf, stepOf } from "./ladder.ts";
import { dueOf, isDone, rowOf } from "./people.ts";
import { isTwo, moment, text } from "./read.ts";
import { settling, whose } from "./record.ts";
import { messageAt, remindingOf } from "./reminding.ts";
import type { PersonView, Who } from "./views.ts";
import { byStart, calledOf, isOpen, visitOf } from "./visit.ts";

/**
 * All about one person, what stands under other entries of the same person joined to it. Undefined where this phone does not hold them, or no
 * longer. Who and how they are stays each entry's own; every record stays in the one that it was written in.
 */
export async function personView(caseload: Caseload, scope: Scope, now: number): Promise<PersonView | undefined> {
  const own = await entryView(caseload, scope, now);
  if (own === undefined || own.also.length === 0) return own;
  const others = (await Promise.all(own.also.map((a) => entryView(caseload, a.scope, now)))).filter((v) => v !== undefined);
  const all = [own, ...others];
  return {
    ...own, next: all.flatMap((v) => v.next).sort(byStart), timeless: all.flatMap((v) => v.timeless), ladder: all.flatMap((v) => v.ladder), followUps: all.flatMap((v) => v.followUps),
    timeline: all.flatMap((v) => v.timeline).sort((a, b) => msOf(b.at) - msOf(a.at)), contacts: byText(all.flatMap((v) => v.contacts), "name"), consents: all.flatMap((v) => v.consents),
    toSettle: all.flatMap((v) => v.toSettle),
  };
}

/** Of one entry alone. */
async function entryView(caseload: Caseload, scope: Scope, now: number): Promise<PersonView | undefined> {
  const records = await caseload.all(scope);
  const head = caseload.people().find((h) => h.scope === scope);
  if (head === undefined) return undefined;
  const of = (kind: string): readonly Shown[] => records.filter((r) => r.kind === kind);
  const appointments = of("appointment"), followUps = of("follow_up"), assignments = of("assignment");
  return {
    head,
    row: rowOf(head, now, appointments, followUps, assignments),
    next: appointments.filter(isOpen).flatMap((a) => visitOf(head, a) ?? []).sort(byStart),
    timeless: [...appointments.filter((a) => moment(a, "starts_at") === undefined), ...of("support").filter((s) => moment(s, "at") === undefined)],
    ladder: ladderOf(head, followUps, appointments, now),
    reminding: remindingOf(head.person, of),
    followUps: followUps.filter((f) => !isDone(f) && stepOf(f) === undefined).sort((a, b) => (dueOf(a) ?? "").localeCompare(dueOf(b) ?? "")),
    timeline: timeline(caseload, records),
    contacts: byText(of("contact"), "name"),
    consents: [...of("consent")].sort((a, b) => order(a) - order(b) || given(b).localeCompare(given(a))),
    workers: workers(caseload, assignments, now),
    toSettle: records.filter(isTwo).map((r) => settling(caseload, head, r)),
    also: alsoOf(caseload, scope, of("same")),
  };
}

/** Other entries of the same person, as far as they are here. */
function alsoOf(caseload: Caseload, scope: Scope, sames: readonly Shown[]): PersonView["also"] {
  const scopes = new Set(sames.filter((s) => text(s, "ended_at") === undefined).flatMap((s) => { const id = text(s, "person"); return id === undefined ? [] : [personScope(id as RecordID)]; }));
  scopes.delete(scope);
  return caseload.people().filter((h) => scopes.has(h.scope)).map((h) => ({ scope: h.scope, name: calledOf(h.person) }));
}

/** What has been: everything of which the outcome is known, the newest first. */
function timeline(caseload: Caseload, records: readonly Shown[]): PersonView["timeline"] {
  return records.flatMap((record) => {
    const at = timeOf(record);
    return at === undefined ? [] : [{ at, record, by: whose(caseload, record.user) }];
  }).sort((a, b) => msOf(b.at) - msOf(a.at));
}

function timeOf(record: Shown): Instant | undefined {
  const ms = record.kind === "support" ? moment(record, "at")
    : record.kind === "appointment" && !isOpen(record) ? moment(record, "starts_at")
    : record.kind === "follow_up" && isDone(record) ? moment(record, "done_at") ?? msOf(record.at)
    : record.kind === "message" ? messageAt(record) : undefined;
  return ms === undefined ? undefined : instant(ms);
}

/** Who works with them now or soon, by their assignments. */
function workers(caseload: Caseload, assignments: readonly Shown[], now: number): PersonView["workers"] {
  return assignments.flatMap((a) => {
    const worker = text(a, "worker") as UserID | undefined, until = moment(a, "until");
    if (worker === undefined || (until !== undefined && until <= now)) return [];
    const part = text(a, "part"), from = moment(a, "from");
    return [{
      who: whose(caseload, worker),
      ...(part === undefined ? {} : { part }), ...(from !== undefined && from > now ? { from: instant(from) } : {}),
      ...(until === undefined ? {} : { until: instant(until) }),
    }];
  }).sort((a, b) => rank(a.who).localeCompare(rank(b.who), "en"));
}
/** Oneself first, then colleagues by name. */
const rank = (who: Who): string => (who.kind === "me" ? "" : who.kind === "colleague" ? ` ${who.name}` : "~");

const byText = (records: readonly Shown[], field: string): readonly Shown[] =>
  [...records].sort((a, b) => (text(a, field) ?? "").localeCompare(text(b, field) ?? "", "en", { sensitivity: "base" }));
const order = (consent: Shown): number => ["reminders", "share", "forum"].indexOf(text(consent, "purpose") ?? "");
const given = (consent: Shown): string => text(consent, "given_on") ?? "";
