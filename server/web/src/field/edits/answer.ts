import { instant } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Edit } from "../../sync/record.ts";
import { moved, outcome, planned, slotOf } from "./appointment.ts";
import type { Slot } from "./appointment.ts";
import { editOf } from "./edit.ts";
import type { Opened } from "./edit.ts";

// What a worker does about an answer: each way says in the same entry, or the same group, that it was dealt with.

export const dealtWith = (of: Opened, now: number): Edit => editOf(of, { reply_dealt_at: instant(now) })!;

/** Somebody who asked for company has it. */
export const goingAlong = (of: Opened, now: number): Edit => editOf(of, { accompany: true, reply_dealt_at: instant(now) })!;

export const cancelledFor = (of: Opened, now: number): Edit => {
  const dealt = dealtWith(of, now);
  return { ...dealt, set: { ...outcome(of, "cancelled")?.set, ...dealt.set } };
};

/**
 * The time that they picked. What was missed stays missed, so for that another appointment is made, of the same kind and length.
 */
export function atPickedTime(of: Opened, to: Slot, record: RecordID, now: number): readonly Edit[] {
  if (of.was["status"] !== "missed") {
    const edit = moved(of, to, now);
    return [edit?.set?.["reply_dealt_at"] === undefined ? { ...dealtWith(of, now), set: { ...edit?.set, ...dealtWith(of, now).set } } : edit];
  }
  const again = ["title", "place", "with", "service", "accompany", "travel"].flatMap((f) => (of.was[f] === undefined ? [] : [[f, of.was[f]] as const]));
  return [...planned(of.scope, [to], Object.fromEntries(again), () => record), dealtWith(of, now)];
}

/** The time that they picked, as long as the appointment was to be. */
export function pickedSlot(of: Opened): Slot | undefined {
  const picked = slotOf({ starts_at: of.was["reply_time"] ?? null }), was = slotOf(of.was);
  return picked && { ...picked, ...(was?.minutes === undefined ? {} : { minutes: was.minutes }) };
}

export type Reply = "coming" | "cannot" | "new_time" | "come_with_me";

/** What they said to the worker, now. It takes the place of an earlier answer, with its words. */
export const spoken = (of: Opened, reply: Reply, now: number): Edit =>
  editOf(of, { reply, reply_note: null, reply_time: null, reply_at: instant(now), reply_dealt_at: null })!;
