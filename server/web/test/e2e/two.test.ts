import assert from "node:assert/strict";
import { test } from "node:test";
import { w } from "../../src/field/words.ts";
import { at, firstPage, office, openDesk, phone } from "./harness.ts";
import { changeAbout, go, join, line, lock, locked, openPerson, saw, sawBoth, settle, support, unlock } from "./with/hand.ts";

test("what one phone writes comes to the other by itself", async (t) => {
  const o = await office(t), one = await o.hire("Wilma Made-up"), two = await o.hire("Winston Made-up"), desk = await openDesk(o);
  await desk.person([one, two], { name: "Pia Madeupstone" });
  const p = await phone(t), other = await firstPage(await p.chromium.another());
  await join(p.page, await o.invite(one));
  await join(other, await o.invite(two));
  await line(p.page, "everything");
  await line(other, "everything");
  await openPerson(other, "Pia Madeupstone");
  await support(p.page, { who: "Pia Madeupstone", note: "Went to the pharmacy together" });
  await saw(other, "Went to the pharmacy together");
});

test("two versions stand side by side on both phones, and one tap settles them", async (t) => {
  const o = await office(t), one = await o.hire("Wilma Made-up"), two = await o.hire("Winston Made-up"), desk = await openDesk(o);
  const pia = await desk.person([one, two], { name: "Pia Madeupstone", safe_times: "Any time" });
  const p = await phone(t), other = await firstPage(await p.chromium.another());
  await join(p.page, await o.invite(one));
  await join(other, await o.invite(two));
  await line(p.page, "everything");
  await line(other, "everything");
  await o.wire.refuse();
  await changeAbout(p.page, "Pia Madeupstone", { [w.fields.safe_times]: "After two" });
  await changeAbout(other, "Pia Madeupstone", { [w.fields.safe_times]: "Before the bus" });
  await o.wire.accept();
  for (const page of [p.page, other]) {
    await line(page, "everything");
    await sawBoth(page, "Pia Madeupstone", [["After two", page === p.page ? w.you : "Wilma Made-up"], ["Before the bus", page === other ? w.you : "Winston Made-up"]]);
  }
  await settle(p.page, "Pia Madeupstone", "Before the bus");
  await line(p.page, "everything");
  const office2 = await o.phone(two);
  const [person] = (await office2.show(pia)).filter((r) => r.kind === "person");
  assert.equal(person?.fields["safe_times"], "Before the bus");
  assert.equal(person?.conflicts, undefined);
});

test("two tabs are one phone: what is written in one is in the other, and a lock locks both", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  const pia = await desk.person(worker, { name: "Pia Madeupstone" });
  await desk.appointment(pia, { title: "Look at the flat", starts_at: at(0, 23, 50) });
  const p = await phone(t);
  await join(p.page, await o.invite(worker));
  await line(p.page, "everything");
  const second = await p.chromium.context.newPage();
  await second.setViewportSize({ width: 390, height: 844 });
  await second.goto(`${o.url}/app/`);
  await saw(second, "Look at the flat"); // it is open already: the PIN is not asked for twice
  await o.wire.refuse();
  await support(second, { who: "Pia Madeupstone", note: "From the second tab" });
  await support(p.page, { who: "Pia Madeupstone", note: "From the first tab" });
  await line(p.page, { unsent: 2 });
  await line(second, { unsent: 2 });
  await o.wire.accept();
  await line(second, "everything");
  await line(p.page, "everything");
  const other = await o.phone(worker);
  assert.deepEqual((await other.show(pia)).flatMap((r) => r.kind === "support" ? [r.fields["note"]] : []).sort(), ["From the first tab", "From the second tab"]);

  await lock(second);
  await locked(p.page);
  await unlock(p.page);
  await go(second, "Today");
  await saw(second, "Look at the flat");

  await p.page.close(); // whichever led the other must go on
  await support(second, { who: "Pia Madeupstone", note: "After the first was closed" });
  await line(second, "everything");
});
