import assert from "node:assert/strict";
import { test } from "node:test";
import { at, office, openDesk, phone } from "./harness.ts";
import { go, join, line, saw, support, unlock } from "./with/hand.ts";

test("without a signal the app reloads and starts again, and shows the day", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  const pia = await desk.person(worker, { name: "Pia Madeupstone" });
  await desk.appointment(pia, { title: "Look at the flat", starts_at: at(0, 23, 50) });
  const p = await phone(t);
  await join(p.page, await o.invite(worker));
  await saw(p.page, "Look at the flat");
  await line(p.page, "everything");

  await o.wire.refuse();
  await p.page.reload();
  await unlock(p.page);
  await saw(p.page, "Look at the flat");
  await support(p.page, { who: "Pia Madeupstone", note: "Walked along the canal" });
  await line(p.page, { unsent: 1 });

  await p.again("close");
  await p.page.goto(`${o.url}/app/`);
  await unlock(p.page);
  await saw(p.page, "Look at the flat");
  await line(p.page, { unsent: 1 });
  await go(p.page, "People");
  await saw(p.page, "Pia Madeupstone");

  await o.wire.accept();
  await line(p.page, "everything");
  const other = await o.phone(worker);
  assert.ok((await other.show(pia)).some((r) => r.fields["note"] === "Walked along the canal"), "the note is not on the server");
});

test("what is kept for times without a signal is the shell, and nothing that the server says about people", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up");
  const p = await phone(t);
  await join(p.page, await o.invite(worker));
  await line(p.page, "everything");
  const kept = await p.page.evaluate(async () => {
    const all: string[] = [];
    for (const name of await caches.keys()) for (const r of await (await caches.open(name)).keys()) all.push(new URL(r.url).pathname + new URL(r.url).search);
    return all.sort();
  });
  assert.ok(kept.includes("/app/") || kept.includes("/app/index.html"), kept.join(" "));
  assert.deepEqual(kept.filter((path) => !/^\/app\/([a-z0-9-]*\.(html|webmanifest|png|svg|ico)|assets\/[A-Za-z0-9.-]+)?$/.test(path)), []);
  const asked = o.wire.passed.filter((r) => r.url.startsWith("/v1/") && r.url !== new URL(r.url, "http://x").pathname);
  assert.deepEqual(asked.map((r) => r.url), [], "something stands in an address");
});
