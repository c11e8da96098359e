// Bundles the tests of one folder and runs them with node's own runner; what is in "bench" are programs of their own: one is named, with
// what it is to measure, or all are run one after the other.
import { spawn } from "node:child_process";
import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const [folder = "unit", ...only] = process.argv.slice(2);
const out = join(web, ".test", [folder, ...only].join("-").replace(/[^\w.-]/g, "")); // of its own, so that two runs do not meet

const bench = folder === "bench";
const all = (await readdir(join(web, "test", folder))).filter((f) => (bench ? /\.bench\.ts$/ : /\.test\.tsx?$/).test(f));
const named = bench ? all.filter((f) => f === `${only[0]}.bench.ts`) : all.filter((f) => only.length === 0 || only.some((o) => f.includes(o)));
const names = bench && named.length === 0 ? all : named;
if (names.length === 0) {
  console.error(`no tests in test/${folder}${only.length ? ` called ${only.join(" or ")}` : ""}`);
  process.exit(1);
}
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  entryPoints: names.map((f) => join(web, "test", folder, f)),
  outdir: out, outExtension: { ".js": ".mjs" }, bundle: true, platform: "node", format: "esm", target: "node20", packages: "external",
  sourcemap: "inline", jsx: "automatic", jsxImportSource: "preact", logLevel: "warning",
  define: { __BUILD__: '"field/test"', __WORKER__: '""', __SHELL__: "{}" },
});
const built = names.map((f) => join(out, f.replace(/\.tsx?$/, ".mjs")));
const how = bench ? built.map((b) => [b, ...only.slice(named.length)]) : [["--test", ...(folder === "unit" ? [] : ["--test-concurrency=1"]), ...built]];
for (const args of how) {
  const run = spawn(process.execPath, ["--enable-source-maps", ...args], { stdio: "inherit", cwd: web, env: { ...process.env, WEB: web } });
  process.exitCode = await new Promise((done) => run.on("exit", (code) => done(code ?? 1)));
  if (process.exitCode !== 0) break;
}
