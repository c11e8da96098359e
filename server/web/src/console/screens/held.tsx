import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useAround } from "../../field/context.ts";
import { dates } from "../../field/dates.ts";
import { fieldName, valueText } from "../../field/describe.ts";
import { Acts, Button, ButtonLink } from "../../field/parts/button.tsx";
import { Area } from "../../field/parts/field.tsx";
import { Await, Screen } from "../../field/parts/screen.tsx";
import { Empty, Facts, More, Tag } from "../../field/parts/show.tsx";
import { href } from "../../field/route.ts";
import { called } from "../../field/screens/visit.tsx";
import { mint } from "../../field/screens/write.ts";
import { text } from "../../field/views/read.ts";
import { w } from "../../field/words.ts";
import { isPerson, personOf, type OpID } from "../../sync/ids.ts";
import type { Fields, Value } from "../../sync/record.ts";
import { useDesk, useDeskPort } from "../context.ts";
import { useDoing } from "../parts/load.tsx";
import type { HeldRow, HeldView } from "../views/views.ts";
import { c } from "../words.ts";

/** What a coordinator decides: what stands in two versions, and entries that wait or were refused. Nothing is deleted. */
export function Held(): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useDesk("held")} heading={c.held.title} again={remote.refresh}>{(view) => <Lists view={view} />}</Await>;
}

const Lists = ({ view }: { readonly view: HeldView }): JSX.Element => (
  <Screen heading={c.held.title} below={<p>{c.held.text}</p>}>
    <section aria-labelledby="open"><h2 id="open">{c.held.open}</h2>
      {view.open.length === 0 ? <Empty icon="check" title={c.held.none} /> : <ul class="cards">{view.open.map((h) => <li key={h.record.id}><Entry of={h} /></li>)}</ul>}
    </section>
    <section aria-labelledby="apart"><h2 id="apart">{c.held.apart}</h2>
      {view.apart.length === 0 ? <p class="soft">{c.held.apartNone}</p> : (
        <ul class="rows">{view.apart.flatMap((a) => a.records.map((r) => (
          <li key={r.id}><a href={href("settle", { record: r.id })}><span>{a.person}<small>{w.list([called(w.kinds, r.kind), ...Object.keys(r.conflicts ?? {}).map(fieldName)])}</small></span><span class="end">{c.held.settleIt}</span></a></li>
        )))}</ul>
      )}
    </section>
    {view.settled.length > 0 && <More label={c.held.decided}><ul class="notes">{view.settled.map((h) => <li key={h.record.id}><Summary of={h} /><small>{h.settled === undefined ? c.held.tooLate : c.held.was[h.settled] ?? h.settled}{text(h.record, "settled_reason") ? `: ${text(h.record, "settled_reason")}` : ""}</small></li>)}</ul></More>}
  </Screen>
);

function Summary({ of }: { readonly of: HeldRow }): JSX.Element {
  const now = useAround().now.value;
  return (
    <div class="stack tight">
      <p class="tags"><Tag tone={of.status === "rejected" ? "stop" : "needs"}>{c.held[of.status]}</Tag>{of.op && <Tag>{called(w.kinds, of.op.kind)}</Tag>}</p>
      <h3>{of.op && isPerson(of.op.scope) && of.person !== undefined ? <a href={href("person", { person: personOf(of.op.scope) })}>{c.held.about(of.person)}</a> : of.person !== undefined ? c.held.about(of.person) : c.held.nobody}</h3>
      <p>{c.held.by(of.by, of.at === undefined ? "" : dates.when(of.at, now))}</p>
    </div>
  );
}

function Entry({ of }: { readonly of: HeldRow }): JSX.Element {
  const port = useDeskPort(), { say } = useAround(), doing = useDoing(), aside = useSignal<string | undefined>(undefined), wrong = useSignal<string | undefined>(undefined);
  const decide = (set: Fields, says: string): void => doing.run(async () => {
    const [result] = await port.push([{ scope: of.record.scope, kind: of.record.kind, record: of.record.id, base: of.record.version, set }], [mint() as string as OpID]);
    if (result === undefined) return doing.fail(c.unanswered);
    if (result.status === "rejected" || result.status === "held") return result.code === "settle_earlier" ? doing.fail(c.held.earlier) : say(c.held.another); // the entry goes from the list, and this with it
    if (result.status === "conflict") return say(c.held.another);
    say(says);
  });
  const setAside = (): void => {
    const why = (aside.value ?? "").trim();
    wrong.value = why === "" ? c.held.whyMissing : undefined;
    if (why !== "") decide({ settled: "set_aside", settled_reason: why }, c.held.asideDone);
  };
  return (
    <div class="card needs">
      <Summary of={of} />
      <p><strong>{c.held.reasons[of.reason] ?? c.held.otherReason(of.reason)}</strong>{of.detail && <small class="soft"> {of.detail}</small>}</p>
      <Payload of={of} />
      {doing.trouble}
      {aside.value === undefined ? (
        <Acts>
          {of.status === "held" && <Button look="primary" busy={doing.busy} onClick={() => decide({ settled: "accepted" }, c.held.accepted)}>{c.held.accept}</Button>}
          <Button busy={doing.busy} onClick={() => { aside.value = ""; }}>{c.held.aside}</Button>
          {of.op && isPerson(of.op.scope) && of.person !== undefined && of.op.kind === "support" && <ButtonLink look="quiet" href={href("supportWith", { person: personOf(of.op.scope) })}>{c.held.write}</ButtonLink>}
        </Acts>
      ) : (
        <div class="stack">
          <Area id={`why-${of.record.id}`} label={c.held.why} error={wrong.value} value={aside.value} onValue={(v) => { aside.value = v; }} rows={2} />
          <Acts><Button look="primary" busy={doing.busy} onClick={setAside}>{c.held.asideYes}</Button><Button onClick={() => { aside.value = undefined; }}>{c.cancel}</Button></Acts>
        </div>
      )}
    </div>
  );
}

/** What was written, as it was sent. */
function Payload({ of }: { readonly of: HeldRow }): JSX.Element {
  const now = useAround().now.value;
  const { op } = of;
  if (op === undefined) return <><p class="soft">{c.held.unreadable}</p><pre class="payload">{typeof of.record.fields["op"] === "string" ? of.record.fields["op"] : JSON.stringify(of.record.fields["op"])}</pre></>;
  const told = (f: string, v: Value): string => valueText(f, v, now);
  return (
    <div aria-label={c.held.payload} role="group">
      <Facts facts={[
        ...(op.delete ? [[c.held.deleted, w.yes] as const] : []),
        ...Object.entries(op.set ?? {}).map(([f, v]) => [fieldName(f), told(f, v)] as const),
        ...Object.entries(op.add ?? {}).map(([f, v]) => [`${fieldName(f)}, ${c.person.was["add"]}`, told(f, v)] as const),
        ...Object.entries(op.remove ?? {}).map(([f, v]) => [`${fieldName(f)}, ${c.person.was["remove"]}`, told(f, v)] as const),
      ]} />
    </div>
  );
}
