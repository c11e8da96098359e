import assert from "node:assert/strict";
import { test } from "node:test";
import { office, openDesk, phone, wrongClock } from "./harness.ts";
import { join, line, saw, support, unlock } from "./with/hand.ts";

for (const [words, years] of [["ahead", 1], ["behind", -1]] as const) {
  test(`a phone whose clock is a year ${words} joins, stays signed in, and its work is dated by the server`, async (t) => {
    const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
    const pia = await desk.person(worker, { name: "Pia Madeupstone" });
    const p = await phone(t, { clock: years * 365 * 86_400, preload: await wrongClock() });
    await join(p.page, await o.invite(worker));
    await line(p.page, "everything");
    await support(p.page, { who: "Pia Madeupstone", note: "By a clock that is wrong" });
    await line(p.page, "everything");
    await p.again("close");
    await p.page.goto(`${o.url}/app/`);
    await unlock(p.page);
    await line(p.page, "everything");
    await saw(p.page, "Pia Madeupstone", "People");
    const [written] = (await (await o.phone(worker)).show(pia)).filter((r) => r.fields["note"] === "By a clock that is wrong");
    assert.ok(Math.abs(Date.parse(written!.at) - Date.now()) < 10 * 60_000, `dated ${written!.at}`);
  });
}
