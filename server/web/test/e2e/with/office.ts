import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, command, start, type Binary, type Running } from "./binary.ts";
import { freePort, openProxy, type Proxy } from "./proxy.ts";
import { until } from "./until.ts";

/** A server with its folder, and the wire in front of it. */
export interface Office {
  /** Where phones find it: the wire's address. */
  readonly url: string;
  readonly wire: Proxy;
  /** The server itself, for those whom the wire's faults are not to reach. */
  direct(): string;
  readonly team: string;
  /** A command about the server's folder. */
  run<T = Record<string, never>>(...args: string[]): Promise<T>;
  /** Somebody of the team; gives their id. */
  hire(name: string, role?: "worker" | "coordinator" | "admin"): Promise<string>;
  /** A link that lets one device of theirs in. */
  invite(user: string): Promise<string>;
  /** A phone on the command line, let in and synced. */
  phone(user: string): Promise<LinePhone>;
  /** Stops the server and starts it on the same folder, as this or another release. */
  restart(binary?: Binary): Promise<void>;
  log(): string;
  stop(): Promise<void>;
}

/** A phone on the command line: the other end that the app is held against. */
export interface LinePhone {
  sync(): Promise<{ sent: number; conflicts: number; held: number; rejected: number; came: number; waiting: number }>;
  people(): Promise<readonly { id: string; name: string; preferred_name?: string; unsent: number; conflicts: number }[]>;
  /** All records that fit: of a person, "held", "notices", or a record's id. */
  show(what: string): Promise<readonly LineRecord[]>;
  kept(): Promise<readonly LineEntry[]>;
  /** Writes something, and gives the record's id. */
  edit(...words: string[]): Promise<string>;
}
export interface LineRecord {
  readonly scope: string;
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly user: string;
  readonly at: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly conflicts?: Readonly<Record<string, readonly { readonly value: unknown; readonly user: string }[]>>;
}

/** The note of the entry that a record of kind held keeps. */
export const heldNote = (r: LineRecord): string => (r.fields["op"] as { set: { note: string } }).set.note;

/** Waits until so many entries are held, and gives them. */
export const heldOf = (coordinator: LinePhone, count: number): Promise<readonly LineRecord[]> => until(`${count} entries to arrive as held`, async () => {
  await coordinator.sync();
  const all = await coordinator.show("held");
  return all.length >= count && all;
});
export interface LineEntry {
  readonly record: string;
  readonly kind: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly result?: { readonly status: string; readonly code?: string };
}

/** An empty office of one team. */
export async function openOffice(): Promise<Office> {
  const binary = await build();
  const dir = await mkdtemp(join(tmpdir(), "alongside-office-"));
  const data = join(dir, "data"), wire = await openProxy();
  let server: Running<{ url: string }> | undefined, phones = 0;
  const serve = async (b: Binary): Promise<void> => {
    server = await start<{ url: string }>(b, ["serve", "--data", data, "--addr", "127.0.0.1:0", "--url", wire.url]);
    wire.to(server.first.url);
  };
  const stop = async (): Promise<void> => {
    await wire.stop();
    await server?.stop();
    await rm(dir, { recursive: true, force: true });
  };
  const run = <T,>(...args: string[]): Promise<T> => command<T>(binary, [...args, "--data", data]);
  try {
    await serve(binary);
    const { team_id: team } = await run<{ team_id: string }>("team", "add", "Made-up Team");
    const invite = async (user: string): Promise<string> => (await run<{ link: string }>("enrol", user)).link;
    return {
      url: wire.url, wire, team, run, invite, stop,
      direct: () => server!.first.url,
      log: () => server?.log() ?? "",
      hire: async (name, role = "worker") => (await run<{ user_id: string }>("user", "add", "--name", name, "--role", role, "--team", team)).user_id,
      async phone(user) { return linePhone(binary, server!.first.url, join(dir, `phone-${++phones}`), await invite(user)); },
      async restart(b = binary) { await server?.stop(); await serve(b); },
    };
  } catch (e) {
    await stop();
    throw e;
  }
}

/** The made-up partnership, as `alongside demo` serves it. */
export interface Demo {
  readonly url: string;
  readonly wire: Proxy;
  readonly links: { readonly worker: string; readonly coordinator: string; readonly person: string | null };
  /** A link that lets another device of whoever came last in. */
  inviteAgain(): Promise<string>;
  phone(link: string): Promise<LinePhone>;
  stop(): Promise<void>;
}

export async function openDemo(settings: NodeJS.ProcessEnv = {}): Promise<Demo> {
  const binary = await build();
  const wire = await openProxy(), dir = await mkdtemp(join(tmpdir(), "alongside-demo-test-"));
  // It says the address that links carry, and not the one it listens on: so that one is picked here.
  const own = await freePort(), direct = `http://127.0.0.1:${own}`;
  const server = await start<Demo["links"]>(binary, ["demo", "--addr", `127.0.0.1:${own}`, "--url", wire.url], { ...settings, TMPDIR: dir });
  wire.to(direct);
  const data = join(dir, (await readdir(dir)).find((name) => name.startsWith("alongside-demo-"))!);
  let phones = 0;
  return {
    url: wire.url, wire, links: server.first,
    async inviteAgain() {
      const { devices } = await command<{ devices: { user: string; created: string }[] }>(binary, ["device", "list", "--data", data]);
      const last = devices.reduce((a, b) => (a.created > b.created ? a : b));
      return (await command<{ link: string }>(binary, ["enrol", last.user, "--data", data])).link;
    },
    phone: (link) => linePhone(binary, direct, join(dir, `phone-${++phones}`), link),
    async stop() {
      await wire.stop();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function linePhone(binary: Binary, server: string, data: string, link: string): Promise<LinePhone> {
  const run = <T,>(...args: string[]): Promise<T> => command<T>(binary, ["phone", ...args, "--data", data]);
  await run("enrol", "--server", server, link);
  const phone: LinePhone = {
    sync: () => run("sync"),
    people: async () => (await run<{ people: { id: string; name: string; preferred_name?: string; unsent: number; conflicts: number }[] }>("show", "people")).people,
    show: async (what) => (await run<{ records: LineRecord[] }>("show", what)).records,
    kept: async () => (await run<{ entries: LineEntry[] }>("show", "kept")).entries,
    edit: async (...words) => (await run<{ record: string }>("edit", ...words)).record,
  };
  await phone.sync();
  return phone;
}
