import type { JSX } from "preact";
import { instant, msOf, personOf, personScope } from "../../sync/ids.ts";
import type { RecordID, Scope } from "../../sync/ids.ts";
import type { Fields, Shown } from "../../sync/record.ts";
import { useAround, useView } from "../context.ts";
import { type DateText, dateText, readDate, readTime } from "../dates.ts";
import { slotOf } from "../edits/appointment.ts";
import { opened, unwritten } from "../edits/edit.ts";
import type { Opened } from "../edits/edit.ts";
import { ButtonLink } from "../parts/button.tsx";
import { Chips } from "../parts/choice.tsx";
import { Area } from "../parts/field.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { Empty, More } from "../parts/show.tsx";
import { DateEntry, TimeEntry } from "../parts/when.tsx";
import { href } from "../route.ts";
import { count, moment, text } from "../views/read.ts";
import type { PersonRow } from "../views/views.ts";
import { clockOf, dayOf, instantOf, isDay } from "../views/wall.ts";
import { w } from "../words.ts";
import { fieldsOf, Length } from "./fields.tsx";
import { checked, RecordFormView, useFormView, useRecordForm } from "./form.tsx";
import { Removal } from "./removal.tsx";
import { called } from "./visit.tsx";
import { mint } from "./write.ts";

interface SupportForm {
  readonly record: RecordID;
  /** What an edit is of; a new one's scope is known when somebody was chosen. */
  readonly of?: Opened;
  readonly who: Scope | "";
  readonly what: string;
  readonly minutes: string;
  readonly note: string;
  /** When the form was opened, or what the record says: it stands to the second as long as day and time are left alone. */
  readonly at: number;
  readonly day: DateText;
  readonly time: string;
  readonly formal: "yes" | "no";
  readonly with: string;
  readonly place: string;
  readonly appointment?: RecordID;
}

const kinds = ["visit", "accompanied", "call", "message", "advocacy", "transport", "paperwork", "signposting", "other"] as const;

const blank = (who: Scope | "", at: number): SupportForm =>
  ({ record: mint(), who, what: "", minutes: "", note: "", at, day: dateText(dayOf(at)), time: clockOf(at), formal: "yes", with: "", place: "" });

function supportOf(r: Shown): SupportForm {
  const at = moment(r, "at") ?? msOf(r.at), minutes = count(r, "minutes");
  return { record: r.id, of: opened(r), who: r.scope, what: text(r, "what") ?? "", minutes: minutes === undefined ? "" : String(minutes), note: text(r, "note") ?? "", at,
    day: dateText(dayOf(at)), time: clockOf(at), formal: r.fields["formal"] === false ? "no" : "yes", with: text(r, "with") ?? "", place: text(r, "place") ?? "" };
}

/** What was done at an appointment, as far as it says so itself. */
function afterVisit(a: Shown, now: number): SupportForm {
  const slot = slotOf(a.fields), start = moment(a, "starts_at");
  return { ...blank(a.scope, start !== undefined && start < now ? start : now), what: a.fields["accompany"] === true ? "accompanied" : "", minutes: slot?.minutes === undefined ? "" : String(slot.minutes),
    with: text(a, "with") ?? "", place: text(a, "place") ?? "", appointment: a.id };
}

/** From the tabs: who it was likely with is chosen already. */
export function Support(): JSX.Element {
  const { remote, now } = useAround();
  const people = useView("people");
  return (
    <Await seen={useView("today")} heading={w.support.heading} again={remote.refresh}>
      {(view) => view.likely.length === 0 && people.kind === "here" && people.value.rows.length === 0 ? <Nobody /> : <Writing draft="support" heading={w.support.heading} back={href("today")} likely={view.likely} all={people.kind === "here" ? people.value.rows : view.likely}
        initial={() => blank(view.likely[0]?.scope ?? "", now.peek())} />}
    </Await>
  );
}
const Nobody = (): JSX.Element => (
  <Screen heading={w.support.heading}><Empty icon="people" title={w.people.none.title}><p>{w.support.nobody}</p><ButtonLink look="primary" icon="plus" href={href("newPerson")}>{w.people.add}</ButtonLink></Empty></Screen>
);
export function SupportWith({ person }: { readonly person: RecordID }): JSX.Element {
  const { remote, now } = useAround();
  return (
    <Await seen={useFormView("person", personScope(person))} heading={w.support.heading} again={remote.refresh}>
      {(view) => <Writing key={person} draft={`person/${person}/support`} heading={w.support.of(view.row.name)} back={href("person", { person })} name={view.row.name} initial={() => blank(view.head.scope, now.peek())} />}
    </Await>
  );
}
export function SupportAfter({ record }: { readonly record: RecordID }): JSX.Element {
  const { remote, now } = useAround();
  return (
    <Await seen={useFormView("record", record)} heading={w.support.heading} again={remote.refresh}>
      {(view) => <Writing key={record} draft={`appointment/${record}/support`} heading={w.support.of(view.person)} back={href("today")} name={view.person} initial={() => afterVisit(view.record, now.peek())} />}
    </Await>
  );
}
export function EditSupport({ record }: { readonly record: RecordID }): JSX.Element {
  const { remote } = useAround();
  return (
    <Await seen={useFormView("record", record)} heading={w.titles.editSupport} again={remote.refresh}>
      {(view) => <Writing key={record} draft={`support/${record}`} heading={w.support.of(view.person)} back={href("person", { person: personOf(view.record.scope) })} name={view.person} written={view.record} initial={() => supportOf(view.record)} />}
    </Await>
  );
}

