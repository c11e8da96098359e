import assert from "node:assert/strict";
import { test } from "node:test";
import { StorageFull } from "../../src/sync/keep.ts";
import type { Doing } from "../../src/sync/phone.ts";
import type { Outcome, Report } from "../../src/sync/run.ts";
import { createSchedule, type Schedule } from "../../src/sync/schedule.ts";
import { clock, type Clock } from "../sync/clock.ts";

const nothing: Report = { exchanges: 0, cut: 0, pushed: 0, conflicts: 0, held: 0, rejected: 0, records: 0, dropped: 0, repairs: 0, reoffered: false, newClient: false };
const agreed: Outcome = { kind: "agreed" };
const unreachable: Outcome = { kind: "later", why: "unreachable" };

interface House {
  readonly c: Clock;
  readonly s: Schedule;
  /** When runs began, in milliseconds from the start. */
  readonly began: number[];
  readonly said: Doing[];
  /** What the next runs come to; the last one again and again. */
  outcomes: (Outcome | Error)[];
  report: Report;
  waits: boolean;
  head: number;
  random: number;
  /** Set: a run goes on until it is called. */
  hold: boolean;
  release(): void;
  broken: unknown[];
  ended: Outcome[];
}

function house(): House {
  const c = clock();
  const start = c.now();
  let running = 0;
  let release = (): void => undefined;
  const h: House = {
    c, began: [], said: [], outcomes: [agreed], report: nothing, waits: false, head: 0, random: 0.5, hold: false, release: () => release(), broken: [], ended: [],
    s: createSchedule({
      async run(signal) {
        assert.equal(++running, 1, "two runs at once");
        h.began.push(c.now() - start);
        if (h.hold) await new Promise<void>((done) => {
          release = done;
          signal.addEventListener("abort", () => done());
        });
        running--;
        const next = h.outcomes.length > 1 ? h.outcomes.shift() : h.outcomes[0];
        if (next instanceof Error) throw next;
        return { outcome: signal.aborted ? { kind: "stopped" } : next ?? agreed, report: h.report };
      },
      now: c.now, timer: c.timer, random: () => h.random, stands: () => ({ waits: h.waits, head: h.head }),
      say: (d) => h.said.push(d), ended: (o) => h.ended.push(o), broken: (why) => h.broken.push(why),
    }),
  };
  return h;
}

test("it syncs at once when the phone opens, and looks again each minute while all is well and somebody may see it", async () => {
  const h = house();
  h.s.nudge("open");
  await h.c.pass(0);
  assert.deepEqual(h.said.map((d) => d.kind), ["trying", "resting"]);
  await h.c.pass(180_000);
  assert.deepEqual(h.began, [0, 60_000, 120_000, 180_000]);
  h.s.attend({ visible: false });
  await h.c.pass(60_000 + 2 * 15 * 60_000);
  assert.deepEqual(h.began.slice(4), [240_000, 240_000 + 900_000, 240_000 + 1_800_000], "hidden, each quarter of an hour");
  h.s.attend({ visible: true });
  await h.c.pass(60_000);
  assert.equal(h.began.at(-1), 2_100_000);
});

test("while hints come it does not look each minute", async () => {
  const h = house();
  h.s.attend({ live: true });
  h.s.nudge("open");
  await h.c.pass(400_000);
  assert.deepEqual(h.began, [0]);
  h.s.attend({ live: false });
  await h.c.pass(60_000);
  assert.deepEqual(h.began, [0, 460_000]);
});

test("a hint of what the phone has already is none; another is followed after a little while", async () => {
  const h = house();
  h.s.nudge("open");
  await h.c.pass(0);
  h.head = 100;
  h.s.hint(100);
  await h.c.pass(5000);
  assert.equal(h.began.length, 1);
  h.s.hint(101);
  await h.c.pass(499);
  assert.equal(h.began.length, 1, "phones that are hinted at together do not come together");
  await h.c.pass(1);
  assert.equal(h.began.length, 2);
  // One that comes during a run, of what the run does not bring.
  h.hold = true;
  h.s.nudge("asked");
  await h.c.pass(0);
  h.s.hint(105);
  h.head = 104;
  h.hold = false;
  h.release();
  await h.c.pass(500);
  assert.equal(h.began.length, 4);
});

test("writes of a moment go together", async () => {
  const h = house();
  h.waits = true;
  for (let i = 0; i < 4; i++) {
    h.s.nudge("write");
    await h.c.pass(90);
  }
  await h.c.pass(39);
  assert.deepEqual(h.began, []);
  await h.c.pass(1);
  assert.deepEqual(h.began, [400]);
});

test("what is written during a run that did not take it goes with another", async () => {
  const h = house();
  h.hold = true;
  h.s.nudge("asked");
  await h.c.pass(0);
  h.s.nudge("write");
  h.hold = false;
  h.release(); // the run has taken it
  await h.c.pass(1000);
  assert.equal(h.began.length, 1);
  h.hold = true;
  h.s.nudge("asked");
  await h.c.pass(0);
  h.s.nudge("write");
  h.waits = true;
  h.hold = false;
  h.release();
  await h.c.pass(399);
  assert.equal(h.began.length, 2);
  await h.c.pass(1);
  assert.equal(h.began.length, 3);
});

