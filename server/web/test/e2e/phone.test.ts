// The phone as the worker thread has it, against the real server: storage and WebCrypto are real, only the browser is missing.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { todayView } from "../../src/field/views/today.ts";
import { instant, type RecordID, type Scope, type Version } from "../../src/sync/ids.ts";
import { dbName, openDb } from "../../src/sync/db.ts";
import { metaKeys } from "../../src/sync/load.ts";
import type { PhoneState } from "../../src/sync/phone.ts";
import type { Edit } from "../../src/sync/record.ts";
import { freshDisk } from "../unit/disk.ts";
import { full } from "../unit/full.ts";
import { killAt } from "../unit/killed.ts";
import { codeOf, openTestPhone, type TestPhone } from "./with/phone.ts";
import { heldNote, inHours, office, openDesk, until } from "./harness.ts";

beforeEach(freshDisk);

const pin = "482915";
const support = (person: string, note: string): Edit => ({
  scope: `person/${person}` as Scope, kind: "support", record: crypto.randomUUID() as RecordID, base: 0 as Version, set: { what: "visit", at: instant(Date.now()), note },
});
const openState = (p: TestPhone): Extract<PhoneState, { kind: "open" }> => {
  const s = p.phone.state();
  assert.equal(s.kind, "open");
  return s as Extract<PhoneState, { kind: "open" }>;
};
const settled = (p: TestPhone): Promise<unknown> => until("everything is answered", () => {
  const s = p.phone.state();
  return s.kind === "open" && s.reach.unsent === 0 && s.reach.synced !== undefined && s.reach.doing.kind === "resting";
});

test("a phone joins, shows the day, writes, and has it all again after a reload and the PIN", async (t) => {
  const o = await office(t), desk = await openDesk(o), worker = await o.hire("Made-up Worker");
  const alex = await desk.person(worker, { name: "Alex Nobody", state: "open" });
  await desk.appointment(alex, { title: "Clinic", starts_at: inHours(1) });

  let p = await openTestPhone(t, o.url);
  assert.deepEqual(p.phone.state(), { kind: "new" });
  assert.deepEqual(await p.phone.join(codeOf(await o.invite(worker)), pin), { kind: "joined" });
  await settled(p);
  assert.deepEqual(todayView(p.phone.caseload()!, Date.now()).today.concat(todayView(p.phone.caseload()!, Date.now()).ahead.flatMap((d) => d.visits)).map((v) => [v.person, v.title]), [["Alex Nobody", "Clinic"]]);

  const saved = await p.phone.write([support(alex, "Went for a walk")]);
  assert.equal(saved.kind, "saved");
  await settled(p);
  const other = await o.phone(worker);
  assert.deepEqual((await other.show(alex)).filter((r) => r.kind === "support").map((r) => r.fields["note"]), ["Went for a walk"]);

  p = await p.reload();
  assert.deepEqual(p.phone.state(), { kind: "locked", coordinator: false, unsent: 0 });
  assert.equal((await p.phone.unlock("000111")).kind, "wrong");
  assert.deepEqual(await p.phone.unlock(pin), { kind: "open" });
  assert.deepEqual((await p.phone.caseload()!.all(`person/${alex}` as Scope)).filter((r) => r.kind === "support").map((r) => r.fields["note"]), ["Went for a walk"]);
  assert.equal(openState(p).user.name, "Made-up Worker");
});

