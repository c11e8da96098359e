// Builds the web apps into dist: hashed files, a page that names them, and a service worker that knows them all.
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { png, svg } from "./icon.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const app = join(dist, "app");

/** What every bundle has in common. */
const common = {
  bundle: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  sourcemap: false,
  legalComments: "none",
  logLevel: "warning",
  absWorkingDir: here,
  jsx: "automatic",
  jsxImportSource: "preact",
};

/** A file's name with a mark of its bytes, so that it may be cached for ever. */
const named = (name, bytes) => {
  const mark = createHash("sha256").update(bytes).digest("base64url").replace(/[-_]/g, "").slice(0, 10);
  return name.replace(/(\.[^.]+)$/, `-${mark}$1`);
};

/** Bundles one entry, writes it under its hashed name, and gives that. */
async function bundle(entry, name, into = app) {
  const result = await build({ ...common, entryPoints: [entry], write: false });
  const bytes = result.outputFiles[0].contents;
  return put(name, bytes, into);
}

/** Bundles a script in parts: what the first screen needs, and what comes after it. Gives the entry, and all that it cannot begin without. */
async function split(entry, as, define, into = app) {
  const { outputFiles, metafile } = await build({ ...common, entryPoints: [entry], write: false, define, splitting: true, metafile: true,
    outdir: join(into, "assets"), entryNames: `${as}-[hash]`, chunkNames: `${as}-[hash]` });
  await mkdir(join(into, "assets"), { recursive: true });
  for (const f of outputFiles) await writeFile(f.path, f.contents);
  const out = metafile.outputs;
  const main = Object.keys(out).find((f) => out[f].entryPoint === entry);
  const first = new Set();
  const need = (f) => { if (!first.has(f)) { first.add(f); out[f].imports.filter((i) => i.kind === "import-statement").forEach((i) => need(i.path)); } };
  need(main);
  const inApp = (f) => relative(into, join(here, f));
  return { main: inApp(main), first: [...first].map(inApp) };
}

async function put(name, bytes, into) {
  const file = named(name, bytes);
  await mkdir(join(into, "assets"), { recursive: true });
  await writeFile(join(into, "assets", file), bytes);
  return `assets/${file}`;
}

async function files(dir) {
  const found = [];
  for (const e of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, e.name);
    found.push(...(e.isDirectory() ? await files(path) : [path]));
  }
  return found.sort();
}

const packable = new Set([".html", ".js", ".css", ".svg", ".webmanifest", ".json", ".wasm"]);

