import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import type { RecordID, Version } from "../../src/sync/ids.ts";
import { add, nothing, sumOf } from "../../src/sync/sums.ts";
import { handset, type Handset } from "./handset.ts";

/** What a scripted server says to one request; `cut`: the connection is reset after so many bytes of the body. */
export interface Said {
  readonly status?: number;
  readonly media?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly cut?: number;
}

export interface Asked {
  readonly path: string;
  readonly packed: boolean;
  readonly bearer: string | undefined;
  readonly body: { readonly [key: string]: unknown };
}

/** A server on the loopback that says what the test writes: one answer a request of POST /v1/sync. */
export interface Script {
  readonly url: string;
  readonly asked: Asked[];
  /** What is said next, in turn. Without any left, a request is a fault of the test. */
  readonly says: Said[];
  /** What other paths say; else enrolment and tokens are given to whoever asks. */
  at: (path: string, body: Asked["body"]) => Said | undefined;
  /** Requests of POST /v1/sync, as they came. */
  syncs(): readonly Asked["body"][];
}

const tokens = JSON.stringify({
  client_id: "c", user: { id: "u", name: "Amal", role: "worker", team: "t" }, access_token: "a", token_type: "Bearer", expires_in: 600, refresh_token: "r",
});

export async function openScript(t: TestContext): Promise<Script> {
  const script: Script = { url: "", asked: [], says: [], at: () => undefined, syncs: () => script.asked.filter((a) => a.path === "/v1/sync").map((a) => a.body) };
  const server = createServer((req, res) => {
    void bodyOf(req).then(({ body, packed }) => {
      const path = req.url ?? "";
      script.asked.push({ path, packed, bearer: req.headers.authorization, body });
      const said = script.at(path, body) ?? (path === "/v1/sync" ? script.says.shift() : { body: tokens, media: "application/json" }) ??
        { status: 418, body: "the phone asks once more" };
      res.writeHead(said.status ?? 200, { "Content-Type": said.media ?? "application/x-ndjson", ...said.headers });
      const all = Buffer.from(said.body);
      if (said.cut === undefined) res.end(all);
      else if (said.cut === 0) res.flushHeaders(), setImmediate(() => req.socket.resetAndDestroy());
      else res.write(all.subarray(0, said.cut), () => setImmediate(() => req.socket.destroy()));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(script, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

async function bodyOf(req: IncomingMessage): Promise<{ readonly body: Asked["body"]; readonly packed: boolean }> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part as Buffer);
  const packed = req.headers["content-encoding"] === "gzip";
  const raw = packed ? gunzipSync(Buffer.concat(parts)) : Buffer.concat(parts);
  return { packed, body: raw.length > 0 ? (JSON.parse(raw.toString()) as Asked["body"]) : {} };
}

/** A phone that has joined a scripted server. */
export async function scripted(t: TestContext): Promise<{ readonly script: Script; readonly phone: Handset }> {
  const script = await openScript(t);
  const phone = handset(() => script.url);
  const { kind } = await phone.enrol("code");
  if (kind !== "joined") throw new Error(`enrolment says ${kind}`);
  return { script, phone };
}

const line = (frame: object): string => `${JSON.stringify(frame)}\n`;
export const scopeFrame = (scope: string, gen: number, mark: "backfill" | "done"): string => line({ frame: "scope", scope, gen, [mark]: true });
export const recordFrame = (scope: string, gen: number, id: string, version: number, more: object = {}): string =>
  line({ frame: "record", scope, gen, kind: "contact", id, version, user: "u", at: "2026-11-22T09:15:00.000Z", fields: { name: "N" }, ...more });
export const goneFrame = (scope: string, gen: number, id: string, version: number): string => line({ frame: "gone", scope, gen, kind: "contact", id, version });
export const dropFrame = (scope: string, gen: number): string => line({ frame: "drop", scope, gen });
export const ackFrame = (through: number, results: readonly object[]): string => line({ frame: "ack", through, results });
export const full = (scope: string, gen: number, ...records: readonly string[]): string => [
  scopeFrame(scope, gen, "backfill"), ...records.map((r) => recordFrame(scope, gen, ...idOf(r))), scopeFrame(scope, gen, "done"),
].join("");

/** "id:version" */
const idOf = (text: string): [string, number] => {
  const [id = "", version = "0"] = text.split(":");
  return [id, Number(version)];
};

export const sum = (holds: readonly string[]): object =>
  sumOf(holds.map(idOf).reduce((s, [id, v]) => add(s, id as RecordID, v as Version), nothing));

/** The page frame; `holds` are the records that the phone is to hold, undefined where the run goes on. */
export const pageFrame = (holds: readonly string[] | undefined, more: object = {}): string => line({
  frame: "page", cursor: "next", complete: holds !== undefined, head: 100, epoch: "e", through: 0, safe: 0, server_time: "2026-11-22T09:15:00.000Z",
  ...(holds && { total: sum(holds) }), ...more,
});

/** What a phone shows, as "scope/id:version". */
export const shows = (phone: Handset): string =>
  phone.keep.scopes().flatMap((s) => phone.keep.records(s).map((r) => `${s}/${r.id}:${r.version}`)).join(" ");
