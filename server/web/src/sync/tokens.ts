import { toBase64url } from "./base64url.ts";
import type { Letter } from "./box.ts";
import type { ClientID, UserID } from "./ids.ts";
import type { Keep, Step, SyncState } from "./keep.ts";
import { renumber } from "./outbox.ts";
import type { Enrolled } from "./record.ts";
import { restart } from "./stage.ts";
import type { Fault, Transport } from "./transport.ts";
import { decodeLetterResults, decodePushKey, decodeTokens, type LetterResult } from "./wire.ts";

export type Enrolment =
  | { readonly kind: "joined" }
  /** The code is wrong, used or too old; `detail` is the server's words. */
  | { readonly kind: "bad_code"; readonly detail: string }
  /** The account is closed. */
  | { readonly kind: "closed" }
  /** The phone holds another user's work. The code is used. */
  | { readonly kind: "other_user" }
  /** No answer came. The same code may be tried again. */
  | { readonly kind: "later"; readonly fault: Fault };

/** A phone's standing with the server. */
export interface Session {
  /**
   * Calls `fn` with an access token that should be good, and once more with a new one if it was not. A fault of its own
   * comes back in the same place. `client` is whose token it is: the phone may be another by the time the answer comes.
   */
  authorized<T extends { readonly fault?: Fault }>(fn: (access: string, client: ClientID) => Promise<T>, signal: AbortSignal): Promise<T | { readonly fault: Fault }>;
  /**
   * Makes the phone a client of the user whom the code is for. The device's id is durable before it is sent, so that the same code
   * may be tried again if no answer came. A phone that was signed out keeps what it holds.
   */
  enrol(code: string, device: { readonly name: string; readonly platform: string }, signal: AbortSignal): Promise<Enrolment>;
  /** Becomes another client of the same user and device: the phone was copied, or put back (PROTOCOL §2.3). Undefined: done. */
  newClient(signal: AbortSignal): Promise<Fault | undefined>;
  /** Hands in letters that the phone sealed to the server before (PROTOCOL §12), as many as the connection bears: `results` are by
   * their places. The same may be handed in again. */
  handIn(letters: readonly Letter[], signal: AbortSignal): Promise<{ readonly results: readonly LetterResult[]; readonly fault?: Fault }>;
  /** The key to which a browser subscribes to be woken by this server; undefined: it could not be asked. */
  pushKey(signal: AbortSignal): Promise<string | undefined>;
  /** Tells the server how to wake this client, or with undefined that it is not to; nothing is asked of it that it was told before. Undefined: it knows. */
  wakeBy(subscription: string | undefined, signal: AbortSignal): Promise<Fault | undefined>;
  /** Forgets the access token, and gives up a renewal under way: the phone is locked. */
  forget(): void;
}

export interface SessionEffects {
  readonly keep: Keep;
  readonly transport: Transport;
  readonly now: () => number;
  /** A UUID for the device. */
  readonly mint: () => string;
}

/** The access token, in memory alone. */
interface Access {
  readonly token: string;
  readonly client: ClientID;
  /** When to renew it, by the device's clock. */
  readonly until: number;
}