async function pack(dir) {
  for (const path of await files(dir)) {
    if (!packable.has(extname(path))) continue;
    const bytes = await readFile(path);
    await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    await writeFile(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
}

await rm(app, { recursive: true, force: true });
await mkdir(app, { recursive: true });
await cp(join(here, "src/field/static"), app, { recursive: true });
await writeFile(join(app, "icon.svg"), svg());
for (const size of [180, 192, 512]) await writeFile(join(app, `icon-${size}.png`), png(size, size === 180)); // iOS cuts its own corners
await writeFile(join(app, "icon-whole-512.png"), png(512, true));

const style = await bundle("src/field/style.css", "field.css");
// A build is named by what it is made of; the page is told its name and its worker's, and the worker the same name.
const trial = await build({ ...common, entryPoints: ["src/field/main.tsx", "src/field/worker.ts"], write: false, splitting: true, outdir: "x",
  define: { __BUILD__: '""', __WORKER__: '""' } });
const keeper = await build({ ...common, entryPoints: ["src/field/sw.ts"], write: false, define: { __BUILD__: '""', __SHELL__: "{}" } });
const page = await readFile(join(here, "src/field/index.html"), "utf8");
const mark = createHash("sha256").update(style).update(page);
for (const f of [...trial.outputFiles, ...keeper.outputFiles]) mark.update(f.contents);
for (const f of await files(join(here, "src/field/static"))) mark.update(relative(here, f)).update(await readFile(f));
const name = `field/${mark.digest("hex").slice(0, 10)}`;
const worker = await split("src/field/worker.ts", "worker", { __BUILD__: JSON.stringify(name), __WORKER__: '""' });
const { main, first } = await split("src/field/main.tsx", "field", { __BUILD__: JSON.stringify(name), __WORKER__: JSON.stringify(worker.main) });

await writeFile(join(app, "index.html"), page.replaceAll("%STYLE%", style).replaceAll("%MAIN%", main)
  .replace("%FIRST%", first.filter((f) => f !== main).map((f) => `<link rel="modulepreload" href="${f}">`).join("\n")));

// Each file of the shell with what its bytes are, so that a phone keeps no other.
const shell = {};
for (const f of await files(app)) {
  const path = relative(app, f);
  shell[path === "index.html" ? "./" : path] = createHash("sha256").update(await readFile(f)).digest("base64");
}
const sw = await build({ ...common, entryPoints: ["src/field/sw.ts"], write: false,
  define: { __BUILD__: JSON.stringify(name), __SHELL__: JSON.stringify(shell) } });
await writeFile(join(app, "sw.js"), sw.outputFiles[0].contents);
await pack(app);

// The page of a person who is reminded works without its script, which is one file beside its service worker.
const reminder = join(dist, "reminder");
await rm(reminder, { recursive: true, force: true });
await mkdir(reminder, { recursive: true });
const script = (await build({ ...common, entryPoints: ["src/reminder/page.ts"], write: false })).outputFiles[0].contents;
await writeFile(join(reminder, named("page.js", script)), script);
await writeFile(join(reminder, "sw.js"), (await build({ ...common, entryPoints: ["src/reminder/sw.ts"], write: false })).outputFiles[0].contents);
await pack(reminder);

// The desk: no service worker, and nothing that stays on the computer.
const desk = join(dist, "console");
await rm(desk, { recursive: true, force: true });
await mkdir(desk, { recursive: true });
await writeFile(join(desk, "icon.svg"), svg());
const deskStyle = await bundle("src/console/console.css", "console.css", desk);
const deskTrial = await build({ ...common, entryPoints: ["src/console/main.tsx", "src/console/worker.ts"], write: false, splitting: true, outdir: "x", define: { __DESK__: "true", __BUILD__: '""', __WORKER__: '""' } });
const deskMark = createHash("sha256").update(deskStyle);
for (const f of deskTrial.outputFiles) deskMark.update(f.contents);
const deskName = `console/${deskMark.digest("hex").slice(0, 10)}`;
const deskWorker = await split("src/console/worker.ts", "worker", { __DESK__: "true", __BUILD__: JSON.stringify(deskName), __WORKER__: '""' }, desk);
const deskMain = await split("src/console/main.tsx", "console", { __DESK__: "true", __BUILD__: JSON.stringify(deskName), __WORKER__: JSON.stringify(deskWorker.main) }, desk);
await writeFile(join(desk, "index.html"), (await readFile(join(here, "src/console/index.html"), "utf8")).replaceAll("%STYLE%", deskStyle).replaceAll("%MAIN%", deskMain.main)
  .replace("%FIRST%", deskMain.first.filter((f) => f !== deskMain.main).map((f) => `<link rel="modulepreload" href="${f}">`).join("\n")));
await pack(desk);

/** Kilobytes of files, gzipped. */
const kB = async (list, of = app) => {
  let sum = 0;
  for (const file of list) sum += gzipSync(await readFile(join(of, file)), { level: 9 }).length;
  return (sum / 1000).toFixed(1);
};
const scripts = (await files(app)).map((f) => relative(app, f)).filter((f) => /\.(js|css)$/.test(f) && f !== "sw.js");
console.log(`${name}: ${await kB([...first, style, ...worker.first])} kB of scripts and styles to the first screen, gzipped (page ${await kB(first)}, style ${await kB([style])}, worker ${await kB(worker.first)}); ${await kB(scripts)} kB in all`);
console.log(`${deskName}: ${await kB([...new Set([...deskMain.first, deskStyle, ...deskWorker.first])], desk)} kB of scripts and styles, gzipped (page ${await kB(deskMain.first, desk)}, style ${await kB([deskStyle], desk)}, worker ${await kB(deskWorker.first, desk)})`);
