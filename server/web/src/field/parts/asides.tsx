import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import type { PhoneState } from "../../sync/phone.ts";
import { useAround } from "../context.ts";
import type { Route } from "../route.ts";
import { TakeUpdate } from "../screens/office.tsx";
import { w } from "../words.ts";
import { Icon, type IconName } from "../icons.tsx";
import { Acts, Button } from "./button.tsx";

/** Screens on which nothing is being written. On all others nothing comes between. */
const calm = new Set<Route["at"]>(["today", "more"]);

const month = 30 * 24 * 3_600_000;
/** What the person put off is remembered on this phone for a month; it is about the app and nobody. */
const put = {
  off: (what: string, now: number): boolean => { try { return now - Number(localStorage.getItem(`later ${what}`) ?? 0) < month; } catch { return false; } },
  aside: (what: string, now: number): void => { try { localStorage.setItem(`later ${what}`, String(now)); } catch { /* it is asked again, no more */ } },
};

/** One line, so that the day stays where it is; the rest on a tap. */
const Word = ({ icon, title, tone = "plain", open = false, children }: { readonly icon: IconName; readonly title: string; readonly tone?: "plain" | "wait" | "stop"; readonly open?: boolean; readonly children: ComponentChildren }): JSX.Element => (
  <details key={title} class={`word ${tone}`} open={open} aria-label={title}><summary><Icon name={icon} /><span>{title}</span><Icon name="next" size={20} /></summary><div>{children}</div></details>
);

/** At most one thing that the app itself has to say, above the screen: a version that must not go on first, then a new one, storage, the home screen. */
export function Asides({ state, route }: { readonly state: Extract<PhoneState, { kind: "open" }>; readonly route: Route }): JSX.Element | null {
  const { install } = useAround();
  const later = useSignal<readonly string[]>([]);
  if (!calm.has(route.at)) return null;
  const now = Date.now();
  const wanted = (what: string): boolean => !later.value.includes(what) && !put.off(what, now);
  const notNow = (what: string, remember: boolean) => (): void => {
    later.value = [...later.value, what];
    if (remember) put.aside(what, now);
  };
  const place = install.place.value;
  const kept = install.kept.value ?? state.kept;
  const inside = (): JSX.Element | null => {
    if (state.update === "must") return <Word open tone="stop" icon="alert" title={w.update.must}><p>{w.update.mustText}</p><Acts><TakeUpdate /></Acts></Word>;
    if (install.stale.value) return <Word icon="sync" title={w.update.stale}><p>{w.update.staleText}</p><Acts><Button look="primary" onClick={() => location.reload()}>{w.update.reload}</Button></Acts></Word>;
    if ((state.update === "waits" || install.waits.value) && !later.value.includes("update")) {
      return <Word icon="sync" title={w.update.waits}><p>{w.update.text}</p><Acts><TakeUpdate /><Button onClick={notNow("update", false)}>{w.install.later}</Button></Acts></Word>;
    }
    if (place.kind === "offered" && wanted("install")) {
      return <Word icon="install" title={w.install.title}><p>{w.install.text}</p><Acts><Button look="primary" onClick={() => void place.ask()}>{w.install.yes}</Button><Button onClick={notNow("install", true)}>{w.install.later}</Button></Acts></Word>;
    }
    if (kept === false && wanted("kept")) {
      return <Word tone="wait" icon="alert" title={w.kept.refused}><p>{place.kind === "installed" ? w.kept.refusedText : w.kept.refusedInstall}</p><Acts><Button onClick={notNow("kept", true)}>{w.kept.understood}</Button></Acts></Word>;
    }
    return null;
  };
  const aside = inside();
  return aside && <aside class="aside" aria-label={w.app}>{aside}</aside>;
}