export function createSession({ keep, transport, now, mint }: SessionEffects): Session {
  let access: Access | undefined;
  let renewing: Promise<Fault | undefined> | undefined;
  let locked = new AbortController();

  const adopt = async (t: Enrolled): Promise<"adopted" | "other_user"> => {
    const became = await keep.change((step) => {
      const mine: UserID | undefined = step.state.user?.id;
      if (mine !== undefined && mine !== t.user.id) return "other_user";
      become(step, t);
      return "adopted";
    });
    if (became === "adopted") access = accessOf(t, now());
    return became;
  };

  /** Gets tokens newer than `used`. The new refresh token is durable before anything is done with it; if the answer is lost, the
   * old one gets the same again. */
  const renew = async (used: string | undefined, signal: AbortSignal): Promise<Fault | undefined> => {
    if (access && access.token !== used) return undefined;
    if (!renewing) {
      const mine = renewal(locked.signal).finally(() => {
        if (renewing === mine) renewing = undefined;
      });
      renewing = mine;
    }
    return orStopped(renewing, signal);
  };
  /** One renewal serves all who wait for it, so nobody's giving up stops it. */
  const renewal = async (signal: AbortSignal): Promise<Fault | undefined> => {
    const { refresh, client, signedOut } = keep.look((s) => s.state);
    if (refresh === undefined || signedOut) return { kind: "signed_out" };
    const answer = await transport.post("/v1/token", undefined, JSON.stringify({ refresh_token: refresh }), signal);
    if (answer.fault) return unauthorized(answer.fault) ? endOf(refresh) : answer.fault;
    const t = decodeTokens(answer.body);
    if (!t) return { kind: "cut" };
    if (t.client !== client) return { kind: "portal" };
    const kept = await keep.change((step) => {
      if (step.state.refresh !== refresh) return false; // another client was taken meanwhile
      become(step, t);
      return true;
    });
    if (kept) access = accessOf(t, now());
    return undefined;
  };
  const endOf = async (refresh: string): Promise<Fault> => {
    access = undefined;
    await keep.change((step) => {
      if (step.state.refresh === refresh) step.state = { ...step.state, signedOut: true };
    });
    return { kind: "signed_out" };
  };

  const session: Session = {
    async authorized(fn, signal) {
      for (let again = false; ; again = true) {
        if (!access || now() >= access.until) {
          const fault = await renew(access?.token, signal);
          if (fault) return { fault };
        }
        if (signal.aborted) return { fault: { kind: "stopped" } };
        const used = access;
        if (!used) return { fault: { kind: "signed_out" } };
        const answer = await fn(used.token, used.client);
        if (!answer.fault || !unauthorized(answer.fault)) return answer;
        if (again) return { fault: await endOf(keep.look((s) => s.state.refresh ?? "")) };
        const fault = await renew(used.token, signal);
        if (fault) return { fault };
      }
    },
    async enrol(code, device, signal) {
      const id = await keep.change((step) => {
        const known = step.state.device ?? mint();
        step.state = { ...step.state, device: known };
        return known;
      });
      const answer = await transport.post("/v1/enrol", undefined, JSON.stringify({ code, device: { id, ...device } }), signal);
      if (answer.fault) return refusedOf(answer.fault);
      const t = decodeTokens(answer.body);
      if (!t) return { kind: "later", fault: { kind: "cut" } };
      return { kind: (await adopt(t)) === "adopted" ? "joined" : "other_user" };
    },
    async newClient(signal) {
      const answer = await session.authorized((token) => transport.post("/v1/client", token, "{}", signal), signal);
      if (answer.fault) return answer.fault;
      const t = "body" in answer ? decodeTokens(answer.body) : undefined;
      if (!t) return { kind: "cut" };
      await adopt(t);
      return undefined;
    },
    async handIn(letters, signal) {
      const results: LetterResult[] = [];
      for (let from = 0, most = mostLetters; from < letters.length; ) {
        const batch = lettersFrom(letters, from, most);
        const answer = await session.authorized((token) => transport.post("/v1/sealed", token, JSON.stringify({ entries: batch }), signal), signal);
        const came = !answer.fault && "body" in answer ? decodeLetterResults(answer.body) : undefined;
        if (came) {
          results.push(...came.map((r) => ({ ...r, i: from + r.i })));
          from += batch.length;
        } else if ((!answer.fault || answer.fault.kind === "cut") && most > 1) {
          most = Math.floor(most / 2);
        } else {
          return { results, fault: answer.fault ?? { kind: "cut" } };
        }
      }
      return { results };
    },
    async pushKey(signal) {
      const answer = await transport.get("/v1/push-key", signal);
      return answer.fault ? undefined : decodePushKey(answer.body);
    },
    async wakeBy(subscription, signal) {
      const { wakes, epoch, client } = keep.look((s) => s.state);
      const now = subscription === undefined ? undefined : `${epoch} ${subscription}`; // a server that was put back may not know it any more
      if (wakes === now) return undefined;
      const json = subscription === undefined ? undefined : JSON.stringify({ kind: "webpush", value: subscription });
      const { fault } = await session.authorized((token) => transport.put("/v1/push", token, json, signal), signal);
      if (fault) return fault;
      await keep.change((step) => {
        if (step.state.client !== client) return; // another client was taken meanwhile, and is told anew
        const { wakes: _wakes, ...rest } = step.state;
        step.state = { ...rest, ...(now !== undefined && { wakes: now }) };
      });
      return undefined;
    },
    forget() {
      access = undefined;
      renewing = undefined;
      locked.abort();
      locked = new AbortController();
    },
  };
  return session;
}

const unauthorized = (f: Fault): boolean => f.kind === "problem" && f.problem.status === 401;

const accessOf = (t: Enrolled, now: number): Access => ({ token: t.access, client: t.client, until: now + t.expires_in * 900 }); // nine tenths of it

/** Keeps who the phone is now. A new client's outbox gets new numbers, and its view a fresh start. */
function become(step: Step, t: Enrolled): void {
  if (t.client !== step.state.client) {
    renumber(step);
    restart(step, true);
  }
  const { signedOut: _signedOut, wakes, ...rest } = step.state;
  const state: SyncState = { ...rest, ...(wakes !== undefined && t.client === step.state.client && { wakes }), client: t.client, user: t.user, refresh: t.refresh };
  step.state = state;
}

function refusedOf(fault: Fault): Enrolment {
  if (fault.kind !== "problem") return { kind: "later", fault };
  switch (fault.problem.code) {
    case "code_invalid":
    case "code_used":
    case "code_expired":
      return { kind: "bad_code", detail: fault.problem.detail };
    case "user_disabled":
      return { kind: "closed" };
    default:
      return { kind: "later", fault };
  }
}

const mostLetters = 500, lettersRoom = 900_000; // of a request, as in a sync (PROTOCOL §12.3)

/** Letters as they are sent, from one on, as many as a request takes. */
function lettersFrom(letters: readonly Letter[], from: number, most: number): readonly { readonly kid: string; readonly sealed: string }[] {
  const out: { kid: string; sealed: string }[] = [];
  let bytes = 0;
  for (const { kid, sealed } of letters.slice(from, from + most)) {
    const entry = { kid, sealed: toBase64url(sealed) };
    bytes += entry.kid.length + entry.sealed.length + 24;
    if (out.length > 0 && bytes > lettersRoom) break;
    out.push(entry);
  }
  return out;
}

/** Whether a letter is with the server, or nothing of it is to be kept: then the phone lets it go. */
export const arrived = (r: LetterResult): boolean => r.status !== "rejected" || r.code === "erased";

/** What comes of work that goes on whoever waits for it, unless this one gives up waiting. */
function orStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T | { readonly kind: "stopped" }> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve({ kind: "stopped" });
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
