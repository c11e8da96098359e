import { instant, msOf } from "../../sync/ids.ts";
import type { Shown } from "../../sync/record.ts";
import { moment, text } from "./read.ts";
import type { Reminding } from "./views.ts";
import { isDay, startOf } from "./wall.ts";

/** How messages reach a person, out of all that is known of them. */
export function remindingOf(person: Shown, of: (kind: string) => readonly Shown[]): Reminding {
  const consents = of("consent").filter((c) => text(c, "purpose") === "reminders").sort((a, b) => (text(b, "given_on") ?? "").localeCompare(text(a, "given_on") ?? ""));
  const consent = consents.find((c) => !isWithdrawn(c) && text(c, "given_on") !== undefined) ?? consents[0];
  const failing = of("way").flatMap((way) => failingSince(person, way)).sort((a, b) => a - b)[0];
  const page = of("page").filter((p) => text(p, "token") !== undefined && !isEnded(p)).sort((a, b) => (moment(b, "made_at") ?? 0) - (moment(a, "made_at") ?? 0))[0];
  return {
    ...(consent === undefined ? {} : { consent }), ...(failing === undefined ? {} : { failingSince: instant(failing) }),
    notified: of("way").some((way) => text(way, "kind") !== "sms" && text(way, "failing_since") === undefined),
    ...(page === undefined ? {} : { page }),
  };
}

/** Any withdrawal that stands counts, whatever was written beside it (PROTOCOL §8.4). */
export const isWithdrawn = (consent: Shown): boolean => stands(consent, "withdrawn_on") || (consent.deletes?.length ?? 0) > 0;
/** The same of a page that somebody has ended. */
const isEnded = (page: Shown): boolean => stands(page, "ended_at") || (page.deletes?.length ?? 0) > 0;
const stands = (record: Shown, field: string): boolean => text(record, field) !== undefined || (record.conflicts?.[field] ?? []).some((b) => typeof b.value === "string");

/** When messages to the person's number began to fail, if it is their number still and nobody has confirmed it since. */
function failingSince(person: Shown, way: Shown): readonly number[] {
  const since = moment(way, "failing_since"), phone = text(person, "phone");
  if (since === undefined || text(way, "kind") !== "sms" || phone === undefined || !sameNumber(text(way, "value") ?? "", phone)) return [];
  const on = text(person, "phone_confirmed_on") ?? "";
  return isDay(on) && startOf(on) > since ? [] : [since];
}

/** Whether two ways to write a number ring the same phone: with the country before it or without. */
function sameNumber(a: string, b: string): boolean {
  const [x, y] = [digits(a), digits(b)];
  return x !== "" && (x === y || x.slice(-9) === y.slice(-9));
}
const digits = (text: string): string => text.replace(/\D/g, "");

/** When a message was sent, or given up; undefined while it is under way. */
export function messageAt(message: Shown): number | undefined {
  const status = text(message, "status");
  if (status === undefined || status === "claimed") return undefined;
  const at = moment(message, "sent_at") ?? moment(message, "claimed_at") ?? msOf(message.at);
  return Number.isNaN(at) ? undefined : at;
}
