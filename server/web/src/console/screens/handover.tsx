import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useAround } from "../../field/context.ts";
import { dates } from "../../field/dates.ts";
import { Acts, Button } from "../../field/parts/button.tsx";
import { Await, Screen } from "../../field/parts/screen.tsx";
import { Banner, Empty, Tag } from "../../field/parts/show.tsx";
import { mint } from "../../field/screens/write.ts";
import { dayOf, isDay, startOf } from "../../field/views/wall.ts";
import { instant, personOf, type OpID, type RecordID, type Scope, type UserID } from "../../sync/ids.ts";
import type { Edit } from "../../sync/record.ts";
import { api } from "../api.ts";
import { useDesk, useDeskPort } from "../context.ts";
import { Load, useDoing, useLoad } from "../parts/load.tsx";
import type { TeamView } from "../views/views.ts";
import { c } from "../words.ts";

type Who = UserID | "nobody" | "";
type Person = TeamView["members"][number]["people"][number];
/** What was handed over in this window: how far it is can be looked at until it is closed. */
interface Done { readonly people: readonly { readonly scope: Scope; readonly name: string }[]; readonly from: Who; readonly to: UserID }

/** Moves people from one worker to another. */
export function Handover(): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useDesk("team")} heading={c.handover.title} again={remote.refresh}>{(view) => <Form view={view} />}</Await>;
}

function Form({ view }: { readonly view: TeamView }): JSX.Element {
  const port = useDeskPort(), { now } = useAround(), doing = useDoing();
  const from = useSignal<Who>(""), to = useSignal<UserID | "">(""), part = useSignal<"lead" | "cover">("lead"), stays = useSignal(false), day = useSignal(dayOf(now.peek()) as string);
  const chosen = useSignal<ReadonlySet<Scope>>(new Set()), done = useSignal<readonly Done[]>([]);
  const members = view.members.filter((m) => m.role !== "admin"), nameOf = (id: Who): string => view.members.find((m) => m.id === id)?.name ?? c.table.nobody;
  const people: readonly (Pick<Person, "scope" | "name"> & Partial<Person>)[] = from.value === "nobody" ? view.nobody : view.members.find((m) => m.id === from.value)?.people ?? [];
  const picked = people.filter((p) => chosen.value.has(p.scope));
  const toggle = (scope: Scope): void => {
    const next = new Set(chosen.value);
    if (!next.delete(scope)) next.add(scope);
    chosen.value = next;
  };
  const go = (): void => {
    if (picked.length === 0) return doing.fail(c.handover.noOne);
    if (to.value === "") return doing.fail(c.handover.noTo);
    if (to.value === from.value) return doing.fail(c.handover.same);
    const whom = to.value, today = day.value === dayOf(now.peek()), at = today || !isDay(day.value) ? instant(Date.now()) : instant(startOf(day.value));
    doing.run(async () => {
      // Each person by themselves: one that the server does not take leaves the others handed over.
      const refused: string[] = [];
      let waiting = false;
      for (const p of picked) {
        const edits: Edit[] = [{ scope: p.scope, kind: "assignment", record: mint() as RecordID, base: 0 as Edit["base"], set: { worker: whom, part: part.value, from: at } }];
        if (p.assignment && !stays.value) edits.push({ scope: p.scope, kind: "assignment", record: p.assignment.id, base: p.assignment.version, set: { until: at } });
        const results = await port.push(edits, edits.map(() => mint() as string as OpID));
        if (results.some((r) => r?.status === "held" || r?.status === "rejected")) refused.push(p.name);
        else if (results.includes(undefined)) waiting = true;
      }
      const moved = picked.filter((p) => !refused.includes(p.name));
      if (moved.length > 0) done.value = [{ people: moved.map(({ scope, name }) => ({ scope, name })), from: from.value, to: whom }, ...done.value];
      chosen.value = new Set();
      if (refused.length > 0) doing.fail(`${c.handover.refused}: ${refused.join(", ")}`);
      else if (waiting) doing.fail(c.unanswered);
    });
  };
  return (
    <Screen heading={c.handover.title} below={<p>{c.handover.text}</p>}>
      {done.value.map((d, i) => <State key={done.value.length - i} of={d} nameOf={nameOf} />)}
      <div class="columns">
        <section class="stack" aria-labelledby="from"><h2 id="from">{c.handover.from}</h2>
          <label class="unseen" for="from-who">{c.handover.from}</label>
          <select class="input" id="from-who" value={from.value} onChange={(e) => { from.value = e.currentTarget.value as Who; chosen.value = new Set(); }}>
            <option value="">{c.handover.choose}</option>{members.map((m) => <option key={m.id} value={m.id}>{m.name} ({m.people.length})</option>)}<option value="nobody">{c.handover.nobody} ({view.nobody.length})</option>
          </select>
          {from.value !== "" && people.length === 0 && <Empty icon="people" title={c.handover.none} />}
          {people.length > 0 && (
            <fieldset class="stack tight"><legend>{c.handover.chosen(picked.length)}</legend>
              <label class="check"><input type="checkbox" checked={picked.length === people.length} onChange={(e) => { chosen.value = new Set(e.currentTarget.checked ? people.map((p) => p.scope) : []); }} /><strong>{c.handover.all}</strong></label>
              {people.map((p) => <label class="check" key={p.scope}><input type="checkbox" checked={chosen.value.has(p.scope)} onChange={() => toggle(p.scope)} /><span>{p.name}{p.open !== undefined && <small class="soft"> {c.handover.open(p.open)}</small>}{p.part === "cover" && <small class="soft"> {c.handover.cover}</small>}</span></label>)}
            </fieldset>
          )}
        </section>
        <section class="stack" aria-labelledby="to"><h2 id="to">{c.handover.to}</h2>
          <label class="unseen" for="to-who">{c.handover.to}</label>
          <select class="input" id="to-who" value={to.value} onChange={(e) => { to.value = e.currentTarget.value as UserID | ""; }}>
            <option value="">{c.handover.choose}</option>{members.filter((m) => m.role === "worker").map((m) => <option key={m.id} value={m.id}>{m.name} ({m.people.length})</option>)}
          </select>
          <div class="filters">
            <label>{c.handover.part}<select class="input" value={part.value} onChange={(e) => { part.value = e.currentTarget.value as "lead" | "cover"; }}><option value="lead">{c.handover.lead}</option><option value="cover">{c.handover.cover}</option></select></label>
            <label>{c.handover.on}<input class="input" type="date" value={day.value} onInput={(e) => { day.value = e.currentTarget.value; }} /></label>
          </div>
          <label class="check"><input type="checkbox" checked={stays.value} onChange={(e) => { stays.value = e.currentTarget.checked; }} /><span>{c.handover.keepOld}</span></label>
          {picked.length > 0 && to.value !== "" && <div class="card"><h3>{c.handover.preview}</h3><ul>{picked.map((p) => <li key={p.scope}>{c.handover.each(p.name, nameOf(from.value), nameOf(to.value))}</li>)}</ul></div>}
          {doing.trouble}
          <Acts><Button look="primary" busy={doing.busy} onClick={go}>{c.handover.go}</Button></Acts>
        </section>
      </div>
    </Screen>
  );
}

