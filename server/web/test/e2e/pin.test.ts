import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { heldNote, heldOf, inHours, look, office, openDesk, phone, until } from "./harness.ts";
import { PIN, begin, forgotPin, go, hasText, join, joinAnew, line, lock, locked, resume, saveNow, slowedDown, support, unlock, wrongPin, type Support } from "./with/hand.ts";
import { atWork } from "./with/work.ts";
import { w } from "../../src/field/words.ts";

test("wrong PINs slow down, also over a restart, and take nothing away", async (t) => {
  const { o, p } = await atWork(t);
  await o.wire.refuse();
  await support(p.page, { who: "Pia Madeupstone", note: "Before the PIN was mistaken" });
  await lock(p.page);
  await until("wrong PINs to slow down", async () => { await wrongPin(p.page); return slowedDown(p.page); });
  await p.again("kill");
  await p.page.goto(`${o.url}/app/`);
  await locked(p.page);
  assert.ok(await slowedDown(p.page), "ending the app gave a try for free");
  await unlock(p.page, undefined, 120_000);
  await line(p.page, { unsent: 1 });
});

test("who has forgotten the PIN loses nothing: the coordinator gets it as held", async (t) => {
  const { o, worker, pia, p } = await atWork(t);
  await o.wire.refuse();
  await support(p.page, { who: "Pia Madeupstone", note: "Nobody shall lose this" });
  await support(p.page, { who: "Pia Madeupstone", note: "Nor this" });
  await lock(p.page);
  await o.wire.accept();
  await forgotPin(p.page, await o.invite(worker), "604172");
  await p.page.getByRole("heading", { name: w.titles.today, level: 1 }).waitFor(); // and not the menu, from which it was locked
  await line(p.page, "everything");
  await go(p.page, "Office");
  await p.page.getByText(w.office.sealed(2)).waitFor();
  const coordinator = await o.phone(await o.hire("Cora Made-up", "coordinator"));
  const held = await heldOf(coordinator, 2);
  assert.deepEqual(held.map(heldNote).sort(), ["Nobody shall lose this", "Nor this"]);
  for (const h of [...held].sort((a, b) => Number(a.fields["entry"]) - Number(b.fields["entry"]))) {
    await coordinator.edit("held", h.id, "settled=accepted");
    await coordinator.sync();
  }
  const other = await o.phone(worker);
  assert.deepEqual((await other.show(pia)).flatMap((r) => r.kind === "support" ? [r.fields["note"]] : []).sort(), ["Nobody shall lose this", "Nor this"]);
});

test("who takes a new code and the PIN that was right all along keeps everybody, and is told of nobody that they moved on", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  for (const name of ["Pia Madeupstone", "Quin Madeupstone", "Rae Madeupstone"]) await desk.person(worker, { name });
  const p = await phone(t);
  await join(p.page, await o.invite(worker));
  await line(p.page, "everything");
  await lock(p.page);
  await forgotPin(p.page, await o.invite(worker), PIN);
  await line(p.page, "everything");
  await go(p.page, "Office");
  await p.page.getByText(w.office.allText).waitFor();
  assert.ok(!(await p.page.content()).includes(w.office.goneText), "people who are all here are said to have left");
});

test("where what is stored is damaged, the phone says so, and a new code brings what was not sent to the office", async (t) => {
  const { o, worker, p } = await atWork(t);
  await o.wire.refuse();
  await begin(p.page, { who: "Pia Madeupstone", note: "Nobody shall lose this" });
  await saveNow(p.page);
  await lock(p.page);
  await p.page.evaluate(damageOutbox);
  await p.page.getByLabel(w.locked.label, { exact: true }).fill(PIN);
  await p.page.keyboard.press("Enter");
  await p.page.getByRole("heading", { name: w.broken.damaged.title, level: 1 }).waitFor();
  await p.page.getByText(w.locked.forgotUnsent(1)).waitFor();
  assert.deepEqual((await look(p.page)).violations, []);
  await o.wire.accept();
  await p.page.getByRole("button", { name: w.locked.haveCode, exact: true }).click();
  await joinAnew(p.page, await o.invite(worker), "604172");
  await line(p.page, "everything");
  const coordinator = await o.phone(await o.hire("Cora Made-up", "coordinator"));
  const held = await heldOf(coordinator, 1);
  assert.equal(held.length, 1);
  assert.equal(heldNote(held[0]!), "Nobody shall lose this");
});

/** One bit of each entry of the outbox is turned, in the page. */
function damageOutbox(): Promise<void> {
  return new Promise((done, fail) => {
    const asked = indexedDB.open("alongside");
    asked.onerror = () => fail(asked.error);
    asked.onsuccess = () => {
      const tx = asked.result.transaction("outbox", "readwrite"), rows = tx.objectStore("outbox").openCursor();
      rows.onsuccess = () => {
        const cursor = rows.result;
        if (!cursor) return;
        const row = cursor.value as { box: Uint8Array };
        row.box[row.box.length - 1]! ^= 1;
        cursor.update(row);
        cursor.continue();
      };
      tx.oncomplete = () => {
        asked.result.close();
        done();
      };
      tx.onerror = () => fail(tx.error);
    };
  });
}

test("the phone locks by itself when the app goes out of sight, if that is how it was set", async (t) => {
  const { o, p } = await atWork(t);
  await go(p.page, "More");
  await p.page.getByRole("link", { name: new RegExp(`^${w.titles.locks}`) }).click();
  await p.page.getByRole("group", { name: w.locks.hidden }).getByRole("radio", { name: w.locks.after(0) }).check();
  await p.page.getByText(w.locks.saved).waitFor();
  await outOfSight(p.page, true);
  await locked(p.page);
  await outOfSight(p.page, false);
  await unlock(p.page);
  await p.again("kill"); // what was chosen stays
  await p.page.goto(`${o.url}/app/`);
  await unlock(p.page);
  await outOfSight(p.page, true);
  await locked(p.page);
});

/** A browser without a head calls each of its pages visible, whatever lies over it: what it would say is said for it, and all that follows is the app's own. */
const outOfSight = (page: Page, out: boolean): Promise<void> => page.evaluate((state) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  document.dispatchEvent(new Event("visibilitychange"));
}, out ? "hidden" : "visible");

test("a lock in the middle of a form keeps what was typed, and comes back to it", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  const pia = await desk.person(worker, { name: "Pia Madeupstone" });
  await desk.appointment(pia, { title: "Look at the flat", starts_at: inHours(-3) });
  const p = await phone(t);
  await join(p.page, await o.invite(worker));
  await line(p.page, "everything");
  const s: Support = { who: "Pia Madeupstone", note: "Half a sentence that" };
  await begin(p.page, s);
  await lock(p.page);
  assert.ok(!(await p.page.content()).includes("Half a sentence"), "the locked screen still holds what was typed");
  await unlock(p.page);
  await resume(p.page);
  await hasText(p.page, "Half a sentence that");

  await p.again("kill"); // and killed in the middle of a word
  await p.page.goto(`${o.url}/app/`);
  await unlock(p.page);
  await resume(p.page);
  await hasText(p.page, "Half a sentence that");
  await saveNow(p.page);
  await line(p.page, "everything");
  const other = await o.phone(worker);
  assert.deepEqual((await other.show(pia)).flatMap((r) => r.kind === "support" ? [r.fields["note"]] : []), ["Half a sentence that"]);
});
