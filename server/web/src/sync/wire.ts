import type { ClientID, Instant, OpID, RecordID, Scope, TeamID, UserID, Version } from "./ids.ts";
import type { Frame, Sum } from "./keep.ts";
import type { SealKey } from "./letter.ts";
import type { Beside, Enrolled, Fields, Op, Origin, Result, ServerRecord, Status, Value } from "./record.ts";

/** The one place where bytes of the network become types. What decodes is right after it; nothing else checks again. */

export interface Ack {
  readonly frame: "ack";
  readonly through: number;
  readonly results: readonly Result[];
}

export interface Page {
  readonly frame: "page";
  readonly cursor: string;
  readonly complete: boolean;
  /** The run begins anew with this page. */
  readonly reset: boolean;
  readonly head: Version;
  readonly epoch: string;
  readonly through: number;
  readonly safe: number;
  readonly serverTime: Instant;
  /** Present when complete. */
  readonly total?: Sum;
  /** Present when an audit was asked for. */
  readonly sums?: ReadonlyMap<Scope, Sum>;
  /** This build must not go on. */
  readonly recall: boolean;
}

/** A line of a response (PROTOCOL §6.1). `unknown` is one of another name, which is passed over; `bad` is none at all. */
export type Line = Ack | Frame | Page | { readonly frame: "unknown" } | { readonly frame: "bad" };

const unknown: Line = { frame: "unknown" };
const bad: Line = { frame: "bad" };

/** Reads one line of a response, without its end. */
export function decode(line: string): Line {
  const f = objectOf(parsed(line));
  if (!f) return bad;
  switch (f["frame"]) {
    case "ack":
      return ackOf(f) ?? bad;
    case "page":
      return pageOf(f) ?? bad;
    case "scope":
    case "record":
    case "gone":
    case "drop":
      return frameOf(f["frame"], f) ?? bad;
    default:
      return unknown;
  }
}

type Wild = { readonly [key: string]: unknown };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const objectOf = (v: unknown): Wild | undefined => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Wild) : undefined);
const textOf = (v: unknown): string => (typeof v === "string" ? v : "");
/** A whole number from 0 to below 2^53 (PROTOCOL §1.3). */
const countOf = (v: unknown): number | undefined => (Number.isSafeInteger(v) && (v as number) >= 0 ? (v as number) : undefined);

function ackOf(f: Wild): Ack | undefined {
  const through = countOf(f["through"]);
  const list = f["results"];
  if (through === undefined || !Array.isArray(list)) return undefined;
  const results: Result[] = [];
  for (const item of list) {
    const r = resultOf(objectOf(item));
    if (!r) return undefined;
    results.push(r);
  }
  return { frame: "ack", through, results };
}

const statuses: ReadonlySet<unknown> = new Set<Status>(["applied", "conflict", "held", "rejected"]);

function resultOf(r: Wild | undefined): Result | undefined {
  const n = countOf(r?.["n"]);
  if (!r || n === undefined || !statuses.has(r["status"])) return undefined;
  const version = countOf(r["version"]);
  return {
    n, id: textOf(r["id"]) as OpID, status: r["status"] as Status,
    ...(version && { version: version as Version }),
    ...(typeof r["code"] === "string" && { code: r["code"] }),
    ...(typeof r["detail"] === "string" && { detail: r["detail"] }),
  };
}

function frameOf(name: Frame["frame"], f: Wild): Frame | undefined {
  const scope = textOf(f["scope"]) as Scope;
  const gen = countOf(f["gen"]) as Version | undefined;
  if (scope === "" || gen === undefined) return undefined;
  switch (name) {
    case "scope":
      return { frame: "scope", scope, gen, backfill: f["backfill"] === true, done: f["done"] === true };
    case "drop":
      return { frame: "drop", scope, gen };
    case "gone":
    case "record": {
      const id = textOf(f["id"]) as RecordID;
      const version = countOf(f["version"]) as Version | undefined;
      if (id === "" || version === undefined) return undefined;
      return name === "gone" ? { frame: "gone", scope, gen, id, version } : { frame: "record", scope, gen, record: recordOf(f, scope, id, version) };
    }
  }
}

/** What of a record cannot be read is left out of what is shown of it; its version counts all the same. */
function recordOf(f: Wild, scope: Scope, id: RecordID, version: Version): ServerRecord {
  const conflicts = besideOf(objectOf(f["conflicts"]));
  const deletes = Array.isArray(f["deletes"]) ? f["deletes"].map((d) => originOf(objectOf(d))) : [];
  return {
    scope, kind: textOf(f["kind"]), id, version, user: textOf(f["user"]) as UserID, at: textOf(f["at"]) as Instant,
    fields: (objectOf(f["fields"]) ?? {}) as Fields,
    ...(conflicts && { conflicts, shown: shownOf(objectOf(f["shown"]), Object.keys(conflicts)) }),
    ...(deletes.length > 0 && { deletes }),
  };
}

