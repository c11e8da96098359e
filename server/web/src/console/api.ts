import type { Enrolled } from "../sync/record.ts";
import { decodeTokens } from "../sync/wire.ts";

/** What the desk asks of its own routes (server/console). Shapes are as the server gives them; times are RFC 3339. */

export interface SessionShown {
  readonly user: { readonly id: string; readonly name: string; readonly role: string; readonly team: string };
  readonly csrf: string;
  readonly expires_at: string;
  readonly idle_minutes: number;
  readonly passkey: boolean;
  readonly stepped_up_until: string;
}
export interface DeviceShown { readonly client_id: string; readonly name: string; readonly platform: string; readonly created: string; readonly last_seen: string; readonly build?: string; readonly revoked?: string; readonly through: number; readonly last_pull_at: string | null }
export interface WorkerShown { readonly id: string; readonly name: string; readonly role: string; readonly team: string; readonly disabled?: boolean; readonly people: number; readonly held: number; readonly rejected: number; readonly devices: readonly DeviceShown[] }
/** `name` is the user's. */
export interface HolderShown { readonly client_id: string; readonly user: string; readonly name: string; readonly device: string; readonly since: string; readonly until?: string; readonly last_pull_at: string | null; readonly dropped?: boolean; readonly revoked?: string }
export interface ChangeShown {
  readonly version: number; readonly at: string; readonly user: string; readonly user_name?: string; readonly device?: string; readonly kind: string; readonly record: string;
  readonly field: string; readonly how: "set" | "add" | "remove" | "delete"; readonly value?: unknown; readonly status: string; readonly held?: boolean;
}
export interface ReportShown { readonly client_id: string; readonly user: string; readonly name: string; readonly device: string; readonly people: readonly string[]; readonly dropped: readonly string[]; readonly others: number; readonly last_pull_at?: string | null; readonly revoked?: string }
export interface InvitationShown { readonly code: string; readonly link: string; readonly expires_at: string }
export interface AuditEvent { readonly version: number; readonly at: string; readonly what: string; readonly user?: string; readonly user_name?: string; readonly device?: string; readonly person?: string; readonly kind?: string; readonly fields?: readonly string[]; readonly status?: string }
export interface AuditShown {
  readonly events: readonly AuditEvent[]; readonly next: number; readonly complete: boolean; readonly head: number; readonly head_hash: string;
  readonly pulls: readonly { readonly client_id: string; readonly user_name: string; readonly device: string; readonly last_pull_at: string | null }[];
}
export interface FiguresShown {
  readonly since: string; readonly zone: string;
  readonly appointments: readonly { readonly week: string; readonly lead: string; readonly total: number | null; readonly attended: number | null; readonly missed: number | null; readonly cancelled: number | null; readonly recovered: number | null; readonly replied: number | null }[];
  readonly replies: readonly { readonly week: string; readonly what: string; readonly count: number | null }[];
  readonly supports: readonly { readonly week: string; readonly what: string; readonly count: number | null }[];
  readonly caseload: readonly { readonly worker: string; readonly name: string; readonly people: number | null }[];
}
export interface ImportShown {
  readonly rows: readonly { readonly line: number; readonly status: string; readonly reason?: string; readonly worker?: string; readonly fields?: Readonly<Record<string, unknown>> }[];
  readonly counts: Readonly<Record<string, number>>; readonly dry_run: boolean;
}

/** The server's no, by its code; `code` is "unreachable" where there was no answer. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(readonly code: string, readonly detail: string) { super(code); }
}

let csrf = "";
/** Called when the session is over, wherever that is found. */
let ended: () => void = () => undefined;
export const whenEnded = (then: () => void): void => { ended = then; };

