import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as plainServer, type Socket } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { pause } from "./until.ts";

/** What happens to one request. */
export type Fault =
  /** The reply ends after so many bytes of its body, and the connection with it. */
  | { readonly kind: "cut"; readonly after: number }
  /** The connection is reset: before the server has seen the request, or when it has answered. */
  | { readonly kind: "reset"; readonly when: "before" | "after" };

/** A request that came through, with the bytes of its bodies as they went over the wire, packed or not. */
export interface Passed {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly status: number;
  readonly sent: number;
  readonly received: number;
  /** The reply itself, of the requests by which a phone gets its tokens. */
  readonly reply?: string;
  /** How it ended: whole, cut by a fault, or closed by either side. */
  readonly end: "whole" | "cut" | "reset" | "closed";
}

/**
 * A wire between phone and server that can fail. All faults are real ones of TCP on the loopback; nothing in the browser knows.
 */
export interface Proxy {
  readonly url: string;
  readonly port: number;
  /** Where requests go from now on. */
  to(server: string): void;
  /** No signal: connections are refused, open ones reset. */
  refuse(): Promise<void>;
  /** The signal is back. */
  accept(): Promise<void>;
  /** All connections together get so many bits a second each way, and half of `ms` of delay each way. */
  slow(bits: number, ms: number): void;
  fast(): void;
  /** The next request to this path meets this. Faults for one path are met in the order in which they were set. */
  next(path: string, fault: Fault): void;
  /** How many faults were not met yet. */
  pending(): number;
  /** Requests to this path are kept waiting until the given function is called. */
  hold(path: string): { readonly arrived: Promise<void>; release(): void };
  readonly passed: readonly Passed[];
  /** All bytes of all connections, either way, headers and all. */
  wire(): number;
  stop(): Promise<void>;
}

export async function openProxy(): Promise<Proxy> {
  const port = await freePort();
  let target: URL | undefined;
  let rate: { bits: number; ms: number } | undefined;
  const faults: { path: string; fault: Fault }[] = [];
  const holds: { path: string; arrived: () => void; released: Promise<void> }[] = [];
  const passed: Passed[] = [];
  const open = new Set<Socket>();
  let closedBytes = 0;
  const up = lane(() => rate?.bits), down = lane(() => rate?.bits);
  let server: Server | undefined;

  // A browser asks again by itself, at once, and tells nobody, when a connection that it held open is reset. So whatever comes for the path in
  // the moment after a reset meets it too.
  let again: { path: string; fault: Fault; until: number } | undefined;
  const reset = (socket: Socket, path: string, fault: Fault): void => {
    if (again?.fault !== fault) again = { path, fault, until: Date.now() + 300 };
    socket.resetAndDestroy();
  };

  const meet = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const path = new URL(req.url ?? "/", "http://x").pathname;
    const i = faults.findIndex((f) => f.path === path);
    const fault = again?.path === path && Date.now() < again.until ? again.fault : i >= 0 ? faults.splice(i, 1)[0]!.fault : undefined;
    let sent = 0, received = 0, status = 0, settled = false;
    const kept: Buffer[] | undefined = /^\/v1\/(enrol|token|client)$/.test(path) ? [] : undefined;
    let unpack = (b: Buffer): Buffer => b;
    const settle = (end: Passed["end"]): void => {
      if (settled) return;
      settled = true;
      passed.push({ method: req.method ?? "", url: req.url ?? "", headers: req.headers, status, sent, received, end,
        ...(kept ? { reply: unpack(Buffer.concat(kept)).toString() } : {}) });
    };
    res.on("close", () => settle(res.writableFinished ? "whole" : "closed"));
    for (const h of holds.filter((h) => h.path === path)) {
      h.arrived();
      await h.released;
    }
    if (fault?.kind === "reset" && fault.when === "before") {
      settle("reset");
      reset(req.socket, path, fault);
      return;
    }
    if (rate) await pause(rate.ms / 2);
    const body: Buffer[] = [];
    for await (const chunk of req) {
      const b = chunk as Buffer;
      await up(b.length);
      sent += b.length;
      body.push(b);
    }
    if (!target) { settle("reset"); req.socket.resetAndDestroy(); return; }
    const headers = { ...req.headers, host: req.headers.host ?? target.host };
    const on = request({ host: target.hostname, port: target.port, method: req.method, path: req.url, headers }, (answer) => {
      void pass(answer).catch(() => { settle("closed"); res.destroy(); });
    });
    on.on("error", () => { if (!res.destroyed) { settle("reset"); req.socket.resetAndDestroy(); } });
    res.on("close", () => on.destroy());
    on.end(Buffer.concat(body));

    const pass = async (answer: IncomingMessage): Promise<void> => {
      status = answer.statusCode ?? 0;
      if (answer.headers["content-encoding"] === "gzip") unpack = gunzipSync;
      if (answer.headers["content-encoding"] === "br") unpack = brotliDecompressSync;
      if (fault?.kind === "reset") {
        for await (const chunk of answer) received += (chunk as Buffer).length;
        settle("reset");
        reset(req.socket, path, fault);
        return;
      }
      if (rate) await pause(rate.ms / 2);
      res.writeHead(status, answer.statusMessage, flat(answer.rawHeaders));
      res.flushHeaders();
      for await (const chunk of answer) {
        let b = chunk as Buffer;
        if (fault?.kind === "cut" && received + b.length >= fault.after) b = b.subarray(0, Math.max(0, fault.after - received));
        for (let at = 0; at < b.length; at += 1024) {
          const piece = b.subarray(at, at + 1024);
          await down(piece.length);
          if (res.destroyed) return;
          res.write(piece);
          kept?.push(piece);
          received += piece.length;
        }
        if (fault?.kind === "cut" && received >= fault.after) {
          settle("cut");
          await new Promise<void>((done) => res.write("", () => done()));
          res.socket?.destroySoon();
          answer.destroy();
          return;
        }
      }
      res.end();
    };
  };

  const listen = async (): Promise<void> => {
    const s = createServer((req, res) => void meet(req, res).catch(() => res.destroy()));
    s.keepAliveTimeout = 0;
    s.requestTimeout = 0;
    s.on("connection", (socket) => {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => { open.delete(socket); closedBytes += socket.bytesRead + socket.bytesWritten; });
    });
    await new Promise<void>((done, fail) => { s.once("error", fail); s.listen(port, "127.0.0.1", done); });
    server = s;
  };
  const close = async (): Promise<void> => {
    const s = server;
    server = undefined;
    if (!s) return;
    const closed = new Promise<void>((done) => s.close(() => done()));
    for (const socket of open) socket.resetAndDestroy();
    await closed;
  };
  await listen();

  return {
    url: `http://localhost:${port}`, port, passed,
    to(url) { target = new URL(url); },
    refuse: close,
    async accept() { again = undefined; if (!server) await listen(); },
    slow(bits, ms) { rate = { bits, ms }; },
    fast() { rate = undefined; },
    next(path, fault) { again = undefined; faults.push({ path, fault }); },
    pending: () => faults.length,
    hold(path) {
      let arrived = (): void => undefined, release = (): void => undefined;
      const came = new Promise<void>((done) => { arrived = done; });
      const released = new Promise<void>((done) => { release = done; });
      const h = { path, arrived, released };
      holds.push(h);
      return { arrived: came, release() { holds.splice(holds.indexOf(h), 1); release(); } };
    },
    wire() {
      let n = closedBytes;
      for (const s of open) n += s.bytesRead + s.bytesWritten;
      return n;
    },
    stop: close,
  };
}

