import type { Shown } from "../../sync/record.ts";
import { moment, text } from "./read.ts";

/** Whether a person answered something that somebody has to act on, and nobody has. What they said after it was dealt with waits anew. */
export function wantsSomething(appointment: Pick<Shown, "fields">): boolean {
  const reply = text(appointment, "reply"), status = text(appointment, "status");
  const over = status === "attended" || (reply === "cannot" && (status === "cancelled" || status === "moved"));
  if (over || (reply !== "cannot" && reply !== "new_time" && reply !== "come_with_me")) return false;
  const dealt = moment(appointment, "reply_dealt_at"), said = moment(appointment, "reply_at");
  return dealt === undefined || (said !== undefined && said > dealt);
}