test("a forgotten PIN loses nothing: what was not sent comes to the office as held, and the old vault is gone", async (t) => {
  const o = await office(t), desk = await openDesk(o), worker = await o.hire("Made-up Worker");
  const alex = await desk.person(worker, { name: "Alex Nobody", state: "open" });
  const cut = { off: false };
  let p = await openTestPhone(t, o.url, undefined, cut);
  await p.phone.join(codeOf(await o.invite(worker)), pin);
  await settled(p);
  cut.off = true;
  for (const note of ["one", "two", "three"]) assert.equal((await p.phone.write([support(alex, note)])).kind, "saved");
  await p.phone.keepDraft("support", { note: "half a wo" });
  p = await p.reload();
  assert.deepEqual(p.phone.state(), { kind: "locked", coordinator: false, unsent: 3 });
  assert.deepEqual(await p.phone.join("ABCDE-FGHJK-MNPQR", "730264"), { kind: "unreachable" }, "no network");
  cut.off = false;
  assert.deepEqual(await p.phone.join("ABCDE-FGHJK-MNPQR", "730264"), { kind: "bad_code" });
  p = await p.reload();
  assert.equal(p.phone.state().kind, "locked", "a code that is not good leaves the vault as it was");
  assert.deepEqual(await p.phone.join(codeOf(await o.invite(worker)), "730264"), { kind: "joined" });
  await settled(p);
  await until("the letters are handed in", async () => (await p.letters()) === 0);
  const coordinator = await o.phone(await o.hire("Made-up Colleague", "coordinator"));
  const held = await coordinator.show("held");
  assert.deepEqual(held.map((r) => [heldNote(r), r.fields["reason"], r.fields["user"]]).sort(), [["one", "sealed", worker], ["three", "sealed", worker], ["two", "sealed", worker]]);
  assert.equal(openState(p).reach.unsent, 0);
  assert.equal((await p.phone.office()).sealed, 3);
  const decided = held[0]!;
  await coordinator.edit("held", decided.id, "settled=accepted");
  await coordinator.sync();
  await until("one of them to be decided", async () => (await p.phone.syncNow(), (await p.phone.office()).sealed === 2));
  assert.equal((await p.phone.office()).notices.length, 1);
  assert.deepEqual(await p.phone.drafts(), [], "nobody can open that any more");
  p = await p.reload();
  assert.equal((await p.phone.unlock(pin)).kind, "wrong");
  assert.equal((await p.phone.unlock("730264")).kind, "open");
});

test("a database that was lost, or lost a row, loses nothing: the second place has it", async (t) => {
  const o = await office(t), desk = await openDesk(o), worker = await o.hire("Made-up Worker");
  const alex = await desk.person(worker, { name: "Alex Nobody", state: "open" }), cut = { off: false };
  const coordinator = await o.phone(await o.hire("Made-up Colleague", "coordinator"));
  const held = async (): Promise<readonly string[]> => {
    await coordinator.sync();
    return (await coordinator.show("held")).map(heldNote).sort();
  };
  let p = await openTestPhone(t, o.url, undefined, cut);
  await p.phone.join(codeOf(await o.invite(worker)), pin);
  await settled(p);
  cut.off = true;
  for (const note of ["one", "two"]) assert.equal((await p.phone.write([support(alex, note)])).kind, "saved");
  await p.phone.end();
  freshDisk();
  p = await p.reload();
  assert.deepEqual(p.phone.state(), { kind: "new", left: "lost", unsent: 2 });
  cut.off = false;
  assert.deepEqual(await p.phone.join(codeOf(await o.invite(worker)), pin), { kind: "joined" });
  await settled(p);
  await until("the letters are handed in", async () => (await p.letters()) === 0);
  assert.deepEqual(await held(), ["one", "two"]);

  cut.off = true;
  for (const note of ["three", "four"]) assert.equal((await p.phone.write([support(alex, note)])).kind, "saved");
  await p.phone.end();
  await dropRows(2);
  p = await p.reload();
  assert.deepEqual(p.phone.state(), { kind: "locked", coordinator: false, unsent: 2 });
  cut.off = false;
  assert.deepEqual(await p.phone.unlock(pin), { kind: "open" });
  await settled(p);
  await until("the letters are handed in", async () => (await p.letters()) === 0);
  assert.deepEqual(await held(), ["four", "one", "two"]);
  assert.deepEqual((await (await o.phone(worker)).show(alex)).flatMap((r) => (r.kind === "support" ? [r.fields["note"]] : [])), ["three"]);
  assert.deepEqual(await p.phone.signOut("ask"), { kind: "left" });
  assert.deepEqual(p.spare.texts, ["", ""]);
});