/** How far a handover is: whether the old phone has sent its work and dropped them, and whether the new one has them. It is the server's word for each. */
function State({ of, nameOf }: { readonly of: Done; readonly nameOf: (id: Who) => string }): JSX.Element {
  const now = useAround().now.value;
  const load = useLoad(async () => Promise.all(of.people.map(async (p) => ({ ...p, devices: await api.holders(personOf(p.scope)) }))), [of]);
  return (
    <section class="card ok" aria-label={c.handover.state}>
      <h2>{c.handover.done(of.people.length)}</h2>
      <p class="soft">{c.handover.late}</p>
      <Load of={load}>{(people) => (
        <ul class="notes">{people.map((p) => {
          const mine = (who: Who) => p.devices.filter((d) => d.user === who && d.revoked === undefined);
          const old = mine(of.from), fresh = mine(of.to);
          return (
            <li key={p.scope}><strong>{p.name}</strong>
              {of.from !== "nobody" && <span>{c.handover.old} ({nameOf(of.from)}): {old.length === 0 ? <Tag>{c.handover.noPhone}</Tag> : old.map((d) => <Tag key={d.client_id} tone={d.dropped ? "ok" : "wait"}>{d.dropped ? c.handover.sent : c.handover.waits(d.last_pull_at === null ? c.now.never : dates.when(d.last_pull_at, now))}</Tag>)}</span>}
              <span>{c.handover.arrived} ({nameOf(of.to)}): {fresh.length === 0 ? <Tag tone="wait">{c.handover.noPhone}</Tag> : fresh.map((d) => { const has = d.last_pull_at !== null && Date.parse(d.last_pull_at) >= Date.parse(d.since); return <Tag key={d.client_id} tone={has ? "ok" : "wait"}>{has ? c.handover.has : c.handover.hasNot(d.last_pull_at === null ? c.now.never : dates.when(d.last_pull_at, now))}</Tag>; })}</span>
            </li>
          );
        })}</ul>
      )}</Load>
      <Acts><Button icon="sync" onClick={load.again}>{c.handover.again}</Button></Acts>
      {load.got.kind === "here" && load.got.value.every((p) => !p.devices.some((d) => d.user === of.to && d.revoked === undefined)) && <Banner tone="wait" icon="phone"><p>{c.handover.noPhones(nameOf(of.to))}</p></Banner>}
    </section>
  );
}
