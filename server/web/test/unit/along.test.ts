import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { newsAlong } from "../../src/field/along.ts";
import type { Scope } from "../../src/sync/ids.ts";
import type { News, PhoneState } from "../../src/sync/phone.ts";

const changed = (n: number): News => ({ kind: "changed", scopes: [`person/${n}` as Scope] });
const open: News = { kind: "state", state: { kind: "open" } as PhoneState };
const locked: News = { kind: "state", state: { kind: "locked" } as PhoneState };

function told() {
  const news: News[] = [];
  let fire: (() => void) | undefined;
  const along = newsAlong((n) => news.push(n), (_, then) => { fire = then; return () => { fire = undefined; }; });
  return { news, ...along, late: () => { const then = fire; fire = undefined; then?.(); }, waits: () => fire !== undefined };
}

test("news waits for nothing while nobody waits for a write", () => {
  const t = told();
  t.hear(changed(1));
  deepEqual(t.news, [changed(1)]);
});

test("news goes along with the answer of the last write under way, in the order in which it was made", () => {
  const t = told();
  t.begun();
  t.begun();
  t.hear(changed(1));
  t.hear(open);
  deepEqual(t.answered(), []);
  deepEqual(t.answered(), [changed(1), open]);
  deepEqual([t.news, t.waits()], [[], false]);
});

test("a write that is long in answering holds no news back for long", () => {
  const t = told();
  t.begun();
  t.hear(changed(1));
  t.late();
  t.hear(changed(2));
  deepEqual([t.news, t.waits()], [[changed(1)], true]);
  t.late();
  deepEqual([t.answered(), t.news], [[], [changed(1), changed(2)]]);
});

test("that the phone is locked is said at once, after what had waited", () => {
  const t = told();
  t.begun();
  t.hear(changed(1));
  t.hear(locked);
  deepEqual([t.news, t.waits()], [[changed(1), locked], false]);
});
