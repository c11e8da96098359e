import type { JSX } from "preact";
import { personOf, personScope } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Shown } from "../../sync/record.ts";
import { useAround, useView } from "../context.ts";
import { dates } from "../dates.ts";
import { editOf, opened, putBack } from "../edits/edit.ts";
import { Icon } from "../icons.tsx";
import { Acts, Button, ButtonLink } from "../parts/button.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { Banner, Facts, Row, Tag } from "../parts/show.tsx";
import { href } from "../route.ts";
import { dueOf } from "../views/people.ts";
import { elements, plain, text } from "../views/read.ts";
import type { PersonView } from "../views/views.ts";
import { dayOf, isDay } from "../views/wall.ts";
import { w } from "../words.ts";
import { Consents } from "./consent.tsx";
import { Contacts } from "./contact.tsx";
import { AttentionTags } from "./people.tsx";
import { Section } from "./section.tsx";
import { LadderCards } from "./ladder.tsx";
import { Reminders } from "./reminders.tsx";
import { StepRow } from "./step.tsx";
import { Timeline } from "./timeline.tsx";
import { called, whoWords, ReachActs, Safety, VisitRows } from "./visit.tsx";
import { useSaying, useWriting } from "./write.ts";

/** One person: what matters to them first, then what is to be done, then what has been. */
export function Person({ person }: { readonly person: RecordID }): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useView("person", personScope(person))} heading={w.titles.person} again={remote.refresh}>{(view) => <Page view={view} />}</Await>;
}

function Page({ view }: { readonly view: PersonView }): JSX.Element {
  const now = useAround().now.value;
  const { row, head } = view, record = head.person, id = personOf(head.scope);
  return (
    <Screen heading={row.name} back={href("people")} below={
      <>
        {row.fullName !== undefined && <p>{w.person.fullName(row.fullName)}</p>}
        {row.state !== "open" && <p><Tag tone={row.state === "paused" ? "wait" : "plain"}>{called(w.values.state, row.state)}</Tag></p>}
        {row.attention.length > 0 && <AttentionTags attention={row.attention} />}
      </>
    }>
      {view.toSettle.length > 0 && <ToSettle view={view} />}
      {view.also.map((a) => <Banner key={a.scope} icon="people"><p>{w.person.also} <a href={href("person", { person: personOf(a.scope) })}>{a.name}</a></p></Banner>)}
      <Safety note={text(record, "safety_note")} />
      <ReachActs name={row.name} phone={row.phone}>
        <ButtonLink href={href("newAppointment", { person: id })} icon="calendar" about={w.for(row.name)}>{w.person.book}</ButtonLink>
        <ButtonLink href={href("supportWith", { person: id })} icon="record" look="primary" about={w.for(row.name)}>{w.person.write}</ButtonLink>
      </ReachActs>
      <Matters record={record} />
      <Reach record={record} now={now} />
      <Section id="steps" heading={w.person.steps} end={<ButtonLink look="quiet" icon="plus" href={href("newFollowUp", { person: id })}>{w.person.addStep}</ButtonLink>}>
        {view.next.length === 0 && view.timeless.length === 0 && view.followUps.length === 0 && view.ladder.length === 0 && <p class="soft">{w.person.stepsNone}</p>}
        {view.ladder.length > 0 && <LadderCards steps={view.ladder} now={now} own />}
        {view.next.length > 0 && <VisitRows visits={view.next} now={now} own />}
        {view.timeless.length > 0 && <ul class="rows">{view.timeless.map((r) => <TimelessRow key={r.id} record={r} />)}</ul>}
        {view.followUps.length > 0 && <ul class="rows todo">{view.followUps.map((f) => <StepRow key={f.id} record={f} due={dueOf(f) ?? dayOf(now)} now={now} />)}</ul>}
      </Section>
      <Reminders view={view} now={now} />
      <Timeline entries={view.timeline} person={row.name} now={now} />
      <Contacts view={view} />
      <Consents view={view} />
      <Team view={view} now={now} />
      <Section id="state" heading={w.person.state} end={<ButtonLink look="quiet" href={href("personState", { person: id })}>{w.person.changeState}</ButtonLink>}>
        <p><strong>{called(w.values.state, row.state)}.</strong> {called(w.person.states, row.state) === row.state ? "" : called(w.person.states, row.state)}</p>
      </Section>
    </Screen>
  );
}

