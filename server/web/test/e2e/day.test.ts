import assert from "node:assert/strict";
import { test } from "node:test";
import { demo, firstPage, inHours, phone, until, type LineRecord } from "./harness.ts";
import { appointment, askedAbout, join, line, names, newPerson, openPerson, outcome, saw, support, unlock } from "./with/hand.ts";

/** As a new user would, on what `make demo` serves: everything that is done is done through the screens. */
test("a worker's day without any signal, the browser closed and opened, and all of it is on a second phone and on the command line", async (t) => {
  const d = await demo(t);
  const p = await phone(t);
  await join(p.page, d.links.worker);
  await line(p.page, "everything", 120_000);

  const called = await names(p.page); // some are called alike; the day is about those who are not
  const alone = (who: string): boolean => called.filter((n) => n === who).length === 1;
  // Before the first visit of a day is over, Today asks about few: so there are some of an hour ago.
  const onLine = await d.phone(await d.inviteAgain());
  for (const x of (await onLine.people()).filter((x) => alone(x.preferred_name ?? x.name)).slice(0, 5)) {
    await onLine.edit("appointment", x.id, "title=Made-up visit", `starts_at=${inHours(-1)}`, "status=planned");
  }
  await onLine.sync();
  const visits = await until("Today to ask about three", async () => {
    const all = (await askedAbout(p.page)).filter((v, i, all) => alone(v.who) && all.findIndex((o) => o.who === v.who) === i);
    return all.length >= 3 && all;
  });
  await line(p.page, "everything");
  await d.wire.refuse();

  const said: { title: string; who: string; how: "attended" | "missed" | "cancelled"; note?: string }[] = [
    { ...visits[0]!, how: "attended", note: "made up: we went in together" }, { ...visits[1]!, how: "missed" }, { ...visits[2]!, how: "cancelled" }];
  for (const s of said) await outcome(p.page, s.who, s.title, s.how, s.note);
  const who1 = said[0]!.who, who2 = said[1]!.who;
  await support(p.page, { who: who1, note: "made up: talked on the bench by the canal" });
  await support(p.page, { who: who2, what: "call", note: "made up: rang, and will ring again" });
  await appointment(p.page, who2, { title: "Made-up second try", inDays: 3, time: "10:30" });
  await newPerson(p.page, "Newly Madeupcomer");
  const unsent = 8; // three outcomes, one of them with a note; two supports, an appointment, a person
  await line(p.page, { unsent });

  await p.again("close");
  await p.page.goto(`${d.url}/app/`);
  await unlock(p.page);
  await saw(p.page, "Newly Madeupcomer", "People");
  await line(p.page, { unsent });
  await d.wire.accept();
  await line(p.page, "everything");

  const second = await firstPage(await p.chromium.another());
  await join(second, await d.inviteAgain());
  await line(second, "everything", 120_000);
  await saw(second, "Newly Madeupcomer", "People");
  await openPerson(second, who1);
  await saw(second, "talked on the bench by the canal");
  await openPerson(second, who2);
  for (const words of ["rang, and will ring again", "Made-up second try"]) await saw(second, words);

  await onLine.sync();
  const people = await onLine.people();
  const find = (name: string): string => {
    const found = people.find((x) => x.name === name || x.preferred_name === name);
    assert.ok(found, `${name} is not there`);
    return found.id;
  };
  const records = async (name: string): Promise<readonly LineRecord[]> => onLine.show(find(name));
  assert.ok((await records("Newly Madeupcomer")).some((r) => r.kind === "person"));
  for (const s of said) assert.ok((await records(s.who)).some((r) => r.kind === "appointment" && r.fields["title"] === s.title && r.fields["status"] === s.how), `${s.title}: ${s.how}`);
  assert.ok((await records(who1)).some((r) => r.fields["note"] === "made up: talked on the bench by the canal"));
  assert.ok((await records(who2)).some((r) => r.kind === "support" && r.fields["what"] === "call" && r.fields["note"] === "made up: rang, and will ring again"));
  assert.ok((await records(who2)).some((r) => r.kind === "appointment" && r.fields["title"] === "Made-up second try" && r.fields["status"] === "planned"));
});
