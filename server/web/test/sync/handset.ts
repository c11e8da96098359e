import { instant, personScope, uuid, type RecordID, type Scope, type UserID, type Version } from "../../src/sync/ids.ts";
import { realTimer } from "../../src/sync/clock.ts";
import { canonical } from "../../src/sync/json.ts";
import type { Look, Written } from "../../src/sync/keep.ts";
import { largest, waits, type Size } from "../../src/sync/outbox.ts";
import type { Edit, Fields, Op, Shown, Value } from "../../src/sync/record.ts";
import { createRun, type Outcome, type Report } from "../../src/sync/run.ts";
import { createSession, type Enrolment, type Session } from "../../src/sync/tokens.ts";
import { createTransport, gzip, type Transport } from "../../src/sync/transport.ts";
import { empty, memory, type Memory, type Stored } from "./memory.ts";
import { openRoad, type Road } from "./road.ts";

export const build = "field/test";
let ids = 0;
/** Ids in the order in which they were asked for, so that what a test does can be done again. */
export const mint = (): string => uuid(1_764_000_000_000 + ++ids, (b) => {
  for (let i = 0; i < b.length; i++) b[i] = (ids * 2654435761 + i * 40503) >>> (i % 4);
  b[14] = ids >> 8;
  b[15] = ids;
  return b;
});
export const newID = (): RecordID => mint() as RecordID;

export interface Edited {
  readonly set?: Fields;
  readonly add?: NonNullable<Edit["add"]>;
  readonly remove?: NonNullable<Edit["remove"]>;
  readonly delete?: true;
}

/** A phone whose storage is memory, with a road to the server that fails as it is told. */
export interface Handset {
  readonly keep: Memory;
  readonly road: Road;
  readonly session: Session;
  readonly transport: Transport;
  /** Milliseconds by which its clock is ahead. */
  ahead: number;
  /** Set when everything on it was erased. */
  erased: boolean;
  enrol(code: string): Promise<Enrolment>;
  run(signal?: AbortSignal): Promise<{ readonly outcome: Outcome; readonly report: Readonly<Report> }>;
  /** A run that has to end well; says what it did. */
  sync(): Promise<Readonly<Report>>;
  write(...edits: readonly Edit[]): Promise<readonly Op[]>;
  /** A change of one record, with the base that a screen would give; without a record, of a new one. */
  edit(scope: Scope, kind: string, record: RecordID | undefined, change: Edited): Promise<RecordID>;
  person(name: string, more?: Fields): Promise<Scope>;
  followUp(scope: Scope, about: string): Promise<RecordID>;
  look(): Pick<Look, "state" | "lastN"> & { readonly waiting: readonly Written[]; readonly sent: readonly Written[]; readonly listed: readonly Written[] };
  record(id: RecordID): Shown | undefined;
  people(): readonly Shown[];
  /** All that it shows, as text: the same for two phones that agree. */
  portrait(): string;
  /** The same phone after the app was closed and opened. */
  reopened(): Handset;
  /** Another phone over a copy of what this one keeps. */
  copied(): Handset;
}

/** `most`: what one exchange carries at most. */
export function handset(server: () => string, from: Stored = empty, most: Size = largest): Handset {
  const keep = memory(from);
  const road = openRoad(server);
  const now = (): number => Date.now() + phone.ahead;
  const random = (b: Uint8Array): Uint8Array => crypto.getRandomValues(b as Uint8Array<ArrayBuffer>);
  const transport = createTransport({ fetch: road.fetch, origin: "", now, timer: realTimer, online: () => road.online(), pack: gzip });
  const session = createSession({ keep, transport, now, mint });
  const run = createRun({ keep, session, transport, now, pause: async () => undefined, build, async erase() { phone.erased = true; keep.spoil(() => empty); } }, most);
  const baseOf = (scope: Scope, id: RecordID): Version => (keep.records(scope).find((r) => r.id === id)?.version ?? 0) as Version;

  const phone: Handset = {
    keep, road, session, transport, ahead: 0, erased: false,
    enrol: (code) => session.enrol(code, { name: "a phone", platform: "test" }, new AbortController().signal),
    run: (signal = new AbortController().signal) => run(signal),
    async sync() {
      const { outcome, report } = await phone.run();
      if (outcome.kind !== "agreed") throw new Error(`the run ended ${JSON.stringify(outcome)} after ${JSON.stringify(report)}`);
      return report;
    },
    write: (...edits) => keep.write(edits, { now, random }),
    async edit(scope, kind, record, change) {
      const id = record ?? newID();
      await phone.write({ scope, kind, record: id, base: baseOf(scope, id), ...change });
      return id;
    },
    async person(name, more = {}) {
      const id = newID();
      await phone.edit(personScope(id), "person", id, { set: { name, ...more } });
      return personScope(id);
    },
    followUp: (scope, about) => phone.edit(scope, "follow_up", undefined, { set: { about, due: "2026-12-01" } }),
    look: () => keep.look((l) => ({
      state: l.state, lastN: l.lastN, waiting: l.entries().filter(waits), sent: l.entries().filter((e) => !waits(e)), listed: l.listed(),
    })),
    record: (id) => keep.scopes().flatMap((s) => keep.records(s)).find((r) => r.id === id),
    people: () => keep.scopes().flatMap((s) => keep.records(s).filter((r) => r.kind === "person" && personScope(r.id) === s)),
    portrait: () => keep.scopes().flatMap((s) => keep.records(s).map((r) => canonical(plain(r)))).join("\n"),
    reopened() {
      const again = handset(server, keep.stored(), most);
      again.ahead = phone.ahead;
      return again;
    },
    copied: () => phone.reopened(),
  };
  return phone;
}

const plain = (r: Shown): Value => JSON.parse(JSON.stringify(r)) as Value;

export const nowPlus = (ms: number): string => instant(Date.now() + ms);
export const userOf = (p: Handset): UserID => p.look().state.user?.id ?? ("" as UserID);