function besideOf(fields: Wild | undefined): Record<string, readonly Beside[]> | undefined {
  const out: [string, readonly Beside[]][] = [];
  for (const [field, list] of Object.entries(fields ?? {})) {
    if (!Array.isArray(list) || list.length === 0) continue;
    out.push([field, list.map((item) => {
      const v = objectOf(item);
      return { value: (v?.["value"] ?? null) as Value, ...originOf(v) };
    })]);
  }
  return out.length > 0 ? Object.fromEntries(out) : undefined;
}

function shownOf(fields: Wild | undefined, names: readonly string[]): Record<string, Origin> {
  return Object.fromEntries(names.map((name) => [name, originOf(objectOf(fields?.[name]))]));
}

const originOf = (o: Wild | undefined): Origin => ({
  version: (countOf(o?.["version"]) ?? 0) as Version, user: textOf(o?.["user"]) as UserID, at: textOf(o?.["at"]) as Instant,
});

function pageOf(f: Wild): Page | undefined {
  const head = countOf(f["head"]), through = countOf(f["through"]), safe = countOf(f["safe"]);
  const complete = f["complete"] === true;
  const total = sumIn(objectOf(f["total"]));
  const cursor = textOf(f["cursor"]);
  if (cursor === "" || head === undefined || through === undefined || safe === undefined || (complete && !total)) return undefined;
  let sums: Map<Scope, Sum> | undefined;
  const named = objectOf(f["sums"]);
  if (named) {
    sums = new Map();
    for (const [scope, v] of Object.entries(named)) {
      const sum = sumIn(objectOf(v));
      if (!sum) return undefined;
      sums.set(scope as Scope, sum);
    }
  }
  return {
    frame: "page", cursor, complete, reset: f["reset"] === true, head: head as Version, epoch: textOf(f["epoch"]), through, safe,
    serverTime: textOf(f["server_time"]) as Instant, recall: f["recall"] !== undefined && f["recall"] !== false && f["recall"] !== null,
    ...(total && { total }), ...(sums && { sums }),
  };
}

function sumIn(v: Wild | undefined): Sum | undefined {
  const count = countOf(v?.["count"]);
  const sum = textOf(v?.["sum"]);
  return count !== undefined && /^[0-9a-f]{16}$/.test(sum) ? { count, sum } : undefined;
}

/** What came of a response. Without its page it was cut: the ack counts, if its line came whole, and nothing else does. */
export interface Reply {
  readonly ack?: Ack;
  readonly frames: readonly Frame[];
  readonly page?: Page;
}

/** Takes a response as it comes. */
export interface Reading {
  /** False: enough has come, or what came is no response. */
  take(bytes: Uint8Array): boolean;
  /** Nothing comes any more. */
  end(): Reply;
}

/** What a response may unpack to, in bytes: a page holds 4 MiB and one record more at most. */
const mostBytes = 32 << 20;

export function reading(): Reading {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  const frames: Frame[] = [];
  let ack: Ack | undefined, page: Page | undefined;
  let rest = "", total = 0, first = true, over = false;

  const line = (text: string, whole: boolean): void => {
    if (text.trim() !== "") {
      const f = decode(text);
      switch (f.frame) {
        case "ack": // only the first may be one, and only if its end has come
          if (first && whole) ack = f;
          else over = true;
          break;
        case "page":
          page = f;
          over = true;
          break;
        case "bad":
          over = true;
          break;
        case "unknown":
          break;
        default:
          frames.push(f);
      }
    }
    first = false;
  };
  const text = (bytes?: Uint8Array): string | undefined => {
    try {
      return bytes ? utf8.decode(bytes, { stream: true }) : utf8.decode();
    } catch {
      over = true;
      return undefined;
    }
  };
  return {
    take(bytes) {
      if (over) return false;
      total += bytes.length;
      const more = text(bytes);
      if (more === undefined || total > mostBytes) {
        over = true;
        return false;
      }
      const lines = (rest + more).split("\n");
      rest = lines.pop() ?? "";
      for (const l of lines) {
        if (!over) line(l, true);
      }
      return !over;
    },
    end() {
      if (!over) {
        const more = text();
        if (more !== undefined && rest + more !== "") line(rest + more, false);
      }
      return { ...(ack && { ack }), frames: page ? frames : [], ...(page && { page }) };
    },
  };
}

