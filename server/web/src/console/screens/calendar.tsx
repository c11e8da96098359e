import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useAround } from "../../field/context.ts";
import { dates } from "../../field/dates.ts";
import { Acts, Button } from "../../field/parts/button.tsx";
import { Await, Screen } from "../../field/parts/screen.tsx";
import { href } from "../../field/route.ts";
import { called } from "../../field/screens/visit.tsx";
import { clockOf, dayOf, plusDays, type Day } from "../../field/views/wall.ts";
import { w } from "../../field/words.ts";
import { msOf } from "../../sync/ids.ts";
import { api } from "../api.ts";
import { useDesk } from "../context.ts";
import { useDoing } from "../parts/load.tsx";
import type { CalendarView, DeskVisit } from "../views/views.ts";
import { c } from "../words.ts";

/** The team's days and weeks, for all or for one worker; on paper for when phones fail. */
export function Calendar(): JSX.Element {
  const { remote, now } = useAround();
  const day = useSignal<Day>(dayOf(now.peek())), week = useSignal(true), worker = useSignal("");
  const from = week.value ? monday(day.value) : day.value, days = week.value ? 7 : 1;
  return (
    <Await seen={useDesk("calendar", from, days)} heading={c.calendar.title} again={remote.refresh}>{(view) => {
      const one = view.members.find((m) => m.id === worker.value);
      return (
        <Screen heading={one ? c.calendar.printOf(one.name) : c.calendar.title}>
          <div class="filters">
            <Button onClick={() => { day.value = plusDays(day.value, -days); }}>{c.calendar.before}</Button>
            <Button onClick={() => { day.value = dayOf(now.value); }}>{c.calendar.today}</Button>
            <Button onClick={() => { day.value = plusDays(day.value, days); }}>{c.calendar.after}</Button>
            <label class="check"><input type="checkbox" checked={week.value} onChange={(e) => { week.value = e.currentTarget.checked; }} /><span>{c.calendar.week}</span></label>
            <label>{c.calendar.worker}<select class="input" value={worker.value} onChange={(e) => { worker.value = e.currentTarget.value; }}><option value="">{c.calendar.all}</option>{view.members.filter((m) => m.role !== "admin").map((m) => <option key={m.id} value={m.id}>{m.name}</option>)}</select></label>
            <Button onClick={() => window.print()}>{c.calendar.print}</Button>
          </div>
          <Days view={view} one={one?.name} today={dayOf(now.value)} now={now.value} />
          <Feed />
        </Screen>
      );
    }}</Await>
  );
}

const Days = ({ view, one, today, now }: { readonly view: CalendarView; readonly one: string | undefined; readonly today: Day; readonly now: number }): JSX.Element => (
  <div class={view.days.length === 1 ? "week one" : "week"} tabIndex={0} role="group" aria-label={c.calendar.title}>
    {view.days.map((d) => {
      const visits = d.visits.filter((v) => one === undefined || v.worker.split(", ").includes(one));
      return <section key={d.day} class={d.day === today ? "today" : undefined} aria-label={d.day}><h2>{dates.day(d.day, now)}</h2>{visits.length === 0 ? <p class="soft">{c.calendar.none}</p> : visits.map((v) => <Visit key={v.record.id} of={v} worker={one === undefined} />)}</section>;
    })}
  </div>
);

const Visit = ({ of: v, worker }: { readonly of: DeskVisit; readonly worker: boolean }): JSX.Element => (
  <a class={`visit ${v.status}`} href={href("appointment", { record: v.record.id })}>
    <strong class="num">{clockOf(msOf(v.startsAt))}</strong> {v.person}<br /><small>{w.list([v.title, ...(v.place === undefined ? [] : [v.place]), ...(v.phone === undefined ? [] : [v.phone]), ...(worker ? [v.worker === "" ? c.table.nobody : v.worker] : []), ...(v.status === "planned" ? [] : [called(w.values.status, v.status)])].filter((t) => t !== ""))}</small>
    {v.safetyNote !== undefined && <><br /><small>{v.safetyNote}</small></>}
  </a>
);

/** The Monday of its week. */
const monday = (day: Day): Day => plusDays(day, -((new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7));

function Feed(): JSX.Element {
  const doing = useDoing(), link = useSignal<string | undefined>(undefined), { say } = useAround();
  return (
    <section class="card no-print" aria-labelledby="feed"><h2 id="feed">{c.calendar.feed}</h2><p>{c.calendar.feedText}</p>
      {doing.trouble}{link.value !== undefined && <p class="link-shown">{link.value}</p>}
      <Acts><Button busy={doing.busy} onClick={() => doing.run(async () => { link.value = (await api.makeFeed()).link; })}>{link.value === undefined ? c.calendar.make : c.calendar.again}</Button>
        <Button look="quiet" busy={doing.busy} onClick={() => doing.run(async () => { await api.endFeed(); link.value = undefined; say(c.calendar.ended); })}>{c.calendar.end}</Button></Acts></section>
  );
}