/** The row with this number, and all after it, are gone, as if they had never been written. */
async function dropRows(from: number): Promise<void> {
  const opening = await openDb(dbName, () => undefined);
  assert.ok(opening.kind === "open");
  const tx = opening.db.transaction(["outbox", "meta"], "readwrite");
  await Promise.all([tx.objectStore("outbox").delete(IDBKeyRange.lowerBound(from)), tx.objectStore("meta").put(from - 1, metaKeys.count), tx.done]);
  opening.db.close();
}

test("joining with the PIN that stands keeps everything", async (t) => {
  const o = await office(t), desk = await openDesk(o), worker = await o.hire("Made-up Worker");
  const alex = await desk.person(worker, { name: "Alex Nobody", state: "open" });
  const cut = { off: false };
  let p = await openTestPhone(t, o.url, undefined, cut);
  await p.phone.join(codeOf(await o.invite(worker)), pin);
  await settled(p);
  cut.off = true;
  await p.phone.write([support(alex, "kept")]);
  p = await p.reload();
  cut.off = false;
  assert.deepEqual(await p.phone.join(codeOf(await o.invite(worker)), pin), { kind: "joined" });
  await settled(p);
  const other = await o.phone(worker);
  assert.deepEqual((await other.show(alex)).filter((r) => r.kind === "support").map((r) => r.fields["note"]), ["kept"]);
});

test("somebody else's code is refused with the right PIN too, and the phone stays locked and as it was", async (t) => {
  const o = await office(t), desk = await openDesk(o), worker = await o.hire("Made-up Worker"), other = await o.hire("Made-up Colleague");
  await desk.person(worker, { name: "Alex Nobody", state: "open" });
  let p = await openTestPhone(t, o.url);
  await p.phone.join(codeOf(await o.invite(worker)), pin);
  await settled(p);
  p = await p.reload();
  assert.deepEqual(await p.phone.join(codeOf(await o.invite(other)), pin), { kind: "other_user" });
  assert.equal(p.phone.state().kind, "locked");
  assert.deepEqual(p.news.filter((n) => n.kind === "state" && n.state.kind === "open"), []);
  assert.equal(p.handed(), undefined);
  assert.deepEqual(await p.phone.unlock(pin), { kind: "open" });
  await settled(p);
  assert.deepEqual([openState(p).user.name, p.phone.caseload()!.people().length], ["Made-up Worker", 1]);
});

test("a person who moves on leaves the phone, after the work about them was sent, and it says so", async (t) => {
  const o = await office(t), desk = await openDesk(o), worker = await o.hire("Made-up Worker");
  const alex = await desk.person(worker, { name: "Alex Canary", state: "open" }), sam = await desk.person(worker, { name: "Sam Nobody", state: "open" });
  const cut = { off: false };
  let p = await openTestPhone(t, o.url, undefined, cut);
  await p.phone.join(codeOf(await o.invite(worker)), pin);
  await settled(p);
  cut.off = true;
  await p.phone.write([support(alex, "late work")]);
  const seen = await (await o.phone(await o.hire("Made-up Lead", "coordinator"))).show(alex);
  await desk.unassign(alex, seen.find((r) => r.kind === "assignment")!.id);
  cut.off = false;
  p.phone.nudge("online");
  await until("Alex is gone", () => p.phone.caseload()!.people().length === 1);
  await settled(p);
  const office1 = await p.phone.office();
  assert.deepEqual(office1.gone.map((g) => g.name), ["Alex Canary"]);
  assert.deepEqual(office1.needsYou.map((e) => [e.op.set?.["note"], e.result?.status]), [["late work", "held"]]);
  assert.deepEqual(p.phone.caseload()!.people().map((h) => h.person.id), [sam]);
  assert.deepEqual(await p.phone.caseload()!.all(`person/${alex}` as Scope), []);
  await p.phone.clear(office1.needsYou.map((e) => e.op.id));
  assert.deepEqual((await p.phone.office()).needsYou, []);
  p = await p.reload();
  await p.phone.unlock(pin);
  assert.deepEqual((await p.phone.office()).gone.map((g) => g.name), ["Alex Canary"], "it is told for a day");
});

