import type { Instant, RecordID, Scope, UserID } from "../../sync/ids.ts";
import type { Op, Shown } from "../../sync/record.ts";
import type { LadderStep, PersonRow, Visit } from "../../field/views/views.ts";

/** Views are plain data, worked out from what the desk has by pure functions in this folder. */

/** Somebody who works here. */
export interface Member {
  readonly id: UserID;
  readonly name: string;
  readonly role: string;
}

/** How a person can be reached by a message. */
export type Reach = "reminded" | "no_consent" | "no_way" | "failing";

export interface CaseRow extends PersonRow {
  readonly person: RecordID;
  /** Who leads, by name; none: nobody does. */
  readonly workers: readonly UserID[];
  readonly worker: string;
  /** The last five of which it is known whether they came, the latest first. */
  readonly last: readonly ("attended" | "missed")[];
  readonly missed: number;
  readonly reach: Reach;
}
export interface TableView {
  readonly rows: readonly CaseRow[];
  readonly members: readonly Member[];
}

/** Somebody with something that stands in two versions. */
export interface Apart {
  readonly scope: Scope;
  readonly person: string;
  readonly records: readonly Shown[];
}
/** An entry that waits for a coordinator, or was refused. */
export interface HeldRow {
  readonly record: Shown;
  readonly op: Op | undefined;
  readonly person: string | undefined;
  readonly by: string;
  readonly reason: string;
  readonly detail: string | undefined;
  readonly at: Instant | undefined;
  readonly status: "held" | "rejected";
  readonly settled: string | undefined;
}
export interface HeldView {
  readonly open: readonly HeldRow[];
  /** What was decided, the newest first. */
  readonly settled: readonly HeldRow[];
  readonly apart: readonly Apart[];
}

/** One entry of a person, to be told from another. */
export interface EntryOf {
  readonly scope: Scope;
  readonly name: string;
  readonly worker: string;
}
export interface TwiceView {
  readonly people: readonly EntryOf[];
  /** Two that may be one, and by what. */
  readonly maybe: readonly { readonly one: EntryOf; readonly two: EntryOf; readonly why: "name" | "phone" }[];
  readonly linked: readonly { readonly one: EntryOf; readonly two: EntryOf; readonly records: readonly Shown[]; /** Those that the link made, still in force. */ readonly assignments: readonly Shown[] }[];
}

/** Today over all workers. Each list is what its number counts. */
export interface NowView {
  readonly visits: readonly DeskVisit[];
  readonly answers: readonly DeskVisit[];
  readonly overdue: readonly DeskVisit[];
  /** Missed in the last two weeks, with nothing planned after it. */
  readonly adrift: readonly DeskVisit[];
  readonly ladder: readonly LadderStep[];
  readonly unseen: readonly CaseRow[];
  readonly apart: number;
  readonly held: number;
  readonly people: number;
}
export interface DeskVisit extends Visit {
  readonly worker: string;
}
export interface CalendarView {
  readonly days: readonly { readonly day: string; readonly visits: readonly DeskVisit[] }[];
  readonly members: readonly Member[];
}
export interface TeamView {
  readonly members: readonly (Member & { readonly people: readonly { readonly scope: Scope; readonly name: string; readonly part: string; readonly assignment: Shown; readonly open: number }[]; /** Appointments of the next seven days with those whom they lead. */ readonly week: number })[];
  /** Open people with whom nobody works. */
  readonly nobody: readonly { readonly scope: Scope; readonly name: string }[];
}
