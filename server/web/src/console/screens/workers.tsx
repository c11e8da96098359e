import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useAround } from "../../field/context.ts";
import { dates } from "../../field/dates.ts";
import { Acts, Button } from "../../field/parts/button.tsx";
import { Field } from "../../field/parts/field.tsx";
import { Screen } from "../../field/parts/screen.tsx";
import { Banner, Empty, Tag } from "../../field/parts/show.tsx";
import { codeOf } from "../../field/screens/code.ts";
import { api, type DeviceShown, type InvitationShown, type ReportShown, type WorkerShown } from "../api.ts";
import { useDesk, useSeat } from "../context.ts";
import { Load, useDoing, useLoad } from "../parts/load.tsx";
import { proven } from "../passkey.ts";
import { c } from "../words.ts";

/** Who works here, each with their devices: enrol one, cut one off, report what a lost one may hold. */
export function Workers(): JSX.Element {
  return useSeat().user.role === "coordinator" ? <OfTeam /> : <All weeks={new Map()} />;
}
function OfTeam(): JSX.Element {
  const seen = useDesk("team");
  return <All weeks={new Map(seen.kind === "here" ? seen.value.members.map((m) => [m.id as string, m.week]) : [])} />;
}

function All({ weeks }: { readonly weeks: ReadonlyMap<string, number> }): JSX.Element {
  const load = useLoad(api.workers, []);
  return (
    <Screen heading={c.workers.title}>
      <Load of={load}>{(workers) => (
        <>
          {workers.length === 0 && <Empty icon="people" title={c.table.empty} />}
          <div class="columns">{workers.map((w) => <Worker key={w.id} of={w} week={weeks.get(w.id)} again={load.again} />)}</div>
          <Add again={load.again} />
        </>
      )}</Load>
    </Screen>
  );
}

function Worker({ of, week, again }: { readonly of: WorkerShown; readonly week: number | undefined; readonly again: () => void }): JSX.Element {
  const invited = useSignal<InvitationShown | undefined>(undefined), doing = useDoing(), waits = c.workers.waits(of.held, of.rejected);
  const devices = of.devices.filter((d) => d.revoked === undefined), may = useSeat().user.role === "admin" || of.role === "worker";
  return (
    <section class="card" aria-labelledby={`w-${of.id}`}>
      <h2 id={`w-${of.id}`}>{of.name}</h2>
      <p class="tags"><Tag>{c.workers.roles[of.role] ?? of.role}</Tag>{of.role === "worker" && <Tag>{c.workers.people(of.people)}</Tag>}{of.role === "worker" && week !== undefined && <Tag>{c.workers.week(week)}</Tag>}{waits !== "" && <Tag tone="needs">{waits}</Tag>}{of.disabled && <Tag tone="stop">{c.workers.disabled}</Tag>}</p>
      {devices.length === 0 && of.role === "worker" && <p class="soft">{c.workers.noDevice}</p>}
      <ul class="notes">{devices.map((d) => <Device key={d.client_id} of={d} may={may} again={again} />)}</ul>
      {doing.trouble}
      {invited.value ? <Invitation of={invited.value} name={of.name} onClose={() => { invited.value = undefined; }} />
        : !of.disabled && may && <Acts><Button icon="phone" about={of.name} busy={doing.busy} onClick={() => doing.run(async () => { invited.value = await proven(() => api.invite(of.id)); })}>{of.role === "worker" ? c.workers.enrol : c.workers.enrolDesk}</Button></Acts>}
    </section>
  );
}

function Invitation({ of, name, onClose }: { readonly of: InvitationShown; readonly name: string; readonly onClose: () => void }): JSX.Element {
  const now = useAround().now.value, { size, path } = codeOf(of.link);
  return (
    <div class="stack">
      <h3>{c.workers.enrolTitle(name)}</h3>
      <p>{c.workers.enrolText}</p>
      <div class="qr"><svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={c.workers.enrolTitle(name)}><path d={path} fill="#000" /></svg></div>
      <p>{c.workers.code}: <strong class="num">{of.code}</strong></p>
      <p class="soft">{c.workers.until(dates.when(of.expires_at, now))}</p>
      <Button onClick={onClose}>{c.workers.close}</Button>
    </div>
  );
}

