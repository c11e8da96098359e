import type { JSX } from "preact";
import { msOf, personOf, personScope } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Fields, Shown } from "../../sync/record.ts";
import { useAround, useView } from "../context.ts";
import { dates, dateText } from "../dates.ts";
import { maxWeeks, moved, outcome, planned, slotOf, timesOf, weekly } from "../edits/appointment.ts";
import type { Slot } from "../edits/appointment.ts";
import { pickedSlot } from "../edits/answer.ts";
import { opened, putBack, unwritten } from "../edits/edit.ts";
import type { Opened } from "../edits/edit.ts";
import { Button } from "../parts/button.tsx";
import { Check } from "../parts/choice.tsx";
import { Field } from "../parts/field.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { Banner, More } from "../parts/show.tsx";
import { href } from "../route.ts";
import { wantsSomething } from "../views/answer.ts";
import { text } from "../views/read.ts";
import type { PersonView, Visit } from "../views/views.ts";
import { endOf, isOpen } from "../views/visit.ts";
import { w } from "../words.ts";
import { fieldsOf, noWhen, readWhen, Suggestions, type When, WhenEntry, whenOf } from "./fields.tsx";
import { type Checked, checked, type RecordForm, RecordFormView, useFormView, useRecordForm } from "./form.tsx";
import { mint, useSaying, useWriting } from "./write.ts";

interface Details {
  readonly title: string;
  readonly place: string;
  readonly with: string;
  readonly service: string;
  readonly accompany: boolean;
  readonly travel: string;
}
interface PlanForm extends When, Details {
  /** They are all new. */
  readonly of?: undefined;
  /** One id for each week, so that saving twice plans nothing twice. */
  readonly records: readonly RecordID[];
  readonly weekly: boolean;
  readonly times: string;
}

const noDetails: Details = { title: "", place: "", with: "", service: "", accompany: false, travel: "" };
const detailsOf = (r: Shown): Details => {
  const t = (f: string): string => text(r, f) ?? "";
  return { title: t("title"), place: t("place"), with: t("with"), service: t("service"), accompany: r.fields["accompany"] === true, travel: t("travel") };
};
const labels = { title: w.plan.title, place: w.plan.place, with: w.plan.with, service: w.plan.service, travel: w.plan.travel };
const atWork = ["09:30", "10:00", "11:00", "13:00", "14:00", "15:00"];

/** What the details come to. What a box leaves unsaid is not written, and words of a later version in it stay. */
const fieldsIn = ({ title, place, with: others, service, accompany, travel }: Details, was: Fields): Fields =>
  ({ title, place, with: others, service, travel, accompany: accompany ? true : was["accompany"] === true ? false : was["accompany"] ?? null });

export function NewAppointment({ person }: { readonly person: RecordID }): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useFormView("person", personScope(person))} heading={w.titles.newAppointment} again={remote.refresh}>{(view) => <Plan key={person} view={view} />}</Await>;
}

function Plan({ view }: { readonly view: PersonView }): JSX.Element {
  const { router } = useAround(), scope = view.head.scope, person = personOf(scope);
  const form = useRecordForm<PlanForm>({
    key: `person/${person}/appointment`,
    initial: () => ({ ...noWhen, ...noDetails, records: Array.from({ length: maxWeeks }, mint), weekly: false, times: "" }),
    check(value): Checked {
      const when = readWhen(value), weeks = weeksOf(value);
      const slot = "slot" in when ? when.slot : undefined;
      const first = checked(unwritten(scope, "appointment", value.records[0]!), { ...fieldsIn(value, {}), status: "planned", ...(slot ? timesOf(slot) : { starts_at: null }) }, labels,
        { starts_at: "", ...("wrongs" in when ? when.wrongs : {}), ...(weeks === undefined ? { times: w.plan.wrongTimes } : {}) });
      if ("wrongs" in first || slot === undefined) return first;
      let n = 0;
      return { edits: planned(scope, weekly(slot, weeks ?? 1), fieldsIn(value, {}), () => value.records[n++]!) };
    },
    said: (_, edits) => (edits.length > 1 ? w.plan.savedMany(edits.length) : w.form.saved),
    leave: () => router.back(href("person", { person })),
  });
  const { value } = form;
  const weeks = weeksOf(value);
  return (
    <Screen heading={w.plan.new(view.row.name)} back={href("person", { person })}>
      <RecordFormView form={form} save={weeks !== undefined && weeks > 1 ? w.plan.saveMany(weeks) : w.plan.save}>
        <Title form={form} view={view} />
        <Timing form={form} but={undefined} />
        <Weekly form={form} />
        <Where form={form} />
      </RecordFormView>
    </Screen>
  );
}

