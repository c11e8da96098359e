import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { personScope, type RecordID, type Scope, type Version } from "../../src/sync/ids.ts";
import { largest } from "../../src/sync/outbox.ts";
import type { Shown } from "../../src/sync/record.ts";
import { answered, before, cutAt, dropReply, endAt, noSignal, problem, repeat, smooth } from "../sync/road.ts";
import { mint, newID, nowPlus, userOf, type Handset } from "../sync/handset.ts";
import { openHouse, type House } from "../sync/house.ts";
import { dice } from "./with/until.ts";

const text = (r: Shown | undefined, field: string): unknown => r?.fields[field];
const kinds = (p: Handset, scope: Scope, kind: string): readonly Shown[] => p.keep.records(scope).filter((r) => r.kind === kind);

async function pair(t: TestContext): Promise<{ readonly house: House; readonly worker: Handset; readonly desk: Handset; readonly user: string; readonly boss: string }> {
  const house = await openHouse(t);
  const user = await house.hire("Amal (made up)", "worker"), boss = await house.hire("Rowan (made up)", "coordinator");
  return { house, worker: await house.phone(user), desk: await house.phone(boss), user, boss };
}

test("what one phone writes another shows, and what two wrote stands side by side until it is settled", async (t) => {
  const { worker, desk, house } = await pair(t);
  const scope = await worker.person("Ines (made up)", { goals: "a garden" });
  const visit = await worker.edit(scope, "appointment", undefined, { set: { title: "Visit", starts_at: "2026-11-23T10:00:00Z", status: "missed", missed_reason: "no bus" } });
  await worker.edit(scope, "person", scope.slice(7) as RecordID, { add: { needs: ["transport", "company"] } });
  await worker.sync();
  await desk.sync();
  assert.equal(text(desk.record(visit), "missed_reason"), "no bus");
  // What an edit is going to make of it is what the server makes of it.
  await worker.edit(scope, "appointment", visit, { set: { status: "attended" } });
  await worker.edit(scope, "person", scope.slice(7) as RecordID, { set: { goals: null }, remove: { needs: ["company"] }, add: { needs: ["a bed"] } });
  const fields = (): unknown => worker.keep.records(scope).map((r) => [r.id, r.fields]);
  const laid = fields();
  assert.deepEqual(worker.record(visit)?.unsent, ["missed_reason", "status"]);
  await worker.sync();
  assert.deepEqual(fields(), laid);
  assert.deepEqual(text(worker.record(scope.slice(7) as RecordID), "needs"), ["a bed", "transport"]);
  // Two versions.
  await desk.sync();
  await worker.edit(scope, "appointment", visit, { set: { outcome_note: "the worker's words" } });
  await desk.edit(scope, "appointment", visit, { set: { outcome_note: "the desk's words" } });
  await worker.sync();
  assert.equal((await desk.sync()).conflicts, 1);
  await worker.sync();
  assert.equal(worker.portrait(), desk.portrait());
  assert.equal(worker.record(visit)?.conflicts?.["outcome_note"]?.length, 1);
  await worker.edit(scope, "appointment", visit, { set: { outcome_note: "both" } });
  assert.deepEqual([text(worker.record(visit), "outcome_note"), worker.record(visit)?.conflicts], ["both", undefined]);
  await worker.sync();
  await desk.sync();
  assert.deepEqual([text(desk.record(visit), "outcome_note"), desk.record(visit)?.conflicts], ["both", undefined]);
  // Deleted here, and revived.
  await worker.edit(scope, "appointment", visit, { delete: true });
  assert.equal(worker.record(visit), undefined);
  await worker.sync();
  await desk.sync();
  assert.equal(desk.record(visit), undefined);
  await house.check();
});

test("a copied phone becomes another client, and nothing of either is lost or there twice", async (t) => {
  const { house, worker, desk } = await pair(t);
  const scope = await worker.person("Ines (made up)");
  await worker.sync();
  await worker.followUp(scope, "in both outboxes");
  const twin = worker.copied();
  await worker.followUp(scope, "original's");
  await twin.followUp(scope, "twin's");
  await worker.sync();
  const { outcome, report } = await twin.run();
  if (outcome.kind === "signed_out") await rejoin(house, twin); // copies share one sign-in, and the server ends it when it sees that
  else assert.ok(report.newClient);
  await twin.sync();
  await settled(house, worker);
  await desk.sync();
  assert.deepEqual(kinds(desk, scope, "follow_up").map((r) => text(r, "about")).sort(), ["in both outboxes", "original's", "twin's"]);
  assert.equal(twin.portrait(), worker.portrait());
  assert.notEqual(twin.look().state.client, worker.look().state.client);
  await house.check();
});

