import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { personOf } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Edit, Fields, Shown, Value } from "../../sync/record.ts";
import { useAround, useView } from "../context.ts";
import { dates } from "../dates.ts";
import { deletionOf, opened } from "../edits/edit.ts";
import { rules } from "../edits/limits.ts";
import { Icon } from "../icons.tsx";
import { Acts, Button, ButtonLink } from "../parts/button.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { Banner, Empty } from "../parts/show.tsx";
import { own } from "../own.ts";
import { href } from "../route.ts";
import { isOld, text } from "../views/read.ts";
import type { Choice, RecordView, Version } from "../views/views.ts";
import { isDay } from "../views/wall.ts";
import { w } from "../words.ts";
import { revived } from "./removal.tsx";
import { called, whoWords } from "./visit.tsx";
import { useSaying, useWriting } from "./write.ts";

/** Where two people wrote differently: both stand side by side, and one tap says which holds. */
export function Settle({ record }: { readonly record: RecordID }): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useView("record", record)} heading={w.settle.heading} again={remote.refresh}>{(view) => <Page key={record} view={view} />}</Await>;
}

function Page({ view }: { readonly view: RecordView }): JSX.Element {
  const { now, router } = useAround(), say = useSaying(), writing = useWriting();
  const { record, person } = view, of = opened(record), back = href("person", { person: personOf(record.scope) });
  // What was there to choose stays in view after the choice, so that it can be made otherwise.
  const seen = useRef(new Map<string, Choice>());
  for (const c of view.choices) seen.current.set(c.field, c);
  const kept = useSignal<ReadonlyMap<string, Fields>>(new Map());
  const none = seen.current.size === 0 && view.deletes.length === 0;
  const keep = (field: string, set: Fields): void => {
    writing.write([settled(record, set)]).then((saved) => { if (saved) kept.value = new Map(kept.value).set(field, set); }, () => undefined);
  };
  const write = (edit: Edit, text: string): void => {
    writing.write([edit]).then((saved) => { if (saved) { say(text, edit.delete ? [revived(of)] : [], w.brought); router.back(back); } }, () => undefined);
  };
  return (
    <Screen heading={w.settle.heading} back={back} below={
      <><p class="name">{person}</p><p>{w.list([called(w.kinds, record.kind), ...titleOf(record)])}</p>{seen.current.size > 0 && <p>{w.settle.text}</p>}</>
    }>
      {none && <Empty icon="check" title={w.settle.none.title}><p>{w.settle.none.text}</p><ButtonLink href={back}>{person}</ButtonLink></Empty>}
      {writing.trouble.value && <div role="alert"><Banner icon="alert" tone="stop"><p>{writing.trouble.value}</p></Banner></div>}
      {[...seen.current.values()].map((c) => <OneChoice key={c.field} choice={c} person={person} kept={kept.value.get(c.field)} busy={writing.busy.value} now={now.value} onKeep={(set) => keep(c.field, set)} />)}
      {view.deletes.map((d, i) => (
        <Banner key={i} tone="needs" icon="bin">
          <p>{w.settle.deleted(whoWords(d.by, person), dates.moment(d.at, now.value))}</p>
          <Acts><Button busy={writing.busy.value} onClick={() => write(revived(of), w.settle.done)}>{w.settle.keepIt}</Button>
            {record.kind !== "person" && <Button look="danger" busy={writing.busy.value} onClick={() => write(deletionOf(of), w.settle.done)}>{w.settle.deleteIt}</Button>}</Acts>
        </Banner>
      ))}
    </Screen>
  );
}

/** An edit that has seen every version, and sets the field, or its whole group, to one of them (PROTOCOL §8.1). */
export const settled = (record: Shown, set: Fields): Edit => ({ scope: record.scope, kind: record.kind, record: record.id, base: record.version, set });

const titleOf = (r: Shown): readonly string[] => ["title", "about", "purpose"].flatMap((f) => text(r, f) ?? []).slice(0, 1).map((t) => called(w.values.purpose, t))
  .concat(r.kind === "support" ? [called(w.values.what, text(r, "what") ?? "")] : []);

function OneChoice({ choice, person, kept, busy, now, onKeep }: {
  readonly choice: Choice; readonly person: string; readonly kept: Fields | undefined; readonly busy: boolean; readonly now: number; readonly onKeep: (set: Fields) => void;
}): JSX.Element {
  const { versions } = choice, label = called(w.fields, choice.field);
  const holds = (v: Version): boolean => kept !== undefined && JSON.stringify(kept) === JSON.stringify(v.set);
  const both = bothTexts(choice);
  return (
    <section class="versions" aria-labelledby={`choice-${choice.field}`}>
      <h2 id={`choice-${choice.field}`}>{label}</h2>
      <ul class="sides">
        {versions.map((v, i) => (
          <li key={i} class={holds(v) ? "kept" : ""}>
            <p class="value">{Object.entries(v.set).map(([field, value]) => <span key={field}>{said(field, value, now)}</span>)}</p>
            <p class="small soft">{w.settle.by(whoWords(v.by, person), dates.moment(v.at, now))}{v.shown && kept === undefined && <><br />{w.settle.shown}</>}</p>
            {holds(v) ? <Kept />
              : <Button look={kept === undefined ? "primary" : "secondary"} busy={busy} onClick={() => onKeep(v.set)} about={`${label}: ${said(choice.field, v.value, now)}, ${whoWords(v.by, person)}`}>{w.settle.keep}</Button>}
          </li>
        ))}
      </ul>
      {both !== undefined && (kept !== undefined && !versions.some(holds)
        ? <Kept />
        : <Button look="quiet" busy={busy} onClick={() => onKeep({ [choice.field]: both })}>{w.settle.both}</Button>)}
    </section>
  );
}

/** Takes the focus, since the button that was tapped is gone. */
function Kept(): JSX.Element {
  const here = useRef<HTMLParagraphElement>(null);
  useEffect(() => { here.current?.focus({ preventScroll: true }); }, []);
  return <p class="verdict" tabIndex={-1} ref={here}><Icon name="check" size={20} />{w.settle.kept}. {w.onPhone}</p>;
}

const notes: readonly string[] = ["goals", "safety_note", "note", "outcome_note", "outcome", "safe_words", "safe_times", "travel"];
/** Of free text nothing has to go: one below the other says both. */
function bothTexts({ field, versions }: Choice): string | undefined {
  const texts = versions.flatMap((v) => (typeof v.value === "string" ? [v.value] : []));
  const both = texts.join("\n\n");
  return notes.includes(field) && texts.length > 1 && both.length <= maxOf(field) ? both : undefined;
}
const maxOf = (field: string): number => Math.min(...Object.values(rules).flatMap((kind) => { const r = kind[field]; return r?.is === "text" ? [r.max] : []; }));

/** A value as a person would say it. */
function said(field: string, value: Value | unknown, now: number): string {
  if (value === null || value === undefined || value === "") return w.settle.empty;
  if (typeof value === "boolean") return value ? w.yes : w.no;
  if (typeof value === "number") return field === "minutes" ? dates.length(value) : String(value);
  if (typeof value !== "string") return JSON.stringify(value);
  const of = own<Readonly<Record<string, string>>>(w.values, field);
  if (of !== undefined) return called(of, value);
  if (isDay(value) && !isOld(value)) return dates.fullDate(value);
  if (/^\d{4}-\d\d-\d\dT/.test(value) && !isOld(value) && !Number.isNaN(Date.parse(value))) return field === "ends_at" ? w.settle.until(dates.time(value)) : dates.moment(value, now);
  return value;
}
