import type { ComponentChildren, JSX } from "preact";
import { msOf } from "../../sync/ids.ts";
import { personOf } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import { dates } from "../dates.ts";
import { Icon, type IconName } from "../icons.tsx";
import { ButtonLink } from "../parts/button.tsx";
import { Banner, Tag, type Tone } from "../parts/show.tsx";
import { own } from "../own.ts";
import { href } from "../route.ts";
import type { Visit, Who } from "../views/views.ts";
import { w } from "../words.ts";
import { callHref, mapHref, textHref } from "./links.ts";

export const person = (v: { readonly scope: Visit["scope"] }): RecordID => personOf(v.scope);

const replies: Readonly<Record<string, { readonly tone: Tone; readonly icon: IconName }>> = {
  coming: { tone: "ok", icon: "check" }, cannot: { tone: "stop", icon: "cross" }, new_time: { tone: "needs", icon: "clock" }, come_with_me: { tone: "needs", icon: "walk" },
};
const statuses: Readonly<Record<string, { readonly tone: Tone; readonly icon: IconName }>> = {
  attended: { tone: "ok", icon: "check" }, missed: { tone: "stop", icon: "cross" }, cancelled: { tone: "plain", icon: "off" }, moved: { tone: "plain", icon: "swap" },
};

/** A choice in words; one of a later version as it is (PROTOCOL §1.4). */
export const called = (of: Readonly<Record<string, string>>, value: string): string => own(of, value) ?? value;

/** Whose it is, in words. */
export function whoWords(who: Who, person: string): string {
  switch (who.kind) {
    case "me": return w.you;
    case "colleague": return who.name;
    case "person": return person;
    case "program": return w.system;
    case "elsewhere": return w.someone;
    default: return who satisfies never;
  }
}

/** What a glance takes in of what somebody wrote, whole letters of it; the rest is on the appointment's page. */
const glance = 240;
const atAGlance = (words: string): string => { const letters = [...words.slice(0, 2 * glance + 2)]; return letters.length <= glance ? words : `${letters.slice(0, glance).join("").trimEnd()}…`; };

/** What the person answered, in their words where they gave any, `whole` or what fits into a list. That they are coming is no work, and stays quiet. */
export const Reply = ({ visit, whole = false }: { readonly visit: Visit; readonly whole?: boolean }): JSX.Element | null => visit.reply === undefined ? null : (
  <p class="reply">
    <Tag {...own(replies, visit.reply)}>{visit.reply === "coming" ? w.answer.coming : called(w.values.reply, visit.reply)}</Tag>
    {visit.replyNote !== undefined && <q>{whole ? visit.replyNote : atAGlance(visit.replyNote)}</q>}
  </p>
);

export const StatusTag = ({ status }: { readonly status: string }): JSX.Element | null =>
  status === "planned" || status === "confirmed" ? null : <Tag {...own(statuses, status)}>{called(w.values.status, status)}</Tag>;

/** What else is to be known about a visit at a glance. */
export const VisitTags = ({ visit }: { readonly visit: Visit }): JSX.Element => (
  <>
    <StatusTag status={visit.status} />
    {visit.state !== "open" && <Tag tone="wait">{called(w.day.ended, visit.state)}</Tag>}
    {visit.twoVersions && <Tag tone="needs" icon="two">{w.people.attention.two_versions}</Tag>}
    {visit.unsent && <Tag tone="wait" icon="up">{w.notSent}</Tag>}
  </>
);

/** "Home visit · With Practice nurse" */
export const whatOf = (v: Visit): string => w.list([v.title, ...(v.with === undefined ? [] : [w.day.with(v.with)])]);

export const timesOf = (v: Visit): string => v.endsAt === undefined ? dates.time(v.startsAt) : `${dates.time(v.startsAt)} – ${dates.time(v.endsAt)}`;
export const Times = ({ visit }: { readonly visit: Visit }): JSX.Element => (
  <time dateTime={visit.startsAt}>{dates.time(visit.startsAt)}{visit.endsAt !== undefined && <span class="until"> – {dates.time(visit.endsAt)}</span>}</time>
);

/** One line of a day: when, who, what, where, what they answered. It leads to the appointment. On a person's own page the day stands where the name would. */
function VisitRow({ visit, now, own }: { readonly visit: Visit; readonly now: number; readonly own: boolean }): JSX.Element {
  const over = visit.status === "cancelled" || visit.status === "moved";
  return (
    <li class={`visit${over ? " off" : ""}`}>
      <a href={href("appointment", { record: visit.record.id })}>
        <span class="at num">{dates.time(visit.startsAt)}</span>
        <span class="what">
          <span class="who">{own ? dates.dayName(visit.startsAt, now) : visit.person}</span>
          <small>{whatOf(visit)}{visit.place !== undefined && <> · {visit.place}</>}</small>
          <Reply visit={visit} />
          <span class="tags"><VisitTags visit={visit} /></span>
        </span>
        <Icon name="next" size={20} />
      </a>
    </li>
  );
}

export const VisitRows = ({ visits, now, own = false }: { readonly visits: readonly Visit[]; readonly now: number; readonly own?: boolean }): JSX.Element =>
  <ul class="rows visits">{visits.map((v) => <VisitRow key={v.record.id} visit={v} now={now} own={own} />)}</ul>;

/** What a colleague has to know before they go. */
export const Safety = ({ note }: { readonly note: string | undefined }): JSX.Element | null =>
  note === undefined ? null : <Banner tone="wait" icon="alert"><p><strong>{w.day.safety}.</strong> <span class="said-so">{note}</span></p></Banner>;

/** To ring, to write, to find the way: each opens the phone's own app. */
export function ReachActs({ name, phone, place, children }: {
  readonly name: string; readonly phone?: string | undefined; readonly place?: string | undefined; readonly children?: ComponentChildren;
}): JSX.Element {
  const call = phone === undefined ? undefined : callHref(phone), text = phone === undefined ? undefined : textHref(phone);
  const map = place === undefined ? undefined : mapHref(place, navigator.userAgent);
  return (
    <div class="acts reach">
      {call && <ButtonLink href={call} icon="phone" outside about={name}>{w.call}</ButtonLink>}
      {text && <ButtonLink href={text} icon="message" outside about={w.for(name)}>{w.text}</ButtonLink>}
      {map && <ButtonLink href={map} icon="pin" outside about={place}>{w.map}</ButtonLink>}
      {children}
    </div>
  );
}

/** "in 25 minutes", "about to start", or the time. */
export function untilWords(startsAt: string, now: number): string {
  const minutes = Math.round((msOf(startsAt) - now) / 60_000);
  if (minutes < 1) return w.day.starting;
  return minutes < 60 ? w.day.inMinutes(minutes) : w.day.inHours(Math.round(minutes / 60));
}
