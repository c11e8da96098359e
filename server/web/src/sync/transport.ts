import type { Timer } from "./clock.ts";
import { decodeHint, decodeProblem, reading, type Problem, type Reply } from "./wire.ts";

/** Why a request brought no whole answer. Whether the server took it is known only of `problem`. */
export type Fault =
  /** The phone itself says that it has no network. */
  | { readonly kind: "offline" }
  | { readonly kind: "unreachable" }
  /** The answer did not come to its end. */
  | { readonly kind: "cut" }
  /** Something between phone and server answered in its place. */
  | { readonly kind: "portal" }
  /** The server said why not; `retryAfter` in milliseconds. */
  | { readonly kind: "problem"; readonly problem: Problem; readonly retryAfter?: number }
  /** The server does not know the tokens any more. */
  | { readonly kind: "signed_out" }
  /** Whoever asked has given up. */
  | { readonly kind: "stopped" };

export interface Transport {
  /** Posts JSON; the answer comes as frames. Without a page it is cut, and the ack that came counts. */
  exchange(path: string, bearer: string | undefined, json: string, signal: AbortSignal): Promise<{ readonly reply: Reply; readonly fault?: Fault }>;
  /** Posts JSON; the answer is JSON. */
  post(path: string, bearer: string | undefined, json: string, signal: AbortSignal): Promise<{ readonly body: string; readonly fault?: Fault }>;
  /** Puts JSON in place, or takes away what is in place; there is nothing to answer. */
  put(path: string, bearer: string | undefined, json: string | undefined, signal: AbortSignal): Promise<{ readonly fault?: Fault }>;
  /** Asks for JSON that anybody may have. */
  get(path: string, signal: AbortSignal): Promise<{ readonly body: string; readonly fault?: Fault }>;
  /** Calls `hint` with the server's head whenever it says one, until the connection ends (PROTOCOL §10). */
  live(bearer: string, hint: (seq: number) => void, signal: AbortSignal): Promise<{ readonly fault: Fault }>;
}

