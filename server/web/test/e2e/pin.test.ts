import assert from "node:assert/strict";
import { test } from "node:test";
import { inHours, office, openDesk, phone, until } from "./harness.ts";
import { PIN, begin, forgotPin, go, hasText, join, line, lock, locked, resume, saveNow, slowedDown, support, unlock, wrongPin, type Support } from "./with/hand.ts";
import { w } from "../../src/field/words.ts";

test("wrong PINs slow down, also over a restart, and take nothing away", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  await desk.person(worker, { name: "Pia Madeupstone" });
  const p = await phone(t);
  await join(p.page, await o.invite(worker));
  await line(p.page, "everything");
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
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  const pia = await desk.person(worker, { name: "Pia Madeupstone" });
  const p = await phone(t);
  await join(p.page, await o.invite(worker));
  await line(p.page, "everything");
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
  const held = await until("the letters to arrive as held", async () => {
    await coordinator.sync();
    const all = (await coordinator.show("held")).filter((r) => r.fields["settled"] === undefined);
    return all.length === 2 && all;
  });
  assert.deepEqual(held.map((r) => (r.fields["op"] as { set: { note: string } }).set.note).sort(), ["Nobody shall lose this", "Nor this"]);
  for (const h of held.sort((a, b) => Number(a.fields["entry"]) - Number(b.fields["entry"]))) {
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
