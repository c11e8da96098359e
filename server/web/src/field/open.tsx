import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { PhoneState } from "../sync/phone.ts";
import { useAround } from "./context.ts";
import { Asides } from "./parts/asides.tsx";
import { ButtonLink } from "./parts/button.tsx";
import { StatusLine } from "./parts/line.tsx";
import { Said } from "./parts/said.tsx";
import { Screen } from "./parts/screen.tsx";
import { Empty } from "./parts/show.tsx";
import { Tabs } from "./parts/tabs.tsx";
import { href, type Route } from "./route.ts";
import { Leave } from "./screens/leave.tsx";
import { About, More } from "./screens/more.tsx";
import { Office } from "./screens/office.tsx";
import { ChangePin } from "./screens/pin.tsx";
import { workScreen } from "./screens/work.tsx";
import { w } from "./words.ts";

type Open = Extract<PhoneState, { kind: "open" }>;

/** The screen of each place. */
function screenOf(route: Route, state: Open, now: number): JSX.Element {
  switch (route.at) {
    case "office": return <Office state={state} now={now} />;
    case "more": return <More state={state} now={now} />;
    case "pin": return <ChangePin />;
    case "leave": return <Leave state={state} />;
    case "about": return <About state={state} />;
    default: return workScreen(route) ?? <Missing />;
  }
}

const Missing = (): JSX.Element => (
  <Screen heading={w.missing.title} back={href("today")}>
    <Empty icon="search" title={w.missing.title}><p>{w.missing.text}</p><ButtonLink href={href("today")} look="primary">{w.missing.home}</ButtonLink></Empty>
  </Screen>
);

/** All that is behind the lock: the line, the screen, the tabs. */
export function Inside({ state }: { readonly state: Open }): JSX.Element {
  const { router, now } = useAround();
  const route = router.route.value;
  useEffect(() => { document.title = `${w.titles[route.at]} – ${w.app}`; }, [route.at]);
  return (
    <div class="frame">
      <a class="skip" href="#page" onClick={skip}>{w.skip}</a>
      <StatusLine state={state} now={now.value} />
      <Asides state={state} route={route} />
      {screenOf(route, state, now.value)}
      <Said />
      <Tabs route={route} />
    </div>
  );
}

/** The address names screens, so a link inside the page moves the focus by itself. */
function skip(e: Event): void {
  e.preventDefault();
  document.querySelector("h1")?.focus();
}
