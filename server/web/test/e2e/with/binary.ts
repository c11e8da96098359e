import { execFile, spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { access, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** server/web, as test/run.mjs says it. */
export const web = process.env["WEB"] ?? process.cwd();
const root = dirname(dirname(web));
const bin = join(web, ".test", "bin");

export type Binary = string;

/** The program as it stands, with the web app that is in dist. Built once; a second call finds it fresh. */
export async function build(): Promise<Binary> {
  await access(join(web, "dist/app/index.html")).catch(() => { throw new Error("the web app is not built: npm run build"); });
  return go("alongside", []);
}

/** The program whatever web app is in dist, for tests that need none. */
export const buildBare = (): Promise<Binary> => go("alongside-bare", []);

/**
 * The program with another build of the web app, as it would be after a release: the same sources, but for `change`. It is put in by an
 * overlay, so that dist is left alone.
 */
export async function buildNext(change: (dir: string) => Promise<void>): Promise<Binary> {
  const dir = await mkdtemp(join(tmpdir(), "alongside-next-"));
  try {
    for (const part of await readdir(web)) {
      if (!["node_modules", "dist", "test", ".test", "screens"].includes(part)) await cp(join(web, part), join(dir, part), { recursive: true });
    }
    await symlink(join(web, "node_modules"), join(dir, "node_modules"));
    await mkdir(join(dir, "dist"));
    await change(dir);
    await run(process.execPath, ["build.mjs"], { cwd: dir });
    const Replace: Record<string, string> = {};
    for (const file of await files(join(web, "dist/app"))) Replace[file] = "";
    for (const file of await files(join(dir, "dist/app"))) {
      Replace[join(web, "dist", relative(join(dir, "dist"), file))] = file;
    }
    const overlay = join(dir, "overlay.json");
    await writeFile(overlay, JSON.stringify({ Replace }));
    return await go("alongside-next", ["-overlay", overlay]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function go(name: string, flags: readonly string[]): Promise<Binary> {
  await mkdir(bin, { recursive: true });
  const out = join(bin, name);
  await run("go", ["build", ...flags, "-o", out, "./cmd/alongside"], { cwd: root });
  return out;
}

async function files(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const e of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, e.name);
    if (e.isDirectory()) found.push(...(await files(path)));
    else found.push(path);
  }
  return found;
}

/** Runs one command that prints one JSON object. */
export async function command<T>(binary: Binary, args: readonly string[]): Promise<T> {
  const { stdout } = await run(binary, [...args, "--json"], { maxBuffer: 64 << 20, env: environment() });
  return JSON.parse(stdout) as T;
}

/** A program that runs until it is stopped; `first` is the first JSON object that it prints. */
export interface Running<T> {
  readonly first: T;
  /** What it said on standard error. */
  log(): string;
  stop(): Promise<void>;
}

export async function start<T>(binary: Binary, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Running<T>> {
  const child = spawn(binary, [...args, "--json"], { env: { ...environment(), ...env } });
  child.stdin.end();
  let log = "";
  child.stderr.on("data", (b: Buffer) => { log = (log + b.toString()).slice(-1 << 20); });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const first = await firstLine(child, () => log);
  return {
    first: JSON.parse(first) as T,
    log: () => log,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
    },
  };
}

function firstLine(child: ChildProcessWithoutNullStreams, log: () => string): Promise<string> {
  return new Promise((done, fail) => {
    let said = "";
    child.stdout.on("data", (b: Buffer) => {
      said += b.toString();
      const end = said.indexOf("\n");
      if (end >= 0) done(said.slice(0, end));
    });
    child.once("exit", (code) => fail(new Error(`it ended with ${code} before it said anything: ${log()}`)));
  });
}

function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, TZ: "Europe/London" };
  for (const name of Object.keys(env)) if (name.startsWith("ALONGSIDE_")) delete env[name];
  return env;
}