/** How many appointments it comes to; undefined where that cannot be read. */
function weeksOf({ weekly: repeated, times }: PlanForm): number | undefined {
  if (!repeated) return 1;
  const n = Number(times.trim());
  return /^\d{1,2}$/.test(times.trim()) && n >= 2 && n <= maxWeeks ? n : undefined;
}

function Weekly({ form }: { readonly form: RecordForm<PlanForm> }): JSX.Element {
  const { value, wrongs } = form, when = readWhen(value), weeks = weeksOf(value);
  const last = value.weekly && weeks !== undefined && "slot" in when ? weekly(when.slot, weeks).at(-1) : undefined;
  return (
    <div class="stack tight">
      <Check id="weekly" label={w.plan.weekly} checked={value.weekly} onChecked={(on) => form.set({ weekly: on, times: on && value.times === "" ? "4" : value.times })} />
      {value.weekly && <Field id="times" label={w.plan.times} hint={w.plan.timesHint} mode="numeric" size="short" max={2} value={value.times} error={wrongs["times"]} onValue={(times) => form.set({ times })} />}
      {last && <p class="soft" role="status">{w.plan.last(dates.fullDate(last.day))}</p>}
    </div>
  );
}

/** What it is: as it was called before, with the place and people that went with it, or one of the usual. */
function Title({ form, view }: { readonly form: RecordForm<PlanForm>; readonly view: PersonView }): JSX.Element {
  const before = new Map<string, Shown>();
  for (const r of [...view.next.map((v) => v.record), ...view.timeline.map((t) => t.record)]) {
    const title = r.kind === "appointment" ? text(r, "title") : undefined;
    if (title !== undefined && !before.has(title) && before.size < 4) before.set(title, r);
  }
  const usual = w.plan.titles.filter((t) => !before.has(t)).slice(0, Math.max(2, 5 - before.size));
  const pick = (title: string): void => {
    const was = before.get(title), { value } = form;
    if (was === undefined) { form.set({ title }); return; }
    const d = detailsOf(was), slot = slotOf(was.fields);
    form.set({ title, place: value.place || d.place, with: value.with || d.with, service: value.service || d.service, accompany: value.accompany || d.accompany,
      travel: value.travel || d.travel, minutes: value.minutes || String(slot?.minutes ?? "") });
  };
  return <div class="stack tight">{fieldsOf(form).line("title", w.plan.title)}<Suggestions label={w.plan.title} of={[...before.keys(), ...usual]} onPick={pick} /></div>;
}

/** When, and a word where that is odd: it has passed, or something else is booked then. */
function Timing<T extends When>({ form, but }: { readonly form: RecordForm<T>; readonly but: RecordID | undefined }): JSX.Element {
  const { now } = useAround(), today = useView("today");
  const when = readWhen(form.value);
  const clash = "slot" in when && today.kind === "here" ? clashing(when.slot, [...today.value.today, ...today.value.ahead.flatMap((d) => d.visits)], but) : undefined;
  return (
    <>
      <WhenEntry form={form} now={now.value} times={atWork} />
      <div role="status" class="stack tight">
        {"slot" in when && msOf(timesOf(when.slot).starts_at) < now.value && <Banner icon="info"><p>{w.plan.past}</p></Banner>}
        {clash && <Banner tone="wait" icon="clock"><p>{w.plan.clash(`${dates.time(clash.startsAt)} ${clash.person}, ${clash.title}`)}</p></Banner>}
      </div>
    </>
  );
}

/** What is open already at a time. */
export function clashing(slot: Slot, visits: readonly Visit[], but: RecordID | undefined): Visit | undefined {
  const { starts_at, ends_at } = timesOf(slot), start = msOf(starts_at), end = ends_at === null ? start + 1 : msOf(ends_at);
  return visits.find((v) => v.record.id !== but && isOpen(v.record) && msOf(v.startsAt) < end && endOf(v.record) > start);
}

