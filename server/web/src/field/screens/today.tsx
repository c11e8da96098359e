import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { msOf, personOf } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import { useAround, useView } from "../context.ts";
import { dates } from "../dates.ts";
import { Icon } from "../icons.tsx";
import { Button, ButtonLink } from "../parts/button.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { Empty, Tag } from "../parts/show.tsx";
import { href } from "../route.ts";
import type { PersonRow, TodayView, Visit } from "../views/views.ts";
import { dayOf } from "../views/wall.ts";
import { endOf, isOpen } from "../views/visit.ts";
import { w } from "../words.ts";
import { OutcomeButtons, Outcomed, type SaidOutcome } from "./outcomes.tsx";
import { Answers } from "./answers.tsx";
import { Ladder } from "./ladder.tsx";
import { StepRow } from "./step.tsx";
import { person, ReachActs, Reply, Safety, Times, untilWords, VisitRows, VisitTags } from "./visit.tsx";

type Said = ReadonlyMap<RecordID, SaidOutcome>;
const unseenFirst = 4;

/** A worker's day. What people answered comes first, then what is left to say, both soon done; who is next is the largest thing. */
export function Today(): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useView("today")} heading={w.titles.today} again={remote.refresh}>{(view) => <Day view={view} />}</Await>;
}

function Day({ view }: { readonly view: TodayView }): JSX.Element {
  const now = useAround().now.value;
  const said = useSignal<Said>(new Map());
  const say = (s: SaidOutcome): void => { said.value = new Map(said.value).set(s.visit.record.id, s); };
  const back = useSignal<RecordID | undefined>(undefined);
  const unsay = (id: RecordID): void => { const m = new Map(said.value); m.delete(id); back.value = id; said.value = m; };

  // What was just said stays where it was tapped, however the view has moved on.
  const isSaid = (v: Visit): boolean => said.value.has(v.record.id);
  const justSaid = [...said.value.values()].map((s) => s.visit);
  const overdue = [...view.overdue.filter((v) => !isSaid(v)), ...justSaid].sort((a, b) => msOf(a.startsAt) - msOf(b.startsAt));
  const today = view.today.filter((v) => !isSaid(v));
  const open = today.filter((v) => isOpen(v.record)), settled = today.filter((v) => !isOpen(v.record));
  const [next, ...later] = open;
  const nothing = overdue.length === 0 && today.length === 0;
  const booked = [...view.overdue, ...view.today].filter((v) => dayOf(msOf(v.startsAt)) === dayOf(now) && v.status !== "cancelled" && v.status !== "moved").length;

  return (
    <Screen heading={w.titles.today} below={<p>{dates.longDay(view.now)} · {booked === 0 ? w.day.none : w.day.visits(booked)}</p>}>
      <Answers visits={view.answers} first={next ? 2 : 4} now={now} />
      <Overdue visits={overdue} first={next ? 1 : 3} said={said.value} back={back.value} now={now} onSaid={say} onBack={unsay} />
      {next && <Next visit={next} now={now} onSaid={say} />}
      <Ladder steps={view.ladder} now={now} />
      {nothing && view.ahead.length === 0 && view.answers.length === 0 && view.ladder.length === 0 && (
        <Empty icon="today" title={w.day.nothing.title}><p>{w.day.nothing.text}</p><ButtonLink href={href("people")} look="primary">{w.day.toPeople}</ButtonLink></Empty>
      )}
      {later.length > 0 && <Section heading={w.day.later}><VisitRows visits={later} now={now} /></Section>}
      {!next && !nothing && <p class="soft free"><Icon name="check" size={20} /> {w.day.free}</p>}
      {view.due.length > 0 && (
        <Section heading={w.day.due}>
          <ul class="rows todo">{view.due.map((f) => <StepRow key={f.record.id} record={f.record} person={f.person} due={f.due} now={now} />)}</ul>
        </Section>
      )}
      {settled.length > 0 && <Section heading={w.day.done}><VisitRows visits={settled} now={now} /></Section>}
      {view.ahead.length > 0 && (
        <Section heading={w.day.ahead}>
          {view.ahead.map((d) => (
            <div class="stack tight" key={d.day}>
              <h3 class="dayname">{dates.dayName(d.day, now)}{dates.dayName(d.day, now) === w.date.tomorrow && <span class="soft"> {dates.day(d.day, now)}</span>}</h3>
              <VisitRows visits={d.visits} now={now} />
            </div>
          ))}
        </Section>
      )}
      <Unseen rows={view.unseen} now={now} />
    </Screen>
  );
}

const Section = ({ heading, children }: { readonly heading: string; readonly children: ComponentChildren }): JSX.Element =>
  <section><h2>{heading}</h2>{children}</section>;