test("a revoked phone hands in its last work, and then holds nothing", async (t) => {
  const o = await office(t), desk = await openDesk(o), worker = await o.hire("Made-up Worker");
  const alex = await desk.person(worker, { name: "Alex Nobody", state: "open" });
  const cut = { off: false };
  let p = await openTestPhone(t, o.url, undefined, cut);
  await p.phone.join(codeOf(await o.invite(worker)), pin);
  await settled(p);
  cut.off = true;
  await p.phone.write([support(alex, "last work")]);
  const { devices } = await o.run<{ devices: { client_id: string; user: string }[] }>("device", "list");
  for (const d of devices.filter((d) => JSON.stringify(d).includes(worker))) await o.run("device", "revoke", d.client_id);
  cut.off = false;
  p.phone.nudge("online");
  await until("the phone is empty", () => p.phone.state().kind === "new");
  assert.deepEqual(p.phone.state(), { kind: "new", left: "revoked" });
  assert.equal(p.phone.caseload(), undefined);
  assert.equal(p.handed(), undefined);
  p = await p.reload();
  assert.deepEqual(p.phone.state(), { kind: "new", left: "revoked" });
  assert.equal(await p.rows(), 0);
  const held = await (await o.phone(await o.hire("Made-up Lead", "coordinator"))).show("held");
  assert.deepEqual(held.map((r) => [heldNote(r), r.fields["reason"]]), [["last work", "device_revoked"]]);
  assert.deepEqual(await p.phone.join(codeOf(await o.invite(worker)), pin), { kind: "joined" });
  await settled(p);
});

test("signing out sends first, refuses while something is unsent, and erases when it is told to", async (t) => {
  const o = await office(t), desk = await openDesk(o), worker = await o.hire("Made-up Worker");
  const alex = await desk.person(worker, { name: "Alex Nobody", state: "open" });
  const cut = { off: false };
  let p = await openTestPhone(t, o.url, undefined, cut);
  await p.phone.join(codeOf(await o.invite(worker)), pin);
  await settled(p);
  cut.off = true;
  await p.phone.write([support(alex, "not lost")]);
  assert.deepEqual(await p.phone.signOut("ask"), { kind: "unsent", count: 1 });
  p = await p.reload();
  assert.deepEqual(await p.phone.signOut("erase"), { kind: "unsent", count: 1 }, "whoever cannot open it does not erase it");
  assert.equal((await p.phone.unlock(pin)).kind, "open");
  cut.off = false;
  assert.deepEqual(await p.phone.signOut("ask"), { kind: "left" });
  assert.deepEqual(p.phone.state(), { kind: "new", left: "signed_out" });
  assert.equal(await p.rows(), 0);
  assert.deepEqual((await (await o.phone(worker)).show(alex)).filter((r) => r.kind === "support").map((r) => r.fields["note"]), ["not lost"]);
  assert.deepEqual(await p.phone.join(codeOf(await o.invite(worker)), pin), { kind: "joined" });
  await p.phone.write([support(alex, "given up")]);
  assert.deepEqual(await p.phone.signOut("erase"), { kind: "left" });
  assert.equal(await p.rows(), 0);
});

