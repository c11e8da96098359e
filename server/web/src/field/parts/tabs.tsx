import type { JSX } from "preact";
import { Icon, type IconName } from "../icons.tsx";
import { type At, href, type Route } from "../route.ts";
import { w } from "../words.ts";

const tabs: readonly { readonly at: "today" | "people" | "support" | "more"; readonly icon: IconName; readonly label: string; readonly lead?: true }[] = [
  { at: "today", icon: "today", label: w.tabs.today },
  { at: "people", icon: "people", label: w.tabs.people },
  { at: "support", icon: "record", label: w.tabs.record, lead: true },
  { at: "more", icon: "more", label: w.tabs.more },
];

/** Under which tab a screen stands. */
function tabOf(at: At | "missing"): string | undefined {
  if (at === "today" || at === "outcome" || at === "moveAppointment" || at === "stepAfter") return "today";
  if (at === "support" || at === "supportWith" || at === "supportAfter") return "support";
  if (at === "more" || at === "pin" || at === "locks" || at === "leave" || at === "about" || at === "wake" || at === "office") return "more";
  return at === "missing" ? undefined : "people";
}

export function Tabs({ route }: { readonly route: Route }): JSX.Element {
  const here = tabOf(route.at);
  return (
    <nav class="tabs" aria-label={w.tabs.label}>
      <ul>
        {tabs.map((t) => (
          <li key={t.at}>
            <a href={href(t.at)} class={t.lead ? "lead" : undefined} aria-current={t.at === route.at ? "page" : t.at === here ? "true" : undefined}>
              <span><Icon name={t.icon} /></span><span>{t.label}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