function ToSettle({ view }: { readonly view: PersonView }): JSX.Element {
  const k = view.toSettle.reduce((sum, r) => sum + r.choices.length + r.deletes.length, 0);
  return (
    <Banner tone="needs" icon="two" title={w.person.toSettle(k)}>
      <p>{w.person.toSettleText}</p>
      <Acts>{view.toSettle.map((r) => (
        <ButtonLink key={r.record.id} href={href("settle", { record: r.record.id })}>{w.person.settle}: {settleAbout(r.record)}</ButtonLink>
      ))}</Acts>
    </Banner>
  );
}
/** What has a time that cannot be: it stands as it was written, and leads to where it can be put right. */
const TimelessRow = ({ record }: { readonly record: Shown }): JSX.Element => record.kind === "support"
  ? <Row icon="alert" title={called(w.values.what, text(record, "what") ?? "other")} note={w.person.timeless(text(record, "at"))} href={href("editSupport", { record: record.id })} />
  : <Row icon="alert" title={plain(text(record, "title") ?? called(w.kinds, record.kind))} note={w.person.timeless(text(record, "starts_at"))} href={href("appointment", { record: record.id })} />;

const settleAbout = (r: Shown): string => w.list([called(w.kinds, r.kind), ...(r.kind === "person" ? [] : ["title", "name", "about"].flatMap((f) => text(r, f) ?? []))]);

/** What the person likes, hopes for and needs; services too often ask only for the problems. */
function Matters({ record }: { readonly record: Shown }): JSX.Element {
  const interests = elements(record, "interests"), needs = elements(record, "needs"), goals = text(record, "goals");
  const none = interests.length === 0 && needs.length === 0 && goals === undefined;
  return (
    <Section id="matters" heading={w.person.matters} end={<ButtonLink look="quiet" icon="record" href={href("editPerson", { person: record.id })} about={w.of(text(record, "name") ?? "")}>{w.change}</ButtonLink>}>
      <div class="card matters">
        {none && <p class="soft">{w.person.mattersNone}</p>}
        {goals !== undefined && <p class="goals">{goals}</p>}
        {interests.length > 0 && <ul class="tags" aria-label={w.fields.interests}>{interests.map((i) => <li key={i}><Tag icon="star">{i}</Tag></li>)}</ul>}
        {needs.length > 0 && <Facts facts={[[w.fields.needs, needs.join(", ")]]} />}
      </div>
    </Section>
  );
}

/** How to get in touch so that it is safe and answered. */
function Reach({ record, now }: { readonly record: Shown; readonly now: number }): JSX.Element {
  const join = (field: string): string | undefined => { const e = elements(record, field); return e.length === 0 ? undefined : e.join(", "); };
  return (
    <Section id="reach" heading={w.person.reach}>
      <div class="card">
        <Facts facts={[
          [w.fields.safe_words, text(record, "safe_words")], [w.fields.safe_times, text(record, "safe_times")], [w.fields.contact_by, join("contact_by")],
          [w.fields.language, text(record, "language")], [w.fields.safe_to_show, join("safe_to_show")],
        ]} />
        <Number record={record} now={now} />
      </div>
    </Section>
  );
}

function Number({ record, now }: { readonly record: Shown; readonly now: number }): JSX.Element {
  const say = useSaying(), writing = useWriting();
  const phone = text(record, "phone"), on = text(record, "phone_confirmed_on") ?? "";
  const today = dayOf(now);
  if (phone === undefined) return <p class="soft">{w.person.noPhone}</p>;
  const confirm = (): void => {
    const of = opened(record), edit = editOf(of, { phone_confirmed_on: today });
    writing.write(edit ? [edit] : []).then((saved) => {
      if (saved) say(w.person.confirmedNow, [putBack(of, "phone_confirmed_on")]);
    }, () => undefined);
  };
  return (
    <div class="number">
      <p><strong class="num">{phone}</strong><br /><span class="soft small">{isDay(on) ? on === today ? w.person.confirmedNow : w.person.confirmed(dates.ago(on, now)) : w.person.neverConfirmed}</span></p>
      {on !== today && <Button icon="check" onClick={confirm} busy={writing.busy.value} about={phone}>{w.person.confirmToday}</Button>}
      {writing.trouble.value && <p class="error" role="alert">{writing.trouble.value}</p>}
    </div>
  );
}

function Team({ view, now }: { readonly view: PersonView; readonly now: number }): JSX.Element {
  return (
    <Section id="team" heading={w.person.team}>
      {view.workers.length === 0 ? <p class="soft">{w.person.teamNone}</p> : (
        <ul class="rows plain-rows">
          {view.workers.map((m, i) => (
            <li key={i}><div>
              <Icon name="person" size={22} />
              <span>{whoWords(m.who, view.row.name)}
                <small>{w.list([...(m.part === undefined ? [] : [called(w.values.part, m.part)]), ...(m.from === undefined ? [] : [w.person.from(dates.day(m.from, now))]),
                  ...(m.until === undefined ? [] : [w.person.until(dates.day(m.until, now))])])}</small></span>
            </div></li>
          ))}
        </ul>
      )}
    </Section>
  );
}