test("what opens the phone is handed on to the next tab, and no longer once it was locked", async (t) => {
  const o = await office(t), worker = await o.hire("Made-up Worker");
  let p = await openTestPhone(t, o.url);
  await p.phone.join(codeOf(await o.invite(worker)), pin);
  const first = p.handed();
  p = await p.reload(first);
  assert.equal(p.phone.state().kind, "open");
  await p.phone.lock();
  assert.equal(p.handed(), undefined);
  assert.deepEqual(p.phone.state(), { kind: "locked", coordinator: false, unsent: 0 });
  assert.equal((await p.phone.write([support(crypto.randomUUID(), "x")])).kind, "locked");
  p = await p.reload(first);
  assert.equal(p.phone.state().kind, "locked");
});

test("a phone that dies anywhere in a new joining has its old vault or its letters, and joins by the same code", async (t) => {
  const o = await office(t), desk = await openDesk(o), worker = await o.hire("Made-up Worker");
  const alex = await desk.person(worker, { name: "Alex Nobody", state: "open" }), notes: string[] = [];
  for (let n = 1, died = true; died; n++) {
    freshDisk();
    const cut = { off: false };
    let p = await openTestPhone(t, o.url, undefined, cut);
    await p.phone.join(codeOf(await o.invite(worker)), pin);
    await settled(p);
    cut.off = true;
    notes.push(`before ${n}`);
    assert.equal((await p.phone.write([support(alex, `before ${n}`)])).kind, "saved");
    p = await p.reload();
    cut.off = false;
    const code = codeOf(await o.invite(worker)), kill = killAt(n, 1);
    const joined = await p.phone.join(code, "730264").catch(() => undefined);
    if (joined?.kind === "joined" && !kill.done()) await until("the letter is handed in, or the phone is dead", async () => kill.done() || (openState(p).reach.unsent === 0 && openState(p).reach.everything));
    died = kill.done();
    kill.stop();
    p = await p.reload();
    if (p.phone.state().kind === "locked") {
      if ((await p.phone.unlock("730264")).kind !== "open") assert.deepEqual(await p.phone.join(code, "730264"), { kind: "joined" }, `killed at ${n}`);
    } else assert.deepEqual(await p.phone.join(code, "730264"), { kind: "joined" }, `killed at ${n}`);
    await until("all is at the office", () => openState(p).reach.unsent === 0 && openState(p).reach.everything);
    assert.ok(n < 40);
  }
  const held = await (await o.phone(await o.hire("Made-up Lead", "coordinator"))).show("held");
  assert.deepEqual(held.map(heldNote).sort(), notes.sort());
});

test("a phone that is full says so, sends what it has, and saves again when there is room", async (t) => {
  const o = await office(t), desk = await openDesk(o), worker = await o.hire("Made-up Worker");
  const alex = await desk.person(worker, { name: "Alex Nobody", state: "open" }), cut = { off: false };
  let p = await openTestPhone(t, o.url, undefined, cut);
  const code = codeOf(await o.invite(worker));
  let room = full("request");
  assert.deepEqual(await p.phone.join(code, pin), { kind: "storage_full" });
  room();
  assert.deepEqual(await p.phone.join(code, pin), { kind: "joined" });
  await settled(p);
  cut.off = true;
  await p.phone.write([support(alex, "before")]);
  room = full("request");
  assert.deepEqual(await p.phone.write([support(alex, "no room")]), { kind: "storage_full" });
  cut.off = false;
  await p.phone.syncNow();
  await until("it says that it is full", () => { const { doing } = openState(p).reach; return doing.kind === "stuck" && doing.why === "storage_full"; });
  assert.deepEqual((await (await o.phone(worker)).show(alex)).filter((r) => r.kind === "support").map((r) => r.fields["note"]), ["before"]);
  p = await p.reload();
  assert.deepEqual(p.phone.state(), { kind: "locked", coordinator: false, unsent: 1 });
  assert.deepEqual(await p.phone.unlock(pin), { kind: "storage_full" });
  room();
  assert.deepEqual(await p.phone.unlock(pin), { kind: "open" });
  await settled(p);
  assert.equal((await p.phone.write([support(alex, "after")])).kind, "saved");
});
