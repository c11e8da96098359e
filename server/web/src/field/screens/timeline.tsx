import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { dates } from "../dates.ts";
import { Icon, type IconName } from "../icons.tsx";
import { Button } from "../parts/button.tsx";
import { Tag } from "../parts/show.tsx";
import { own } from "../own.ts";
import { href } from "../route.ts";
import { stepOf } from "../views/ladder.ts";
import { count, isTwo, text } from "../views/read.ts";
import type { PersonView } from "../views/views.ts";
import { w } from "../words.ts";
import { called, StatusTag, whoWords } from "./visit.tsx";

type Entry = PersonView["timeline"][number];
const page = 12;

const icons: Readonly<Record<string, IconName>> = {
  accompanied: "walk", visit: "home", call: "phone", message: "message", advocacy: "hand", transport: "car", paperwork: "paper", signposting: "pin", other: "heart",
};

/** What has been, the newest first, some at a time. */
export function Timeline({ entries, person, now }: { readonly entries: readonly Entry[]; readonly person: string; readonly now: number }): JSX.Element {
  const shown = useSignal(page);
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">{w.person.timeline}</h2>
      {entries.length === 0 ? <p class="soft">{w.person.timelineNone}</p> : <ol class="timeline">{entries.slice(0, shown.value).map((e) => <Item key={e.record.id} entry={e} person={person} now={now} />)}</ol>}
      {entries.length > shown.value && <Button look="quiet" onClick={() => { shown.value += 4 * page; }}>{w.person.older}</Button>}
    </section>
  );
}

function Item({ entry, person, now }: { readonly entry: Entry; readonly person: string; readonly now: number }): JSX.Element {
  const { record, at } = entry;
  if (record.kind === "message") return <Sent message={record} at={at} now={now} />;
  const told = tell(entry);
  return (
    <li>
      <span class="dot"><Icon name={told.icon} size={18} /></span>
      <div>
        <p class="small soft"><time dateTime={at}>{dates.dayName(at, now)}, {dates.time(at)}</time></p>
        <h3><a href={told.href}>{told.title}<span class="unseen">, {dates.day(at, now)}</span></a></h3>
        <p class="tags">{record.kind === "appointment" && <StatusTag status={text(record, "status") ?? ""} />}
          {isTwo(record) && <Tag tone="needs" icon="two">{w.people.attention.two_versions}</Tag>}{record.unsent.length > 0 && <Tag tone="wait" icon="up">{w.notSent}</Tag>}</p>
        {told.detail !== "" && <p class="small">{told.detail}</p>}
        {told.note !== undefined && <p class="note">{told.note}</p>}
        <p class="small soft">{entry.by.kind === "me" ? w.person.byYou : w.person.by(whoWords(entry.by, person))}</p>
      </div>
    </li>
  );
}

/** That a message went, and what became of it: in one quiet line. What it said is known to nobody here. */
function Sent({ message, at, now }: { readonly message: Entry["record"]; readonly at: string; readonly now: number }): JSX.Element {
  const part = (of: Readonly<Record<string, string>>, field: string): string => { const t = text(message, field); return t === undefined ? "" : called(of, t); };
  const what = [part(w.sent.about, "about"), part(w.sent.way, "way")].filter(Boolean).join(" ");
  return (
    <li class="quiet-line">
      <span class="dot"><Icon name="message" size={18} /></span>
      <p class="small soft"><time dateTime={at}>{dates.dayName(at, now)}, {dates.time(at)}</time> · {what}: {part(w.sent.status, "status")}{text(message, "answered_at") !== undefined && <>, {w.sent.answered}</>}</p>
    </li>
  );
}

interface Told { readonly icon: IconName; readonly title: string; readonly detail: string; readonly note: string | undefined; readonly href: string }

/** An entry in words. What a later version chose there stands as it is. */
export function tell({ record }: Entry): Told {
  const part = (field: string): string[] => { const t = text(record, field); return t === undefined ? [] : [t]; };
  switch (record.kind) {
    case "support": {
      const what = text(record, "what") ?? "other", minutes = count(record, "minutes");
      return { icon: own(icons, what) ?? "heart", title: called(w.values.what, what), note: text(record, "note"), href: href("editSupport", { record: record.id }),
        detail: w.list([...(record.fields["formal"] === false ? [w.person.informal] : []), ...(minutes === undefined ? [] : [dates.length(minutes)]), ...part("with").map(w.day.with), ...part("place")]) };
    }
    case "follow_up":
      return { ...followUp(record), note: text(record, "outcome"), href: href("followUp", { record: record.id }) };
    default:
      return { icon: "calendar", title: text(record, "title") ?? called(w.kinds, record.kind), detail: w.list([...part("missed_reason"), ...part("with").map(w.day.with), ...part("place")]),
        note: text(record, "outcome_note"), href: href("appointment", { record: record.id }) };
  }
}

/** A step of the ladder is called by what was to be done; of one that was not done, it says so. */
function followUp(record: Entry["record"]): Pick<Told, "icon" | "title" | "detail"> {
  const step = stepOf(record), ended = text(record, "ended") ?? "done", about = text(record, "about"), how = ended === "done" ? [] : [called(w.values.ended, ended)];
  const icon = ended === "done" ? "check" : "next";
  if (step === undefined) return { icon, title: about ?? called(w.kinds, record.kind), detail: w.list([...how, ...(text(record, "step") === undefined ? [] : [text(record, "step")!])]) };
  return { icon, title: w.ladder.todo[step], detail: w.list([...how, ...(about === undefined ? [] : [about])]) };
}
