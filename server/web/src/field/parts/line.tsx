import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { PhoneState } from "../../sync/phone.ts";
import { dates } from "../dates.ts";
import { Icon } from "../icons.tsx";
import { lineOf } from "../line.ts";
import { href } from "../route.ts";
import { w } from "../words.ts";

/** How long something has to stand before it is said aloud: a sync that comes and goes is not worth a word. */
const settle = 1500;

/**
 * What has reached the office, always in view; it leads to the list behind it. A screen reader hears it when something happened
 * that matters (sent, held back, no way through), not each time that a clock in it moved on.
 */
export function StatusLine({ state, now }: { readonly state: Extract<PhoneState, { kind: "open" }>; readonly now: number }): JSX.Element {
  const line = lineOf(state, now, w, dates);
  const [said, say] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => say(line.text), settle);
    return () => clearTimeout(timer);
  }, [line.key]);
  return (
    <header class={`line ${line.tone}`}>
      <a href={href("office")}>
        <Icon name={line.icon} size={22} />
        <span><strong>{line.text}</strong>{line.detail && <small>{line.detail}</small>}<span class="unseen">{w.line.label}</span></span>
        <Icon name="next" size={18} />
      </a>
      <p class="unseen" role="status">{said}</p>
    </header>
  );
}
