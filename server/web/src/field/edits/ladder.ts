import { instant } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Edit } from "../../sync/record.ts";
import type { StepName } from "../views/views.ts";
import { editOf, unwritten } from "./edit.ts";
import type { Opened } from "./edit.ts";

/** Which support a step is, when it reached somebody; a step that is none is not among them. */
const contacts: Partial<Readonly<Record<StepName, "call" | "visit">>> = { call_before: "call", call: "call", visit: "visit" };

/**
 * A step that was done. Where it reached the person, that is a support too, in the same group: it counts as contact, and stands among what has been.
 * One that was done already is only told anew.
 */
export function reached(of: Opened, step: StepName, support: RecordID, now: number, note?: string): readonly Edit[] {
  const again = of.was["ended"] === "done" || of.was["done_at"] !== undefined, what = again ? undefined : contacts[step], appointment = of.was["appointment"];
  const edit = editOf(of, { ended: "done", done_at: of.was["done_at"] ?? instant(now), ...(note === undefined ? {} : { outcome: note }) });
  return [...(edit ? [edit] : []), ...(what === undefined ? [] : [editOf(unwritten(of.scope, "support", support),
    { what, at: instant(now), formal: true, ...(note === undefined ? {} : { note }), ...(typeof appointment === "string" ? { appointment } : {}) })!])];
}

/** A step that came to nothing, or is left out, and why. The next one is the server's to say. */
export function skipped(of: Opened, why: string): readonly Edit[] {
  const edit = editOf(of, { ended: "skipped", done_at: null, outcome: why });
  return edit ? [edit] : [];
}

/** A step for another day; one that had come to an end is to be done again. */
export function postponed(of: Opened, due: string): readonly Edit[] {
  const edit = editOf(of, { due, ended: null, done_at: null });
  return edit ? [edit] : [];
}

/** Their number, which they said is right today; with the step that asked for it. */
export function numberNow(person: Opened, of: Opened, phone: string, today: string, support: RecordID, now: number): readonly Edit[] {
  const edit = editOf(person, { phone, phone_confirmed_on: today });
  return [...(edit ? [edit] : []), ...reached(of, "check_number", support, now)];
}
