import assert from "node:assert/strict";
import { test } from "node:test";
import { heldNote, office, openDesk, phone, scan, until } from "./harness.ts";
import { go, join, line, saw, sawNot, support, wasCutOff } from "./with/hand.ts";
import { atWork } from "./with/work.ts";

test("a person who moved on while the phone was away: the work about them goes first, then they go, and the phone says so", async (t) => {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), next = await o.hire("Winston Made-up"), desk = await openDesk(o);
  const pia = await desk.person(worker, { name: "Pia Madeupstone" });
  await desk.person(worker, { name: "Stays Madeupford" });
  const p = await phone(t);
  await join(p.page, await o.invite(worker));
  await line(p.page, "everything");
  await o.wire.refuse();
  await support(p.page, { who: "Pia Madeupstone", note: "The last walk together" });
  const theirs = await o.phone(worker);
  const mine = (await theirs.show(pia)).find((r) => r.kind === "assignment");
  await desk.assign(pia, next);
  await desk.unassign(pia, mine!.id);
  await o.wire.accept();
  await line(p.page, "needs you");
  await sawNot(p.page, "Pia Madeupstone", "People");
  await saw(p.page, "Stays Madeupford");
  await go(p.page, "Office");
  await saw(p.page, "Pia Madeupstone"); // that she moved on
  const coordinator = await o.phone(await o.hire("Cora Made-up", "coordinator"));
  const held = await until("the late work to be held", async () => {
    await coordinator.sync();
    const all = await coordinator.show("held");
    return all.length > 0 && all;
  });
  assert.deepEqual(held.map(heldNote), ["The last walk together"]);
});

test("a phone that was cut off while it was away sends its last work, then erases itself", async (t) => {
  const { o, worker, p } = await atWork(t);
  await o.wire.refuse();
  await support(p.page, { who: "Pia Madeupstone", note: "Written after the phone was reported lost" });
  const { devices } = await o.run<{ devices: { client_id: string; user: string }[] }>("device", "list");
  const mine = devices.find((d) => d.user === worker)!;
  await o.run("device", "revoke", mine.client_id);
  await o.wire.accept();
  await wasCutOff(p.page);
  const coordinator = await o.phone(await o.hire("Cora Made-up", "coordinator"));
  assert.deepEqual((await coordinator.show("held")).map(heldNote), ["Written after the phone was reported lost"]);
  const left = await p.page.evaluate(async () => {
    const names = (await indexedDB.databases()).map((d) => d.name!);
    const counts: Record<string, number> = {};
    for (const name of names) {
      const db = await new Promise<IDBDatabase>((done, fail) => { const r = indexedDB.open(name); r.onsuccess = () => done(r.result); r.onerror = () => fail(r.error); });
      for (const store of db.objectStoreNames) {
        counts[`${name}/${store}`] = await new Promise<number>((done) => { const r = db.transaction(store).objectStore(store).count(); r.onsuccess = () => done(r.result); });
      }
      db.close();
    }
    return counts;
  });
  t.diagnostic(`what is left: ${JSON.stringify(left)}`);
  await p.again("close");
  await p.page.goto(`${o.url}/app/`);
  await wasCutOff(p.page);
  assert.deepEqual(await scan(p.profile, ["Madeupstone", "reported lost"]), []);
});
