import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useAround } from "../../field/context.ts";
import { Acts, Button } from "../../field/parts/button.tsx";
import { Field } from "../../field/parts/field.tsx";
import { Screen } from "../../field/parts/screen.tsx";
import { Banner, Tag } from "../../field/parts/show.tsx";
import { w } from "../../field/words.ts";
import { api, type ImportShown } from "../api.ts";
import { useSeat } from "../context.ts";
import { useDoing } from "../parts/load.tsx";
import { Table } from "../parts/table.tsx";
import { c } from "../words.ts";


const most = 1_000_000; // bytes that a request takes

/** A caseload out of tables, looked at before anything is written; a team, for an administrator. */
export function First(): JSX.Element {
  const admin = useSeat().user.role !== "coordinator";
  return <Screen heading={c.first.title} below={admin ? undefined : <p>{c.first.text}</p>}>{admin ? <AddTeam /> : <Import />}</Screen>;
}

function Import(): JSX.Element {
  const doing = useDoing(), kind = useSignal("people"), csv = useSignal<string | undefined>(undefined), got = useSignal<ImportShown | undefined>(undefined);
  const take = (file: File | undefined): void => {
    got.value = undefined;
    csv.value = undefined;
    if (file === undefined) return;
    if (file.size > most) return doing.fail(c.first.tooLarge);
    doing.run(async () => { csv.value = await file.text(); });
  };
  const ask = (dry: boolean): void => {
    const text = csv.value;
    if (text === undefined) return doing.fail(c.first.fileMissing);
    doing.run(async () => { got.value = await api.import(text, kind.value, dry); });
  };
  const told = got.value;
  return (
    <>
      <div class="filters">
        <label>{c.first.kind}<select class="input" value={kind.value} onChange={(e) => { kind.value = e.currentTarget.value; got.value = undefined; }}>{Object.entries(c.first.kinds).map(([k, name]) => <option key={k} value={k}>{name}</option>)}</select></label>
        <label>{c.first.file}<input class="input" type="file" accept=".csv,text/csv" onChange={(e) => take(e.currentTarget.files?.[0])} /></label>
      </div>
      <p class="soft">{c.first.columns[kind.value]}</p><p class="soft">{c.first.again}</p>
      {doing.trouble}
      <Acts><Button busy={doing.busy} onClick={() => ask(true)}>{c.first.look}</Button>{told?.dry_run && (told.counts["new"] ?? 0) > 0 && <Button look="primary" busy={doing.busy} onClick={() => ask(false)}>{c.first.go}</Button>}</Acts>
      {told && (
        <>
          {!told.dry_run && <Banner tone="ok" icon="check"><p>{c.first.done}</p></Banner>}
          <p class="tags" role="status">{Object.entries(told.counts).map(([status, k]) => <Tag key={status} tone={status === "bad" || status === "rejected" ? "stop" : status === "held" ? "needs" : "plain"}>{k} {c.first.counts[status] ?? status}</Tag>)}</p>
          <Table head={[c.first.line, c.first.status, c.first.reason, c.workers.name, c.figures.worker]}
            rows={told.rows.slice(0, 1000).map((r) => [String(r.line), c.first.counts[r.status] ?? r.status, r.reason ?? "", String(r.fields?.["name"] ?? r.fields?.["title"] ?? ""), r.worker ?? ""])} />
        </>
      )}
    </>
  );
}

function AddTeam(): JSX.Element {
  const doing = useDoing(), name = useSignal(""), { say } = useAround(), made = useSignal<string | undefined>(undefined);
  const add = (): void => {
    if (name.value.trim() === "") return doing.fail(w.wrong.missing(c.first.teamName));
    doing.run(async () => {
      made.value = (await api.addTeam(name.value.trim())).team_id;
      name.value = "";
      say(c.first.teamAdded);
    });
  };
  return (
    <section class="card" aria-labelledby="team"><h2 id="team">{c.first.addTeam}</h2>{doing.trouble}
      <form class="filters" onSubmit={(e) => { e.preventDefault(); add(); }}><Field id="team-name" label={c.first.teamName} value={name.value} onValue={(v) => { name.value = v; }} max={200} /><Button type="submit" look="primary" busy={doing.busy}>{c.first.addTeam}</Button></form>
      {made.value && <p>{c.first.teamAdded}: <strong>{made.value}</strong></p>}</section>
  );
}
