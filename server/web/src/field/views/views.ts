import type { Instant, Scope } from "../../sync/ids.ts";
import type { Head, Office } from "../../sync/phone.ts";
import type { Fields, Shown, Value } from "../../sync/record.ts";

/** Views are plain data, worked out from a caseload and a clock by pure functions in this folder. */

/** An appointment with the person it is with. */
export interface Visit {
  readonly scope: Scope;
  readonly person: string; // the preferred name, else the name
  readonly record: Shown;
  readonly startsAt: Instant;
  readonly endsAt?: Instant;
  readonly status: string;
  readonly title: string;
  /** The person's: open, paused, closed, died. */
  readonly state: string;
  readonly place?: string;
  readonly with?: string;
  readonly phone?: string;
  readonly safetyNote?: string;
  readonly reply?: string;
  readonly replyNote?: string;
  /** Another time that they picked. */
  readonly replyTime?: Instant;
  /** What they answered wants something of the worker, and nobody has dealt with it. */
  readonly wants: boolean;
  readonly twoVersions: boolean;
  /** Written here and not answered by the server. */
  readonly unsent: boolean;
}

export interface TodayView {
  readonly now: Instant;
  /** Answers that want something of the worker, the soonest appointment first. Their appointments stand in their own places too. */
  readonly answers: readonly Visit[];
  /** Steps of the ladder that want somebody now, the longest due first. */
  readonly ladder: readonly LadderStep[];
  /** Past, and nobody has said what became of them; the oldest first. */
  readonly overdue: readonly Visit[];
  readonly today: readonly Visit[];
  /** The next seven days, by day. */
  readonly ahead: readonly { readonly day: string; readonly visits: readonly Visit[] }[];
  /** People whom nobody has seen for a while (three weeks), the longest first; open ones only. */
  readonly unseen: readonly PersonRow[];
  /** Follow-ups that somebody planned and that are due or overdue. */
  readonly due: readonly { readonly scope: Scope; readonly person: string; readonly record: Shown; readonly due: string; readonly about: string }[];
  /** The likely person for a support first: who was just visited, is now, or comes next. */
  readonly likely: readonly PersonRow[];
}

/** What is to be done after a miss, before one may come, or about a number, each step by its name (PROTOCOL §9). */
export type StepName = "outcome" | "call_before" | "call" | "visit" | "coordinator" | "check_number";

/** A step of the ladder, with what it takes to do it. */
export interface LadderStep {
  readonly scope: Scope;
  readonly person: string;
  readonly record: Shown;
  readonly step: StepName;
  /** A day: by then it is to be done. */
  readonly due: string;
  /** The time on that day, where one was said. */
  readonly dueAt?: Instant;
  /** How it came to an end: done, skipped or stopped; absent while it is open. */
  readonly ended?: string;
  readonly phone?: string;
  /** The appointment that it is about, where the phone has it. */
  readonly visit?: Visit;
}

/** How messages reach a person. */
export interface Reminding {
  /** The consent to reminders that holds, else the last one that there was. */
  readonly consent?: Shown;
  /** Since when messages to their number have not arrived. */
  readonly failingSince?: Instant;
  /** They have switched notifications on, on a phone of theirs. */
  readonly notified: boolean;
  /** Where they answer: the newest page that nobody has ended. */
  readonly page?: Shown;
}

export interface PersonRow {
  readonly scope: Scope;
  readonly name: string;
  /** The full name where the preferred one is shown. */
  readonly fullName?: string;
  readonly state: string;
  readonly lastSeen?: Instant;
  readonly next?: Instant;
  readonly attention: readonly Attention[];
  readonly phone?: string;
  /** Folded to lower case without marks, for instant search. */
  readonly search: string;
}
export type Attention = "overdue_outcome" | "two_versions" | "missed_last" | "unseen" | "follow_up_due" | "phone_unconfirmed" | "held";

export interface PeopleView {
  readonly rows: readonly PersonRow[];
}

export interface PersonView {
  readonly head: Head;
  readonly row: PersonRow;
  readonly next: readonly Visit[];
  /** Appointments and supports of which nobody can tell when they are. */
  readonly timeless: readonly Shown[];
  /** What somebody planned and is not done. */
  readonly followUps: readonly Shown[];
  /** Steps of the ladder that are open, due or not. */
  readonly ladder: readonly LadderStep[];
  readonly reminding: Reminding;
  /** Appointments, supports, ended follow-ups and messages, the newest first. */
  readonly timeline: readonly { readonly at: Instant; readonly record: Shown; readonly by: Who }[];
  readonly contacts: readonly Shown[];
  readonly consents: readonly Shown[];
  readonly workers: readonly { readonly who: Who; readonly part?: string; readonly from?: Instant; readonly until?: Instant }[];
  /** Other entries of the same person: what is in them is in the lists here. */
  readonly also: readonly { readonly scope: Scope; readonly name: string }[];
  /** Records with two versions to settle, the person's own included. */
  readonly toSettle: readonly RecordView[];
  readonly office?: Office;
}

/** A record with each field in which two versions stand, whose they are and when they were written. */
export interface RecordView {
  readonly record: Shown;
  readonly person: string;
  readonly choices: readonly Choice[];
  /** Deletions that lost to an edit; any edit of the record as it stands settles them. */
  readonly deletes: readonly { readonly by: Who; readonly at: Instant }[];
}

/** Versions of one field, or of a group of fields under the name of its first, the shown one first. */
export interface Choice {
  readonly field: string;
  readonly versions: readonly Version[];
}
export interface Version {
  readonly value: Value;
  /** What to set so that this one stands alone: the field, or its whole group. */
  readonly set: Fields;
  readonly by: Who;
  readonly at: Instant;
  readonly shown: boolean;
}

/** Whose something is. The words for it are the screen's. */
export type Who =
  | { readonly kind: "me" }
  | { readonly kind: "colleague"; readonly name: string }
  /** The person themselves, who answers reminders. */
  | { readonly kind: "person" }
  | { readonly kind: "program" }
  /** A user whom the team's list does not name. */
  | { readonly kind: "elsewhere" };
