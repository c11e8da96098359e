import assert from "node:assert/strict";
import { test } from "node:test";
import { isWeaker, newKdf, pinKey, strength } from "../../src/sync/kdf.ts";
import { counted, lastTry, leave, noTries, pinFault, rested, type PinFault } from "../../src/sync/pin.ts";
import type { Tries } from "../../src/sync/vault.ts";

const minute = 60_000;
const random = (b: Uint8Array): Uint8Array => crypto.getRandomValues(b as Uint8Array<ArrayBuffer>);

test("what anybody would try first is refused, with the reason", () => {
  const want: Record<string, PinFault> = {
    "": "too_short", "12345": "too_short", "abcdef": "not_digits", "12345 ": "not_digits", "١٢٣٤٥٦": "not_digits", ["8".repeat(33)]: "too_long",
    "000000": "one_digit", "7777777": "one_digit",
    "123456": "in_order", "654321": "in_order", "890123": "in_order", "246802": "in_order", "01234567": "in_order",
    "121212": "repeats", "123123": "repeats", "112233": "repeats", "000111": "repeats", "48274827": "repeats",
    "123321": "mirrored", "4918194": "mirrored",
    "147258": "pattern", "159753": "pattern", "789456": "pattern", "123654": "pattern", "369741258": "pattern", "696969": "repeats", "520131": "pattern",
  };
  for (const [pin, why] of Object.entries(want)) assert.equal(pinFault(pin), why, `pinFault(${pin})`);
});

test("no more than one PIN in fifty is refused, so the rules tell a thief next to nothing", () => {
  let refused = 0;
  for (let n = 0; n < 1_000_000; n++) if (pinFault(String(n).padStart(6, "0")) !== undefined) refused++;
  assert.ok(refused > 1000 && refused < 20_000, `${refused} of 1,000,000 refused`);
  for (const pin of ["482915", "900113", "204586", "77319204"]) assert.equal(pinFault(pin), undefined, `pinFault(${pin})`);
});

test("a key is made as RFC 9106 says, and another PIN or salt makes another", async () => {
  // From the reference implementation's own list (phc-winner-argon2, test.c: version 0x13, m = 2^8 KiB, t = 2, p = 1).
  const listed = await pinKey("password", { name: "argon2id", memoryKiB: 256, passes: 2, lanes: 1, salt: new TextEncoder().encode("somesalt") });
  assert.equal(Buffer.from(listed).toString("hex"), "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
  const cheap = newKdf(random, { memoryKiB: 64, passes: 1, lanes: 1 });
  const one = await pinKey("482915", cheap);
  assert.deepEqual(await pinKey("482915", cheap), one);
  assert.notDeepEqual(await pinKey("482916", cheap), one);
  assert.notDeepEqual(await pinKey("482915", newKdf(random, cheap)), one);
});

test("what a PIN costs never goes below what OWASP asks, and a dearer build knows a cheaper vault", () => {
  assert.ok(strength.memoryKiB * strength.passes >= 19 * 1024 * 2);
  assert.equal(isWeaker(newKdf(random)), false);
  assert.equal(isWeaker(newKdf(random), { memoryKiB: strength.memoryKiB * 2, passes: strength.passes }), true);
});

/** Tries wrong PINs one after the other, waiting as long as it must, and says how long each wait was. */
function waits(): number[] {
  let tries = noTries(0);
  let now = 0;
  const seen: number[] = [];
  for (;;) {
    const may = leave(tries, now);
    if (may.kind === "coordinator") return seen;
    if (may.kind === "too_soon") {
      seen.push(may.until - now);
      now = may.until;
      continue;
    }
    if (seen.length < tries.wrong) seen.push(0);
    tries = counted(tries, now);
  }
}

test("five tries are free, then they slow down, and the tenth is the last", () => {
  assert.deepEqual(waits(), [0, 0, 0, 0, minute, 5 * minute, 15 * minute, 60 * minute, 60 * minute]);
  assert.equal(lastTry, 10);
});

const five = (now: number): Tries => Array.from({ length: 5 }).reduce((t: Tries) => counted(t, now), noTries(now));

test("setting the clock back never shortens a wait, and never lengthens it either", () => {
  const start = Date.UTC(2026, 5, 1);
  let tries = five(start);
  for (const back of [10_000, 86_400_000, 365 * 86_400_000]) {
    const now = start - back;
    assert.deepEqual(leave(tries, now), { kind: "too_soon", until: now + minute }, `back by ${back}`);
    tries = rested(tries, now);
    assert.deepEqual(leave(tries, now + 59_999), { kind: "too_soon", until: now + minute });
    assert.deepEqual(leave(tries, now + minute), { kind: "try" });
    tries = rested(five(start), start);
  }
});

test("a wait that was half over stays half over when the clock goes back", () => {
  const start = Date.UTC(2026, 5, 1);
  const half = rested(five(start), start + minute / 2);
  const back = start - 86_400_000;
  assert.deepEqual(leave(half, back), { kind: "too_soon", until: back + minute / 2 });
});

test("no clock opens what only a new enrolment opens", () => {
  const done: Tries = { wrong: lastTry, left: 0, seen: 0 };
  for (const now of [0, -1, 4e12]) assert.deepEqual(leave(done, now), { kind: "coordinator" });
});
