import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { msOf, personOf } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Shown } from "../../sync/record.ts";
import { useAround, useView } from "../context.ts";
import { dates } from "../dates.ts";
import { cancelled, following, takeBack } from "../edits/appointment.ts";
import { opened } from "../edits/edit.ts";
import { Acts, Button, ButtonLink } from "../parts/button.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { Banner, Facts, Tag } from "../parts/show.tsx";
import { href } from "../route.ts";
import { isTwo, text } from "../views/read.ts";
import type { PersonView, Visit } from "../views/views.ts";
import { isOpen, visitOf } from "../views/visit.ts";
import { dayOf } from "../views/wall.ts";
import { w } from "../words.ts";
import { Dealing, Told as Spoken } from "./answers.tsx";
import { OutcomeButtons, Outcomed, type SaidOutcome } from "./outcomes.tsx";
import { Removal } from "./removal.tsx";
import { called, ReachActs, Reply, Safety, StatusTag, Times } from "./visit.tsx";
import { useSaying, useWriting } from "./write.ts";

/** One appointment: all that is known of it, and what can be done. */
export function Appointment({ record }: { readonly record: RecordID }): JSX.Element {
  const { remote } = useAround();
  return (
    <Await seen={useView("record", record)} heading={w.titles.appointment} again={remote.refresh}>
      {(view) => <Whole key={record} record={view.record} />}
    </Await>
  );
}

/** The person's page knows the rest: their number, their safety note, what else is booked. */
function Whole({ record }: { readonly record: Shown }): JSX.Element {
  const { remote } = useAround();
  return (
    <Await seen={useView("person", record.scope)} heading={w.titles.appointment} again={remote.refresh}>
      {(view) => {
        const visit = visitOf(view.head, record);
        return visit === undefined ? <Timeless record={record} view={view} /> : <Page visit={visit} view={view} />;
      }}
    </Await>
  );
}

function Page({ visit, view }: { readonly visit: Visit; readonly view: PersonView }): JSX.Element {
  const now = useAround().now.value;
  const said = useSignal<SaidOutcome | undefined>(undefined), back = useSignal(false);
  const { record } = visit, id = record.id, person = personOf(record.scope);
  const open = isOpen(record);
  return (
    <Screen heading={visit.title} back={href("today")} below={
      <>
        <p class="next-time num"><Times visit={visit} /></p>
        <p><strong>{sameYear(visit.startsAt, now) ? dates.longDay(visit.startsAt) : dates.day(visit.startsAt, now)}</strong> · {dates.ago(visit.startsAt, now)}</p>
        <p class="name"><a href={href("person", { person })}>{visit.person}</a></p>
        <p class="tags"><StatusTag status={visit.status} />{visit.unsent && <Tag tone="wait" icon="up">{w.notSent}</Tag>}</p>
        {!visit.wants && <Reply visit={visit} whole />}
      </>
    }>
      {isTwo(record) && <Banner tone="needs" icon="two" title={w.settle.heading}><p>{w.person.toSettleText}</p><ButtonLink href={href("settle", { record: id })}>{w.person.settle}</ButtonLink></Banner>}
      <Safety note={visit.safetyNote} />
      <ReachActs name={visit.person} phone={visit.phone} place={visit.place}>
        {!open && visit.status === "attended" && <ButtonLink href={href("supportAfter", { record: id })} icon="record">{w.outcome.support}</ButtonLink>}
      </ReachActs>
      {visit.wants && <div class="card needs"><Dealing visit={visit} now={now} calls={false} whole /></div>}
      <section aria-labelledby="outcome">
        <h2 id="outcome">{w.outcome.ask}</h2>
        {said.value ? <Outcomed said={said.value} onBack={() => { back.value = true; said.value = undefined; }} /> : open ? <OutcomeButtons visit={visit} back={back.value} onSaid={(s) => { said.value = s; }} /> : <Told record={record} />}
      </section>
      {open && <Spoken visit={visit} />}
      <div class="card">
        <Facts facts={[
          [w.fields.with, visit.with], [w.fields.place, visit.place], [w.fields.accompany, record.fields["accompany"] === true ? w.yes : text(record, "accompany")],
          [w.fields.travel, text(record, "travel")], [w.fields.service, text(record, "service")],
        ]} />
        <Acts>
          <ButtonLink href={href("editAppointment", { record: id })} icon="record">{w.plan.edited}</ButtonLink>
          {open && <ButtonLink href={href("moveAppointment", { record: id })} icon="swap">{w.plan.moveIt}</ButtonLink>}
          {!open && <ButtonLink href={href("newAppointment", { person })} icon="calendar">{w.plan.bookNext}</ButtonLink>}
        </Acts>
      </div>
      {open && <Series visit={visit} view={view} />}
      <Removal of={opened(record)} ask={w.plan.deleteAsk} hint={w.plan.deleteHint} back={href("person", { person })} />
    </Screen>
  );
}

const sameYear = (at: string, now: number): boolean => dayOf(msOf(at)).slice(0, 4) === dayOf(now).slice(0, 4);

const Told = ({ record }: { readonly record: Shown }): JSX.Element => (
  <div class="card">
    <Facts facts={[[w.fields.status, called(w.values.status, text(record, "status") ?? "")], [w.fields.missed_reason, text(record, "missed_reason")], [w.fields.outcome_note, text(record, "outcome_note")]]} />
    <Acts><ButtonLink href={href("outcome", { record: record.id })} icon="record">{w.change}</ButtonLink></Acts>
  </div>
);

/** Of what was planned weekly, the rest can be cancelled together. */
function Series({ visit, view }: { readonly visit: Visit; readonly view: PersonView }): JSX.Element | null {
  const say = useSaying(), writing = useWriting();
  const rest = following(visit.record, view.next.map((v) => v.record));
  if (rest.length === 0) return null;
  const all = [visit.record, ...rest];
  const cancel = (): void => {
    writing.write(cancelled(all)).then((saved) => {
      if (saved) say(w.outcome.cancelled, all.map((r) => takeBack(opened(r))));
    }, () => undefined);
  };
  return <p><Button look="danger" busy={writing.busy.value} onClick={cancel}>{w.plan.cancelSeries(rest.length)}</Button></p>;
}

/** An appointment whose time cannot be read: it can be given one. */
const Timeless = ({ record, view }: { readonly record: Shown; readonly view: PersonView }): JSX.Element => (
  <Screen heading={text(record, "title") ?? w.titles.appointment} back={href("person", { person: personOf(record.scope) })} below={<><p>{view.row.name}</p><p>{w.person.timeless(text(record, "starts_at"))}</p></>}>
    <ButtonLink href={href("moveAppointment", { record: record.id })} look="primary">{w.outcome.newTime}</ButtonLink>
  </Screen>
);
