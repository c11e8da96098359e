import type { JSX } from "preact";
import { msOf, personScope } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Fields, Shown } from "../../sync/record.ts";
import { useAround } from "../context.ts";
import { hoursOf } from "../dates.ts";
import { outcome } from "../edits/appointment.ts";
import { editOf, opened, unwritten } from "../edits/edit.ts";
import type { Opened } from "../edits/edit.ts";
import { Check, Chips, Radios } from "../parts/choice.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import type { Wrongs } from "../parts/form.tsx";
import { Banner, More } from "../parts/show.tsx";
import { href } from "../route.ts";
import { elements, text } from "../views/read.ts";
import type { PersonView } from "../views/views.ts";
import { dayOf } from "../views/wall.ts";
import { w } from "../words.ts";
import { elementsOf, fieldsOf, type Listed, listed, lines, ListEntry, Suggestions } from "./fields.tsx";
import { checked, type RecordForm, RecordFormView, useFormView, useRecordForm } from "./form.tsx";
import { called } from "./visit.tsx";
import { mint } from "./write.ts";

/** All about a person that is written by hand. */
interface About {
  readonly of: Opened;
  readonly name: string;
  readonly preferred_name: string;
  readonly phone: string;
  readonly confirmed: boolean;
  readonly contact_by: Listed;
  readonly safe_times: string;
  readonly safe_hours: string;
  readonly remind_before: string;
  readonly message_words: string;
  readonly safe_words: string;
  readonly safe_to_show: Listed;
  readonly language: string;
  readonly interests: string;
  readonly needs: string;
  readonly goals: string;
  readonly safety_note: string;
}

const contactBys = w.person.contactBys, safeToShows = w.person.safeToShows;

function aboutOf(of: Opened, r?: Shown): About {
  const t = (f: string): string => (r === undefined ? "" : text(r, f) ?? ""), e = (f: string): readonly string[] => (r === undefined ? [] : elements(r, f));
  return {
    of, name: t("name"), preferred_name: t("preferred_name"), phone: t("phone"), confirmed: false, contact_by: listed(e("contact_by"), contactBys), safe_times: t("safe_times"),
    safe_words: t("safe_words"), safe_hours: t("safe_hours"), remind_before: t("remind_before"), message_words: t("message_words"), safe_to_show: listed(e("safe_to_show"), safeToShows), language: t("language"), interests: e("interests").join("\n"), needs: e("needs").join("\n"),
    goals: t("goals"), safety_note: t("safety_note"),
  };
}

/** What the form says of the record. Another number has not been confirmed by anybody, unless it is said now. */
function fieldsIn(value: About, today: string): Fields {
  const { of, confirmed, contact_by, safe_to_show, interests, needs, ...texts } = value;
  const hours = hoursOf(texts.safe_hours);
  const other = texts.phone.trim() !== (of.was["phone"] ?? "");
  return {
    ...texts, ...(hours === undefined ? {} : { safe_hours: hours }), interests: lines(interests), needs: lines(needs), contact_by: elementsOf(contact_by), safe_to_show: elementsOf(safe_to_show),
    ...(confirmed && texts.phone.trim() !== "" ? { phone_confirmed_on: today } : other ? { phone_confirmed_on: null } : {}),
  };
}
const labels = { ...w.fields };

/** Hours that cannot be read, unless they stood there before. */
const hoursWrong = ({ of, safe_hours }: About): Wrongs =>
  safe_hours.trim() !== "" && safe_hours !== (of.was["safe_hours"] ?? "") && hoursOf(safe_hours) === undefined ? { safe_hours: w.reminding.hoursWrong } : {};

export function NewPerson(): JSX.Element {
  const { router, now } = useAround();
  const form = useRecordForm<About>({
    key: "people/new",
    initial: () => { const id = mint(); return aboutOf(unwritten(personScope(id), "person", id)); },
    check: (value) => checked(value.of, { ...fieldsIn(value, dayOf(now.peek())), state: "open" }, labels, hoursWrong(value)),
    said: (value) => w.person.saved(value.preferred_name.trim() || value.name.trim()),
    leave: (value) => router.go(href("person", { person: value.of.record }), "replace"),
  });
  const { line } = fieldsOf(form);
  return (
    <Screen heading={w.people.add} back={href("people")}>
      <RecordFormView form={form} save={w.person.saveNew}>
        {line("name", w.fields.name, w.person.nameHint)}
        {line("preferred_name", w.form.optional(w.fields.preferred_name), w.person.preferredHint)}
        <Phone form={form} />
        <Matters form={form} />
        <More label={w.person.addMore}><div class="form"><Safe form={form} /></div></More>
      </RecordFormView>
    </Screen>
  );
}

export function EditPerson({ person }: { readonly person: RecordID }): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useFormView("person", personScope(person))} heading={w.titles.editPerson} again={remote.refresh}>{(view) => <Edit key={person} record={view.head.person} name={view.row.name} />}</Await>;
}

function Edit({ record, name }: { readonly record: Shown; readonly name: string }): JSX.Element {
  const { router, now } = useAround(), back = href("person", { person: record.id });
  const form = useRecordForm<About>({
    key: `person/${record.id}/edit`, initial: () => aboutOf(opened(record), record), check: (value) => checked(value.of, fieldsIn(value, dayOf(now.peek())), labels, hoursWrong(value)),
    leave: () => router.back(back),
  });
  const { line } = fieldsOf(form);
  return (
    <Screen heading={name} back={back}>
      <RecordFormView form={form}>
        <Matters form={form} />
        {line("preferred_name", w.fields.preferred_name, w.person.preferredHint)}
        {line("name", w.fields.name, w.person.nameHint)}
        <Phone form={form} />
        <Safe form={form} />
      </RecordFormView>
    </Screen>
  );
}

