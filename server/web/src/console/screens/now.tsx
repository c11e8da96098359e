import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useAround } from "../../field/context.ts";
import { dates } from "../../field/dates.ts";
import { takeBack } from "../../field/edits/appointment.ts";
import { Icon, type IconName } from "../../field/icons.tsx";
import { ButtonLink } from "../../field/parts/button.tsx";
import { Await, Screen } from "../../field/parts/screen.tsx";
import { Tag, type Tone } from "../../field/parts/show.tsx";
import { href } from "../../field/route.ts";
import { AnswerCard } from "../../field/screens/answers.tsx";
import { LadderCards } from "../../field/screens/ladder.tsx";
import { OutcomeButtons } from "../../field/screens/outcomes.tsx";
import { called, StatusTag } from "../../field/screens/visit.tsx";
import { toHeading, useSaying } from "../../field/screens/write.ts";
import { w } from "../../field/words.ts";
import { personOf } from "../../sync/ids.ts";
import { api, type WorkerShown } from "../api.ts";
import { useDesk } from "../context.ts";
import { Load, useLoad } from "../parts/load.tsx";
import { places } from "../place.ts";
import type { DeskVisit, NowView } from "../views/views.ts";
import { c } from "../words.ts";

const day = 86_400_000;
/** A phone that was not heard of for so long has work that nobody sees, or lies in a drawer. */
const silentDays = 3;

type List = "visits" | "answers" | "overdue" | "adrift" | "ladder" | "unseen" | "phones";

/** Today over all workers: numbers, and behind each the list that it counts. */
export function Now(): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useDesk("desk")} heading={c.now.title} again={remote.refresh}>{(view) => <Today view={view} />}</Await>;
}

function Today({ view }: { readonly view: NowView }): JSX.Element {
  const { now } = useAround(), at = now.value;
  const open = useSignal<List>("visits");
  const workers = useLoad(api.workers, []), backup = useLoad(api.backup, []);
  const silent = workers.got.kind === "here" ? phonesOf(workers.got.value).filter((p) => at - Date.parse(p.device.last_pull_at ?? "1970-01-01T00:00:00Z") >= silentDays * day) : [];
  const numbers: readonly (readonly [List, number, Tone, IconName])[] = [
    ["visits", view.visits.length, "plain", "today"], ["answers", view.answers.length, "needs", "message"], ["overdue", view.overdue.length, "wait", "clock"], ["adrift", view.adrift.length, "stop", "alert"],
    ["ladder", view.ladder.length, "wait", "walk"], ["unseen", view.unseen.length, "wait", "people"], ["phones", silent.length, "wait", "phone"],
  ];
  return (
    <Screen heading={c.now.title} below={<p>{c.now.text(view.people)}</p>}>
      <ul class="numbers">
        {numbers.map(([list, k, tone, icon]) => (
          <li key={list}><button type="button" class={k > 0 ? tone : "plain"} aria-pressed={open.value === list} onClick={() => { open.value = list; }}><Icon name={icon} size={20} /><strong class="num">{k}</strong><span>{c.now[list]}</span></button></li>
        ))}
        <li><a class={view.held > 0 ? "needs" : "plain"} href={places.held}><Icon name="shield" size={20} /><strong class="num">{view.held}</strong><span>{c.now.held}</span></a></li>
        <li><a class={view.apart > 0 ? "needs" : "plain"} href={places.held}><Icon name="record" size={20} /><strong class="num">{view.apart}</strong><span>{c.now.apart}</span></a></li>
        <li><p class="plain"><Icon name="paper" size={20} /><strong>{backup.got.kind === "here" ? (backup.got.value.last_at === null ? c.now.backupNone : dates.ago(backup.got.value.last_at, at)) : "…"}</strong><span>{c.now.backup}</span></p></li>
      </ul>
      <section aria-labelledby="list">
        <h2 id="list">{c.now[open.value]}</h2>
        {list()}
      </section>
    </Screen>
  );

  function list(): ComponentChildren {
    switch (open.value) {
      case "visits": case "adrift": return <Visits visits={view[open.value]} now={at} list={open.value} />;
      case "answers": return view.answers.length === 0 ? <p class="soft">{c.now.nothing}</p> : <ul class="cards wide">{view.answers.map((v) => <li key={v.record.id}><AnswerCard visit={v} now={at} /><p class="soft small">{c.now.with(v.worker)}</p></li>)}</ul>;
      case "overdue": return view.overdue.length === 0 ? <p class="soft">{c.now.nothing}</p> : <ul class="cards wide">{view.overdue.map((v) => <li key={v.record.id}><Overdue visit={v} now={at} /></li>)}</ul>;
      case "ladder": return view.ladder.length === 0 ? <p class="soft">{c.now.nothing}</p> : <LadderCards steps={view.ladder} now={at} />;
      case "unseen": return <Lines of={view.unseen.map((r) => ({ key: r.scope, name: r.name, text: r.worker === "" ? c.table.nobody : r.worker, end: r.lastSeen === undefined ? w.people.neverSeen : dates.ago(r.lastSeen, at), href: href("person", { person: r.person }) }))} />;
      case "phones": return <><p class="soft">{c.now.phonesText(silentDays)}</p><Load of={workers}>{() => <Lines of={silent.map(({ worker, device }) => ({ key: device.client_id, name: worker.name, text: device.name, end: device.last_pull_at === null ? c.now.never : dates.ago(device.last_pull_at, at), href: places.workers }))} />}</Load></>;
    }
  }
}

