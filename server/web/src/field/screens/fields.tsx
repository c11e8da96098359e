import type { ComponentChildren, JSX } from "preact";
import { type DateText, dateText, noDate, readDate, readTime } from "../dates.ts";
import type { Slot } from "../edits/appointment.ts";
import { Chips, CheckChips } from "../parts/choice.tsx";
import { Area, Field } from "../parts/field.tsx";
import type { Wrongs } from "../parts/form.tsx";
import { DateEntry, TimeEntry } from "../parts/when.tsx";
import { isDay } from "../views/wall.ts";
import { w } from "../words.ts";
import type { RecordForm } from "./form.tsx";

type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? K : never }[keyof T] & string;

/** The fields of a form, bound to its state: each is called by its name, which is also its id and that of what is wrong with it. */
export function fieldsOf<T extends object>(form: RecordForm<T>) {
  const { value, wrongs } = form;
  const common = (name: Texts<T>, label: string, hint?: string) => ({
    id: name, label, value: value[name] as string, error: wrongs[name], onValue: (v: string) => form.set({ [name]: v } as Partial<T>),
    ...(hint === undefined ? {} : { hint }),
  });
  return {
    line: (name: Texts<T>, label: string, hint?: string, more: { readonly type?: "text" | "tel"; readonly after?: ComponentChildren } = {}): JSX.Element =>
      <Field {...common(name, label, hint)} {...more} />,
    area: (name: Texts<T>, label: string, hint?: string, rows = 3): JSX.Element => <Area {...common(name, label, hint)} rows={rows} />,
  };
}

/** Words to tap instead of writing them: what is tapped takes the field's place. */
export const Suggestions = ({ label, of, onPick }: { readonly label: string; readonly of: readonly string[]; readonly onPick: (text: string) => void }): JSX.Element | null =>
  of.length === 0 ? null : (
    <div class="chips" role="group" aria-label={label}>
      {of.map((t) => <button key={t} type="button" class="chip" onClick={() => onPick(t)}>{t}</button>)}
    </div>
  );

/** How long it takes, in minutes as text; empty where nobody has said. */
export function Length({ id = "minutes", label, value, onValue, error }: {
  readonly id?: string; readonly label: string; readonly value: string; readonly onValue: (value: string) => void; readonly error?: string | undefined;
}): JSX.Element {
  const usual = ["15", "30", "45", "60", "90", "120"];
  const all = value === "" || usual.includes(value) ? usual : [...usual, value].sort((a, b) => Number(a) - Number(b));
  return <Chips id={id} label={label} error={error} value={value} onValue={onValue}
    options={[...all.map((m) => ({ value: m, label: w.plan.short(Number(m)) })), { value: "", label: w.plan.lengthNone }]} />;
}

/** A set of texts: those that are known as chips, all else one on each line. */
export interface Listed { readonly known: readonly string[]; readonly others: string }
export const listed = (elements: readonly string[], known: readonly string[]): Listed =>
  ({ known: elements.filter((e) => known.includes(e)), others: elements.filter((e) => !known.includes(e)).join("\n") });
export const elementsOf = ({ known, others }: Listed): readonly string[] => [...known, ...lines(others)];
export const lines = (text: string): readonly string[] => text.split("\n").map((l) => l.trim()).filter((l) => l !== "");

export function ListEntry({ id, label, hint, error, known, value, onValue }: {
  readonly id: string; readonly label: string; readonly hint?: string; readonly error?: string | undefined; readonly known: readonly string[];
  readonly value: Listed; readonly onValue: (value: Listed) => void;
}): JSX.Element {
  return (
    <div class="stack tight">
      <CheckChips id={`${id}-known`} label={label} hint={hint} options={known.map((v) => ({ value: v, label: v }))} values={value.known}
        onValues={(k) => onValue({ ...value, known: k })} />
      <Area id={id} label={<span class="quiet-label">{w.person.elseHint}</span>} value={value.others} rows={1} error={error} onValue={(others) => onValue({ ...value, others })} />
    </div>
  );
}

/** Day, time and length of an appointment as they are typed. */
export interface When { readonly day: DateText; readonly time: string; readonly minutes: string }
export const noWhen: When = { day: noDate, time: "", minutes: "" };
export const whenOf = (slot: Slot | undefined): When =>
  slot === undefined ? noWhen : { day: dateText(slot.day), time: slot.clock, minutes: slot.minutes === undefined ? "" : String(slot.minutes) };

export type ReadWhen = { readonly slot: Slot } | { readonly wrongs: Wrongs };
export function readWhen({ day, time, minutes }: When): ReadWhen {
  const d = readDate(day), t = readTime(time);
  const wrongs = { ...("wrong" in d ? { day: d.wrong } : {}), ...(t === undefined ? { time: time.trim() === "" ? w.time.missing : w.time.impossible } : {}) };
  if ("wrong" in d || t === undefined || !isDay(d.day)) return { wrongs };
  return { slot: { day: d.day, clock: t, ...(minutes === "" ? {} : { minutes: Number(minutes) }) } };
}

export function WhenEntry<T extends When>({ form, now, quick = [0, 1, 7], times = [] }: {
  readonly form: RecordForm<T>; readonly now: number; readonly quick?: readonly number[]; readonly times?: readonly string[];
}): JSX.Element {
  const set = (part: Partial<When>): void => form.set(part as Partial<T>);
  return (
    <>
      <DateEntry id="day" label={w.plan.day} error={form.wrongs["day"]} value={form.value.day} onValue={(day) => set({ day })} quick={quick} now={now} />
      <TimeEntry id="time" label={w.plan.time} error={form.wrongs["time"]} value={form.value.time} onValue={(time) => set({ time })} quick={times} />
      <Length label={w.plan.length} value={form.value.minutes} onValue={(minutes) => set({ minutes })} error={form.wrongs["ends_at"]} />
    </>
  );
}

/** A day that may be left out, as typed. */
export const readDay = (text: DateText): { readonly day: string | null } | { readonly wrong: string } => {
  if (text.day.trim() === "" && text.month.trim() === "" && text.year.trim() === "") return { day: null };
  return readDate(text);
};
export const dayText = (day: string | undefined): DateText => (day !== undefined && isDay(day) ? dateText(day) : noDate);