test("a restored server gets again what it lost, and is told what is gone", async (t) => {
  const { house, worker, desk } = await pair(t);
  const scope = await worker.person("Ines (made up)");
  await worker.sync();
  const old = await house.backup();
  await worker.followUp(scope, "in the second backup only");
  await worker.sync();
  const file = await house.backup();
  await worker.sync();
  assert.equal(worker.look().sent.length, 0, "a backup holds all of it");
  await worker.followUp(scope, "after the backup");
  await worker.sync();
  await worker.followUp(scope, "not sent when it happened");
  await house.restore(file);
  const report = await worker.sync();
  assert.ok(report.reoffered && report.held + report.rejected + report.repairs === 0);
  assert.equal(worker.look().state.lost, 0);
  await desk.sync();
  const abouts = (): readonly unknown[] => kinds(desk, scope, "follow_up").map((r) => text(r, "about")).sort();
  assert.deepEqual(abouts(), ["after the backup", "in the second backup only", "not sent when it happened"]);
  assert.equal(desk.portrait(), worker.portrait());
  await house.restore(old); // the one that holds least
  await worker.sync();
  assert.ok(worker.look().state.lost > 0);
  await desk.sync();
  assert.ok(desk.keep.records(`coordination/${house.team}` as Scope).some((r) => text(r, "reason") === "lost_ops"));
  await house.check();
});

test("when a person moves to another worker, the work about them goes first, then they leave the phone", async (t) => {
  const { house, worker, desk } = await pair(t);
  const other = await house.phone(await house.hire("Jo (made up)", "worker"));
  await other.sync();
  const scope = await worker.person("Ines (made up)");
  await worker.sync();
  await desk.sync();
  for (const a of kinds(desk, scope, "assignment")) await desk.edit(scope, "assignment", a.id, { set: { until: nowPlus(-1000) } });
  await desk.edit(scope, "assignment", undefined, { set: { worker: userOf(other), part: "lead" } });
  await desk.sync();
  const late = await worker.followUp(scope, "written after the handover");
  const report = await worker.sync();
  assert.deepEqual([report.held, report.rejected, worker.people().length, worker.record(late)], [1, 0, 0, undefined]);
  assert.deepEqual(worker.look().listed.map((e) => [e.op.record, e.result?.code]), [[late, "not_permitted"]]);
  await other.sync();
  assert.deepEqual(other.people().map((r) => r.scope), [scope]);
  await house.check();
});

test("a cut-off phone hands in its last work, which a coordinator finds, and is empty then", async (t) => {
  const { house, worker, desk } = await pair(t);
  const scope = await worker.person("Ines (made up)");
  await worker.sync();
  for (let i = 0; i < 3; i++) await worker.followUp(scope, `last words ${i}`);
  await house.command("device", "revoke", worker.look().state.client ?? "");
  worker.road.meet(smooth, dropReply);
  assert.equal((await worker.run()).outcome.kind, "later");
  assert.equal(worker.people().length, 0);
  assert.deepEqual((await worker.run()).outcome, { kind: "left" });
  assert.ok(worker.erased);
  await desk.sync();
  assert.deepEqual(desk.keep.records(`coordination/${house.team}` as Scope).map((r) => text(r, "reason")), Array(3).fill("device_revoked"));
  await house.check();
});

test("a damaged record, or one that is gone, is noticed and fetched again", async (t) => {
  const { house, worker, desk, boss } = await pair(t);
  for (let i = 0; i < 40; i++) await desk.person(`Person ${i} (made up)`); // more than one request may name
  await desk.sync();
  await worker.sync();
  const second = await house.phone(boss, { ...largest, page: 8 << 10 });
  assert.ok((await second.sync()).exchanges > 2);
  second.keep.spoil((now) => ({
    ...now,
    view: new Map([...now.view].map(([scope, shelf], i) => [scope, i % 2 === 0 ? { ...shelf, records: new Map([...shelf.records].slice(1)) } : shelf])),
  }));
  assert.equal((await second.sync()).repairs, 1);
  assert.equal(second.portrait(), desk.portrait());
  assert.deepEqual([second.look().state.incidents, second.look().state.differs], [1, undefined]);
  assert.deepEqual(await second.sync().then((r) => [r.repairs, r.exchanges]), [0, 1]);
});

