import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { msOf, personOf } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Edit } from "../../sync/record.ts";
import { useAround } from "../context.ts";
import { type DateText, dates, noDate, readDate } from "../dates.ts";
import { opened, reversed } from "../edits/edit.ts";
import type { Opened } from "../edits/edit.ts";
import { numberNow, postponed, reached, skipped } from "../edits/ladder.ts";
import { Icon } from "../icons.tsx";
import { Acts, Button, ButtonLink } from "../parts/button.tsx";
import { Radios } from "../parts/choice.tsx";
import { Screen } from "../parts/screen.tsx";
import { Banner, Tag } from "../parts/show.tsx";
import { DateEntry } from "../parts/when.tsx";
import { href } from "../route.ts";
import { text } from "../views/read.ts";
import type { LadderStep, PersonView, Visit } from "../views/views.ts";
import { dayOf, daysBetween, isDay } from "../views/wall.ts";
import { w } from "../words.ts";
import { fieldsOf, Suggestions } from "./fields.tsx";
import { type Checked, RecordFormView, useRecordForm } from "./form.tsx";
import { callHref, mapHref } from "./links.ts";
import { OutcomeButtons } from "./outcomes.tsx";
import { Section } from "./section.tsx";
import { called, person, ReachActs, Safety } from "./visit.tsx";
import { mint, toHeading, useSaying, useWriting } from "./write.ts";

const first = 4;

/** Steps of the ladder that want somebody now, a few at a time. */
export function Ladder({ steps, now }: { readonly steps: readonly LadderStep[]; readonly now: number }): JSX.Element | null {
  const all = useSignal(false);
  if (steps.length === 0) return null;
  const seen = all.value ? steps : steps.slice(0, first);
  return (
    <Section id="ladder" heading={w.ladder.heading}>
      <LadderCards steps={seen} now={now} />
      {steps.length > seen.length && <Button look="quiet" onClick={() => { all.value = true; }}>{w.more(steps.length - seen.length)}</Button>}
    </Section>
  );
}
export const LadderCards = ({ steps, now, own = false }: { readonly steps: readonly LadderStep[]; readonly now: number; readonly own?: boolean }): JSX.Element =>
  <ul class="cards">{steps.map((s) => <li key={s.record.id}><StepCard step={s} now={now} own={own} /></li>)}</ul>;

/** One step: whom it is about, what to do, and what came of it in one tap. */
function StepCard({ step: s, now, own }: { readonly step: LadderStep; readonly now: number; readonly own: boolean }): JSX.Element {
  const say = useSaying(), writing = useWriting(), of = opened(s.record), support = useRef<RecordID | undefined>(undefined);
  const name = w.ladder.todo[s.step], about = w.for(s.person), busy = writing.busy.value;
  const write = (edits: readonly Edit[], said: string): void => {
    writing.write(edits).then((saved) => {
      if (!saved) return;
      say(said, undone(edits, [of]));
      toHeading();
    }, () => undefined);
  };
  const quick = s.step !== "outcome" && s.step !== "check_number" ? s.step : undefined;
  const none = quick === undefined || quick === "coordinator" ? undefined : quick;
  return (
    <div class="card ask">
      {!own && <h3 class="name"><a href={href("person", { person: person(s) })}>{s.person}</a></h3>}
      <p><a href={href("followUp", { record: s.record.id })}><strong>{name}</strong><span class="unseen"> {about}</span></a></p>
      <p class="soft">{aboutWords(s, now)}</p>
      <p class="tags"><Due of={s} now={now} />{s.record.unsent.length > 0 && <Tag tone="wait" icon="up">{w.notSent}</Tag>}</p>
      {s.step === "outcome" && s.visit ? <OutcomeButtons visit={s.visit} onSaid={() => { say(w.onPhone, []); toHeading(); }} /> : (
        <Acts>
          {waysTo(s).map((way) => <ButtonLink key={way.icon} href={way.href} icon={way.icon} outside about={way.about}>{way.label}</ButtonLink>)}
          {quick && <Button look="primary" icon="check" busy={busy} about={about} onClick={() => write(reached(of, quick, support.current ??= mint(), Date.now()), w.ladder.saved[quick])}>{w.ladder.reached[quick]}</Button>}
          {none && <Button icon="cross" busy={busy} about={about} onClick={() => write(skipped(of, w.ladder.outcome[none]), w.ladder.notReachedSaved)}>{w.ladder.notReached[none]}</Button>}
          {s.step === "check_number" && <ButtonLink look="primary" icon="phone" href={href("followUp", { record: s.record.id })} about={w.of(s.person)}>{w.reminding.changeNumber}</ButtonLink>}
        </Acts>
      )}
      <p><ButtonLink look="quiet" href={href("followUp", { record: s.record.id })} about={about}>{w.ladder.other}</ButtonLink></p>
      {writing.trouble.value && <p class="error" role="alert">{writing.trouble.value}</p>}
    </div>
  );
}

