import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useAround } from "../../field/context.ts";
import { dates } from "../../field/dates.ts";
import { Icon } from "../../field/icons.tsx";
import { Button, ButtonLink } from "../../field/parts/button.tsx";
import { Await, Screen } from "../../field/parts/screen.tsx";
import { Empty } from "../../field/parts/show.tsx";
import { href } from "../../field/route.ts";
import { AttentionTags } from "../../field/screens/people.tsx";
import { called } from "../../field/screens/visit.tsx";
import { matcher } from "../../field/views/fold.ts";
import { byAttention } from "../../field/views/people.ts";
import { w } from "../../field/words.ts";
import { msOf, type UserID } from "../../sync/ids.ts";
import { useDesk } from "../context.ts";
import { Rows } from "../parts/rows.tsx";
import type { CaseRow, TableView } from "../views/views.ts";
import { c } from "../words.ts";

type Column = keyof typeof c.table.columns;
export interface Filter { readonly text: string; readonly worker: UserID | "" | "nobody"; readonly ended: boolean; readonly attention: boolean; readonly by: Column; readonly down: boolean }
const plain: Filter = { text: "", worker: "", ended: false, attention: false, by: "attention", down: false };

/** What stands stays for as long as the window does. */
const filter = signal<Filter>(plain);
const saved = signal<readonly { readonly name: string; readonly filter: Filter }[]>([]);
const naming = signal<string | undefined>(undefined);

const collator = new Intl.Collator("en", { sensitivity: "base" });
const when = (at: string | undefined): number => (at === undefined ? -Infinity : msOf(at));
const order: Readonly<Record<Column, (a: CaseRow, b: CaseRow) => number>> = {
  name: () => 0, // they come in that order
  worker: (a, b) => collator.compare(a.worker, b.worker),
  lastSeen: (a, b) => when(a.lastSeen) - when(b.lastSeen),
  next: (a, b) => (a.next === undefined ? Infinity : msOf(a.next)) - (b.next === undefined ? Infinity : msOf(b.next)) || 0,
  missed: (a, b) => b.missed - a.missed || b.last.length - a.last.length,
  reach: (a, b) => a.reach.localeCompare(b.reach),
  attention: byAttention,
};

/** The rows that fit, in order. */
export function fitting(rows: readonly CaseRow[], f: Filter): readonly CaseRow[] {
  const fits = matcher(f.text), words = f.text.trim().toLowerCase();
  const found = rows.filter((r) => (f.ended || (r.state !== "closed" && r.state !== "died")) && (!f.attention || r.attention.length > 0)
    && (f.worker === "" || (f.worker === "nobody" ? r.workers.length === 0 : r.workers.includes(f.worker))) && (words === "" || fits(r.search) || r.worker.toLowerCase().includes(words)));
  const by = order[f.by], sign = f.down ? -1 : 1;
  return found.sort((a, b) => sign * by(a, b));
}

/** Every person of the team, to sort, filter and search. */
export function Caseload(): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useDesk("table")} heading={c.table.title} again={remote.refresh}>{(view) => <Table view={view} />}</Await>;
}

