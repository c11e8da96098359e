import assert from "node:assert/strict";
import { test } from "node:test";
import type { OpID } from "../../src/sync/ids.ts";
import { openSpare, type Sealed, type Spare } from "../../src/sync/spare.ts";
import { twoFiles } from "./twofiles.ts";

const letter = (n: number, bytes = 40): Sealed => ({ id: `op-${n}` as OpID, letter: { kid: "k", sealed: Uint8Array.from({ length: bytes }, (_, i) => i * n) } });
const idsOf = (spare: Spare): readonly string[] => [...spare.held()?.keys() ?? []].sort();

test("what was kept is there again, whole, and what was dropped is not", async () => {
  const two = twoFiles(), spare = await openSpare(two.open);
  assert.equal(spare.held(), undefined, "there was a vault before there was one");
  await spare.begin();
  await spare.keep([letter(1), letter(2)]);
  await spare.keep([letter(3)]);
  await spare.drop([letter(2).id]);
  const again = await openSpare(two.open);
  assert.deepEqual(idsOf(again), ["op-1", "op-3"]);
  assert.deepEqual(again.held()?.get(letter(3).id), letter(3).letter);
});

test("an op that is sealed anew has the later letter alone", async () => {
  const two = twoFiles(), spare = await openSpare(two.open);
  await spare.begin();
  await spare.keep([letter(1)]);
  await spare.keep([{ ...letter(1), letter: letter(9).letter }]);
  assert.deepEqual((await openSpare(two.open)).held()?.get(letter(1).id), letter(9).letter);
});

test("an empty vault is remembered, and forgotten when all is erased", async () => {
  const two = twoFiles(), spare = await openSpare(two.open);
  await spare.begin();
  assert.deepEqual(idsOf(await openSpare(two.open)), []);
  assert.ok((await openSpare(two.open)).held());
  await spare.keep([letter(1)]);
  await spare.erase();
  assert.deepEqual(two.texts, ["", ""]);
  assert.equal((await openSpare(two.open)).held(), undefined);
});

test("the files stay small, however many letters come and go", async () => {
  const two = twoFiles(), spare = await openSpare(two.open);
  await spare.begin();
  await spare.keep([letter(0, 20_000)]);
  let most = 0;
  for (let n = 1; n < 200; n++) {
    await spare.keep([letter(n, 1000)]);
    await spare.drop([letter(n).id]);
    most = Math.max(most, two.texts[0].length + two.texts[1].length);
  }
  assert.ok(most < 100_000, `${most} characters`);
  assert.deepEqual(idsOf(await openSpare(two.open)), ["op-0"]);
});

test("a blow at any byte takes nothing that was said to be kept, and brings nothing back that was said to be dropped", async () => {
  /** A stretch of life. `there`: what was said to be; `maybe`: what was being done when the blow came. */
  async function live(spare: Spare, there: Set<string>, begun: (id: string) => void): Promise<void> {
    await spare.begin();
    for (let n = 1; n <= 12; n++) {
      begun(letter(n).id);
      await spare.keep([letter(n, 12_000)]);
      there.add(letter(n).id);
      const old = letter(n - 4).id;
      if (!there.has(old)) continue;
      begun(old);
      await spare.drop([old]);
      there.delete(old);
    }
  }
  const whole = twoFiles();
  let cost = 0;
  whole.left = 1e9;
  await live(await openSpare(whole.open), new Set(), () => undefined);
  cost = 1e9 - whole.left;
  let blows = 0;
  for (let at = 0; at < cost; at += 1201) {
    const two = twoFiles(), there = new Set<string>();
    let last = "";
    two.left = at;
    const spare = await openSpare(two.open);
    await live(spare, there, (id) => {
      if (two.left <= 0) throw new Error("dead");
      last = id;
    }).catch(() => { blows++; });
    two.left = Infinity;
    // Promises are not kept by the dead: what the last call said does not count.
    const found = new Set(idsOf(await openSpare(two.open)));
    for (const id of there) if (id !== last) assert.ok(found.has(id), `${id} is gone after a blow at ${at}`);
    for (const id of found) assert.ok(there.has(id) || id === last, `${id} is back after a blow at ${at}`);
  }
  assert.ok(blows > 100, `${blows} blows`);
});

test("a torn line is passed over, and what is added after it is read", async () => {
  const two = twoFiles(), spare = await openSpare(two.open);
  await spare.begin();
  await spare.keep([letter(1)]);
  two.texts[0] += '{"id":"op-2","kid":"k","sea';
  const second = await openSpare(two.open);
  await second.keep([letter(3)]);
  assert.deepEqual(idsOf(await openSpare(two.open)), ["op-1", "op-3"]);
});

test("a torn line harms nothing either where there was no room to write it anew", async () => {
  const two = twoFiles(), spare = await openSpare(two.open);
  await spare.begin();
  await spare.keep([letter(1)]);
  two.texts[0] += '{"id":"op-2","kid":"k","sea';
  two.full = true;
  const second = await openSpare(two.open);
  two.full = false;
  await second.keep([letter(3)]);
  assert.deepEqual(idsOf(await openSpare(two.open)), ["op-1", "op-3"]);
});

test("bytes that say nothing harm nothing", async () => {
  const two = twoFiles(["{\"alongside\":1,\"turn\":4}\n\0\0\0\nnull\n7\n{\"id\":\"op-1\",\"kid\":\"k\",\"sealed\":\"*\"}\n{\"id\":3}\n", "\u0000\u0000"]);
  const spare = await openSpare(two.open);
  assert.deepEqual(idsOf(spare), []);
  await spare.keep([letter(2)]);
  assert.deepEqual(idsOf(await openSpare(two.open)), ["op-2"]);
});

test("without room, without files, and while another holds them, it does without", async () => {
  const two = twoFiles(), spare = await openSpare(two.open);
  await spare.begin();
  two.full = true;
  await spare.keep([letter(1)]);
  assert.deepEqual(idsOf(spare), []);
  two.full = false;
  await spare.keep([letter(2)]);
  assert.deepEqual(idsOf(await openSpare(two.open)), ["op-2"]);

  const none = await openSpare(() => Promise.resolve(undefined));
  await none.begin();
  await none.keep([letter(1)]);
  await none.erase();
  assert.equal(none.held(), undefined);

  const other = twoFiles();
  other.held = true;
  const late = await openSpare(other.open);
  await late.keep([letter(1)]);
  await assert.rejects(late.erase(), "what may be left was said to be erased");
  other.held = false;
  await late.begin();
  await late.keep([letter(2)]);
  assert.deepEqual(idsOf(await openSpare(other.open)), ["op-2"]);
});
