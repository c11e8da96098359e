import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { personOf } from "../../sync/ids.ts";
import type { OpID, RecordID } from "../../sync/ids.ts";
import type { Entry, Notice, Office as OfficeList, PhoneState } from "../../sync/phone.ts";
import type { Shown } from "../../sync/record.ts";
import { useAround, useView } from "../context.ts";
import { dates } from "../dates.ts";
import { describe, reasonOf } from "../describe.ts";
import { Icon } from "../icons.tsx";
import { doingWords, lineOf } from "../line.ts";
import { Acts, Button } from "../parts/button.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { Banner, Card, Cards, Empty, Facts, More, Tag } from "../parts/show.tsx";
import { href } from "../route.ts";
import { w } from "../words.ts";
import { Join } from "./join.tsx";

type Open = Extract<PhoneState, { kind: "open" }>;

/** How many waiting entries are listed; weeks without a signal make thousands. */
const listed = 50;

/** Behind the line: what waits, what needs the person and why, what a coordinator decided, and who moved on. */
export function Office({ state, now }: { readonly state: Open; readonly now: number }): JSX.Element {
  const { remote } = useAround();
  const seen = useView("office");
  const [anew, begin] = useState(false);
  if (anew) return <Join again unsent={state.reach.unsent} onBack={() => begin(false)} />;
  return (
    <Await seen={seen} heading={w.office.title} again={() => remote.refresh()}>
      {(office) => (
        <Screen heading={w.office.title} back={href("today")}>
          <Summary state={state} now={now} onAnew={() => begin(true)} />
          {office.needsYou.length > 0 && <NeedsYou entries={office.needsYou} now={now} />}
          {office.sealed > 0 && <Banner tone="wait" icon="shield" title={w.office.sealed(office.sealed)}><p>{w.office.sealedText}</p></Banner>}
          {office.notices.length > 0 && <Notices notices={office.notices} now={now} />}
          {office.waiting.length > 0 && <Waiting entries={office.waiting} now={now} />}
          {office.gone.length > 0 && <Gone gone={office.gone} now={now} />}
          {nothing(office) && state.reach.everything !== undefined && <Empty icon="check" title={w.office.allTitle}><p>{w.office.allText}</p></Empty>}
        </Screen>
      )}
    </Await>
  );
}
const nothing = (o: OfficeList): boolean => o.needsYou.length + o.sealed + o.notices.length + o.waiting.length + o.gone.length === 0;

function Summary({ state, now, onAnew }: { readonly state: Open; readonly now: number; readonly onAnew: () => void }): JSX.Element {
  const { remote, say } = useAround();
  const { reach } = state;
  const line = lineOf({ reach, needsYou: 0 }, now, w, dates);
  const stuck = reach.doing.kind === "stuck" ? reach.doing.why : undefined;
  const trying = reach.doing.kind === "trying";
  const update = state.update !== "none";
  return (
    <Card tone={line.tone}>
      <p class="told"><Icon name={line.icon} /><span>{stuck ? w.office.stuck[stuck] : doingWords(reach.doing, now, w, dates) ?? w.office.resting}</span></p>
      <Facts facts={[
        [w.office.unsent, reach.unsent > 0 ? w.office.entries(reach.unsent) : w.office.none],
        [w.office.everything, reach.everything === undefined ? w.office.notYet : dates.moment(reach.everything, now)],
        [w.office.agreed, reach.synced === undefined ? w.office.notYet : dates.moment(reach.synced, now)],
      ]} />
      <Acts>
        {stuck === "outdated" || (stuck && update) ? <TakeUpdate /> : stuck === "signed_out" ? <Button look="primary" icon="key" onClick={onAnew}>{w.locked.haveCode}</Button>
          : <Button icon="sync" busy={trying} onClick={() => { void remote.port.syncNow(); say(w.office.asked); }}>{trying ? w.office.trying : w.office.tryNow}</Button>}
      </Acts>
    </Card>
  );
}

/** The person takes the new version: what waits is offered to the office first, then the page is loaded anew. */
export function TakeUpdate({ look = "primary" }: { readonly look?: "primary" | "secondary" }): JSX.Element {
  const { remote, install, say } = useAround();
  const [busy, setBusy] = useState(false);
  const take = async (): Promise<void> => {
    setBusy(true);
    await remote.port.update().catch(() => undefined);
    if (!await install.take().catch(() => false)) say(w.update.none);
    setBusy(false);
  };
  return <Button look={look} icon="sync" busy={busy} onClick={() => void take()}>{busy ? w.update.taking : w.update.take}</Button>;
}

const who = (e: Entry): string => e.about ?? w.office.somebody;

