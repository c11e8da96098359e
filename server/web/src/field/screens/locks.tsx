import type { JSX } from "preact";
import { lockChoices, type GuardSettings } from "../../sync/guard.ts";
import type { PhoneState } from "../../sync/phone.ts";
import { useAround } from "../context.ts";
import { Chips } from "../parts/choice.tsx";
import { Screen } from "../parts/screen.tsx";
import { href } from "../route.ts";
import { w } from "../words.ts";

/** When the phone locks by itself: each choice counts as soon as it is made. */
export function Locks({ state }: { readonly state: Extract<PhoneState, { kind: "open" }> }): JSX.Element {
  const { remote, say } = useAround();
  const choose = (part: Partial<GuardSettings>): void => {
    remote.port.lockAfter({ ...state.locks, ...part }).then(() => say(w.locks.saved), () => say(w.failed.title));
  };
  const chips = (part: keyof GuardSettings): JSX.Element => (
    <Chips id={part} label={w.locks[part]} value={String(state.locks[part])} onValue={(ms) => choose({ [part]: Number(ms) })}
      options={lockChoices[part].map((ms) => ({ value: String(ms), label: w.locks.after(ms / 60_000) }))} />
  );
  return (
    <Screen heading={w.titles.locks} below={<p>{w.locks.text}</p>} back={href("more")}>
      <div class="form">{chips("idle")}{chips("hidden")}</div>
    </Screen>
  );
}