interface Way { readonly href: string; readonly icon: "pin" | "phone"; readonly label: string; readonly about: string }

/** How to get to somebody for this step: by telephone, and for a visit by where they were to be met. */
function waysTo({ step, person: name, phone, visit }: LadderStep): readonly Way[] {
  if (step === "outcome" || step === "coordinator") return [];
  const call = phone === undefined ? undefined : callHref(phone), place = step === "visit" ? visit?.place : undefined;
  const map = place === undefined ? undefined : mapHref(place, navigator.userAgent);
  return [...(call === undefined ? [] : [{ href: call, icon: "phone" as const, label: w.call, about: name }]),
    ...(map === undefined ? [] : [{ href: map, icon: "pin" as const, label: w.map, about: place! }])];
}

/** What takes these edits back, the last first. */
const undone = (edits: readonly Edit[], of: readonly Opened[]): readonly Edit[] =>
  [...edits].reverse().flatMap((e) => reversed(e, of.find((o) => o.record === e.record)?.was ?? {}));

/** Which appointment it is about; else what the step says in its own words. */
function aboutWords(s: LadderStep, now: number): string {
  if (s.visit !== undefined) return w.ladder.about(s.visit.title, dates.moment(s.visit.startsAt, now));
  return text(s.record, "about") ?? "";
}

/** By when; and since when it is late. */
function Due({ of: { due, dueAt }, now }: { readonly of: LadderStep; readonly now: number }): JSX.Element {
  const late = isDay(due) ? daysBetween(due, dayOf(now)) : 0;
  if (late > 0) return <Tag tone="wait" icon="clock">{w.ladder.late(late)}</Tag>;
  const said = w.ladder.by(dueAt === undefined ? dates.dayName(due, now) : dates.moment(dueAt, now));
  return dueAt !== undefined && msOf(dueAt) < now ? <Tag tone="wait" icon="clock">{said}</Tag> : <Tag>{said}</Tag>;
}

type Came = "" | "reached" | "not_reached" | "later" | "skip";
interface LadderForm {
  readonly of: Opened;
  readonly also: readonly Opened[];
  /** Of what was done: one id, so that saving twice writes it once. */
  readonly support: RecordID;
  readonly came: Came;
  readonly due: DateText;
  readonly note: string;
  readonly reason: string;
  readonly phone: string;
}

