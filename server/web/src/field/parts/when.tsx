import type { ComponentChildren, JSX } from "preact";
import { type DateText, dates, dateText } from "../dates.ts";
import { dayOf, plusDays } from "../views/wall.ts";
import { w } from "../words.ts";
import { described, Hint, Wrong } from "./form.tsx";

interface DateProps {
  readonly id: string;
  readonly label: ComponentChildren;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly value: DateText;
  readonly onValue: (value: DateText) => void;
  /** Days to choose with one tap, in days from today: [0, 1, 7]. */
  readonly quick?: readonly number[];
  readonly now: number;
}

const same = (a: DateText, b: DateText): boolean => a.day === b.day && a.month === b.month && a.year === b.year;

/** A date in three fields, as GOV.UK has it, and above them the likely days to tap. `readDate` reads it. */
export function DateEntry({ id, label, hint, error, value, onValue, quick = [], now }: DateProps): JSX.Element {
  const part = (key: keyof DateText, name: string, size: string, max: number, partId: string) => (
    <label>
      {name}
      <input class={`input ${size}`} id={partId} inputMode="numeric" autocomplete="off" maxLength={max} value={value[key]} aria-invalid={error ? true : undefined}
        onInput={(e) => onValue({ ...value, [key]: e.currentTarget.value })} />
    </label>
  );
  const today = dayOf(now);
  return (
    <fieldset class={`field${error ? " wrong" : ""}`} aria-describedby={described(id, hint, error)}>
      <legend>{label}</legend>
      {hint && <Hint id={id}>{hint}</Hint>}
      {error && <Wrong id={id} says={error} />}
      {quick.length > 0 && (
        <div class="chips">
          {quick.map((n) => {
            const day = plusDays(today, n), text = dateText(day);
            return <button key={n} type="button" class="chip" aria-pressed={same(text, value)} onClick={() => onValue(text)}>{dates.dayName(day, now)}</button>;
          })}
        </div>
      )}
      <div class="parts">
        {part("day", w.date.day, "short", 2, id)}
        {part("month", w.date.month, "short", 12, `${id}-month`)}
        {part("year", w.date.year, "mid", 4, `${id}-year`)}
      </div>
    </fieldset>
  );
}

interface TimeProps {
  readonly id: string;
  readonly label: ComponentChildren;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly value: string;
  readonly onValue: (value: string) => void;
  /** Times to choose with one tap: ["09:30", "10:00"]. */
  readonly quick?: readonly string[];
}

/** A time of day as people write it; `readTime` reads it. */
export function TimeEntry({ id, label, hint = w.time.hint, error, value, onValue, quick = [] }: TimeProps): JSX.Element {
  return (
    <div class={`field${error ? " wrong" : ""}`}>
      <label for={id}>{label}</label>
      <Hint id={id}>{hint}</Hint>
      {error && <Wrong id={id} says={error} />}
      {quick.length > 0 && (
        <div class="chips">
          {quick.map((t) => <button key={t} type="button" class="chip num" aria-pressed={t === value} onClick={() => onValue(t)}>{t}</button>)}
        </div>
      )}
      <input class="input mid num" id={id} inputMode="text" autocomplete="off" maxLength={8} value={value} aria-describedby={described(id, hint, error)} aria-invalid={error ? true : undefined}
        onInput={(e) => onValue(e.currentTarget.value)} />
    </div>
  );
}
