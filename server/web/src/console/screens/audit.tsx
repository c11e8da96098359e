import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useAround } from "../../field/context.ts";
import { dates } from "../../field/dates.ts";
import { fieldName } from "../../field/describe.ts";
import { Acts, Button } from "../../field/parts/button.tsx";
import { Screen } from "../../field/parts/screen.tsx";
import { More } from "../../field/parts/show.tsx";
import { called } from "../../field/screens/visit.tsx";
import { w } from "../../field/words.ts";
import { api, type AuditEvent } from "../api.ts";
import { useDesk, useSeat } from "../context.ts";
import { Load, useDoing, useLoad } from "../parts/load.tsx";
import { save } from "../parts/save.ts";
import { proven } from "../passkey.ts";
import { Table } from "../parts/table.tsx";
import { c, whose } from "../words.ts";


/** Who could see whom, who changed what, who signed in: the log as it is, page by page. */
export function Audit(): JSX.Element {
  const seat = useSeat();
  return seat.user.role === "coordinator" ? <OfTeam /> : <Log people={new Map()} />;
}
function OfTeam(): JSX.Element {
  const seen = useDesk("table");
  return <Log people={new Map(seen.kind === "here" ? seen.value.rows.map((r) => [r.person as string, r.name]) : [])} />;
}

function Log({ people }: { readonly people: ReadonlyMap<string, string> }): JSX.Element {
  const now = useAround().now.value, after = useSignal(0), user = useSignal(""), person = useSignal(""), doing = useDoing();
  const of = (): Readonly<Record<string, string>> => ({ after: String(after.value), limit: "200", ...(user.value === "" ? {} : { user: user.value }), ...(person.value === "" ? {} : { person: person.value }) });
  const load = useLoad(() => api.audit(of()), [after.value, user.value, person.value]), workers = useLoad(api.workers, []);
  const row = (e: AuditEvent): readonly string[] => [dates.when(e.at, now), called(c.audit.what, e.what), whose(e.user, e.user_name), e.device ?? "", e.person === undefined ? "" : people.get(e.person) ?? e.person,
    w.list([...(e.kind === undefined ? [] : [called(w.kinds, e.kind)]), ...(e.fields ?? []).map(fieldName), ...(e.status === undefined || e.status === "applied" ? [] : [e.status])])];
  const csv = (): void => doing.run(async () => save(await proven(() => api.csv(`/audit?${new URLSearchParams({ ...of(), export: "csv" })}`)), "audit.csv"));
  return (
    <Screen heading={c.audit.title} below={<p>{c.audit.text}</p>}>
      <div class="filters">
        <label>{c.audit.who}<select class="input" value={user.value} onChange={(e) => { user.value = e.currentTarget.value; after.value = 0; }}><option value="">{c.audit.anybody}</option>{workers.got.kind === "here" && workers.got.value.map((k) => <option key={k.id} value={k.id}>{k.name}</option>)}</select></label>
        {people.size > 0 && <label>{c.audit.whom}<select class="input" value={person.value} onChange={(e) => { person.value = e.currentTarget.value; after.value = 0; }}><option value="">{c.audit.everybody}</option>{[...people].map(([id, name]) => <option key={id} value={id}>{name}</option>)}</select></label>}
        <Button busy={doing.busy} onClick={csv}>{c.audit.csv}</Button>
      </div>
      {doing.trouble}
      <Load of={load}>{(a) => (
        <>
          <p class="soft">{c.audit.head(a.head_hash, a.head)}</p>
          {a.events.length === 0 ? <p class="soft">{c.audit.none}</p> : <Table head={[c.audit.at, c.audit.event, c.audit.by, c.audit.device, c.audit.about, c.audit.fields]} rows={a.events.map(row)} />}
          <Acts>{after.value > 0 && <Button onClick={() => { after.value = 0; }}>{c.audit.begin}</Button>}{!a.complete && <Button onClick={() => { after.value = a.next; }}>{c.audit.older}</Button>}</Acts>
          {a.pulls.length > 0 && <More label={c.audit.pulls}><Table head={[c.audit.by, c.audit.device, c.audit.at]} rows={a.pulls.map((p) => [p.user_name, p.device, p.last_pull_at === null ? c.now.never : dates.when(p.last_pull_at, now)])} /></More>}
        </>
      )}</Load>
    </Screen>
  );
}
