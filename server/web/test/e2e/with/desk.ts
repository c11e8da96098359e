import { randomUUID } from "node:crypto";
import type { Office } from "./office.ts";

/** One op, without what the desk gives it by itself: number, id and time. */
export interface Write {
  readonly scope: string;
  readonly kind: string;
  readonly record: string;
  readonly base?: number;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly add?: Readonly<Record<string, readonly string[]>>;
  readonly delete?: true;
}

/** A coordinator's client over plain HTTP, to fill an office quickly: it only ever writes. */
export interface Desk {
  readonly user: string;
  readonly team: string;
  write(all: readonly Write[]): Promise<void>;
  /** Somebody made up, with who walks alongside them; gives the person's id. */
  person(worker: string | readonly string[], fields: Readonly<Record<string, unknown>> & { readonly name: string }): Promise<string>;
  appointment(person: string, fields: Readonly<Record<string, unknown>>): Promise<string>;
  record(kind: string, person: string, fields: Readonly<Record<string, unknown>>): Promise<string>;
  /** Gives a person to somebody, or, with an assignment's id, takes them away. */
  assign(person: string, worker: string): Promise<string>;
  unassign(person: string, assignment: string): Promise<void>;
}

interface Answer {
  readonly frame: string;
  readonly results?: readonly { readonly n: number; readonly status: string; readonly code?: string; readonly detail?: string }[];
}

/** `direct` is the server itself, so that the desk is not cut off with the phones. */
export async function openDesk(o: Office, name = "Made-up Coordinator"): Promise<Desk> {
  const link = await o.invite(await o.hire(name, "coordinator"));
  const post = async (path: string, body: unknown, token?: string): Promise<Response> => {
    const r = await fetch(o.direct() + path, { method: "POST", body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) } });
    if (!r.ok) throw new Error(`${path}: ${r.status} ${await r.text()}`);
    return r;
  };
  const code = link.split("#enrol=")[1];
  const me = await (await post("/v1/enrol", { code, device: { id: randomUUID(), name: "desk", platform: "test" } })).json() as
    { access_token: string; user: { id: string; team: string } };
  let n = 0;

  const write = async (all: readonly Write[]): Promise<void> => {
    for (let from = 0; from < all.length; from += 400) {
      const ops = all.slice(from, from + 400).map((w) => ({ n: ++n, id: randomUUID(), at: new Date().toISOString(), base: 0, ...w }));
      const text = await (await post("/v1/sync", { schema: 1, cursor: "", last_n: n, sent_at: new Date().toISOString(), max_bytes: 8192, ops }, me.access_token)).text();
      const ack = JSON.parse(text.slice(0, text.indexOf("\n"))) as Answer;
      const wrong = ack.results?.find((r) => r.status !== "applied");
      if (ack.frame !== "ack" || wrong) throw new Error(`the desk's op was not taken: ${JSON.stringify(wrong ?? ack)}`);
    }
  };
  const record = async (kind: string, person: string, fields: Readonly<Record<string, unknown>>): Promise<string> => {
    const id = randomUUID();
    await write([{ scope: `person/${person}`, kind, record: id, set: fields }]);
    return id;
  };
  return {
    user: me.user.id, team: me.user.team, write, record,
    async person(worker, fields) {
      const id = randomUUID();
      const { interests, needs, ...set } = fields as Record<string, unknown> & { interests?: string[]; needs?: string[] };
      await write([{ scope: `person/${id}`, kind: "person", record: id, set, add: { ...(interests ? { interests } : {}), ...(needs ? { needs } : {}) } },
        ...[worker].flat().map((w) => ({ scope: `person/${id}`, kind: "assignment", record: randomUUID(), set: { worker: w, part: "lead" } }))]);
      return id;
    },
    appointment: (person, fields) => record("appointment", person, { status: "planned", ...fields }),
    assign: (person, worker) => record("assignment", person, { worker, part: "lead" }),
    unassign: (person, assignment) => write([{ scope: `person/${person}`, kind: "assignment", record: assignment, set: { until: new Date().toISOString() } }]),
  };
}

/** A moment of a day in London, so many days from today, as the server keeps it. The clocks of the tests are London's. */
export function at(days: number, hour: number, minute = 0): string {
  const now = new Date();
  const day = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + days, hour, minute));
  const there = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", hour: "2-digit", hourCycle: "h23" }).format(day);
  return new Date(day.getTime() - (Number(there) - hour) * 3_600_000).toISOString();
}

/** Hours from now. */
export const inHours = (h: number): string => new Date(Date.now() + h * 3_600_000).toISOString();