function Writing({ draft, heading, back, initial, name, likely, all = [], written }: {
  readonly draft: string; readonly heading: string; readonly back: string; readonly initial: () => SupportForm;
  /** The person, where that is settled; else those it is likely with, and everybody. */
  readonly name?: string; readonly likely?: readonly PersonRow[]; readonly all?: readonly PersonRow[]; readonly written?: Shown;
}): JSX.Element {
  const { router, now } = useAround();
  const nameOf = (who: string): string => name ?? all.find((r) => r.scope === who)?.name ?? "";
  const form = useRecordForm<SupportForm>({
    key: draft, initial, check,
    said: (value) => (value.of ? w.form.saved : w.support.saved(called(w.values.what, value.what), nameOf(value.who))),
    leave: () => router.back(back),
  });
  const { line } = fieldsOf(form), { value, wrongs } = form;
  const who = nameOf(value.who);
  return (
    <Screen heading={heading} back={back}>
      <RecordFormView form={form} near={!written} save={written || who === "" ? w.support.save : w.support.saveFor(who)}
        after={written && <Removal of={opened(written)} ask={w.support.deleteAsk} hint={w.support.deleteHint} back={back} />}>
        {likely && <Who likely={likely} all={all} value={value.who} error={wrongs["who"]} onValue={(to) => form.set({ who: to })} />}
        <Chips id="what" label={w.support.what} error={wrongs["what"]} value={value.what} onValue={(what) => form.set({ what })}
          options={[...kinds, ...(value.what === "" || kinds.some((k) => k === value.what) ? [] : [value.what])].map((k) => ({ value: k as string, label: called(w.values.what, k) }))} />
        <Length label={w.support.minutes} value={value.minutes} onValue={(minutes) => form.set({ minutes })} error={wrongs["minutes"]} />
        <Area id="note" label={w.support.note} hint={w.support.noteHint} error={wrongs["note"]} value={value.note} onValue={(note) => form.set({ note })} rows={3} />
        <More label={w.support.more}>
          <div class="form">
            <DateEntry id="day" label={w.support.day} error={wrongs["day"]} value={value.day} onValue={(day) => form.set({ day })} quick={[0, -1]} now={now.value} />
            <TimeEntry id="time" label={w.support.time} error={wrongs["time"]} value={value.time} onValue={(time) => form.set({ time })} />
            {line("place", w.fields.place)}
            {line("with", w.plan.with)}
            <Chips id="formal" label={w.support.formal} value={value.formal} onValue={(formal) => form.set({ formal })}
              options={[{ value: "yes", label: w.support.formalYes }, { value: "no", label: w.support.formalNo }]} />
          </div>
        </More>
      </RecordFormView>
    </Screen>
  );
}

function check(value: SupportForm): ReturnType<typeof checked> {
  const day = readDate(value.day), clock = readTime(value.time);
  const typed = "day" in day && isDay(day.day) && clock !== undefined ? instantOf(day.day, clock) : undefined;
  const same = "day" in day && day.day === dayOf(value.at) && clock === clockOf(value.at);
  const at = same ? instant(value.at) : typed ?? null;
  const fields: Fields = { what: value.what, at, minutes: value.minutes === "" ? null : Number(value.minutes), note: value.note, place: value.place, with: value.with,
    formal: value.formal === "yes" ? value.of && value.of.was["formal"] === undefined ? null : true : false, ...(value.appointment === undefined ? {} : { appointment: value.appointment }) };
  const of = value.of ?? unwritten(value.who as Scope, "support", value.record);
  return checked(of, fields, { note: w.support.note, place: w.fields.place, with: w.plan.with, minutes: w.support.minutes }, {
    ...(value.who === "" ? { who: w.support.missingWho } : {}), ...(value.what === "" ? { what: w.support.missingWhat } : {}),
    ...(at === null ? { at: "" } : {}), ...("wrong" in day ? { day: day.wrong } : {}), ...(clock === undefined ? { time: value.time.trim() === "" ? w.time.missing : w.time.impossible } : {}),
  });
}

/** Who it was with: the likely ones to tap, all others by a list of the phone's own. */
function Who({ likely, all, value, error, onValue }: {
  readonly likely: readonly PersonRow[]; readonly all: readonly PersonRow[]; readonly value: Scope | ""; readonly error: string | undefined; readonly onValue: (who: Scope | "") => void;
}): JSX.Element {
  const few = likely.slice(0, 3);
  const chosen = all.find((r) => r.scope === value);
  const shown = chosen === undefined || few.some((r) => r.scope === value) ? few : [chosen, ...few.slice(0, 2)];
  const label = (r: PersonRow): string => (r.fullName !== undefined && shown.filter((o) => o.name === r.name).length > 1 ? `${r.name} (${r.fullName})` : r.name);
  return (
    <div class="stack tight">
      <Chips id="who" label={w.support.who} error={error} value={value} onValue={onValue} options={shown.map((r) => ({ value: r.scope, label: label(r) }))} />
      <label class="else" for="somebody-else"><span>{w.support.somebodyElse}</span>
        <select class="input" id="somebody-else" value="" onChange={(e) => onValue(e.currentTarget.value as Scope)}>
          <option value="">{w.support.choose}</option>
          {all.filter((r) => !shown.some((s) => s.scope === r.scope)).map((r) => <option key={r.scope} value={r.scope}>{r.fullName === undefined ? r.name : `${r.name} (${r.fullName})`}</option>)}
        </select>
      </label>
    </div>
  );
}