async function ask(method: string, path: string, body?: unknown): Promise<Response> {
  let res: Response;
  try {
    res = await fetch(path, {
      method, credentials: "same-origin", cache: "no-store", redirect: "error",
      headers: { Accept: "application/json, application/problem+json", ...(method === "GET" ? {} : { "X-CSRF-Token": csrf }), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refused("unreachable", "");
  }
  if (res.ok) return res;
  const problem = await res.json().catch(() => ({})) as { readonly code?: string; readonly detail?: string };
  const no = new Refused(problem.code ?? `status_${res.status}`, problem.detail ?? "");
  if (no.code === "session_ended" && path !== "/console/api/session") ended();
  throw no;
}
const json = async <T>(method: string, path: string, body?: unknown): Promise<T> => (await ask(method, `/console/api${path}`, body)).json() as Promise<T>;
const done = async (method: string, path: string, body?: unknown): Promise<void> => void await ask(method, `/console/api${path}`, body);
const seated = (s: SessionShown): SessionShown => {
  csrf = s.csrf;
  return s;
};

export const api = {
  session: async () => seated(await json<SessionShown>("GET", "/session")),
  enrol: async (code: string, device: { name: string; platform: string }) => seated(await json<SessionShown>("POST", "/enrol", { code, device })),
  signOut: () => done("POST", "/signout"),
  signIn: {
    begin: () => json<{ readonly options: { readonly publicKey?: unknown }; readonly id: string }>("POST", "/signin/begin"),
    finish: async (id: string, credential: unknown) => seated(await json<SessionShown>("POST", "/signin/finish", { id, credential })),
  },
  passkey: { begin: () => json<{ readonly options: unknown }>("POST", "/passkey/begin"), finish: (credential: unknown) => done("POST", "/passkey/finish", { credential }) },
  stepUp: {
    begin: () => json<{ readonly options: unknown }>("POST", "/step-up/begin"),
    finish: (sent: { readonly credential?: unknown; readonly code?: string }) => json<{ readonly stepped_up_until: string }>("POST", "/step-up/finish", sent),
  },
  /** Tokens for the sync, in memory alone. */
  async client(): Promise<Enrolled> {
    const enrolled = decodeTokens(await (await ask("POST", "/v1/client", {})).text());
    if (!enrolled) throw new Refused("unreachable", "");
    return enrolled;
  },
  workers: async () => (await json<{ readonly workers: readonly WorkerShown[] }>("GET", "/workers")).workers,
  history: async (person: string) => (await json<{ readonly changes: readonly ChangeShown[] }>("GET", `/people/${person}/history`)).changes,
  holders: async (person: string) => (await json<{ readonly devices: readonly HolderShown[] }>("GET", `/people/${person}/holders`)).devices,
  report: (client: string) => json<ReportShown>("GET", `/devices/${encodeURIComponent(client)}/report`),
  revoke: (client: string) => json<unknown>("POST", `/devices/${encodeURIComponent(client)}/revoke`),
  invite: (user: string) => json<InvitationShown>("POST", `/users/${encodeURIComponent(user)}/enrol`),
  disable: (user: string) => done("POST", `/users/${encodeURIComponent(user)}/disable`),
  addUser: (user: { readonly name: string; readonly role: string; readonly team?: string }) => json<{ readonly user_id: string }>("POST", "/users", user),
  addTeam: (name: string) => json<{ readonly team_id: string }>("POST", "/teams", { name }),
  backup: () => json<{ readonly last_at: string | null; readonly age_seconds: number | null }>("GET", "/backup"),
  figures: (since: string) => json<FiguresShown>("GET", `/figures?since=${since}`),
  audit: (of: Readonly<Record<string, string>>) => json<AuditShown>("GET", `/audit?${new URLSearchParams(of)}`),
  import: (csv: string, kind: string, dryRun: boolean) => json<ImportShown>("POST", "/import", { csv, kind, dry_run: dryRun }),
  makeFeed: () => json<{ readonly link: string }>("POST", "/calendar"),
  endFeed: () => done("DELETE", "/calendar"),
  /** A table as CSV, as a file of that name. */
  async csv(path: string): Promise<Blob> { return (await ask("GET", `/console/api${path}`)).blob(); },
};
