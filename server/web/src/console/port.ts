import type { OpID, Scope } from "../sync/ids.ts";
import type { News } from "../sync/phone.ts";
import type { Edit, Enrolled, Result } from "../sync/record.ts";
import type { Port } from "../field/port.ts";
import type { CalendarView, HeldView, NowView, TableView, TeamView, TwiceView } from "./views/views.ts";

/** What the desk's screens ask of the worker beyond what the field's screens do. */
export interface DeskViews {
  /** The caseload of the team, a row for each person. */
  table(): Promise<TableView>;
  /** Today over all workers. */
  desk(): Promise<NowView>;
  /** Entries that wait for a coordinator, or were refused, and what stands in two versions. */
  held(): Promise<HeldView>;
  /** Appointments from a day on, for so many days. */
  calendar(from: string, days: number): Promise<CalendarView>;
  /** Entries that may be of one person, and those that are linked. */
  twice(): Promise<TwiceView>;
  /** Who works here, with whom each works. */
  team(): Promise<TeamView>;
}
export interface DeskPort extends Port, DeskViews {
  /** Begins with the tokens that the session gave. */
  begin(enrolled: Enrolled): Promise<void>;
  /** What links two entries of one person. */
  linking(one: Scope, two: Scope): Promise<readonly Edit[]>;
  /** Writes, and says what the server answered to each; an entry is absent that it has not answered. */
  push(edits: Parameters<Port["write"]>[0], ids: readonly OpID[]): Promise<readonly (Result | undefined)[]>;
}

export type ToDesk = { readonly id: number; readonly call: keyof DeskPort; readonly args: readonly unknown[] };
export type FromDesk = { readonly id: number; readonly ok: true; readonly value: unknown } | { readonly id: number; readonly ok: false; readonly why: string } | { readonly news: News };