const phonesOf = (workers: readonly WorkerShown[]): readonly { readonly worker: WorkerShown; readonly device: WorkerShown["devices"][number] }[] =>
  workers.flatMap((worker) => worker.devices.filter((d) => d.revoked === undefined && !worker.disabled).map((device) => ({ worker, device })));

interface Item { readonly key: string; readonly name: string; readonly text: string; readonly end: string; readonly href: string }
const Lines = ({ of }: { readonly of: readonly Item[] }): JSX.Element => (of.length === 0 ? <p class="soft">{c.now.nothing}</p> : (
  <ul class="rows">{of.map((i) => <li key={i.key}><a href={i.href}><span>{i.name}<small>{i.text}</small></span><span class="end">{i.end}</span></a></li>)}</ul>
));

/** What became of it, in one tap; what somebody said goes from the list, and can be taken back. */
function Overdue({ visit: v, now }: { readonly visit: DeskVisit; readonly now: number }): JSX.Element {
  const say = useSaying();
  return (
    <div class="card">
      <h3><a href={href("appointment", { record: v.record.id })}>{v.person}</a></h3>
      <p>{w.list([dates.moment(v.startsAt, now), v.title, c.now.with(v.worker)].filter((t) => t !== ""))}</p>
      <OutcomeButtons visit={v} onSaid={({ status, of }) => { say(`${v.person}: ${w.outcome.said[status]}`, [takeBack(of)]); toHeading(); }} />
    </div>
  );
}

const Visits = ({ visits, now, list }: { readonly visits: readonly DeskVisit[]; readonly now: number; readonly list: List }): JSX.Element => (visits.length === 0 ? <p class="soft">{c.now.nothing}</p> : (
  <ul class="rows">
    {visits.map((v) => (
      <li key={v.record.id} class="with-act">
        <a href={list === "adrift" ? href("person", { person: personOf(v.scope) }) : href("appointment", { record: v.record.id })}>
          <span><span class="who">{v.person}</span><small>{w.list([dates.moment(v.startsAt, now), v.title, ...(v.place === undefined ? [] : [v.place]), c.now.with(v.worker)].filter((t) => t !== ""))}</small>
            {v.reply !== undefined && <small>{called(w.values.reply, v.reply)}{v.replyNote ? `: ${v.replyNote}` : ""}</small>}</span>
          <span class="end"><StatusTag status={v.status} />{v.wants && <Tag tone="needs" icon="message">{c.now.answers}</Tag>}</span>
        </a>
        {list === "adrift" && <ButtonLink href={href("newAppointment", { person: personOf(v.scope) })} about={v.person}>{c.now.plan}</ButtonLink>}
      </li>
    ))}
  </ul>
));