function NeedsYou({ entries, now }: { readonly entries: readonly Entry[]; readonly now: number }): JSX.Element {
  const { remote, say } = useAround();
  const clear = (ids: readonly OpID[]): void => { void remote.port.clear(ids).then(() => say(w.office.cleared(ids.length))); };
  return (
    <section aria-labelledby="needs">
      <h2 id="needs">{w.office.needsYou(entries.length)}</h2>
      <Cards>
        {entries.map((e) => {
          const result = e.result;
          const reason = result && reasonOf(result);
          const said = describe(e.op, now);
          return (
            <div class="card needs" key={e.op.id}>
              <div class="row"><h3 class="name">{who(e)}</h3><Tag tone={result?.status === "held" ? "needs" : "stop"}>{result?.status === "held" ? w.office.held : w.office.refused}</Tag></div>
              <p><strong>{said.title}</strong><br /><span class="soft">{w.office.written(dates.moment(e.op.at, now))}</span></p>
              {reason && <Facts facts={[[w.office.why, reason.why], [w.office.todo, reason.todo]]} />}
              {said.said.length > 0 && <More label={w.office.whatYouWrote}><Facts facts={said.said} />{result?.code && <p class="soft small">{w.office.code(result.code)}</p>}</More>}
              <Acts><Button onClick={() => clear([e.op.id])} about={`${who(e)}, ${said.title}`}>{w.office.clear}</Button></Acts>
            </div>
          );
        })}
      </Cards>
      <p class="hint">{w.office.clearHint}</p>
    </section>
  );
}

function Waiting({ entries, now }: { readonly entries: readonly Entry[]; readonly now: number }): JSX.Element {
  const more = entries.length - listed;
  return (
    <section aria-labelledby="waiting">
      <h2 id="waiting">{w.office.waiting(entries.length)}</h2>
      <ul class="rows">
        {entries.slice(0, listed).map((e) => {
          const said = describe(e.op, now);
          return <li key={e.op.id}><div class="entry"><Icon name="up" size={20} /><span><strong>{who(e)}</strong><br />{said.title}{e.op.base !== 0 && said.said[0] && <>, {said.said[0][1]}</>}<small>{w.office.written(dates.moment(e.op.at, now))}</small></span></div></li>;
        })}
      </ul>
      {more > 0 && <p class="soft">{w.office.more(more)}</p>}
    </section>
  );
}

function Notices({ notices, now }: { readonly notices: readonly Notice[]; readonly now: number }): JSX.Element {
  const { remote } = useAround();
  const read = (n: Shown): void => { void remote.port.write([{ scope: n.scope, kind: n.kind, record: n.id as RecordID, base: n.version, set: { seen: true } }]); };
  return (
    <section aria-labelledby="notices">
      <h2 id="notices">{w.office.notices}</h2>
      <Cards>
        {notices.map(({ record: n, entry, written }) => (
          <Card key={n.id} tone={n.fields["about"] === "accepted" ? "ok" : "plain"}>
            <p>{n.fields["about"] === "accepted" ? w.office.accepted : n.fields["about"] === "set_aside" ? w.office.setAside : w.office.decided}</p>
            {entry ? <About entry={entry} now={now} /> : written !== undefined && <p>{w.office.written(dates.moment(written, now))}</p>}
            <p class="soft small">{dates.moment(String(n.fields["at"] ?? n.at), now)}</p>
            <Acts><Button onClick={() => read(n)}>{w.office.read}</Button></Acts>
          </Card>
        ))}
      </Cards>
    </section>
  );
}

/** Whom and what a decision is about, with the way there. */
function About({ entry, now }: { readonly entry: Entry; readonly now: number }): JSX.Element {
  const { op } = entry, said = describe(op, now), to = entry.about === undefined ? undefined : placeOf(op);
  return <p><strong>{who(entry)}</strong><br />{to === undefined ? said.title : <a href={to}>{said.title}</a>}<br /><span class="soft">{w.office.written(dates.moment(op.at, now))}</span></p>;
}
function placeOf({ kind, record, scope }: Entry["op"]): string {
  switch (kind) {
    case "appointment": return href("appointment", { record });
    case "support": return href("editSupport", { record });
    case "follow_up": return href("followUp", { record });
    case "contact": return href("contact", { record });
    case "consent": return href("consent", { record });
    default: return href("person", { person: personOf(scope) });
  }
}

function Gone({ gone, now }: { readonly gone: OfficeList["gone"]; readonly now: number }): JSX.Element {
  return (
    <section aria-labelledby="gone">
      <h2 id="gone">{w.office.gone}</h2>
      <p class="soft">{w.office.goneText}</p>
      <ul class="rows">{gone.map((g) => <li key={`${g.name} ${g.at}`}><div class="entry"><Icon name="swap" size={20} /><span><strong>{g.name}</strong><small>{dates.moment(g.at, now)}</small></span></div></li>)}</ul>
    </section>
  );
}
