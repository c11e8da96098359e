import type { JSX } from "preact";
import type { PhoneState } from "../../sync/phone.ts";
import { useAround } from "../context.ts";
import { dates } from "../dates.ts";
import { lineOf } from "../line.ts";
import { Screen } from "../parts/screen.tsx";
import { Banner, Facts, More as Fold, Row } from "../parts/show.tsx";
import { href } from "../route.ts";
import { w } from "../words.ts";
import { TakeUpdate } from "./office.tsx";

declare const __BUILD__: string;

/** The phone itself: lock, PIN, sign out, what it keeps and how. */
export function More({ state, now }: { readonly state: Extract<PhoneState, { kind: "open" }>; readonly now: number }): JSX.Element {
  const { remote, install } = useAround();
  const place = install.place.value;
  return (
    <Screen heading={w.menu.title} below={<p>{w.menu.whose(state.user.name)}</p>}>
      <ul class="rows">
        <Row icon="lock" title={w.menu.lock} note={w.menu.lockNote} onClick={() => void remote.port.lock()} />
      </ul>
      <ul class="rows">
        <Row icon="plus" title={w.titles.newPerson} href={href("newPerson")} />
        <Row icon="up" title={w.office.title} note={lineOf(state, now, w, dates).text} href={href("office")} />
      </ul>
      <ul class="rows">
        <Row icon="alert" title={w.wake.title} href={href("wake")} />
        <Row icon="key" title={w.pin.changeTitle} href={href("pin")} />
        <Row icon="clock" title={w.titles.locks} note={w.locks.after(state.locks.idle / 60_000)} href={href("locks")} />
        {place.kind === "offered" && <Row icon="install" title={w.install.title} note={w.install.note} onClick={() => void place.ask()} />}
        <Row icon="shield" title={w.about.title} href={href("about")} />
        <Row icon="leave" title={w.leave.title} href={href("leave")} />
      </ul>
    </Screen>
  );
}

/** Which version this is, what protects what is on the phone, and what does not. */
export function About({ state }: { readonly state: Extract<PhoneState, { kind: "open" }> }): JSX.Element {
  const { install } = useAround();
  const kept = install.kept.value ?? state.kept;
  const place = install.place.value.kind;
  return (
    <Screen heading={w.about.title} back={href("more")}>
      {(state.update !== "none" || install.waits.value) && <Banner icon="sync" title={w.update.waits}><TakeUpdate /></Banner>}
      {kept === false && <Banner tone="wait" icon="alert" title={w.kept.refused}><p>{place === "installed" ? w.kept.refusedText : w.kept.refusedInstall}</p></Banner>}
      <Facts facts={[
        [w.about.version, __BUILD__],
        [w.about.storage, kept === true ? w.about.storageKept : kept === false ? w.about.storageNot : w.about.storageUnknown],
        [w.about.offline, install.whole.value ? w.yes : w.about.offlineNotYet],
        [w.about.installed, place === "installed" ? w.yes : place === "iphone" ? w.about.inBrowserIphone : w.about.inBrowser],
      ]} />
      <section aria-labelledby="safe"><h2 id="safe">{w.about.protects}</h2><ul>{w.about.protectsList.map((t) => <li key={t}>{t}</li>)}</ul></section>
      <section aria-labelledby="unsafe"><h2 id="unsafe">{w.about.not}</h2><ul>{w.about.notList.map((t) => <li key={t}>{t}</li>)}</ul></section>
      <Banner tone="needs" icon="phone" title={w.about.lost}><p>{w.about.lostText}</p></Banner>
      <Fold label={w.about.data}><p>{w.about.dataText}</p></Fold>
    </Screen>
  );
}