test("after failures it waits twice as long each time, up to a quarter of an hour, and says until when", async () => {
  const h = house();
  h.outcomes = [unreachable];
  h.random = 1 - Number.EPSILON;
  h.s.nudge("open");
  await h.c.pass(0);
  const waits: number[] = [];
  for (let i = 0; i < 12; i++) {
    const doing = h.s.doing();
    assert.ok(doing.kind === "waiting" && doing.why === "unreachable");
    const next = h.c.next() ?? 0;
    assert.equal(Date.parse(doing.again), Math.floor(h.c.now() + next), "what it says is what it does");
    waits.push(Math.round(next));
    await h.c.pass(next);
  }
  assert.deepEqual(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900].map((s) => s * 1000));
  h.random = 0;
  await h.c.pass(h.c.next() ?? 0);
  assert.equal(h.c.next(), 450_000, "by chance, so that phones do not come back together");
  h.outcomes = [agreed];
  await h.c.pass(450_000);
  assert.equal(h.s.doing().kind, "resting");
  h.outcomes = [unreachable];
  await h.c.pass(h.c.next() ?? 0);
  assert.equal(h.c.next(), 1000, "after a success it begins anew");
});

test("an attempt that got on a little does not count as a failure in a row", async () => {
  const h = house();
  h.outcomes = [unreachable];
  h.s.nudge("open");
  await h.c.pass(20_000);
  h.report = { ...nothing, pushed: 1 };
  await h.c.pass(h.c.next() ?? 0);
  assert.equal(h.c.next(), 1500);
});

test("the network, the person, a push and a write end a wait of its own accord", async () => {
  for (const why of ["online", "asked", "push", "visible", "write"] as const) {
    const h = house();
    h.outcomes = [unreachable];
    h.s.nudge("open");
    await h.c.pass(60_000);
    const before = h.began.length;
    h.s.nudge(why);
    await h.c.pass(400);
    assert.equal(h.began.length, before + 1, why);
  }
});

test("nothing ends a wait that the server asked for", async () => {
  const h = house();
  h.outcomes = [{ kind: "later", why: "server_full", after: 15_000 }];
  h.s.nudge("open");
  await h.c.pass(0);
  for (const why of ["online", "asked", "push", "visible", "write"] as const) h.s.nudge(why);
  h.s.hint(5);
  const doing = h.s.doing();
  assert.ok(doing.kind === "waiting" && doing.why === "server_full");
  assert.ok(Date.parse(doing.again) - h.c.now() >= 15_000);
  await h.c.pass(15_000);
  assert.equal(h.began.length, 1);
  await h.c.pass(1000);
  assert.equal(h.began.length, 2, "and then it is asked at once");
});

test("coming to the front is no reason to sync when it agreed a moment ago", async () => {
  const h = house();
  h.s.nudge("open");
  await h.c.pass(5000);
  h.s.nudge("visible");
  await h.c.pass(0);
  assert.equal(h.began.length, 1);
  await h.c.pass(6000);
  h.s.nudge("visible");
  await h.c.pass(0);
  assert.equal(h.began.length, 2);
});

test("it says where it goes no further by itself", async () => {
  for (const [outcome, why, again] of [[{ kind: "signed_out" }, "signed_out", undefined], [{ kind: "outdated" }, "outdated", 900_000], [{ kind: "differs" }, "differs", 900_000]] as const) {
    const h = house();
    h.outcomes = [outcome];
    h.s.nudge("open");
    await h.c.pass(0);
    assert.deepEqual([h.s.doing(), h.c.next()], [{ kind: "stuck", why }, again]);
    h.outcomes = [agreed];
    h.s.nudge("open"); // as after a new enrolment
    await h.c.pass(0);
    assert.equal(h.s.doing().kind, "resting");
  }
});

test("without room on the phone it says so and tries again; a storage that fails stops it", async () => {
  const h = house();
  h.outcomes = [new StorageFull(), new StorageFull(), agreed];
  h.s.nudge("open");
  await h.c.pass(0);
  assert.deepEqual([h.s.doing(), h.c.next()], [{ kind: "stuck", why: "storage_full" }, 1500]);
  await h.c.pass(4500);
  assert.deepEqual([h.s.doing().kind, h.began.length], ["resting", 3]);
  const fault = new Error("the database is closed");
  h.outcomes = [fault];
  h.s.nudge("asked");
  await h.c.pass(3_600_000);
  assert.deepEqual([h.broken, h.began.length, h.s.doing().kind], [[fault], 4, "resting"]);
});

test("a phone that has left does nothing any more", async () => {
  const h = house();
  h.outcomes = [{ kind: "left" }];
  h.s.nudge("open");
  await h.c.pass(0);
  h.s.nudge("asked");
  await h.c.pass(3_600_000);
  assert.deepEqual([h.began.length, h.ended], [1, [{ kind: "left" }]]);
});

test("stopping ends the run under way and starts none", async () => {
  const h = house();
  h.hold = true;
  h.s.nudge("open");
  await h.c.pass(0);
  h.s.nudge("asked");
  await h.s.stop();
  assert.deepEqual(h.ended, [{ kind: "stopped" }]);
  h.s.nudge("open");
  await h.c.pass(3_600_000);
  assert.deepEqual([h.began.length, h.c.next()], [1, undefined]);
});
