import assert from "node:assert/strict";
import { test } from "node:test";
import { createGuard, guardDefaults, guardSettings, type Guard } from "../../src/sync/guard.ts";

const minute = 60_000;

/** A phone whose two clocks are wound by hand, and whose timers fire when they are reached. */
interface Wound {
  readonly guard: Guard;
  readonly locks: string[];
  /** Both clocks go on, and what was to fire fires on its way. */
  pass(ms: number): void;
  /** It sleeps: the wall clock goes on, the other too or not, and no timer fires before it is over. */
  sleep(ms: number, how: { readonly tickSleeps: boolean }): void;
  setBack(ms: number): void;
}
function wound(): Wound {
  let wall = Date.UTC(2026, 5, 1), tick = 0, last = 0;
  const timers = new Map<number, { at: number; then: () => void }>();
  const locks: string[] = [];
  const guard = createGuard({
    now: () => wall, tick: () => tick, lock: (why) => { locks.push(why); },
    after: (ms, then) => {
      const id = ++last;
      timers.set(id, { at: tick + ms, then });
      return () => { timers.delete(id); };
    },
  });
  guard.presence("a", "shown");
  guard.opened();
  const fire = (until: number): void => {
    for (;;) {
      const next = [...timers].sort(([, a], [, b]) => a.at - b.at)[0];
      if (next === undefined || next[1].at > until) return;
      timers.delete(next[0]);
      wall += Math.max(0, next[1].at - tick);
      tick = Math.max(tick, next[1].at);
      next[1].then();
    }
  };
  return {
    guard, locks,
    pass(ms) {
      const until = tick + ms;
      fire(until);
      wall += until - tick;
      tick = until;
    },
    sleep(ms, { tickSleeps }) {
      wall += ms;
      if (!tickSleeps) tick += ms;
    },
    setBack(ms) { wall -= ms; },
  };
}

test("it locks after five minutes without a touch, by itself, and not before", () => {
  const p = wound();
  p.pass(4 * minute);
  p.guard.presence("a", "touched");
  p.pass(5 * minute - 1);
  assert.deepEqual(p.locks, []);
  p.pass(1);
  assert.deepEqual(p.locks, ["idle"]);
  p.pass(60 * minute);
  assert.deepEqual(p.locks, ["idle"], "once");
});

test("out of sight it locks after a grace, which a short call fits into", () => {
  const p = wound();
  p.guard.presence("a", "hidden");
  p.pass(2 * minute - 1);
  p.guard.presence("a", "shown");
  p.pass(2 * minute);
  assert.deepEqual(p.locks, []);
  p.guard.presence("a", "touched");
  p.guard.presence("a", "hidden");
  p.pass(2 * minute);
  assert.deepEqual(p.locks, ["hidden"]);
});

test("one tab in view is enough, and a tab that is gone is none", () => {
  const p = wound();
  p.guard.presence("b", "shown");
  p.guard.presence("a", "hidden");
  p.pass(3 * minute);
  assert.deepEqual(p.locks, []);
  p.guard.presence("b", "touched");
  p.guard.presence("b", "gone");
  p.pass(2 * minute);
  assert.deepEqual(p.locks, ["hidden"]);
});

for (const tickSleeps of [true, false]) {
  test(`a phone that slept locks as it wakes, before a touch counts (its second clock ${tickSleeps ? "slept too" : "went on"})`, () => {
    const p = wound();
    p.sleep(5 * minute, { tickSleeps });
    p.guard.presence("a", "touched");
    assert.deepEqual(p.locks, ["idle"]);
  });
  test(`it is locked before it answers, though no timer fired (its second clock ${tickSleeps ? "slept too" : "went on"})`, () => {
    const p = wound();
    p.guard.presence("a", "hidden");
    p.sleep(2 * minute, { tickSleeps });
    assert.equal(p.guard.check(), true);
    assert.deepEqual(p.locks, ["hidden"]);
    assert.equal(p.guard.check(), false, "it is locked by now");
  });
}

test("a clock that is set back makes no time", () => {
  const p = wound();
  p.pass(4 * minute);
  p.setBack(24 * 60 * minute);
  p.pass(1 * minute);
  assert.deepEqual(p.locks, ["idle"]);
});

test("it never locks in the middle of a save, and does right after it", async () => {
  const p = wound();
  let done: (what: string) => void = () => undefined;
  const save = p.guard.saving(new Promise<string>((d) => { done = d; }));
  const other = p.guard.saving(Promise.reject(new Error("storage")));
  await assert.rejects(other, /storage/);
  p.pass(10 * minute);
  assert.deepEqual(p.locks, []);
  p.guard.presence("a", "touched");
  assert.deepEqual(p.locks, [], "still being saved");
  done("saved");
  assert.equal(await save, "saved");
  assert.deepEqual(p.locks, ["idle"], "a touch after the time was up does not undo it");
});

test("a locked phone counts nothing, and an opened one from the beginning", () => {
  const p = wound();
  p.guard.locked();
  p.pass(60 * minute);
  assert.deepEqual(p.locks, []);
  assert.equal(p.guard.check(), false);
  p.guard.opened();
  p.pass(5 * minute - 1);
  assert.deepEqual(p.locks, []);
  p.pass(1);
  assert.deepEqual(p.locks, ["idle"]);
});

test("a shorter setting counts at once, and opening what is open starts nothing anew", () => {
  const p = wound();
  p.pass(2 * minute);
  p.guard.opened();
  p.guard.set({ ...guardDefaults, idle: 2 * minute });
  assert.deepEqual(p.locks, ["idle"]);
});

test("what was kept counts as far as it is one of the choices", () => {
  assert.deepEqual(guardSettings({ idle: 60_000, hidden: 0 }), { idle: 60_000, hidden: 0 });
  assert.deepEqual(guardSettings({ idle: 86_400_000, hidden: -1 }), guardDefaults);
  for (const odd of [undefined, null, "never", []]) assert.deepEqual(guardSettings(odd), guardDefaults);
});
