// A caseload made by hand: real records in memory, as the store would hand them out. Made-up people.
import { instant, personScope } from "../../src/sync/ids.ts";
import type { Instant, RecordID, Scope, TeamID, UserID, Version } from "../../src/sync/ids.ts";
import type { Caseload, Head } from "../../src/sync/phone.ts";
import type { Fields, Shown } from "../../src/sync/record.ts";

export const me = { id: "u-me" as UserID, name: "Moira (made up)", role: "worker", team: "t-1" as TeamID };
export const colleague = "u-col" as UserID;

let made = 0;
/** One record; `more` overrides anything of it. */
export function shown(scope: Scope, kind: string, fields: Fields, more: Partial<Shown> = {}): Shown {
  made++;
  return { scope, kind, id: `r-${made}` as RecordID, version: (100 + made) as Version, user: me.id, at: "2026-01-05T09:00:00.000Z" as Instant,
    fields, unsent: [], sent: [], ...more };
}

export interface Made {
  readonly scope: Scope;
  readonly person: Shown;
  readonly records: Shown[];
  lastSeen?: Instant;
  held?: number;
}

/** A person with what is written about them. */
export function person(name: string, fields: Fields = {}, more: Partial<Shown> = {}): Made {
  const id = `p-${name.toLowerCase().replace(/\W/g, "-")}` as RecordID;
  const scope = personScope(id);
  return { scope, person: shown(scope, "person", { name, state: "open", ...fields }, { id, ...more }), records: [] };
}

export function put(of: Made, kind: string, fields: Fields, more: Partial<Shown> = {}): Shown {
  const record = shown(of.scope, kind, fields, more);
  of.records.push(record);
  return record;
}

/** An appointment at a moment of UTC. */
export const visit = (of: Made, startsAt: string, fields: Fields = {}, more: Partial<Shown> = {}): Shown =>
  put(of, "appointment", { title: "Home visit", starts_at: startsAt, status: "planned", ...fields }, more);

export function caseload(...made: readonly Made[]): Caseload {
  const records = (): readonly Shown[] => made.flatMap((m) => [m.person, ...m.records]);
  const two = (r: Shown): boolean => r.conflicts !== undefined || r.deletes !== undefined;
  return {
    me,
    people: () => made.map((m): Head => ({ scope: m.scope, person: m.person, conflicts: [m.person, ...m.records].filter(two).length,
      ...(m.lastSeen === undefined ? {} : { lastSeen: m.lastSeen }), ...(m.held === undefined ? {} : { held: m.held }) })),
    hot: (kind) => records().filter((r) => r.kind === kind),
    all: async (scope) => records().filter((r) => r.scope === scope),
    record: async (id) => records().find((r) => r.id === id),
    nameOf: (user) => (user === me.id ? me.name : user === colleague ? "Iain (made up)" : undefined),
  };
}

export const at = (text: string): number => Date.parse(text);
export const ago = (now: number, days: number): Instant => instant(now - days * 86_400_000);