function Table({ view }: { readonly view: TableView }): JSX.Element {
  const { now } = useAround(), f = filter.value, set = (part: Partial<Filter>): void => { filter.value = { ...f, ...part }; };
  const rows = useMemo(() => fitting(view.rows, f), [view, f]);
  const head = (Object.keys(c.table.columns) as Column[]).map((by) => (
    <div role="columnheader" key={by} aria-sort={f.by !== by ? "none" : f.down ? "descending" : "ascending"}>
      <button type="button" onClick={() => set(f.by === by ? { down: !f.down } : { by, down: false })}>{c.table.columns[by]}{f.by === by && <span aria-hidden="true">{f.down ? " ▼" : " ▲"}</span>}</button>
    </div>
  ));
  return (
    <Screen heading={c.table.title} below={<div class="row"><p role="status">{c.table.shown(rows.length, view.rows.length)}</p><ButtonLink look="quiet" icon="plus" href={href("newPerson")}>{w.people.add}</ButtonLink></div>}>
      {view.rows.length === 0 ? <Empty icon="people" title={c.table.empty} /> : (
        <>
          <div class="filters">
            <label>{c.table.search}<input class="input" type="search" autocomplete="off" spellcheck={false} value={f.text} onInput={(e) => set({ text: e.currentTarget.value })} /></label>
            <label>{c.table.worker}<select class="input" value={f.worker} onChange={(e) => set({ worker: e.currentTarget.value as Filter["worker"] })}>
              <option value="">{c.table.all}</option><option value="nobody">{c.table.nobody}</option>
              {view.members.filter((m) => m.role !== "admin").map((m) => <option key={m.id} value={m.id}>{m.name}</option>)}</select></label>
            <label class="check"><input type="checkbox" checked={f.attention} onChange={(e) => set({ attention: e.currentTarget.checked })} /><span>{c.table.attentionOnly}</span></label>
            <label class="check"><input type="checkbox" checked={f.ended} onChange={(e) => set({ ended: e.currentTarget.checked })} /><span>{c.table.everyState}</span></label>
            <Views />
          </div>
          {rows.length === 0 ? <Empty icon="search" title={c.table.none} /> : (
            <Rows rows={rows} height={64} columns="caseload" label={c.table.title} head={head} keyOf={(r) => r.scope} row={(r) => <Person row={r} now={now.value} />} />
          )}
        </>
      )}
    </Screen>
  );
}

const Person = ({ row, now }: { readonly row: CaseRow; readonly now: number }): JSX.Element => (
  <>
    <div role="cell"><a class="who" href={href("person", { person: row.person })}>{row.name}</a>{(row.fullName !== undefined || row.state !== "open") && <small>{w.list([row.fullName ?? "", ...(row.state === "open" ? [] : [called(w.values.state, row.state)])].filter((t) => t !== ""))}</small>}</div>
    <div role="cell">{row.worker === "" ? <strong>{c.table.nobody}</strong> : <span class="two-lines">{row.worker}</span>}</div>
    <div role="cell">{row.lastSeen === undefined ? w.people.neverSeen : dates.ago(row.lastSeen, now)}</div>
    <div role="cell">{row.next === undefined ? <span class="soft">{w.people.noNext}</span> : dates.moment(row.next, now)}</div>
    <div role="cell" class="five">{row.last.map((l, i) => <span key={i} class={l}><Icon name={l === "missed" ? "cross" : "check"} size={14} /><span class="unseen">{c.table.came[l]} </span></span>)}</div>
    <div role="cell" class={row.reach === "failing" ? "warn" : undefined}>{c.table.reach[row.reach]}</div>
    <div role="cell"><AttentionTags attention={row.attention.slice(0, 1)} />{row.attention.length > 1 && <small>{c.table.more(row.attention.length - 1)}</small>}</div>
  </>
);

/** Filters under a name. */
function Views(): JSX.Element {
  return (
    <div class="views">
      {saved.value.map((v) => <span class="view" key={v.name}><Button look="quiet" onClick={() => { filter.value = v.filter; }}>{v.name}</Button><Button look="quiet" icon="cross" about={v.name} onClick={() => { saved.value = saved.value.filter((o) => o !== v); }}><span class="unseen">{c.table.forget}</span></Button></span>)}
      {naming.value === undefined ? <Button look="quiet" onClick={() => { naming.value = ""; }}>{c.table.save}</Button> : (
        <form class="naming" onSubmit={(e) => { e.preventDefault(); const name = naming.value!.trim(); if (name !== "") saved.value = [...saved.value.filter((v) => v.name !== name), { name, filter: filter.value }]; naming.value = undefined; }}>
          <label>{c.table.viewName}<input class="input" value={naming.value} maxLength={40} onInput={(e) => { naming.value = e.currentTarget.value; }} /></label><Button type="submit">{c.table.keep}</Button><small>{c.table.viewsNote}</small>
        </form>
      )}
    </div>
  );
}
