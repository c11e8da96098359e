import type { Page } from "playwright-core";
import { at, openDesk, type LinePhone, type Office } from "../harness.ts";
import { begin, go, join, line, saveNow } from "./hand.ts";

/** Records of everything that a screen can be about, on a phone that has seen a day. */
export interface World {
  readonly person: string;
  readonly name: string;
  /** Somebody about whom nothing is in the way of what matters to them. */
  readonly plain: string;
  /** One of each, by kind; `settle` is a record with two versions. */
  readonly record: Readonly<Record<"appointment" | "past" | "support" | "call" | "contact" | "consent" | "follow_up" | "settle", string>>;
}

/** Fills an office, joins the page's phone, and leaves it with something waiting, something held, two versions and somebody gone. All of it is made up. */
export async function fillWorld(o: Office, page: Page): Promise<World> {
  const me = await o.hire("Wilma Madeupfield"), colleague = await o.hire("Winston Madeupburn"), desk = await openDesk(o);
  const name = "Pia Madeupstone";
  const person = await desk.person([me, colleague], { name, preferred_name: "Pia", phone: "07700 900123", phone_confirmed_on: at(-100, 12).slice(0, 10), goals: "To sing in the choir again, and to see the doctor without fear",
    safe_times: "After two in the afternoon", safe_words: "Say it is about the choir", safety_note: "The stairs at the back are not lit. Ring first.", language: "Polish", state: "open",
    interests: ["choir", "the canal", "baking"], needs: ["somebody to go along"] });
  const appointment = await desk.appointment(person, { title: "See the flat in the made-up street", starts_at: at(0, 16, 30), ends_at: at(0, 17), place: "12 Made-up Street, second floor", with: "Made-up housing officer", accompany: true, reply: "come_with_me", reply_note: "I do not want to go alone" });
  const past = await desk.appointment(person, { title: "GP, made-up practice", starts_at: at(-1, 9, 30), place: "Made-up practice" });
  await desk.appointment(person, { title: "Benefits form", starts_at: at(2, 14), status: "confirmed", reply: "new_time", reply_time: at(4, 10), reply_note: "Mornings are better", reply_at: at(-1, 10) });
  await desk.appointment(person, { title: "Made-up clinic", starts_at: at(-9, 11), status: "missed", missed_reason: "Did not feel able to go" });
  const support = await desk.record("support", person, { what: "accompanied", at: at(-3, 15), minutes: 45, formal: true, place: "the library", note: "We read the letter together, and it is less bad than it looked." });
  const contact = await desk.record("contact", person, { name: "Made-up Sister", relation: "Sister", phone: "07700 900124", may_share: true });
  await desk.record("contact", person, { name: "Dr Made-up", relation: "GP", organisation: "Made-up practice", phone: "07700 900125" });
  const consent = await desk.record("consent", person, { purpose: "reminders", given_on: at(-40, 12).slice(0, 10), how: "Spoken, in person" });
  await desk.record("consent", person, { purpose: "share", organisation: "Made-up Housing", given_on: at(-80, 12).slice(0, 10), withdrawn_on: at(-5, 12).slice(0, 10) });
  const follow_up = await desk.record("follow_up", person, { about: "Missed: Made-up clinic", due: at(0, 12).slice(0, 10), step: "phone call" });
  const missed = await desk.appointment(person, { title: "Made-up benefits office, first floor", starts_at: at(-2, 10), status: "missed" });
  const call = await desk.record("follow_up", person, { about: "Ring after a miss", due: at(-1, 12).slice(0, 10), step: "call", appointment: missed });
  await desk.record("follow_up", person, { about: "Call round after a miss", due: at(0, 12).slice(0, 10), step: "visit", appointment: missed });
  await desk.record("follow_up", person, { about: "A message did not arrive", due: at(0, 12).slice(0, 10), step: "check_number" });
  await desk.record("follow_up", person, { about: "Ring before", due: at(-6, 12).slice(0, 10), step: "call_before", appointment: missed, ended: "skipped", outcome: "They asked not to be rung" });
  let plain = "";
  for (const [i, who] of ["Bram Madeupford", "Cleo Madeupwell", "Dora Madeupfield", "Ewan Madeupstone"].entries()) {
    const id = await desk.person(me, { name: who, state: i === 3 ? "paused" : "open", phone: `07700 90013${i}`, phone_confirmed_on: at(-4, 12).slice(0, 10),
      goals: ["To keep the flat, and to have the grandchildren over on Sundays", "To get through the winter", "To work with wood again", "To sleep"][i]!,
      interests: [["cooking", "old radios", "the allotment"], ["crosswords"], ["wood", "dogs"], ["football"]][i]!, safe_times: "Mornings" });
    await desk.appointment(id, { title: ["Home visit", "Phone call", "Catch-up", "GP appointment"][i]!, starts_at: at(i < 2 ? 0 : i, i < 2 ? 11 + 3 * i : 10, 15 * i), ends_at: at(i < 2 ? 0 : i, i < 2 ? 12 + 3 * i : 11, 15 * i),
      place: ["14 Made-up Road, flat 2", "", "the library", "Made-up practice"][i]!, ...(i === 0 ? { reply: "coming", reply_note: "Kettle is on" } : {}) });
    await desk.record("support", id, { what: i === 0 ? "accompanied" : "visit", at: at(i < 3 ? -5 - i : -31, 10), minutes: 30, note: ["Went to the housing office together. The letter is answered, and they know the name to ask for.", "Talked.", "Walked along the canal.", "Made up."][i]! });
    if (i === 0) plain = id;
  }
  const leaving = await desk.person(me, { name: "Leaves Madeupburn" });

  await join(page, await o.invite(me));
  await line(page, "everything");
  const other: LinePhone = await o.phone(colleague);
  await o.wire.refuse();

  // Two versions: the desk moves the place of a visit, and the colleague, who has not seen that, another way.
  const before = (await other.show(person)).find((r) => r.id === past)!;
  await desk.write([{ scope: `person/${person}`, kind: "appointment", record: past, base: before.version, set: { place: "Made-up practice, the new building" } }]);
  await other.edit("appointment", person, past, "place=Made-up practice, the side door");
  await other.sync();

  // Held: about somebody who is with another worker by the time it arrives.
  await begin(page, { who: "Leaves Madeupburn", note: "We said good-bye on the bridge." });
  await saveNow(page);
  const mine = (await (await o.phone(me)).show(leaving)).find((r) => r.kind === "assignment")!;
  await desk.assign(leaving, colleague);
  await desk.unassign(leaving, mine.id);
  await o.wire.accept();
  await line(page, "needs you");
  await o.wire.refuse();
  await begin(page, { who: "Pia", what: "call", note: "Rang to say that I am on my way." });
  await saveNow(page);
  await go(page, "Today");
  return { person, name, plain, record: { appointment, past, support, call, contact, consent, follow_up, settle: past } };
}
