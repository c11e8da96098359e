import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Acts, Button } from "../../field/parts/button.tsx";
import { Screen } from "../../field/parts/screen.tsx";
import { More } from "../../field/parts/show.tsx";
import { called } from "../../field/screens/visit.tsx";
import { dayOf, plusDays } from "../../field/views/wall.ts";
import { w } from "../../field/words.ts";
import { api, type FiguresShown } from "../api.ts";
import { Load, useDoing, useLoad } from "../parts/load.tsx";
import { Plot, type Series } from "../parts/plot.tsx";
import { proven } from "../passkey.ts";
import { save } from "../parts/save.ts";
import { Table } from "../parts/table.tsx";
import { c } from "../words.ts";

type Row = FiguresShown["appointments"][number];

/** The team's figures: each chart with the same data as a table. */
export function Figures(): JSX.Element {
  const since = useSignal<string>(plusDays(dayOf(Date.now()), -7 * 26));
  const load = useLoad(() => api.figures(since.value), [since.value]);
  return (
    <Screen heading={c.figures.title} below={<p>{c.figures.text}</p>}>
      <div class="filters"><label>{c.figures.since}<input class="input" type="date" value={since.value} onChange={(e) => { if (e.currentTarget.value !== "") since.value = e.currentTarget.value; }} /></label></div>
      <Load of={load}>{(f) => (f.appointments.length + f.supports.length + f.caseload.length === 0 ? <p class="soft">{c.figures.none}</p> : <All of={f} since={since.value} />)}</Load>
    </Screen>
  );
}

function All({ of, since }: { readonly of: FiguresShown; readonly since: string }): JSX.Element {
  const byWeek = useMemo(() => {
    const weeks = [...new Set(of.appointments.map((r) => r.week))].sort();
    const sum = (week: string, field: "missed" | "attended" | "recovered" | "replied" | "total", lead?: string): number => of.appointments.filter((r) => r.week === week && (lead === undefined || r.lead === lead)).reduce((n, r) => n + (r[field] ?? 0), 0);
    const rate = (week: string, lead?: string): number | null => {
      const known = sum(week, "missed", lead) + sum(week, "attended", lead);
      return known === 0 ? null : Math.round(1000 * sum(week, "missed", lead) / known) / 10;
    };
    const leads = Object.keys(c.figures.lead).filter((l) => of.appointments.some((r) => r.lead === l));
    return {
      weeks, missed: [{ label: c.figures.missed, values: weeks.map((k) => rate(k)) }] as readonly Series[],
      byLead: leads.map((l) => ({ label: c.figures.lead[l]!, values: weeks.map((k) => rate(k, l)) })) as readonly Series[],
      recovered: [{ label: c.figures.recovered, values: weeks.map((k) => { const m = sum(k, "missed"); return m === 0 ? null : Math.round(1000 * sum(k, "recovered") / m) / 10; }) }] as readonly Series[],
    };
  }, [of]);
  return (
    <div class="columns">
      <Chart title={c.figures.missed} table="appointments" since={since} chart={<Plot weeks={byWeek.weeks} series={byWeek.missed} unit="%" label={c.figures.missed} />}><Appointments rows={of.appointments} /></Chart>
      <Chart title={c.figures.byLead} chart={<Plot weeks={byWeek.weeks} series={byWeek.byLead} unit="%" label={c.figures.byLead} />}><Appointments rows={of.appointments} /></Chart>
      <Chart title={c.figures.recovered} chart={<Plot weeks={byWeek.weeks} series={byWeek.recovered} unit="%" label={c.figures.recovered} />}><Appointments rows={of.appointments} /></Chart>
      <Counts title={c.figures.replies} table="replies" since={since} rows={of.replies} words={w.values.reply} />
      <Counts title={c.figures.supports} table="supports" since={since} rows={of.supports} words={w.values.what} />
      <section class="card" aria-label={c.figures.caseload}><h2>{c.figures.caseload}</h2>
        <Table head={[c.figures.worker, c.figures.people]} rows={of.caseload.map((r) => [r.name, cell(r.people)])} /><Csv table="caseload" since={since} /></section>
    </div>
  );
}

const Chart = ({ title, table, since, chart, children }: { readonly title: string; readonly table?: string; readonly since?: string; readonly chart: JSX.Element; readonly children: ComponentChildren }): JSX.Element => (
  <section class="card" aria-label={title}><h2>{title}</h2>{chart}<More label={c.figures.table}>{children}</More>{table !== undefined && since !== undefined && <Csv table={table} since={since} />}</section>
);

function Counts({ title, table, since, rows, words }: { readonly title: string; readonly table: string; readonly since: string; readonly rows: FiguresShown["replies"]; readonly words: Readonly<Record<string, string>> }): JSX.Element {
  const { weeks, series } = useMemo(() => {
    const weeks = [...new Set(rows.map((r) => r.week))].sort(), whats = [...new Set(rows.map((r) => r.what))];
    return { weeks, series: whats.map((what) => ({ label: called(words, what), values: weeks.map((k) => rows.find((r) => r.week === k && r.what === what)?.count ?? 0) })) };
  }, [rows]);
  return <Chart title={title} table={table} since={since} chart={<Plot weeks={weeks} series={series} label={title} />}><Table head={[c.figures.week, c.figures.what, c.figures.count]} rows={rows.map((r) => [r.week, called(words, r.what), cell(r.count)])} /></Chart>;
}

const Appointments = ({ rows }: { readonly rows: readonly Row[] }): JSX.Element => (
  <Table head={[c.figures.week, c.figures.byLead, c.figures.total, c.figures.attended, c.figures.missedN, c.figures.cancelled, c.figures.recoveredN, c.figures.replied]}
    rows={rows.map((r) => [r.week, c.figures.lead[r.lead] ?? r.lead, ...[r.total, r.attended, r.missed, r.cancelled, r.recovered, r.replied].map(cell)])} />
);

/** null is a count that is hidden, since somebody might be known by it. */
const cell = (n: number | null): string => (n === null ? c.figures.hidden : String(n));

/** What leaves the team hides small counts; the server sees to it. */
function Csv({ table, since }: { readonly table: string; readonly since: string }): JSX.Element {
  const doing = useDoing();
  return <>{doing.trouble}<Acts><Button look="quiet" about={table} busy={doing.busy} onClick={() => doing.run(async () => save(await proven(() => api.csv(`/figures?since=${since}&export=csv&table=${table}`)), `${table}.csv`))}>{c.figures.csv}</Button></Acts></>;
}