function Device({ of, may, again }: { readonly of: DeviceShown; readonly may: boolean; readonly again: () => void }): JSX.Element {
  const { say, now } = useAround(), cutting = useSignal(false), report = useSignal<ReportShown | undefined>(undefined), doing = useDoing();
  const cut = (): void => doing.run(async () => {
    await proven(() => api.revoke(of.client_id));
    cutting.value = false;
    say(c.workers.cutDone);
    again();
  });
  return (
    <li>
      <strong>{of.name}</strong>
      <small>{of.last_pull_at === null ? c.workers.never : c.workers.pulled(dates.when(of.last_pull_at, now.value))} · {c.workers.heard(dates.when(of.last_seen, now.value))}{of.build ? ` · ${c.workers.version(of.build)}` : ""}</small>
      {doing.trouble}
      {cutting.value ? (
        <Banner tone="stop" icon="alert" title={c.workers.cutAsk(of.name)}><p>{c.workers.cutText}</p><Acts><Button look="danger" busy={doing.busy} onClick={cut}>{c.workers.cutYes}</Button><Button onClick={() => { cutting.value = false; }}>{c.workers.no}</Button></Acts></Banner>
      ) : (
        <Acts><Button look="quiet" about={of.name} busy={doing.busy} onClick={() => doing.run(async () => { report.value = await proven(() => api.report(of.client_id)); })}>{c.workers.report}</Button>
          {may && <Button look="quiet" about={of.name} onClick={() => { cutting.value = true; }}>{c.workers.cut}</Button>}</Acts>
      )}
      {report.value && <Report of={report.value} onClose={() => { report.value = undefined; }} />}
    </li>
  );
}

/** What a lost phone may hold, for the data-protection officer. An administrator reads ids: names are not theirs to see. */
function Report({ of, onClose }: { readonly of: ReportShown; readonly onClose: () => void }): JSX.Element {
  const admin = useSeat().user.role !== "coordinator";
  return admin ? <ReportOf of={of} nameOf={(id) => id} onClose={onClose} /> : <Named of={of} onClose={onClose} />;
}
function Named({ of, onClose }: { readonly of: ReportShown; readonly onClose: () => void }): JSX.Element {
  const seen = useDesk("table"), names = new Map(seen.kind === "here" ? seen.value.rows.map((r) => [r.person as string, r.fullName ?? r.name]) : []);
  return <ReportOf of={of} nameOf={(id) => names.get(id) ?? id} onClose={onClose} />;
}
const ReportOf = ({ of, nameOf, onClose }: { readonly of: ReportShown; readonly nameOf: (id: string) => string; readonly onClose: () => void }): JSX.Element => (
  <section class="card" aria-label={c.workers.reportTitle(`${of.name}, ${of.device}`)}>
    <h3>{c.workers.reportTitle(`${of.name}, ${of.device}`)}</h3>
    <p class="soft">{c.workers.reportText}</p>
    <ul>{of.people.map((id) => <li key={id}>{nameOf(id)}</li>)}</ul>
    {of.others > 0 && <p>{c.workers.others(of.others)}</p>}
    {of.dropped.length > 0 && <><h4>{c.workers.reportDropped}</h4><ul>{of.dropped.map((id) => <li key={id}>{nameOf(id)}</li>)}</ul></>}
    <div class="acts"><Button onClick={() => window.print()}>{c.workers.print}</Button><Button onClick={onClose}>{c.workers.close}</Button></div>
  </section>
);

function Add({ again }: { readonly again: () => void }): JSX.Element {
  const { say } = useAround(), seat = useSeat(), doing = useDoing();
  const name = useSignal(""), role = useSignal("worker"), team = useSignal(seat.user.team);
  const admin = seat.user.role === "admin";
  const add = (): void => {
    if (name.value.trim() === "") return doing.fail(c.workers.nameMissing);
    doing.run(async () => {
      await api.addUser({ name: name.value.trim(), role: role.value, ...(admin && team.value !== "" ? { team: team.value } : {}) });
      say(c.workers.added(name.value.trim()));
      name.value = "";
      again();
    });
  };
  return (
    <section class="card" aria-labelledby="add">
      <h2 id="add">{c.workers.addTitle}</h2>
      {doing.trouble}
      <form class="filters" onSubmit={(e) => { e.preventDefault(); add(); }}>
        <Field id="add-name" label={c.workers.name} value={name.value} onValue={(v) => { name.value = v; }} max={200} />
        <label>{c.workers.role}<select class="input" value={role.value} onChange={(e) => { role.value = e.currentTarget.value; }}>{(admin ? ["worker", "coordinator", "admin"] : ["worker"]).map((r) => <option key={r} value={r}>{c.workers.roles[r]}</option>)}</select></label>
        {admin && <Field id="add-team" label={c.first.team} value={team.value} onValue={(v) => { team.value = v; }} max={64} />}
        <Button type="submit" look="primary" busy={doing.busy}>{c.workers.add}</Button>
      </form>
    </section>
  );
}
