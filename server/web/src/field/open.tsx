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
import { Locks } from "./screens/locks.tsx";
import { ChangePin } from "./screens/pin.tsx";
import { Wake } from "./screens/wake.tsx";
import { workScreen } from "./screens/work.tsx";
import type { FromServiceWorker } from "./sw.ts";
import { settleIn } from "./wake.ts";
import { w } from "./words.ts";

type Open = Extract<PhoneState, { kind: "open" }>;

/** The screen of each place. */
function screenOf(route: Route, state: Open, now: number): JSX.Element {
  switch (route.at) {
    case "office": return <Office state={state} now={now} />;
    case "more": return <More state={state} now={now} />;
    case "pin": return <ChangePin />;
    case "locks": return <Locks state={state} />;
    case "wake": return <Wake />;
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
  const { router, now, remote: { port } } = useAround();
  const route = router.route.value;
  useEffect(() => { document.title = `${w.titles[route.at]} – ${w.app}`; }, [route.at]);
  useEffect(() => {
    const heed = ({ data }: MessageEvent<FromServiceWorker | undefined>): void => { if (data?.kind === "woken") port.syncNow("push").catch(() => undefined); };
    const keeper = "serviceWorker" in navigator ? navigator.serviceWorker : undefined;
    keeper?.addEventListener("message", heed);
    return () => keeper?.removeEventListener("message", heed);
  }, []);
  useEffect(() => {
    const look = (): void => { if (document.visibilityState === "visible") settleIn(port).catch(() => undefined); };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
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
