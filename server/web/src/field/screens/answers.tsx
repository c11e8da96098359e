import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { msOf } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Edit } from "../../sync/record.ts";
import { useAround, useView } from "../context.ts";
import { dates } from "../dates.ts";
import { atPickedTime, cancelledFor, dealtWith, goingAlong, pickedSlot, spoken } from "../edits/answer.ts";
import type { Reply as Spoken } from "../edits/answer.ts";
import { timesOf } from "../edits/appointment.ts";
import { opened, reversed } from "../edits/edit.ts";
import { Icon, type IconName } from "../icons.tsx";
import { Acts, Button, ButtonLink } from "../parts/button.tsx";
import { Banner } from "../parts/show.tsx";
import { href } from "../route.ts";
import type { Visit } from "../views/views.ts";
import { w } from "../words.ts";
import { callHref } from "./links.ts";
import { clashing } from "./plan.tsx";
import { Section } from "./section.tsx";
import { person, Reply, VisitTags } from "./visit.tsx";
import { mint, toHeading, useSaying, useWriting } from "./write.ts";

/** What people answered and nobody has dealt with: it stands before all else, a few at a time, so that the day itself stays in sight. */
export function Answers({ visits, first, now }: { readonly visits: readonly Visit[]; readonly first: number; readonly now: number }): JSX.Element | null {
  const all = useSignal(false);
  if (visits.length === 0) return null;
  const seen = all.value ? visits : visits.slice(0, first);
  return (
    <Section id="answers" heading={w.answer.heading}>
      <ul class="cards">{seen.map((v) => <li key={v.record.id}><AnswerCard visit={v} now={now} /></li>)}</ul>
      {visits.length > seen.length && <Button look="quiet" onClick={() => { all.value = true; }}>{w.more(visits.length - seen.length)}</Button>}
    </Section>
  );
}

export const AnswerCard = ({ visit, now }: { readonly visit: Visit; readonly now: number }): JSX.Element => (
  <div class="card needs ask">
    <h3 class="name"><a href={href("person", { person: person(visit) })}>{visit.person}</a></h3>
    <p><a class="num" href={href("appointment", { record: visit.record.id })}>{dates.dayName(visit.startsAt, now)} {dates.time(visit.startsAt)}<span class="unseen">, {visit.person}</span></a> · {visit.title}</p>
    <p class="tags"><VisitTags visit={visit} /></p>
    <Dealing visit={visit} now={now} />
  </div>
);

/** What they said, and what can be done about it, each in one tap. */
export function Dealing({ visit, now, calls = true, whole = false }: { readonly visit: Visit; readonly now: number; /** The screen has no other way to ring. */ readonly calls?: boolean; readonly whole?: boolean }): JSX.Element {
  const say = useSaying(), writing = useWriting(), of = opened(visit.record), { record } = visit, missed = visit.status === "missed";
  const made = useRef<RecordID | undefined>(undefined); // saved twice it is one
  const slot = visit.replyTime === undefined || msOf(visit.replyTime) < now ? undefined : pickedSlot(of);
  const picked = visit.replyTime === undefined ? "" : dates.moment(visit.replyTime, now);
  const deal = (edits: readonly Edit[], said: string) => (): void => {
    writing.write(edits).then((saved) => {
      if (!saved) return;
      say(said, [...edits].reverse().flatMap((e) => reversed(e, e.record === of.record ? of.was : {})), w.answer.undone);
      toHeading();
    }, () => undefined);
  };
  const at = Date.now(), call = !calls || visit.phone === undefined ? undefined : callHref(visit.phone), about = w.of(visit.person), busy = writing.busy.value;
  return (
    <>
      <Reply visit={visit} whole={whole} />
      {picked !== "" && <p class="picked"><Icon name="clock" size={20} /><strong>{w.answer.picked(picked)}</strong></p>}
      {slot && <Clash visit={visit} slot={slot} />}
      <Acts>
        {slot && <Button look="primary" wide busy={busy} about={about} onClick={() => { const id = made.current ??= mint(); deal(atPickedTime(of, slot, id, Date.now()), (missed ? w.answer.booked : w.answer.moved)(picked))(); }}>
          {(missed ? w.answer.bookFor : w.answer.moveTo)(picked)}</Button>}
        {visit.reply === "come_with_me" && !missed && <Button look="primary" icon="walk" wide busy={busy} about={about} onClick={deal([goingAlong(of, at)], w.answer.goingAlong)}>{w.answer.along}</Button>}
        {missed ? <ButtonLink href={href("newAppointment", { person: person(visit) })} icon="calendar" about={w.for(visit.person)}>{w.answer.book}</ButtonLink>
          : <ButtonLink href={href("moveAppointment", { record: record.id })} icon="swap" about={about}>{w.answer.move}</ButtonLink>}
        {visit.reply === "cannot" && !missed && <Button icon="off" busy={busy} about={about} onClick={deal([cancelledFor(of, at)], w.answer.cancelled)}>{w.answer.cancel}</Button>}
        {call && <ButtonLink href={call} icon="phone" outside about={visit.person}>{w.call}</ButtonLink>}
        <Button icon="check" busy={busy} about={about} onClick={deal([dealtWith(of, at)], w.answer.done)}>{w.answer.dealt}</Button>
      </Acts>
      {writing.trouble.value && <p class="error" role="alert">{writing.trouble.value}</p>}
    </>
  );
}

/** What is booked already at the time that they picked. */
function Clash({ visit, slot }: { readonly visit: Visit; readonly slot: Parameters<typeof timesOf>[0] }): JSX.Element | null {
  const { now } = useAround(), today = useView("today");
  const found = today.kind === "here" ? clashing(slot, [...today.value.today, ...today.value.ahead.flatMap((d) => d.visits)], visit.record.id) : undefined;
  return found === undefined ? null
    : <Banner tone="wait" icon="clock"><p>{w.plan.clash(w.list([`${dates.moment(found.startsAt, now.value)} ${found.person}`, found.title]))}</p></Banner>;
}

const replies: readonly { readonly reply: Spoken; readonly icon: IconName }[] = [
  { reply: "coming", icon: "check" }, { reply: "cannot", icon: "cross" }, { reply: "new_time", icon: "clock" }, { reply: "come_with_me", icon: "walk" },
];

/** What the person said to the worker, in one tap: it is an answer like one that they gave themselves. */
export function Told({ visit }: { readonly visit: Visit }): JSX.Element {
  const say = useSaying(), writing = useWriting(), of = opened(visit.record);
  const tap = (reply: Spoken): void => {
    const edit = spoken(of, reply, Date.now());
    writing.write([edit]).then((saved) => { if (saved) say(w.spoken.saved[reply], reversed(edit, of.was)); }, () => undefined);
  };
  return (
    <Section id="told" heading={w.spoken.heading}>
      <p class="soft" id="told-hint">{w.spoken.hint}</p>
      <div class="outcomes" role="group" aria-labelledby="told" aria-describedby="told-hint">
        {replies.map(({ reply, icon }) => (
          <button key={reply} type="button" class={reply} aria-pressed={visit.reply === reply} onClick={() => tap(reply)}><Icon name={icon} size={22} /><span>{w.spoken.say[reply]}</span></button>
        ))}
      </div>
      {writing.trouble.value && <p class="error" role="alert">{writing.trouble.value}</p>}
    </Section>
  );
}
