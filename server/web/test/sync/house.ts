import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Size } from "../../src/sync/outbox.ts";
import { buildBare, command, start, type Running } from "../e2e/with/binary.ts";
import { handset, type Handset } from "./handset.ts";

/** The real program over a folder of its own, with one team of made-up people. */
export interface House {
  readonly url: () => string;
  readonly team: string;
  /** Somebody of the team; gives their id. */
  hire(name: string, role: "worker" | "coordinator"): Promise<string>;
  /** A phone of theirs that has joined. */
  phone(user: string, most?: Size): Promise<Handset>;
  code(user: string): Promise<string>;
  backup(): Promise<string>;
  /** The store as it was in a backup, without what was archived since. */
  restore(file: string): Promise<void>;
  command<T = object>(...args: readonly string[]): Promise<T>;
  /** Every fault that the program finds in its store. */
  check(): Promise<void>;
}

export async function openHouse(t: TestContext): Promise<House> {
  const binary = await buildBare();
  const dir = await mkdtemp(join(tmpdir(), "alongside-sync-"));
  const data = join(dir, "data");
  let server: Running<{ url: string }> | undefined;
  let backups = 0;
  const serve = async (): Promise<void> => {
    server = await start<{ url: string }>(binary, ["serve", "--data", data, "--addr", "127.0.0.1:0"]);
  };
  t.after(async () => {
    await server?.stop();
    await rm(dir, { recursive: true, force: true });
  });
  await serve();
  const run = <T>(...args: readonly string[]): Promise<T> => command<T>(binary, [...args, "--data", data]);
  const { team_id: team } = await run<{ team_id: string }>("team", "add", "A made-up team");
  const url = (): string => server?.first.url ?? "";
  const code = async (user: string): Promise<string> => (await run<{ code: string }>("enrol", user)).code;
  return {
    url, team, code, command: run,
    hire: async (name, role) => (await run<{ user_id: string }>("user", "add", "--name", name, "--role", role, "--team", team)).user_id,
    async phone(user, most) {
      const phone = handset(url, undefined, most);
      const { kind } = await phone.enrol(await code(user));
      if (kind !== "joined") throw new Error(`enrolment says ${kind}`);
      return phone;
    },
    async backup() {
      const file = join(dir, `backup-${++backups}`);
      await run("backup", file);
      return file;
    },
    async restore(file) {
      await server?.stop();
      await run("restore", file);
      await serve();
    },
    async check() {
      await run("check");
    },
  };
}