function Where<T extends Details>({ form }: { readonly form: RecordForm<T> }): JSX.Element {
  const { line } = fieldsOf(form as unknown as RecordForm<Details>);
  return (
    <>
      {line("place", w.form.optional(w.plan.place), w.plan.placeHint)}
      {line("with", w.form.optional(w.plan.with), w.plan.withHint)}
      <Check id="accompany" label={w.plan.accompany} checked={form.value.accompany} onChecked={(accompany) => form.set({ accompany } as Partial<T>)} />
      <More label={w.plan.more}><div class="form">{line("travel", w.plan.travel)}{line("service", w.plan.service)}</div></More>
    </>
  );
}

interface EditForm extends When, Details { readonly of: Opened }

export function EditAppointment({ record }: { readonly record: RecordID }): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useFormView("record", record)} heading={w.titles.editAppointment} again={remote.refresh}>{(view) => <Edit key={record} record={view.record} name={view.person} />}</Await>;
}

function Edit({ record, name }: { readonly record: Shown; readonly name: string }): JSX.Element {
  const { router, now } = useAround(), back = href("appointment", { record: record.id });
  const form = useRecordForm<EditForm>({
    key: `appointment/${record.id}/edit`, initial: () => ({ of: opened(record), ...whenOf(slotOf(record.fields)), ...detailsOf(record) }),
    check(value) {
      const when = readWhen(value);
      const found = checked(value.of, { ...fieldsIn(value, value.of.was), ...("slot" in when ? timesOf(when.slot) : {}) }, labels, "wrongs" in when ? when.wrongs : {});
      // Another time is a move, with what goes along with one.
      const shift = "slot" in when ? moved(value.of, when.slot, now.peek()) : undefined;
      return "edits" in found ? { edits: found.edits.map((e) => (shift ? { ...e, set: { ...e.set, ...shift.set } } : e)) } : found;
    },
    leave: () => router.back(back),
  });
  return (
    <Screen heading={w.plan.edit(name)} back={back}>
      <RecordFormView form={form}>
        {fieldsOf(form).line("title", w.plan.title)}
        <Timing form={form} but={record.id} />
        <Where form={form} />
      </RecordFormView>
    </Screen>
  );
}

interface MoveForm extends When { readonly of: Opened }

export function MoveAppointment({ record }: { readonly record: RecordID }): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useFormView("record", record)} heading={w.titles.moveAppointment} again={remote.refresh}>{(view) => <Move key={record} record={view.record} name={view.person} />}</Await>;
}

/** Another time. If nobody knows it yet, that it was moved is said all the same. */
function Move({ record, name }: { readonly record: Shown; readonly name: string }): JSX.Element {
  const { router, now } = useAround(), say = useSaying(), writing = useWriting(), back = href("appointment", { record: record.id });
  const was = slotOf(record.fields), picked = wantsSomething(record) ? pickedSlot(opened(record)) : undefined;
  const form = useRecordForm<MoveForm>({
    key: `appointment/${record.id}/move`,
    initial: () => ({ of: opened(record), ...noWhen, ...(picked === undefined ? {} : { day: dateText(picked.day) }), time: picked?.clock ?? was?.clock ?? "", minutes: was?.minutes === undefined ? "" : String(was.minutes) }),
    check(value) {
      const when = readWhen(value);
      if ("wrongs" in when) return { wrongs: when.wrongs };
      const edit = moved(value.of, when.slot, now.peek());
      return { edits: edit ? [edit] : [] };
    },
    leave: () => router.back(back),
  });
  const untimed = (): void => {
    const of = form.value.of, edit = outcome(of, "moved");
    writing.write(edit ? [edit] : []).then(async (saved) => {
      if (!saved) return;
      await form.draft.drop();
      say(w.outcome.moved, [putBack(of, "status", "missed_reason")]);
      router.back(back);
    }, () => undefined);
  };
  return (
    <Screen heading={w.plan.move(name)} back={back} below={<p>{text(record, "title")}{was && <> · {w.plan.was(dates.moment(timesOf(was).starts_at, now.peek()))}</>}</p>}>
      <RecordFormView form={form} save={w.plan.saveMove} after={
        <><Button look="quiet" wide busy={writing.busy.value} onClick={untimed}>{w.plan.noTime}</Button>{writing.trouble.value && <p class="error" role="alert">{writing.trouble.value}</p>}</>
      }>
        <Timing form={form} but={record.id} />
      </RecordFormView>
    </Screen>
  );
}
