import type { ComponentChildren, JSX } from "preact";
import { described, Hint, Wrong } from "./form.tsx";

export interface Option<V extends string = string> { readonly value: V; readonly label: string; readonly hint?: string }

interface Common {
  readonly id: string;
  readonly label: ComponentChildren;
  readonly large?: boolean;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly children?: ComponentChildren;
}

function Group({ id, label, large, hint, error, children }: Common): JSX.Element {
  return (
    <fieldset class={`field${error ? " wrong" : ""}`} aria-describedby={described(id, hint, error)}>
      <legend class={large ? "large" : undefined}>{label}</legend>
      {hint && <Hint id={id}>{hint}</Hint>}
      {error && <Wrong id={id} says={error} />}
      {children}
    </fieldset>
  );
}

interface One<V extends string> extends Common {
  readonly options: readonly Option<V>[];
  readonly value: V | undefined;
  readonly onValue: (value: V) => void;
}

/** One of a few, one below the other. The first input has the group's id, so that an error can lead to it. */
export function Radios<V extends string>({ options, value, onValue, ...group }: One<V>): JSX.Element {
  return (
    <Group {...group}>
      <div class="choices">
        {options.map((o, i) => (
          <label class="choice" key={o.value}>
            <input type="radio" id={i === 0 ? group.id : undefined} name={group.id} value={o.value} checked={o.value === value} onChange={() => onValue(o.value)} />
            <span>{o.label}</span>{o.hint && <small>{o.hint}</small>}
          </label>
        ))}
      </div>
    </Group>
  );
}

/** One of a few short ones, side by side. */
export function Chips<V extends string>({ options, value, onValue, ...group }: One<V>): JSX.Element {
  return (
    <Group {...group}>
      <div class="chips">
        {options.map((o, i) => (
          <label class="chip" key={o.value}>
            <input type="radio" id={i === 0 ? group.id : undefined} name={group.id} value={o.value} checked={o.value === value} onChange={() => onValue(o.value)} />
            <span>{o.label}</span>
          </label>
        ))}
      </div>
    </Group>
  );
}

interface Many<V extends string> extends Common {
  readonly options: readonly Option<V>[];
  readonly values: readonly V[];
  readonly onValues: (values: readonly V[]) => void;
}
const toggled = <V,>(values: readonly V[], v: V): readonly V[] => values.includes(v) ? values.filter((x) => x !== v) : [...values, v];

/** Any of a few, one below the other. */
export function Checks<V extends string>({ options, values, onValues, ...group }: Many<V>): JSX.Element {
  return (
    <Group {...group}>
      <div class="choices">
        {options.map((o, i) => (
          <label class="choice" key={o.value}>
            <input type="checkbox" id={i === 0 ? group.id : undefined} name={group.id} value={o.value} checked={values.includes(o.value)} onChange={() => onValues(toggled(values, o.value))} />
            <span>{o.label}</span>{o.hint && <small>{o.hint}</small>}
          </label>
        ))}
      </div>
    </Group>
  );
}

/** Any of a few short ones, side by side. */
export function CheckChips<V extends string>({ options, values, onValues, ...group }: Many<V>): JSX.Element {
  return (
    <Group {...group}>
      <div class="chips">
        {options.map((o, i) => (
          <label class="chip" key={o.value}>
            <input type="checkbox" id={i === 0 ? group.id : undefined} name={group.id} value={o.value} checked={values.includes(o.value)} onChange={() => onValues(toggled(values, o.value))} />
            <span>{o.label}</span>
          </label>
        ))}
      </div>
    </Group>
  );
}

/** Yes or not, alone. */
export function Check({ id, label, hint, error, checked, onChecked }: {
  readonly id: string; readonly label: ComponentChildren; readonly hint?: string; readonly error?: string | undefined; readonly checked: boolean; readonly onChecked: (checked: boolean) => void;
}): JSX.Element {
  return (
    <div class={`field${error ? " wrong" : ""}`}>
      {error && <Wrong id={id} says={error} />}
      <label class="choice">
        <input type="checkbox" id={id} checked={checked} aria-describedby={described(id, undefined, error)} onChange={(e) => onChecked(e.currentTarget.checked)} />
        <span>{label}</span>{hint && <small>{hint}</small>}
      </label>
    </div>
  );
}