const Phone = ({ form }: { readonly form: RecordForm<About> }): JSX.Element => (
  <div class="stack tight">
    {fieldsOf(form).line("phone", w.form.optional(w.fields.phone), w.person.phoneHint, { type: "tel" })}
    {form.value.phone.trim() !== "" && <Check id="confirmed" label={w.person.confirmedOn} checked={form.value.confirmed} onChecked={(confirmed) => form.set({ confirmed })} />}
  </div>
);

function Matters({ form }: { readonly form: RecordForm<About> }): JSX.Element {
  const { area } = fieldsOf(form);
  return (
    <>
      {area("interests", w.fields.interests, w.person.setHint, 2)}
      {area("goals", w.fields.goals)}
      {area("needs", w.fields.needs, w.person.setHint, 2)}
    </>
  );
}

function Safe({ form }: { readonly form: RecordForm<About> }): JSX.Element {
  const { line, area } = fieldsOf(form), { value, wrongs } = form;
  return (
    <>
      <ListEntry id="contact_by" label={w.fields.contact_by} known={contactBys} value={value.contact_by} error={wrongs["contact_by"]} onValue={(contact_by) => form.set({ contact_by })} />
      {line("safe_words", w.fields.safe_words, w.person.safeWordsHint)}
      {line("safe_times", w.fields.safe_times, w.person.safeTimesHint)}
      <ListEntry id="safe_to_show" label={w.fields.safe_to_show} hint={w.person.safeToShowHint} known={safeToShows} value={value.safe_to_show} error={wrongs["safe_to_show"]} onValue={(safe_to_show) => form.set({ safe_to_show })} />
      <Reminding form={form} />
      {line("language", w.fields.language, w.person.languageHint)}
      {area("safety_note", w.fields.safety_note, w.person.safetyHint)}
    </>
  );
}

/** When, how long before and in which word a message comes. */
function Reminding({ form }: { readonly form: RecordForm<About> }): JSX.Element {
  const { line } = fieldsOf(form), { remind_before: before } = form.value, known = Object.entries(w.reminding.befores);
  return (
    <>
      <div class="stack tight">
        {line("safe_hours", w.reminding.hours, w.reminding.hoursHint)}
        <Suggestions label={w.reminding.hours} of={w.reminding.hoursUsual} onPick={(safe_hours) => form.set({ safe_hours })} />
      </div>
      <Chips id="remind_before" label={w.reminding.before} hint={w.reminding.beforeHint} value={before} onValue={(remind_before) => form.set({ remind_before })}
        options={[{ value: "", label: w.reminding.usual }, ...known.map(([value, label]) => ({ value, label })),
          ...(before === "" || known.some(([value]) => value === before) ? [] : [{ value: before, label: before }])]} />
      {line("message_words", w.reminding.words, w.reminding.wordsHint)}
    </>
  );
}

export function PersonState({ person }: { readonly person: RecordID }): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useFormView("person", personScope(person))} heading={w.titles.personState} again={remote.refresh}>{(view) => <State key={person} view={view} />}</Await>;
}

interface StateForm {
  readonly of: Opened;
  /** What is booked from now on. */
  readonly also: readonly Opened[];
  readonly state: string;
  readonly cancel: boolean;
}
const ends = (state: string): boolean => state === "closed" || state === "died";

/** The state of the work with somebody. Where it ends, what is booked is cancelled along with it, if the worker says so. */
function State({ view }: { readonly view: PersonView }): JSX.Element {
  const record = view.head.person, { router, now } = useAround(), back = href("person", { person: record.id });
  const form = useRecordForm<StateForm>({
    key: `person/${record.id}/state`,
    // As many as go into one group with the state itself (PROTOCOL §5.3).
    initial: () => ({ of: opened(record), also: view.next.filter((v) => msOf(v.startsAt) > now.peek()).slice(0, 99).map((v) => opened(v.record)), state: text(record, "state") ?? "open", cancel: true }),
    check({ of, also, state, cancel }) {
      const edit = state === "open" && of.was["state"] === undefined ? undefined : editOf(of, { state });
      return { edits: [...(edit ? [edit] : []), ...(ends(state) && cancel ? also.flatMap((a) => outcome(a, "cancelled") ?? []) : [])] };
    },
    leave: () => router.back(back),
  });
  const { value } = form, booked = value.also.length;
  return (
    <Screen heading={view.row.name} back={back}>
      <RecordFormView form={form}>
        <Radios id="state" large label={w.person.state} value={value.state} onValue={(state) => form.set({ state })}
          options={(["open", "paused", "closed", "died"] as const).map((s) => ({ value: s as string, label: called(w.values.state, s), hint: w.person.states[s] }))} />
        {value.state === "closed" && <Banner icon="info"><p>{w.person.missed}</p></Banner>}
        {ends(value.state) && booked > 0 && <Check id="cancel" label={w.person.cancelBooked(booked)} checked={value.cancel} onChecked={(cancel) => form.set({ cancel })} />}
      </RecordFormView>
    </Screen>
  );
}