async function rejoin(house: House, p: Handset): Promise<void> {
  p.road.clear();
  assert.deepEqual(await p.enrol(await house.code(userOf(p))), { kind: "joined" });
}

/** Syncs a phone over a smooth road, which may have lost its sign-in to a copy. */
async function settled(house: House, p: Handset): Promise<void> {
  p.road.clear();
  const { outcome } = await p.run();
  if (outcome.kind === "signed_out") {
    await rejoin(house, p);
    await p.sync();
  } else {
    assert.equal(outcome.kind, "agreed");
  }
}

/**
 * Phones that write, lose their connections, restart, are copied and have wrong clocks, over a server that hands people over and is restored,
 * by the roll of a die. Whatever comes: nothing written is lost or there twice, and each phone shows what a new one shows.
 */
async function storm(t: TestContext, seed: number, steps: number): Promise<void> {
  const house = await openHouse(t);
  const roll = dice(seed);
  const pick = (n: number): number => Math.floor(roll() * n);
  const small = { ops: 20, body: 40_000, page: 8 << 10 };
  const users = [await house.hire("Amal (made up)", "worker"), await house.hire("Jo (made up)", "worker"), await house.hire("Rowan (made up)", "coordinator")];
  const phones: { p: Handset; readonly user: string; busy: boolean }[] = [];
  for (const [i, user] of [users[0]!, users[1]!, users[2]!, users[0]!].entries()) phones.push({ p: await house.phone(user, i % 3 === 0 ? small : largest), user, busy: false });
  const wrote = new Map<string, string>(); // op → user
  const note = ({ p, user }: (typeof phones)[number]): void => p.look().waiting.forEach((e) => wrote.set(e.op.id, user));
  const years = 365 * 24 * 3_600_000;

  const edit = async (p: Handset): Promise<void> => {
    const people = p.people();
    if (people.length === 0 || pick(6) === 0) return void (await p.person("Somebody (made up)"));
    const scope = people[pick(people.length)]!.scope, person = scope.slice(7) as RecordID;
    const records = p.keep.records(scope), r = records[pick(records.length)]!;
    const word = `words ${pick(1000)}${".".repeat(pick(900))}`;
    switch (pick(6)) {
      case 0:
        await p.write(
          { scope, kind: "appointment", record: newID(), base: 0 as Version, set: { title: word, starts_at: nowPlus(0), status: "planned" } },
          { scope, kind: "follow_up", record: newID(), base: 0 as Version, set: { about: word, due: "2026-12-01" } });
        break;
      case 1:
        if (r.kind === "follow_up") await p.edit(scope, r.kind, r.id, { delete: true });
        else await p.edit(scope, "person", person, { add: { needs: [word] } });
        break;
      case 2:
        if (r.kind === "appointment") await p.edit(scope, r.kind, r.id, { set: { status: "missed", missed_reason: word } });
        else await p.edit(scope, "person", person, { set: { goals: word } });
        break;
      case 3:
        if (r.kind === "follow_up") await p.edit(scope, r.kind, r.id, { set: { step: word } });
        else await p.edit(scope, "follow_up", undefined, { set: { about: word, due: "not a day" } }); // rejected
        break;
      case 4:
        await p.edit(scope, "support", undefined, { set: { what: "call", at: nowPlus(0), minutes: pick(100), note: word } });
        break;
      default:
        await p.followUp(scope, word);
    }
  };
  const sync = async (it: (typeof phones)[number]): Promise<void> => {
    const { p } = it;
    note(it);
    for (let i = pick(4); i > 0; i--) {
      switch (pick(9)) {
        case 0: p.road.meet(noSignal); break;
        case 1: p.road.meet(dropReply); break;
        case 2: p.road.meet(cutAt(pick(3000))); break;
        case 3: p.road.meet(endAt(pick(3000))); break;
        case 4: p.road.meet(smooth, before(() => step()), smooth); break;
        case 5: p.road.meet(problem(503, "unavailable", {}, { "Retry-After": "1" })); break;
        case 6: p.road.meet(answered(200, "<html>Welcome</html>", { "Content-Type": "text/html" })); break;
        case 7: p.keep.meanwhile(() => edit(p)); break;
        default: p.road.meet(before(async () => { await edit(p); note(it); }));
      }
    }
    if (pick(8) === 0) p.road.meet(smooth, ...repeat(noSignal, 30)); // the road ends here
    if (pick(12) === 0) p.keep.full(true);
    it.busy = true;
    try {
      const { outcome, report } = await p.run();
      assert.equal(report.repairs, 0, "a difference was found");
      if (outcome.kind === "signed_out") await rejoin(house, p);
      else assert.ok(outcome.kind === "agreed" || outcome.kind === "later", outcome.kind);
    } catch (e) {
      if (!(e instanceof Error && e.name === "StorageFull")) throw e;
    } finally {
      it.busy = false;
      p.road.clear();
      p.keep.full(false);
    }
  };
  let file = "";
  const handOver = async (): Promise<void> => {
    const desk = phones[2]!;
    if (desk.busy) return;
    await settled(house, desk.p);
    const people = desk.p.people();
    if (people.length === 0) return;
    const scope = people[pick(people.length)]!.scope;
    for (const a of kinds(desk.p, scope, "assignment")) {
      if (text(a, "until") === undefined && pick(2) === 0) await desk.p.edit(scope, "assignment", a.id, { set: { until: nowPlus(-1000) } });
    }
    await desk.p.edit(scope, "assignment", undefined, { set: { worker: users[pick(2)]! } });
    note(desk);
    await settled(house, desk.p);
  };
  let restores = 0;
  async function step(): Promise<void> {
    const it = phones[pick(phones.length)]!;
    const n = pick(100);
    if (n < 50 || it.busy) {
      await edit(it.p);
      note(it);
    } else if (n < 84) await sync(it);
    else if (n < 88) it.p = it.p.reopened();
    else if (n < 90 && phones.length < 7) {
      note(it);
      phones.push({ p: it.p.copied(), user: it.user, busy: false });
    } else if (n < 92) it.p.ahead = [0, -years, years, 3_600_000, -60_000][pick(5)]!;
    else if (n < 95) await handOver();
    else if (n < 98 || phones.some((x) => x.busy)) file = await house.backup();
    else if (restores < 3) {
      restores++;
      await house.restore(file);
    }
  }

  await phones[0]!.p.person("Ines (made up)");
  await sync(phones[0]!);
  file = await house.backup();
  for (let i = 0; i < steps; i++) await step();
  for (let round = 0; round < 2; round++) {
    for (const it of phones) {
      note(it);
      await settled(house, it.p);
    }
  }
  for (const it of phones) await settled(house, it.p); // what the last brought the first

  const fresh = new Map<string, Handset>();
  for (const [i, { p, user }] of phones.entries()) {
    if (!fresh.has(user)) {
      fresh.set(user, await house.phone(user));
      await fresh.get(user)!.sync();
    }
    assert.equal(p.portrait(), fresh.get(user)!.portrait(), `phone ${i}`);
    const { state, waiting } = p.look();
    assert.deepEqual([waiting.length, state.incidents, state.differs, state.lost], [0, 0, undefined, 0], `phone ${i}`);
    assert.equal(p.keep.stored().staged.size, 0);
  }
  assert.ok(wrote.size > steps / 4, `only ${wrote.size} ops were written`);
  await known(fresh, wrote);
  await house.check();
  t.diagnostic(`seed ${seed}: ${wrote.size} ops, ${phones.length} phones, ${restores} restores`);
}

