import type { Op, Result, Value } from "../sync/record.ts";
import { dates } from "./dates.ts";
import { own } from "./own.ts";
import { isOld } from "./views/read.ts";
import { isDay } from "./views/wall.ts";
import { w } from "./words.ts";

export const kindName = (kind: string): string => own<string>(w.kinds, kind) ?? kind;
export const fieldName = (field: string): string => own<string>(w.fields, field) ?? field;

/** The value of a field in words; a choice or a form that the catalogue does not know stands as it is. */
export function valueText(field: string, value: Value | undefined, now: number): string {
  if (value === null || value === undefined) return w.cleared;
  switch (typeof value) {
    case "boolean":
      return value ? w.yes : w.no;
    case "number":
      return field === "minutes" ? dates.length(value) : String(value);
    case "string": {
      const choices: Readonly<Record<string, Readonly<Record<string, string>>>> = w.values;
      const choice = own(own(choices, field) ?? {}, value);
      if (choice) return choice;
      if (isDay(value) && !isOld(value)) return dates.day(value, now);
      return /^\d{4}-\d\d-\d\dT/.test(value) && !isOld(value) && !Number.isNaN(Date.parse(value)) ? dates.moment(value, now) : value;
    }
    case "object":
      return Array.isArray(value) ? value.map((v) => valueText(field, v, now)).join(", ") : JSON.stringify(value);
    default:
      return value satisfies never;
  }
}

/** What an edit was, for the one who made it: a heading, and each thing that was written. */
export interface Described {
  readonly title: string;
  readonly said: readonly (readonly [label: string, text: string])[];
}

/** Fields of no meaning to the one who reads: ids. */
const silent = new Set(["appointment", "team", "worker"]);

export function describe(op: Pick<Op, "kind" | "base" | "delete" | "set" | "add" | "remove">, now: number): Described {
  const what = kindName(op.kind);
  const set = Object.entries(op.set ?? {});
  const name = ["title", "name", "about", "what", "purpose"].map((f) => op.set?.[f]).find((v) => typeof v === "string");
  const nameField = ["title", "name", "about", "what", "purpose"].find((f) => typeof op.set?.[f] === "string");
  const title = op.delete ? w.entry.deleted(what) : op.base === 0 ? w.entry.made(what) : w.entry.changed(what);
  return {
    title: name && nameField ? `${title}: ${valueText(nameField, name, now)}` : title,
    said: [
      ...set.filter(([f]) => f !== nameField && !silent.has(f) && (op.base !== 0 || op.set?.[f] !== null)).map(([f, v]) => [fieldName(f), valueText(f, v, now)] as const),
      ...Object.entries(op.add ?? {}).filter(([, v]) => v.length > 0).map(([f, v]) => [fieldName(f), v.join(", ")] as const),
      ...Object.entries(op.remove ?? {}).filter(([, v]) => v.length > 0).map(([f, v]) => [w.entry.without(fieldName(f)), v.join(", ")] as const),
    ],
  };
}

/** Why the office keeps an entry back or has refused it, and what to do (PROTOCOL §5.6). */
export interface Reason {
  readonly why: string;
  readonly todo: string;
}

const codes: Readonly<Record<string, keyof typeof w.reasons>> = {
  not_permitted: "notPermitted", unknown_kind: "newerKind", group_held: "heldTogether", device_revoked: "cutOff", lost_ops: "lost", sealed: "sealed", sealed_by_another: "sealedByAnother",
  bad_text: "characters", bad_time: "time", bad_value: "value", too_long: "tooLong", too_many: "tooMany", too_many_fields: "tooMany", record_full: "full", op_too_large: "tooLong",
  required: "required", never_changes: "neverChanges", not_deleted: "neverChanges", no_such_worker: "noWorker", no_such_team: "noWorker",
  group_rejected: "refusedTogether", needs_record: "needsOther", erased: "erased",
  settle_earlier: "settleEarlier", settled_already: "settledAlready", settle_refused: "settleRefused",
  bad_op: "fault", bad_id: "fault", bad_field: "fault", too_deep: "fault", empty_op: "fault", wrong_scope: "fault", wrong_record: "fault", wrong_kind: "fault",
  field_is_a_set: "fault", field_is_no_set: "fault", op_id_reused: "fault", group_split: "fault", group_too_large: "fault",
};

/** A code that this build does not know is told in the server's own words. */
export function reasonOf(result: Pick<Result, "status" | "code" | "detail">): Reason {
  const code = result.code ?? "";
  const known = own(codes, code);
  if (known) return w.reasons[known];
  const todo = result.status === "held" ? w.reasons.notPermitted.todo : w.reasons.fault.todo;
  return { why: result.detail ?? w.reasons.unknown.why, todo };
}
export const knownCodes = Object.keys(codes);
