import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { dice, heldNote, pause, type LineRecord } from "./harness.ts";
import { PIN, begin, joinAnew, line, locked, saveNow, unlock } from "./with/hand.ts";
import { atWork } from "./with/work.ts";
import { w } from "../../src/field/words.ts";

const kills = Number(process.env["KILLS"] ?? 50);
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

test(`killed ${kills} times while writing, the phone keeps whatever it had said was on it (SEED=${seed})`, async (t) => {
  const rnd = dice(seed);
  const { o, worker, pia, p } = await atWork(t);
  const said: string[] = [];
  let took = 0, stalls = 0;
  for (let kill = 0; kill < kills; kill++) {
    // Half of the time there is no signal; in the other half what was sent is taken off while it is being written.
    const quiet = kill % 2 === 0;
    await (quiet ? o.wire.refuse() : o.wire.accept());
    const note = `Made-up note ${kill}, whole`;
    await begin(p.page, { who: "Pia Madeupstone", note });
    const began = performance.now();
    await saveNow(p.page);
    said.push(note); // only now: the screen says that it is on this phone
    took = performance.now() - began;

    // The next one is being written when the blow comes: at any moment from the tap until some time after it was said.
    const cut = `Made-up note ${kill}, cut`;
    await begin(p.page, { who: "Pia Madeupstone", note: cut });
    let over = false;
    const saving = saveNow(p.page).then(() => { if (!over) said.push(cut); }, (e: unknown) => { if (!over) throw e; });
    await pause(rnd() * 1.5 * took);
    over = true;
    await p.end("kill");
    await saving;
    await p.again("kill");
    await p.page.goto(`${o.url}/app/`);
    // Now and then a browser that was killed does not come up whole. The app's first screen says what to do then, and it is done here too.
    const stuck = await came(p.page).catch((e: Error) => e);
    if (stuck instanceof Error) {
      t.diagnostic(`opened once more: ${stuck.message}`);
      if (++stalls > 2) throw stuck;
      await p.again("kill");
      await p.page.goto(`${o.url}/app/`);
    }
    if (await came(p.page) === "locked") await unlock(p.page);
    else {
      t.diagnostic(`after kill ${kill} Chromium could not read its database, and deleted it`);
      await o.wire.accept();
      await joinAnew(p.page, await o.invite(worker), PIN);
      await line(p.page, "everything", 120_000);
    }
  }
  t.diagnostic(`${said.length} notes were said to be on the phone`);
  await o.wire.accept();
  await line(p.page, "everything", 120_000);
  const other = await o.phone(worker);
  const noteOf = (r: LineRecord): string[] => r.kind === "support" ? [String(r.fields["note"])] : [];
  const coordinator = await o.phone(await o.hire("Cora Made-up", "coordinator"));
  const held = (await coordinator.show("held")).map(heldNote);
  const there = [...(await other.show(pia)).flatMap(noteOf), ...held];
  assert.deepEqual(said.filter((n) => !there.includes(n)), [], "lost");
  assert.equal(new Set(there).size, there.length, "something arrived twice");
});

/** How the phone stands once it was opened: whole, or with what its browser lost. */
const came = (page: Page): Promise<"locked" | "lost"> => Promise.any([
  locked(page, 40_000).then(() => "locked" as const), page.getByText(w.join.lost, { exact: true }).waitFor({ timeout: 40_000 }).then(() => "lost" as const),
]).catch((e: AggregateError) => { throw e.errors[0]; });