/** The server knows each op: the id with other content is refused as used (PROTOCOL §2.2). */
async function known(fresh: ReadonlyMap<string, Handset>, wrote: ReadonlyMap<string, string>): Promise<void> {
  for (const [user, p] of fresh) {
    const ids = [...wrote].filter(([, by]) => by === user).map(([id]) => id), count = ids.length;
    const scope = personScope(newID());
    for (const _ of ids) await p.edit(scope, "of no kind", undefined, { set: { x: mint() } });
    p.keep.spoil((now) => ({ ...now, entries: now.entries.map((e) => (e.result ? e : { ...e, op: { ...e.op, id: (ids.shift() ?? "") as typeof e.op.id } })) }));
    const { report } = await p.run();
    const codes = p.look().listed.filter((e) => wrote.get(e.op.id) === user && e.op.scope === scope).map((e) => e.result?.code);
    assert.deepEqual(codes.filter((c) => c !== "op_id_reused"), [], "ops that are not on the server");
    assert.deepEqual([codes.length, report.rejected], [count, count]);
  }
}

const seeds = process.env["SEED"] ? [Number(process.env["SEED"])] : [1, 2, 3];
for (const seed of seeds) test(`phones come through a storm, seed ${seed}`, (t) => storm(t, seed, Number(process.env["STEPS"] ?? 150)));

