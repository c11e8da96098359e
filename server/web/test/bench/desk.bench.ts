// What the console takes with 2,400 people and 80,000 records, in a real Chromium on a real server. It judges nothing by itself. Times of the first
// screen and from phone to desk are on the wall, since somebody waits for them; of filters, sorting and scrolling what counts is a frame's length.
import { readdir, readFile, rm } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { c } from "../../src/console/words.ts";
import { firstPage } from "../e2e/harness.ts";
import { freshProfile, launch } from "../e2e/with/browser.ts";
import { openDesk } from "../e2e/with/desk.ts";
import { openOffice } from "../e2e/with/office.ts";
import { furnish, heading, open, sit } from "../e2e/with/seat.ts";
import { caseload } from "./caseload.ts";
import { kB, MB, median, ms, table, type Row } from "./figures.ts";
import { heaps } from "./threads.ts";

const people = 2400, records = 80_000, rows: Row[] = [];
const told = (row: Row): void => { rows.push(row); console.log(`${row.what}: ${row.figure} (${row.how})`); };

async function scripts(): Promise<void> {
  const dir = join(process.env["WEB"] ?? ".", "dist/console"), html = await readFile(join(dir, "index.html"), "utf8"), assets = await readdir(join(dir, "assets"));
  const size = async (file: string): Promise<number> => gzipSync(await readFile(join(dir, "assets", file)), { level: 9 }).length;
  const all = assets.filter((f) => /\.(js|css)$/.test(f)), first = all.filter((f) => html.includes(f) || f.startsWith("worker-"));
  const sum = async (files: readonly string[]): Promise<number> => (await Promise.all(files.map(size))).reduce((a, b) => a + b, 0);
  told({ what: "scripts and styles, gzipped", figure: kB(await sum(first)), least: "150 kB", aim: "100 kB", how: `${kB(await sum(all))} with what is fetched when it is opened` });
}

await scripts();
const o = await openOffice(), cora = await o.hire("Cora Made-up", "coordinator"), made = await openDesk(o);
const workers = await Promise.all(Array.from({ length: 40 }, (_, i) => o.hire(`Worker ${i} Made-up`)));
console.log(`${records} records …`);
for (const w of workers) await caseload(made, w, people / workers.length, records / workers.length);
const profile = await freshProfile(), chromium = await launch({ profile }), page = await firstPage(chromium.context);
try {
  await furnish(chromium, page);
  await sit(page, await o.invite(cora));
  const opened: number[] = [];
  for (let i = 0; i < 3; i++) {
    const begun = performance.now();
    await page.reload();
    await heading(page, c.now.title);
    await page.getByText(c.now.text(people)).waitFor();
    opened.push(performance.now() - begun);
  }
  told({ what: `first usable screen, ${people} people, ${records} records, nothing on the computer`, figure: ms(median(opened)), least: "4 s", aim: "2 s", how: "from loading the page until Now shows them; the server's work on the same two cores included" });

  await open(page, "caseload");
  await page.locator(".grid-row").first().waitFor();
  const act = (what: string): Promise<number> => page.evaluate(async (script) => {
    const begun = performance.now();
    (new Function(script) as () => void)();
    await new Promise<void>((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - begun;
  }, what);
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    for (const column of [0, 1, 2, 3, 4, 6]) times.push(await act(`document.querySelectorAll(".grid-head button")[${column}].click()`));
    for (const text of ["m", "mo", "moira", ""]) times.push(await act(`const f = document.querySelector(".filters input[type=search]"); f.value = ${JSON.stringify(text)}; f.dispatchEvent(new Event("input", { bubbles: true }))`));
  }
  told({ what: `a filter or a sort over ${people} rows`, figure: ms(median(times)), least: "100 ms", aim: "30 ms", how: `until a frame shows it; the slowest of ${times.length} ${ms(Math.max(...times))}` });

  const frames = await page.evaluate(async () => {
    const body = document.querySelector(".grid-body")!, took: number[] = [];
    let last = performance.now();
    for (let i = 0; i < 180; i++) {
      body.scrollTop += 400;
      await new Promise<void>((done) => requestAnimationFrame(() => done()));
      took.push(performance.now() - last);
      last = performance.now();
    }
    return took.slice(5);
  });
  told({ what: "scrolling, the longest frame", figure: ms(Math.max(...frames)), least: "50 ms", aim: "17 ms", how: `the median of ${frames.length} is ${ms(median(frames))}` });

  const h = await heaps(chromium);
  told({ what: "heap", figure: MB(h.main + h.worker + h.outside), least: "250 MB", aim: "120 MB", how: `page ${MB(h.main)}, worker ${MB(h.worker)}, outside of both ${MB(h.outside)}; after garbage was collected` });

  const phone = await o.phone(workers[0]!), whom = (await phone.people())[0]!, live: number[] = [], sent: number[] = [];
  await page.evaluate((id) => { location.hash = `#/person/${id}`; }, whom.id);
  for (let i = 0; i < 7; i++) {
    await page.waitForTimeout(1500);
    const note = `From the phone ${i}`;
    await phone.edit("support", whom.id, "what=visit", `at=${new Date().toISOString()}`, `note=${note}`);
    const seen = page.getByText(note, { exact: true }).waitFor(), begun = performance.now();
    await phone.sync();
    sent.push(performance.now() - begun);
    await seen;
    live.push(performance.now() - begun);
  }
  told({ what: "what a phone sends, on the desk's screen", figure: ms(median(live)), least: "1 s", aim: "0.3 s", how: `from the start of the phone's own process, whose sync is over after ${ms(median(sent))}` });
  console.log(`\n${chromium.browser.version()}; ${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}; ${new Date().toISOString().slice(0, 10)}\n`);
} finally {
  await chromium.kill();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  await o.stop();
}
console.log(table(rows));
