import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { personOf } from "../../sync/ids.ts";
import { useAround, useView } from "../context.ts";
import { dates } from "../dates.ts";
import { Icon } from "../icons.tsx";
import { ButtonLink } from "../parts/button.tsx";
import { Chips } from "../parts/choice.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { Empty, Tag, type Tone } from "../parts/show.tsx";
import { href } from "../route.ts";
import { matcher } from "../views/fold.ts";
import { byAttention, byName } from "../views/people.ts";
import type { Attention, PeopleView, PersonRow } from "../views/views.ts";
import { dayOf } from "../views/wall.ts";
import { w } from "../words.ts";
import { called } from "./visit.tsx";

export function People(): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useView("people")} heading={w.titles.people} again={remote.refresh}>{(view) => <Caseload view={view} />}</Await>;
}

type Order = "attention" | "name";
const isEnded = (r: PersonRow): boolean => r.state === "closed" || r.state === "died";

function Caseload({ view }: { readonly view: PeopleView }): JSX.Element {
  const now = useAround().now.value;
  const typed = useSignal(""), order = useSignal<Order>("attention");
  // What stands in the rows is made once a view, order and day; a letter typed only hides some of them.
  const today = dayOf(now);
  const items = useMemo(() => [...view.rows].sort(order.value === "name" ? byName : byAttention).map((row) => ({ row, inside: <Inside row={row} now={now} /> })),
    [view, order.value, today]);
  const fits = matcher(typed.value), searching = typed.value.trim() !== "";
  const found = new Set(items.filter(({ row }) => fits(row.search)).map(({ row }) => row));
  const seen = searching ? new Set([...found].slice(0, mostFound)) : found;
  const going = items.filter(({ row }) => !isEnded(row)), ended = items.filter(({ row }) => isEnded(row));
  const list = (of: typeof items): JSX.Element => (
    <ul class="rows people">{of.map(({ row, inside }) => { const gone = !seen.has(row); return <li key={row.scope} class={gone ? "gone" : ""} aria-hidden={gone}>{inside}</li>; })}</ul>
  );
  return (
    <Screen heading={w.titles.people} below={
      <div class="row"><p role="status">{searching ? w.people.found(found.size) : w.people.count(going.length)}</p>
        {view.rows.length > 0 && <ButtonLink look="quiet" href={href("newPerson")} icon="plus">{w.people.add}</ButtonLink>}</div>
    }>
      {view.rows.length > 0 && (
        <div class="stack">
          <search class="finder">
            <label class="label" for="find">{w.people.search}</label>
            <div class="find"><Icon name="search" size={22} /><input class="input" id="find" type="search" inputMode="search" autocomplete="off" autocapitalize="off" spellcheck={false} enterkeyhint="search"
              value={typed.value} onInput={(e) => { typed.value = e.currentTarget.value; }} /></div>
          </search>
          <Chips<Order> id="order" label={w.people.sort} value={order.value} onValue={(o) => { order.value = o; }}
            options={[{ value: "attention", label: w.people.byAttention }, { value: "name", label: w.people.byName }]} />
        </div>
      )}
      {view.rows.length === 0 && <Empty icon="people" title={w.people.none.title}><p>{w.people.none.text}</p><ButtonLink look="primary" href={href("newPerson")} icon="plus">{w.people.add}</ButtonLink></Empty>}
      {view.rows.length > 0 && found.size === 0 && <Empty icon="search" title={w.people.noneFound.title}><p>{w.people.noneFound.text}</p></Empty>}
      {going.length > 0 && <div hidden={!going.some(({ row }) => seen.has(row))}>{list(going)}</div>}
      {ended.length > 0 && <details open={searching} hidden={!ended.some(({ row }) => seen.has(row))}><summary><Icon name="next" size={20} />{w.people.ended(ended.length)}</summary><div>{list(ended)}</div></details>}
      {found.size > seen.size && <p class="soft">{w.people.typeOn(found.size - seen.size)}</p>}
    </Screen>
  );
}
/** Of a search. Who types on has fewer soon. */
const mostFound = 20;

const tones: Readonly<Record<Attention, Tone>> = {
  held: "needs", two_versions: "needs", overdue_outcome: "needs", missed_last: "stop", follow_up_due: "wait", unseen: "wait", phone_unconfirmed: "plain",
};
export const AttentionTags = ({ attention }: { readonly attention: readonly Attention[] }): JSX.Element =>
  <span class="tags">{attention.map((a) => <Tag key={a} tone={tones[a]}>{w.people.attention[a]}</Tag>)}</span>;

const Inside = ({ row, now }: { readonly row: PersonRow; readonly now: number }): JSX.Element => (
  <a href={href("person", { person: personOf(row.scope) })}>
    <span>
      <span class="who">{row.name}{row.fullName !== undefined && <span class="full">{row.fullName}</span>}</span>
      <small>{w.list([
        ...(row.state === "open" ? [] : [called(w.values.state, row.state)]),
        row.lastSeen === undefined ? w.people.neverSeen : w.people.seen(dates.ago(row.lastSeen, now)),
        row.next === undefined ? w.people.noNext : w.people.next(dates.moment(row.next, now)),
      ])}</small>
      {row.attention.length > 0 && <AttentionTags attention={row.attention} />}
    </span>
    <Icon name="next" size={20} />
  </a>
);
