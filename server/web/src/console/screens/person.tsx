import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useAround } from "../../field/context.ts";
import { dates } from "../../field/dates.ts";
import { fieldName, valueText } from "../../field/describe.ts";
import { Button } from "../../field/parts/button.tsx";
import { Tag } from "../../field/parts/show.tsx";
import { called } from "../../field/screens/visit.tsx";
import { w } from "../../field/words.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Value } from "../../sync/record.ts";
import { api, type ChangeShown } from "../api.ts";
import { Load, useLoad } from "../parts/load.tsx";
import { c, whose } from "../words.ts";

/** Beside a person's page: every change of every field, and who has this data. Both are asked of the server when somebody wants them. */
export function PersonMore({ person }: { readonly person: RecordID }): JSX.Element {
  const [shows, show] = useState<"holders" | "history" | undefined>(undefined);
  return (
    <aside class="beside" aria-label={c.person.history}>
      <section class="card" aria-labelledby="holders"><h2 id="holders">{c.person.holders}</h2><p class="soft">{c.person.holdersText}</p>
        {shows === "holders" ? <Holders person={person} /> : <Button onClick={() => show("holders")} about={c.person.holders}>{c.person.show}</Button>}</section>
      <section class="card" aria-labelledby="history"><h2 id="history">{c.person.history}</h2><p class="soft">{c.person.historyText}</p>
        {shows === "history" ? <History person={person} /> : <Button onClick={() => show("history")} about={c.person.history}>{c.person.show}</Button>}</section>
    </aside>
  );
}

function Holders({ person }: { readonly person: RecordID }): JSX.Element {
  const now = useAround().now.value, load = useLoad(() => api.holders(person), [person]);
  return (
    <Load of={load}>{(devices) => (
      <ul class="notes">
        {devices.map((d) => (
          <li key={d.client_id}><strong>{d.name}</strong> <span>{d.device}</span> <Tag tone={d.dropped ? "ok" : d.revoked !== undefined ? "stop" : "plain"}>{d.dropped ? c.person.dropped : d.revoked !== undefined ? c.person.cut : c.person.holds}</Tag>
            <small>{c.person.since(dates.moment(d.since, now))}; {d.last_pull_at === null ? c.person.notPulled : c.person.pulled(dates.when(d.last_pull_at, now))}</small></li>
        ))}
      </ul>
    )}</Load>
  );
}

const shownAtOnce = 200;
function History({ person }: { readonly person: RecordID }): JSX.Element {
  const now = useAround().now.value, load = useLoad(() => api.history(person), [person]);
  const [most, more] = useState(shownAtOnce);
  return (
    <Load of={load}>{(changes) => (
      <>
        <ol class="notes history" reversed>{changes.slice(0, most).map((ch, i) => <Change key={i} of={ch} now={now} />)}</ol>
        {changes.length > most && <Button onClick={() => more(most + shownAtOnce)}>{c.audit.older}</Button>}
      </>
    )}</Load>
  );
}

const Change = ({ of: ch, now }: { readonly of: ChangeShown; readonly now: number }): JSX.Element => (
  <li>
    <span><strong>{called(w.kinds, ch.kind)}{ch.field === "deleted" ? "" : `, ${fieldName(ch.field)}`}</strong> {ch.how === "delete" ? c.person.was["delete"] : <>{c.person.was[ch.how] ?? ch.how} <q>{ch.value === undefined ? c.person.gone : valueText(ch.field, ch.value as Value, now)}</q></>}</span>
    {ch.held && <Tag tone="wait">{c.person.heldNote}</Tag>}
    <small>{w.list([whose(ch.user, ch.user_name), ...(ch.device ? [ch.device] : []), dates.when(ch.at, now)])}</small>
  </li>
);