export interface Reach {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The server's address without a slash at its end; empty: whence the app came. */
  readonly origin: string;
  readonly now: () => number;
  readonly timer: Timer;
  readonly online: () => boolean;
  /** Packs a body by gzip; undefined where the browser cannot. */
  readonly pack: ((bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>) | undefined;
}

const stall = 60_000; // milliseconds without a byte; then a connection counts as dead
const slowest = 0.4; // bytes a millisecond that a request's body is given
const worthIt = 1 << 10; // bytes; less is sent as it is
const mostAnswer = 1 << 20; // bytes of an answer that is no page

const nothing: Reply = { frames: [] };
const utf8 = new TextEncoder();

/** Requests by fetch. Deadlines are by progress, never for a whole body: a phone on 5 kbit/s finishes. */
export function createTransport(reach: Reach): Transport {
  let plain = false; // the server takes no packed bodies

  const attempt = async (path: string, bearer: string | undefined, json: string | undefined, want: string, signal: AbortSignal): Promise<Opened> => {
    let opened = await open(reach, path, bearer, json, want, signal, !plain);
    if (!plain && opened.kind === "refused" && opened.fault.kind === "problem" && opened.fault.problem.status === 415) {
      plain = true;
      opened = await open(reach, path, bearer, json, want, signal, false);
    }
    return opened;
  };

  const whole = async (opened: Opened): Promise<{ readonly body: string; readonly fault?: Fault }> => {
    if (opened.kind === "refused") return { body: "", fault: opened.fault };
    const { body, fault } = await text(opened);
    return fault ? { body: "", fault } : { body };
  };

  return {
    async exchange(path, bearer, json, signal) {
      const opened = await attempt(path, bearer, json, "application/x-ndjson", signal);
      if (opened.kind === "refused") return { reply: nothing, fault: opened.fault };
      const into = reading();
      const end = await opened.read((bytes) => into.take(bytes));
      const reply = into.end();
      return reply.page ? { reply } : { reply, fault: { kind: end === "stopped" ? "stopped" : "cut" } };
    },
    post: async (path, bearer, json, signal) => whole(await attempt(path, bearer, json, "application/json", signal)),
    async put(path, bearer, json, signal) {
      const opened = await open(reach, path, bearer, json, "", signal, false, json === undefined ? "DELETE" : "PUT");
      const { fault } = await whole(opened);
      return fault ? { fault } : {};
    },
    get: async (path, signal) => whole(await attempt(path, undefined, undefined, "application/json", signal)),
    async live(bearer, hint, signal) {
      const opened = await attempt("/v1/live", bearer, undefined, "text/event-stream", signal);
      if (opened.kind === "refused") return { fault: opened.fault };
      const take = events(hint);
      const utf8 = new TextDecoder();
      const end = await opened.read((bytes) => {
        take(utf8.decode(bytes, { stream: true }));
        return true;
      });
      return { fault: { kind: end === "stopped" ? "stopped" : "cut" } };
    },
  };
}

/** A response that has begun. `read` hands its bytes on until it ends, or `take` says that enough has come. */
type Opened =
  | { readonly kind: "open"; read(take: (bytes: Uint8Array) => boolean): Promise<"ended" | "cut" | "stopped"> }
  | { readonly kind: "refused"; readonly fault: Fault };
type Body = Extract<Opened, { kind: "open" }>;

async function open(reach: Reach, path: string, bearer: string | undefined, json: string | undefined, want: string, signal: AbortSignal, mayPack: boolean, method = json === undefined ? "GET" : "POST"): Promise<Opened> {
  if (signal.aborted) return { kind: "refused", fault: { kind: "stopped" } };
  const headers: Record<string, string> = { Accept: `${want ? `${want}, ` : ""}application/problem+json` };
  if (bearer !== undefined) headers["Authorization"] = `Bearer ${bearer}`;
  let body: Uint8Array<ArrayBuffer> | undefined;
  if (json !== undefined) {
    body = utf8.encode(json);
    headers["Content-Type"] = "application/json";
    if (mayPack && reach.pack && body.length >= worthIt) {
      body = await reach.pack(body);
      headers["Content-Encoding"] = "gzip";
    }
  }
  const dead = new AbortController();
  const give = (): void => dead.abort();
  signal.addEventListener("abort", give, { once: true });
  if (signal.aborted) give();
  let cancel = reach.timer(stall + (body?.length ?? 0) / slowest, give);
  const rest = (): void => {
    cancel();
    signal.removeEventListener("abort", give);
  };
  const alive = (): void => {
    cancel();
    cancel = reach.timer(stall, give);
  };

  let res: Response;
  try {
    res = await reach.fetch(reach.origin + path, {
      method, headers, ...(body && { body }), signal: dead.signal,
      redirect: "manual", credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer",
    });
  } catch {
    rest();
    return { kind: "refused", fault: signal.aborted ? { kind: "stopped" } : reach.online() ? { kind: "unreachable" } : { kind: "offline" } };
  }
  alive();
  const from: Body = {
    kind: "open",
    async read(take) {
      const reader = res.body?.getReader();
      try {
        for (;;) {
          const next = await reader?.read();
          if (!next || next.done) return "ended";
          alive();
          if (!take(next.value)) {
            void leave(reader);
            return "ended";
          }
        }
      } catch {
        return signal.aborted ? "stopped" : "cut";
      } finally {
        rest();
      }
    },
  };
  if (res.ok && media(res) === want) return from;
  return { kind: "refused", fault: await refusal(reach, res, from) };
}

/** What is left is not needed: the connection serves again if that was all, and else is closed. */
async function leave(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<void> {
  try {
    const next = await reader?.read();
    if (next && !next.done) await reader?.cancel();
  } catch {
    // it is closed
  }
}

const media = (res: Response): string => (res.headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

/** Why a server, or something before it, did not answer as asked. */
async function refusal(reach: Reach, res: Response, from: Body): Promise<Fault> {
  const { body, fault } = await text(from);
  if (fault) return fault;
  const ours = media(res) === "application/problem+json";
  if (res.status < 400) return { kind: "portal" };
  const after = retryAfter(res.headers.get("Retry-After"), reach.now());
  return { kind: "problem", problem: decodeProblem(res.status, ours ? body : ""), ...(after !== undefined && { retryAfter: after }) };
}

async function text(from: Body): Promise<{ readonly body: string; readonly fault?: Fault }> {
  const utf8 = new TextDecoder();
  let body = "", total = 0;
  const end = await from.read((bytes) => {
    body += utf8.decode(bytes, { stream: true });
    return (total += bytes.length) <= mostAnswer;
  });
  return end === "ended" ? { body } : { body, fault: { kind: end } };
}

/** How long a server asks to wait, in milliseconds (RFC 9110 §10.2.3). */
export function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,7}$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(at - now, 0);
}

/** Reads Server-Sent Events as they come, and calls hint for those named head. */
function events(hint: (seq: number) => void): (more: string) => void {
  let rest = "", name = "", data = "";
  const line = (text: string): void => {
    if (text === "") {
      const seq = name === "head" ? decodeHint(data) : undefined;
      name = data = "";
      if (seq !== undefined) hint(seq);
      return;
    }
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "event") name = value;
    else if (field === "data") data += value;
  };
  return (more) => {
    const lines = (rest + more).split("\n");
    rest = lines.pop() ?? "";
    for (const l of lines) line(l.replace(/\r$/, ""));
  };
}

/** Packs by gzip, where the browser can. */
export const gzip: Reach["pack"] = typeof CompressionStream === "undefined" ? undefined : async (bytes) => {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
};

/** Whether the same request may well succeed later, with nothing done about it. */
export function passes(f: Fault): boolean {
  switch (f.kind) {
    case "offline":
    case "unreachable":
    case "cut":
    case "portal":
      return true;
    case "problem":
      return [408, 425, 429, 500, 502, 503, 504, 507].includes(f.problem.status);
    case "signed_out":
    case "stopped":
      return false;
  }
}

/** Whether a fault is a problem of that code. */
export const is = (f: Fault, code: string): boolean => f.kind === "problem" && f.problem.code === code;
