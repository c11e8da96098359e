import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { join as path } from "node:path";
import { test } from "node:test";
import { buildNext, until } from "./harness.ts";
import { begin, buildOf, go, hasText, line, resume, saveNow, support, takeUpdate, unlock, updateOffered } from "./with/hand.ts";
import { atWork } from "./with/work.ts";

test("a new version waits, asks, interrupts no form, and has what the old one had not sent", async (t) => {
  const { o, worker, pia, p } = await atWork(t);
  const old = await buildOf(p.page);
  await o.wire.refuse();
  await support(p.page, { who: "Pia Madeupstone", note: "Written in the old version" });
  await line(p.page, { unsent: 1 });
  const next = await buildNext((dir) => appendFile(path(dir, "src/field/style.css"), "\n:root{--release:2}\n"));
  await o.restart(next);

  // The signal comes for the shell alone, so that the work is still unsent when the new version starts.
  const held = o.wire.hold("/v1/sync");
  await o.wire.accept();
  await p.page.reload();
  await unlock(p.page);
  await begin(p.page, { who: "Pia Madeupstone", note: "A form under way" });
  await hasText(p.page, "A form under way");
  await go(p.page, "Today");
  await updateOffered(p.page);
  assert.equal(await buildOf(p.page), old, "it changed by itself");
  await o.wire.refuse();
  held.release();
  await takeUpdate(p.page);
  await until("the new version to run", async () => (await buildOf(p.page).catch(() => old)) !== old);
  await unlock(p.page);
  await line(p.page, { unsent: 1 });
  await resume(p.page);
  await hasText(p.page, "A form under way");
  await saveNow(p.page);
  await o.wire.accept();
  await line(p.page, "everything");
  const other = await o.phone(worker);
  assert.deepEqual((await other.show(pia)).flatMap((r) => r.kind === "support" ? [r.fields["note"]] : []).sort(), ["A form under way", "Written in the old version"]);
});
