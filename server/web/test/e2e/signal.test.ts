import assert from "node:assert/strict";
import { test } from "node:test";
import { office, openDesk, phone, until, type Office, type LinePhone } from "./harness.ts";
import { join, line, saw, support } from "./with/hand.ts";
import { atWork } from "./with/work.ts";

async function notes(other: LinePhone, person: string): Promise<string[]> {
  await other.sync();
  return (await other.show(person)).flatMap((r) => (r.kind === "support" ? [String(r.fields["note"])] : [])).sort();
}

const syncs = (o: Office): number => o.wire.passed.filter((p) => p.url === "/v1/sync").length;

test("a reply that is cut half-way costs nothing but another try", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  const pia = await desk.person(worker, { name: "Pia Madeupstone" });
  for (let i = 0; i < 120; i++) await desk.record("support", pia, { what: "call", at: new Date(Date.now() - i * 3_600_000).toISOString(), note: `${i} ${"made up ".repeat(40)}` });
  const p = await phone(t);
  for (const after of [0, 1, 200, 500, 900]) o.wire.next("/v1/sync", { kind: "cut", after });
  await join(p.page, await o.invite(worker));
  await line(p.page, "everything", 120_000);
  assert.equal(o.wire.pending(), 0, "not every fault was met");
  assert.equal(o.wire.passed.filter((r) => r.end === "cut").length, 5);
  await saw(p.page, "Pia Madeupstone", "People");

  const other = await o.phone(worker), had = await notes(other, pia);
  for (const after of [0, 20]) o.wire.next("/v1/sync", { kind: "cut", after });
  await support(p.page, { who: "Pia Madeupstone", note: "Cut off twice" });
  await line(p.page, "everything", 120_000);
  assert.equal(o.wire.pending(), 0);
  assert.deepEqual((await notes(other, pia)).filter((n) => !had.includes(n)), ["Cut off twice"]);
});

test("a connection that is reset, before or after the server has taken the work, sends it once", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  const pia = await desk.person(worker, { name: "Pia Madeupstone" });
  const p = await phone(t), link = await o.invite(worker);
  o.wire.next("/v1/enrol", { kind: "reset", when: "after" }); // the code is used up, and the phone does not know
  await join(p.page, link);
  await line(p.page, "everything");
  for (const when of ["before", "after", "after"] as const) o.wire.next("/v1/sync", { kind: "reset", when });
  await support(p.page, { who: "Pia Madeupstone", note: "Reset three times" });
  await line(p.page, "everything", 120_000);
  assert.equal(o.wire.pending(), 0, "not every fault was met");
  assert.deepEqual(await notes(await o.phone(worker), pia), ["Reset three times"]);
});

test("at 50 kbit/s with 800 ms of delay a phone joins, shows the day, and sends", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  const people = [];
  for (let i = 0; i < 20; i++) people.push(await desk.person(worker, { name: `Person Madeup${i}`, goals: "made up ".repeat(30) }));
  const p = await phone(t), link = await o.invite(worker);
  o.wire.slow(50_000, 800);
  await join(p.page, link);
  await saw(p.page, "Person Madeup7", "People");
  await line(p.page, "everything", 120_000);
  await support(p.page, { who: "Person Madeup7", note: "Through the thin wire" });
  await line(p.page, { unsent: 1 });
  await line(p.page, "everything", 60_000);
  assert.deepEqual(await notes(await o.phone(worker), people[7]!), ["Through the thin wire"]);
});

test("while there is no signal the line says so, tries again by itself, and rests between", async (t) => {
  const { o, p } = await atWork(t);
  await o.wire.refuse();
  await support(p.page, { who: "Pia Madeupstone", note: "Far from the mast" });
  await line(p.page, { unsent: 1 });
  await line(p.page, "away");
  const had = syncs(o);
  await o.wire.accept();
  await until("the phone to try by itself", () => syncs(o) > had, 120_000);
  await line(p.page, "everything");
});
