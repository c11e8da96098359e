import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PinFault } from "../../sync/pin.ts";
import { door as w } from "../words/door.ts";
import { described, Hint, Wrong } from "./form.tsx";

interface PinProps {
  readonly id: string;
  readonly label: string;
  /** The heading of the page says it already. */
  readonly quiet?: boolean;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

/**
 * A PIN: digits, hidden unless asked. `one-time-code` is the only value for which browsers neither offer to keep a password nor fill one in;
 * a PIN in a browser's password store would be as open as that is.
 */
export function PinField({ id, label, quiet = false, hint, error, value, onValue }: PinProps): JSX.Element {
  const [shown, show] = useState(false);
  return (
    <div class={`field${error ? " wrong" : ""}`}>
      <label for={id} class={quiet ? "unseen" : undefined}>{label}</label>
      {hint && <Hint id={id}>{hint}</Hint>}
      {error && <Wrong id={id} says={error} />}
      <div class="beside">
        <input {...({ type: shown ? "text" : "password" } as { type: "text" })} class="input pin" id={id} inputMode="numeric" pattern="[0-9]*" autocomplete="one-time-code" spellcheck={false} autoCapitalize="off"
          maxLength={32} value={value} aria-describedby={described(id, hint, error)} aria-invalid={error ? true : undefined} onInput={(e) => onValue(e.currentTarget.value.replace(/\s/g, ""))} />
        <button type="button" class="button quiet" aria-pressed={shown} aria-controls={id} onClick={() => show(!shown)}>{shown ? w.pin.hide : w.pin.show}</button>
      </div>
    </div>
  );
}

/** Why a PIN is not taken, in words. */
export const pinWords = (why: PinFault): string => w.pin.faults[why];