/** One direction of the line: bytes go through one after the other at its rate. */
function lane(bits: () => number | undefined): (bytes: number) => Promise<void> {
  let free = 0;
  return async (bytes) => {
    const rate = bits();
    if (!rate) return;
    const now = Date.now();
    free = Math.max(free, now) + (bytes * 8000) / rate;
    if (free > now) await pause(free - now);
  };
}

function flat(raw: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase(), value = raw[i + 1]!;
    if (name === "connection" || name === "keep-alive" || name === "transfer-encoding") continue;
    const had = headers[name];
    headers[name] = had === undefined ? value : Array.isArray(had) ? [...had, value] : [had, value];
  }
  return headers;
}

/** A port below those that the system gives away, so that it is still ours when the signal comes back. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await new Promise<boolean>((done) => {
      const s = plainServer();
      s.once("error", () => done(false));
      s.listen(port, "127.0.0.1", () => s.close(() => done(true)));
    });
    if (free) return port;
  }
}

/** Stands where requests to other origins would go, and lets none through. */
export interface Watchman {
  readonly port: number;
  /** Whom the browser wanted to ask. */
  asked(): readonly string[];
  forgive(): void;
  stop(): Promise<void>;
}

/** Whom Debian's Chromium asks by itself, whatever page is open; nobody answers. */
const ownBusiness = /(^|\/\/)(update\.googleapis\.com|clients2\.google\.com|accounts\.google\.com|content-autofill\.googleapis\.com|optimizationguide-pa\.googleapis\.com|www\.google\.com|edgedl\.me\.gvt1\.com|redirector\.gvt1\.com)(:|\/)/;

export async function openWatchman(): Promise<Watchman> {
  const all: string[] = [];
  const asked = { push(url: string): void { if (!ownBusiness.test(url)) all.push(url); } };
  const open = new Set<Socket>();
  const s = createServer((req, res) => { asked.push(req.url ?? ""); res.writeHead(403).end(); });
  s.on("connect", (req, socket) => { asked.push(req.url ?? ""); socket.destroy(); });
  s.on("connection", (socket) => { open.add(socket); socket.on("error", () => undefined); socket.on("close", () => open.delete(socket)); });
  await new Promise<void>((done) => s.listen(0, "127.0.0.1", done));
  const at = s.address();
  return {
    port: typeof at === "object" && at ? at.port : 0,
    asked: () => all,
    forgive() { all.length = 0; },
    stop: () => new Promise((done) => { s.close(() => done()); for (const socket of open) socket.destroy(); }),
  };
}
