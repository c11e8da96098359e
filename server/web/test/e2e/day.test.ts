import assert from "node:assert/strict";
import { test } from "node:test";
import { demo, firstPage, phone, type LineRecord } from "./harness.ts";
import { appointment, askedAbout, join, line, names, newPerson, openPerson, outcome, saw, support, unlock } from "./with/hand.ts";

/** As a new user would, on what `make demo` serves: everything that is done is done through the screens. */
test("a worker's day without any signal, the browser closed and opened, and all of it is on a second phone and on the command line", async (t) => {
  const d = await demo(t);
  const p = await phone(t);
  await join(p.page, d.links.worker);
  await line(p.page, "everything", 120_000);
  await d.wire.refuse();

  const called = await names(p.page); // some are called alike; the day is about those who are not
  const visits = (await askedAbout(p.page)).filter((v, i, all) => called.filter((n) => n === v.who).length === 1 && all.findIndex((o) => o.who === v.who) === i);
  assert.ok(visits.length >= 3, `a day at work has more than ${visits.length} visits`);
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

  const onLine = await d.phone(await d.inviteAgain());
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
