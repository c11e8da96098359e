import assert from "node:assert/strict";
import { test } from "node:test";
import { w } from "../../src/field/words.ts";
import { until } from "./harness.ts";
import { begin, hasText, line, saveNow, saveRefused, support, unlock, type Support } from "./with/hand.ts";
import { atWork } from "./with/work.ts";

/** Whether the browser has no room for a byte more. */
const refuses = (): Promise<boolean> => new Promise((done) => {
  const r = indexedDB.open("probe", 1);
  r.onupgradeneeded = () => r.result.createObjectStore("s");
  r.onerror = () => done(true);
  r.onsuccess = () => {
    const tx = r.result.transaction("s", "readwrite");
    tx.objectStore("s").put(0, 0);
    const end = (full: boolean): void => { r.result.close(); done(full); };
    tx.oncomplete = () => end(false);
    tx.onabort = () => end(tx.error?.name === "QuotaExceededError");
  };
});

test("on a full phone nothing is said to be saved that is not, and what was typed is still there when there is room", async (t) => {
  const { o, worker, pia, p } = await atWork(t);
  await o.wire.refuse();
  await support(p.page, { who: "Pia Madeupstone", note: "While there was room" });
  const cdp = await p.chromium.cdp(p.page), origin = o.url;
  await cdp.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
  await until("the browser to find that there is no room", () => p.page.evaluate(refuses)); // it believes for half a minute what it knew before
  const s: Support = { who: "Pia Madeupstone", note: "No room for this" };
  await begin(p.page, s);
  await saveRefused(p.page, w.form.storageFull);
  await hasText(p.page, "No room for this");
  await line(p.page, { unsent: 1 });
  await cdp.send("Storage.overrideQuotaForOrigin", { origin });
  await until("the browser to find that there is room", async () => !await p.page.evaluate(refuses));
  await saveNow(p.page);
  await line(p.page, { unsent: 2 });
  await p.again("kill");
  await p.page.goto(`${o.url}/app/`);
  await unlock(p.page);
  await o.wire.accept();
  await line(p.page, "everything");
  const other = await o.phone(worker);
  assert.deepEqual((await other.show(pia)).flatMap((r) => r.kind === "support" ? [r.fields["note"]] : []).sort(), ["No room for this", "While there was room"]);
});
