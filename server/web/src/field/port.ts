import type { RecordID, Scope } from "../sync/ids.ts";
import type { News, Phone } from "../sync/phone.ts";
import type { PeopleView, PersonView, RecordView, TodayView } from "./views/views.ts";

/** What screens ask beyond the phone itself: views, worked out in the worker from the caseload. */
export interface Views {
  today(): Promise<TodayView>;
  people(): Promise<PeopleView>;
  person(scope: Scope): Promise<PersonView | undefined>;
  record(id: RecordID): Promise<RecordView | undefined>;
}
export type Port = Phone & Views;

/** Between a screen and the worker. */
export type ToWorker = { readonly id: number; readonly call: keyof Port; readonly args: readonly unknown[] };
export type FromWorker =
  | { readonly id: number; readonly ok: true; readonly value: unknown; readonly along?: readonly News[] }
  | { readonly id: number; readonly ok: false; readonly why: string; readonly along?: readonly News[] } // a fault of the program, in no words of a person's
  | { readonly news: News };
