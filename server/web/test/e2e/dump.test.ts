import assert from "node:assert/strict";
import { test } from "node:test";
import { at, office, openDesk, phone, scan } from "./harness.ts";
import { dump } from "./with/dump.ts";
import { begin, go, join, line, lock, openPerson, support, unlock } from "./with/hand.ts";

const name = "Canaria Madeupwell", worker = "Wanda Madeupfield", number = "07700 900417", note = "canary-note-they-like-herons",
  title = "canary-title-the-court", draft = "canary-draft-half-a-word", goals = "canary-goal-to-sing", pin = "830271946152";

/** The parts of a text by which it would be known. */
const known = [name, "Canaria", "Madeupwell", worker, "Madeupfield", number, note, title, draft, goals, pin];

test("what a phone keeps holds no name, no note, no token and no PIN: not open, not locked, not killed, not closed", async (t) => {
  const o = await office(t), me = await o.hire(worker), desk = await openDesk(o);
  const person = await desk.person(me, { name, phone: number, goals });
  await desk.appointment(person, { title, starts_at: at(0, 23, 50) });
  for (let i = 0; i < 60; i++) await desk.record("support", person, { what: "visit", at: at(-i * 9, 10), note: `${note} ${i}` });
  const p = await phone(t);
  await join(p.page, await o.invite(me), pin);
  await line(p.page, "everything");
  await o.wire.refuse();
  await support(p.page, { who: name, note });
  await openPerson(p.page, name);
  await go(p.page, "People");
  await begin(p.page, { who: name, note: draft });
  const tokens = o.wire.passed.flatMap((r) => {
    const body = r.reply ? JSON.parse(r.reply) as { access_token?: string; refresh_token?: string } : {};
    return [body.access_token, body.refresh_token].filter((x) => x !== undefined);
  });
  assert.ok(tokens.length >= 2, "the tokens were not seen");
  const words = [...known, ...tokens];

  const open = await dump(p.page, words);
  assert.deepEqual(open.found, []);
  assert.ok(Object.entries(open.looked).some(([where, n]) => where.startsWith("IndexedDB alongside/") && n > 0), `nothing was looked at: ${JSON.stringify(open.looked)}`);
  assert.ok(Object.keys(open.looked).some((where) => where.startsWith("cache ")));
  assert.ok(open.looked["file bytes"]! > 0, "the second place was not looked at");
  t.diagnostic(JSON.stringify(open.looked));
  await p.end("kill"); // in the middle of a word
  assert.deepEqual(await scan(p.profile, words), []);

  await p.again("kill");
  await p.page.goto(`${o.url}/app/`);
  await unlock(p.page, pin);
  await begin(p.page, { who: name, note: draft });
  await lock(p.page);
  const locked = await dump(p.page, words);
  assert.deepEqual(locked.found, []);
  const html = await p.page.content();
  assert.deepEqual(words.filter((word) => html.includes(word)), [], "the locked screen holds it");
  await unlock(p.page, pin);
  await go(p.page, "Today");
  await p.end("close"); // now the browser writes down what it wants to remember
  assert.deepEqual(await scan(p.profile, words), []);
});