interface Saying { readonly said: Said; /** Whose outcome was just taken back. */ readonly back: RecordID | undefined; readonly now: number; readonly onSaid: (s: SaidOutcome) => void; readonly onBack: (id: RecordID) => void }

/** Past, and nobody has said what became of them. A few at a time, so that the day itself stays in sight. */
function Overdue({ visits, first, said, back, now, onSaid, onBack }: Saying & { readonly visits: readonly Visit[]; readonly first: number }): JSX.Element | null {
  const all = useSignal(false);
  if (visits.length === 0) return null;
  const asked = visits.filter((v) => !said.has(v.record.id));
  const seen = all.value ? visits : visits.filter((v) => said.has(v.record.id) || asked.indexOf(v) < first);
  const hidden = visits.length - seen.length;
  return (
    <Section heading={w.day.overdue}>
      <ul class="cards">
        {seen.map((v) => {
          const s = said.get(v.record.id);
          return <li key={v.record.id}>{s ? <Outcomed said={s} onBack={() => onBack(v.record.id)} /> : <Ask visit={v} back={back === v.record.id} now={now} onSaid={onSaid} />}</li>;
        })}
      </ul>
      {hidden > 0 && <Button look="quiet" onClick={() => { all.value = true; }}>{w.more(hidden)}</Button>}
    </Section>
  );
}

const Ask = ({ visit, back, now, onSaid }: { readonly visit: Visit; readonly back: boolean; readonly now: number; readonly onSaid: (s: SaidOutcome) => void }): JSX.Element => (
  <div class="card ask">
    <h3 class="name"><a href={href("person", { person: person(visit) })}>{visit.person}</a></h3>
    <p><a class="num" href={href("appointment", { record: visit.record.id })}>{dates.dayName(visit.startsAt, now)} {dates.time(visit.startsAt)}<span class="unseen">, {visit.person}</span></a> · {visit.title}</p>
    <p class="tags"><VisitTags visit={visit} /></p>
    <OutcomeButtons visit={visit} onSaid={onSaid} back={back} />
  </div>
);

/** Who is next, or with whom one is now: all that is needed on the way and on the doorstep. */
function Next({ visit, now, onSaid }: { readonly visit: Visit; readonly now: number; readonly onSaid: (s: SaidOutcome) => void }): JSX.Element {
  const isNow = msOf(visit.startsAt) <= now && endOf(visit.record) > now;
  return (
    <section class="next-up" aria-labelledby="next-up">
      <h2 id="next-up">{isNow ? w.day.now : w.day.next(untilWords(visit.startsAt, now))}</h2>
      <p class="next-time num"><Times visit={visit} /></p>
      <h3 class="next-name"><a href={href("person", { person: person(visit) })}>{visit.person}</a></h3>
      <p class="next-what"><a href={href("appointment", { record: visit.record.id })}>{visit.title}<span class="unseen"> {visit.person}</span></a></p>
      <ul class="plain-list">
        {visit.with !== undefined && <li><Icon name="people" size={20} /><span>{w.day.with(visit.with)}</span></li>}
        {visit.place !== undefined && <li><Icon name="pin" size={20} /><span>{visit.place}</span></li>}
      </ul>
      {!visit.wants && <Reply visit={visit} />}
      <p class="tags"><VisitTags visit={visit} /></p>
      <Safety note={visit.safetyNote} />
      <ReachActs name={visit.person} phone={visit.phone} place={visit.place}>
        <ButtonLink href={href("supportAfter", { record: visit.record.id })} icon="record" about={w.for(visit.person)}>{w.day.recordFor}</ButtonLink>
      </ReachActs>
      <OutcomeButtons visit={visit} onSaid={onSaid} />
    </section>
  );
}

function Unseen({ rows, now }: { readonly rows: readonly PersonRow[]; readonly now: number }): JSX.Element | null {
  const all = useSignal(false);
  if (rows.length === 0) return null;
  const seen = all.value ? rows : rows.slice(0, unseenFirst);
  return (
    <Section heading={w.day.unseen}>
      <ul class="rows">
        {seen.map((r) => (
          <li key={r.scope}>
            <a href={href("person", { person: personOf(r.scope) })}>
              <span><span class="who">{r.name}</span>
                <small>{w.list([r.lastSeen === undefined ? w.day.neverSeen : w.day.unseenText(dates.ago(r.lastSeen, now)), ...(r.next === undefined ? [] : [w.people.next(dates.moment(r.next, now))])])}</small>
                {r.next === undefined && <span class="tags"><Tag tone="wait">{w.people.noNext}</Tag></span>}</span>
              <Icon name="next" size={20} />
            </a>
          </li>
        ))}
      </ul>
      {rows.length > seen.length && <Button look="quiet" onClick={() => { all.value = true; }}>{w.more(rows.length - seen.length)}</Button>}
    </Section>
  );
}