/** A step in full: what to do and why, what came of it in words, another day, or why it is left out. One that has ended can still be told. */
export function LadderScreen({ step: s, view }: { readonly step: LadderStep; readonly view: PersonView }): JSX.Element {
  const { router, now } = useAround(), back = href("person", { person: personOf(s.scope) }), who = view.head.person;
  const form = useRecordForm<LadderForm>({
    key: `follow-up/${s.record.id}`,
    initial: () => ({ of: opened(s.record), also: [opened(who)], support: mint(), came: s.ended === "done" ? "reached" : s.ended === "skipped" ? "skip" : "", due: noDate,
      note: s.ended === "done" ? text(s.record, "outcome") ?? "" : "", reason: s.ended === "skipped" ? text(s.record, "outcome") ?? "" : "", phone: s.phone ?? "" }),
    check: (value) => checkedStep(s, value, dayOf(now.peek())),
    leave: () => router.back(back),
  });
  const { area, line } = fieldsOf(form), { came } = form.value;
  return (
    <Screen heading={w.ladder.todo[s.step]} back={back} below={
      <>
        <p class="name"><a href={back}>{s.person}</a></p>
        <p>{s.visit === undefined ? text(s.record, "about") : <a href={href("appointment", { record: s.visit.record.id })}>{aboutWords(s, now.value)}</a>}</p>
        <p class="tags">{s.ended === undefined ? <Due of={s} now={now.value} /> : <Tag>{called(w.values.ended, s.ended)}</Tag>}</p>
      </>
    }>
      <Banner icon="info"><p>{s.ended === undefined ? w.ladder.why[s.step] : w.ladder.lateRecord}</p></Banner>
      <Safety note={text(who, "safety_note")} />
      {s.step !== "outcome" && s.step !== "coordinator" && <ReachActs name={s.person} phone={s.phone} place={s.step === "visit" ? s.visit?.place : undefined} />}
      {s.step === "outcome" && s.visit && <Asked visit={s.visit} back={back} />}
      <RecordFormView form={form}>
        <Radios id="came" label={w.ladder.came} error={form.wrongs["came"]} value={came} onValue={(to) => form.set({ came: to })} options={options(s)} />
        {came === "later" && <DateEntry id="due" label={w.ladder.day} error={form.wrongs["due"]} value={form.value.due} onValue={(due) => form.set({ due })} quick={[1, 2, 7]} now={now.value} />}
        {came === "reached" && (s.step === "check_number" ? line("phone", w.ladder.number, w.ladder.numberHint, { type: "tel" }) : area("note", w.form.optional(w.ladder.note), w.outcome.noteHint, 2))}
        {came === "not_reached" && area("note", w.form.optional(w.ladder.note), undefined, 2)}
        {came === "skip" && <div class="stack tight">{area("reason", w.ladder.reason, w.ladder.reasonHint, 2)}<Suggestions label={w.ladder.reason} of={w.ladder.reasons} onPick={(reason) => form.set({ reason })} /></div>}
      </RecordFormView>
    </Screen>
  );
}

/** The four outcomes, and on to the day once one was said. */
function Asked({ visit, back }: { readonly visit: Visit; readonly back: string }): JSX.Element {
  const { router } = useAround(), say = useSaying();
  return (
    <section aria-labelledby="asked"><h2 id="asked"><Icon name="calendar" size={22} /> {w.outcome.ask}</h2>
      <OutcomeButtons visit={visit} onSaid={(s) => { say(w.list([w.outcome.said[s.status], w.onPhone]), []); router.back(back); }} /></section>
  );
}

function options({ step }: LadderStep): readonly { readonly value: Came; readonly label: string }[] {
  return [
    ...(step === "outcome" ? [] : [{ value: "reached" as const, label: w.ladder.reached[step] }]),
    ...(step === "outcome" || step === "coordinator" ? [] : [{ value: "not_reached" as const, label: w.ladder.notReached[step] }]),
    { value: "later", label: w.ladder.later }, { value: "skip", label: w.ladder.skip },
  ];
}

function checkedStep({ step }: LadderStep, value: LadderForm, today: string): Checked {
  const { of, also, support, came, note, reason, phone } = value, now = Date.now(), said = note.trim() === "" ? undefined : note;
  switch (came) {
    case "": return { wrongs: { came: w.ladder.cameMissing } };
    case "reached":
      if (step !== "check_number") return { edits: reached(of, step, support, now, said) };
      return phone.trim() === "" ? { wrongs: { phone: w.ladder.numberMissing } } : { edits: numberNow(also[0]!, of, phone, today, support, now) };
    case "not_reached":
      return step === "outcome" || step === "coordinator" ? { edits: [] } : { edits: skipped(of, said ?? w.ladder.outcome[step]) };
    case "later": {
      const day = readDate(value.due);
      return "wrong" in day ? { wrongs: { due: day.wrong } } : { edits: postponed(of, day.day) };
    }
    case "skip": return reason.trim() === "" ? { wrongs: { reason: w.ladder.reasonMissing } } : { edits: skipped(of, reason) };
    default: return came satisfies never;
  }
}
