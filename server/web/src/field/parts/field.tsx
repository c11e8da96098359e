import type { ComponentChildren, JSX } from "preact";
import { described, Hint, Wrong } from "./form.tsx";

interface Common {
  readonly id: string;
  readonly label: ComponentChildren;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

/** One line of text. */
export function Field({ id, label, hint, error, value, onValue, type = "text", mode, size = "", max, after }: Common & {
  readonly type?: "text" | "tel" | "password";
  readonly mode?: "numeric" | "text" | "tel" | "search";
  readonly size?: "" | "short" | "mid" | "pin" | "code";
  readonly max?: number;
  readonly after?: ComponentChildren;
}): JSX.Element {
  return (
    <div class={`field${error ? " wrong" : ""}`}>
      <label for={id}>{label}</label>
      {hint && <Hint id={id}>{hint}</Hint>}
      {error && <Wrong id={id} says={error} />}
      <input {...({ type } as { type: "text" })} class={`input ${size}`} id={id} inputMode={mode} maxLength={max} value={value} autocomplete="off"
        aria-describedby={described(id, hint, error)} aria-invalid={error ? true : undefined} onInput={(e) => onValue(e.currentTarget.value)} />
      {after}
    </div>
  );
}

/** Several lines of text; grows with what is written. */
export function Area({ id, label, hint, error, value, onValue, rows = 4, max }: Common & { readonly rows?: number; readonly max?: number }): JSX.Element {
  return (
    <div class={`field${error ? " wrong" : ""}`}>
      <label for={id}>{label}</label>
      {hint && <Hint id={id}>{hint}</Hint>}
      {error && <Wrong id={id} says={error} />}
      <textarea class="input" id={id} rows={rows} maxLength={max} value={value} autocomplete="off"
        aria-describedby={described(id, hint, error)} aria-invalid={error ? true : undefined} onInput={(e) => onValue(e.currentTarget.value)} />
    </div>
  );
}
