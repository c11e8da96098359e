import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { useAround } from "../field/context.ts";
import { dates } from "../field/dates.ts";
import { Icon, Mark, type IconName } from "../field/icons.tsx";
import { Button } from "../field/parts/button.tsx";
import { Said } from "../field/parts/said.tsx";
import { Screen } from "../field/parts/screen.tsx";
import { Banner, Empty } from "../field/parts/show.tsx";
import { href } from "../field/route.ts";
import { workScreen } from "../field/screens/work.tsx";
import { matcher } from "../field/views/fold.ts";
import { w } from "../field/words.ts";
import { personOf } from "../sync/ids.ts";
import { useDesk, useSeat } from "./context.ts";
import { placeOf, places, type Place } from "./place.ts";
import { screens } from "./screens/index.ts";
import { PersonMore } from "./screens/person.tsx";
import { c } from "./words.ts";

const icons: Readonly<Record<Place, IconName>> = { now: "today", caseload: "people", workers: "phone", handover: "hand", held: "shield", figures: "paper", calendar: "clock", audit: "record", twice: "two", first: "plus" };
/** An administrator keeps accounts and devices, and is told of nobody. */
const forAdmins: readonly Place[] = ["workers", "audit", "first"];

/** All that is seen by whoever sits here. */
export function Shell({ onSignOut }: { readonly onSignOut: () => void }): JSX.Element {
  const { remote, router, now } = useAround(), seat = useSeat(), admin = seat.user.role !== "coordinator";
  const hash = useMemo(() => computed(() => (router.route.value, router.moves.value, location.hash)), []);
  const own = placeOf(hash.value), route = router.route.value, state = remote.state.value;
  const open = (Object.keys(places) as Place[]).filter((p) => screens[p] !== undefined && (!admin || forAdmins.includes(p)));
  const at: Place | undefined = own === "now" && admin ? "workers" : own;
  useEffect(() => { document.title = `${at ? c.nav[at] : route.at === "missing" ? w.missing.title : w.titles[route.at]} – ${c.app}`; }, [hash.value]);
  const ready = admin || state.kind === "open";
  const Own = at && screens[at];
  return (
    <div class="desk">
      <a class="skip" href="#page" onClick={(e) => { e.preventDefault(); document.querySelector("h1")?.focus(); }}>{w.skip}</a>
      <header class="desk-bar">
        <p class="brand"><Mark /><span>Alongside</span></p>
        {!admin && ready && <Find />}
        {line()}
        <div class="who"><span>{seat.user.name}</span><Button look="quiet" icon="leave" onClick={onSignOut}>{c.signOut}</Button></div>
      </header>
      <nav class="desk-nav" aria-label={c.nav.label}>
        <ul>{open.map((p) => <li key={p}><a href={places[p]} aria-current={p === at ? "page" : undefined}><Icon name={icons[p]} size={20} /><span>{c.nav[p]}</span></a></li>)}</ul>
      </nav>
      <div class={`desk-main${at === undefined ? " narrow" : ""}`}>
        {admin && at !== undefined && <Banner icon="info"><p>{c.adminOnly}</p></Banner>}
        {!ready ? <Screen heading={at ? c.nav[at] : c.app}><p class="soft" role="status">{state.kind === "broken" ? c.line.stuck : c.line.loading}</p></Screen>
          : Own ? <Own key={at} /> : !admin && route.at === "person" ? <div class="two">{workScreen(route)}<PersonMore key={route.person} person={route.person} /></div>
          : (!admin && route.at !== "missing" ? workScreen(route) : undefined) ?? <Screen heading={w.missing.title}><Empty icon="search" title={w.missing.title}><p>{w.missing.text}</p></Empty></Screen>}
      </div>
      <Said />
    </div>
  );

  function line(): JSX.Element {
    if (admin) return <span />;
    if (state.kind !== "open") return <p class="state wait" role="status">{state.kind === "broken" ? c.line.stuck : c.line.loading}</p>;
    const { unsent, doing, synced } = state.reach, when = synced === undefined ? "" : dates.when(synced, now.value);
    const [tone, icon, text]: readonly [string, IconName, string] = unsent > 0 && doing.kind !== "trying" ? ["wait", "up", c.line.unsent(unsent)] : doing.kind === "waiting" ? ["stop", "offline", synced ? c.line.away(when) : c.line.never]
      : doing.kind === "stuck" ? ["stop", "alert", c.line.stuck] : ["ok", "check", synced ? c.line.live(when) : c.line.loading];
    return <p class={`state ${tone}`}><Icon name={icon} size={18} /><span>{text}</span></p>;
  }
}

const typed = signal("");
/** Anybody of the team, by name. */
function Find(): JSX.Element {
  const { router } = useAround(), seen = useDesk("table");
  const rows = seen.kind === "here" && typed.value.trim() !== "" ? seen.value.rows.filter((r) => matcher(typed.value)(r.search)).slice(0, 8) : [];
  const go = (to: string): void => {
    typed.value = "";
    router.go(to);
  };
  return (
    <search class="desk-find">
      <label class="unseen" for="desk-find">{c.find}</label>
      <Icon name="search" size={18} />
      <input id="desk-find" class="input" type="search" placeholder={c.find} autocomplete="off" spellcheck={false} value={typed.value} onInput={(e) => { typed.value = e.currentTarget.value; }}
        onKeyDown={(e) => { if (e.key === "Enter" && rows[0]) { e.preventDefault(); go(href("person", { person: personOf(rows[0].scope) })); } else if (e.key === "Escape") typed.value = ""; }} />
      {typed.value.trim() !== "" && (
        <ul class="found" role="status">{rows.map((r) => <li key={r.scope}><a href={href("person", { person: personOf(r.scope) })} onClick={() => { typed.value = ""; }}>{r.name}{r.fullName && <small> {r.fullName}</small>}<small> {r.worker}</small></a></li>)}
          {rows.length === 0 && <li class="soft">{c.findNone}</li>}</ul>
      )}
    </search>
  );
}