/** An answer of the server that is none (RFC 9457). */
export interface Problem {
  readonly status: number;
  /** Stable; empty where the answer is not the server's own. */
  readonly code: string;
  readonly detail: string;
  /** The highest op number that the server holds: of op_number_gap and client_behind. */
  readonly through?: number;
}

export function decodeProblem(status: number, body: string): Problem {
  const p = objectOf(parsed(body));
  const through = countOf(p?.["through"]);
  return { status, code: textOf(p?.["code"]), detail: textOf(p?.["detail"]), ...(through !== undefined && { through }) };
}

/** Reads what /v1/enrol, /v1/token and /v1/client answer; undefined: it is not that. */
export function decodeTokens(body: string): Enrolled | undefined {
  const t = objectOf(parsed(body));
  const user = objectOf(t?.["user"]);
  const client = textOf(t?.["client_id"]), access = textOf(t?.["access_token"]), refresh = textOf(t?.["refresh_token"]);
  const seconds = countOf(t?.["expires_in"]);
  if (client === "" || access === "" || refresh === "" || seconds === undefined || !user || textOf(user["id"]) === "") return undefined;
  return {
    client: client as ClientID, access, refresh, expires_in: seconds,
    user: { id: textOf(user["id"]) as UserID, name: textOf(user["name"]), role: textOf(user["role"]), team: textOf(user["team"]) as TeamID },
  };
}

/** The server's key that letters are sealed to (PROTOCOL §12.1). */
export function decodeSealKey(body: string): SealKey | undefined {
  const k = objectOf(parsed(body));
  const kid = textOf(k?.["kid"]), alg = textOf(k?.["alg"]), point = textOf(k?.["public_key"]);
  return kid === "" || alg === "" || point === "" ? undefined : { kid, alg, public_key: point };
}

/** What became of a letter of POST /v1/sealed; `i` is its place in the request. */
export interface LetterResult {
  readonly i: number;
  readonly id: OpID;
  readonly status: Status;
  readonly code?: string;
  readonly detail?: string;
}

export function decodeLetterResults(body: string): readonly LetterResult[] | undefined {
  const list = objectOf(parsed(body))?.["results"];
  if (!Array.isArray(list)) return undefined;
  const out: LetterResult[] = [];
  for (const item of list) {
    const r = objectOf(item);
    const i = countOf(r?.["i"]);
    if (!r || i === undefined || !statuses.has(r["status"])) return undefined;
    out.push({
      i, id: textOf(r["id"]) as OpID, status: r["status"] as Status,
      ...(typeof r["code"] === "string" && { code: r["code"] }), ...(typeof r["detail"] === "string" && { detail: r["detail"] }),
    });
  }
  return out;
}

/** The data of a live hint (PROTOCOL §10). */
export function decodeHint(data: string): number | undefined {
  return countOf(objectOf(parsed(data))?.["seq"]);
}

/** The key that browsers subscribe to (GET /v1/push-key). */
export function decodePushKey(body: string): string | undefined {
  const key = objectOf(parsed(body))?.["public_key"];
  return typeof key === "string" && /^[\w-]{80,100}$/.test(key) ? key : undefined;
}

/** A request of POST /v1/sync (PROTOCOL §4.2). `ops` are encoded already. */
export interface SyncRequest {
  readonly cursor: string;
  readonly lastN: number;
  /** 0: nothing is lost. */
  readonly lostBelow: number;
  readonly sentAt: Instant;
  readonly maxBytes: number;
  readonly audit: boolean;
  readonly refetch: readonly Scope[];
  /** Which build of the app asks. */
  readonly build: string;
  readonly ops: readonly string[];
}

export const defaultPage = 256 << 10;

export function encodeSync(r: SyncRequest): string {
  const head = JSON.stringify({
    schema: 1, cursor: r.cursor, last_n: r.lastN, build: r.build,
    ...(r.ops.length > 0 && { sent_at: r.sentAt }), // it is for times of ops alone
    ...(r.lostBelow > 0 && { lost_below: r.lostBelow }),
    ...(r.maxBytes !== defaultPage && { max_bytes: r.maxBytes }),
    ...(r.audit && { audit: true }),
    ...(r.refetch.length > 0 && { refetch: r.refetch }),
  });
  return withOps(head, r.ops);
}

export const encodeLast = (refresh: string, ops: readonly string[]): string => withOps(JSON.stringify({ refresh_token: refresh }), ops);

const withOps = (object: string, ops: readonly string[]): string =>
  ops.length > 0 ? `${object.slice(0, -1)},"ops":[${ops.join(",")}]}` : object;

/** An op as it is sent; its members are those of the protocol. */
export const encodeOp = (op: Op): string => JSON.stringify(op);

const utf8 = new TextEncoder();
export const bytesOf = (text: string): number => utf8.encode(text).length;
