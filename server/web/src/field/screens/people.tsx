import { batch, effect, type ReadonlySignal, signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useMemo } from "preact/hooks";
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
  const today = dayOf(now);
  const rows = useMemo(() => [...view.rows].sort(order.value === "name" ? byName : byAttention), [view, order.value]);
  const found = useFound(rows, typed);
  const going = rows.filter((row) => !isEnded(row)), ended = rows.filter(isEnded);
  // What stands in the rows is made once a view, order and day; a letter typed draws none of it anew.
  const [theGoing, theEnded] = useMemo(() => [list(going, now), list(ended, now)], [rows, today]);
  return (
    <Screen heading={w.titles.people} below={
      <div class="row"><p role="status">{found.status}</p>
        {rows.length > 0 && <ButtonLink look="quiet" href={href("newPerson")} icon="plus">{w.people.add}</ButtonLink>}</div>
    }>
      {rows.length > 0 && (
        <div class="stack">
          <search class="finder">
            <label class="label" for="find">{w.people.search}</label>
            <div class="find"><Icon name="search" size={22} /><input class="input" id="find" type="search" inputMode="search" autocomplete="off" autocapitalize="off" spellcheck={false} enterkeyhint="search"
              onInput={(e) => { typed.value = e.currentTarget.value; }} /></div>
          </search>
          <Chips<Order> id="order" label={w.people.sort} value={order.value} onValue={(o) => { order.value = o; }}
            options={[{ value: "attention", label: w.people.byAttention }, { value: "name", label: w.people.byName }]} />
        </div>
      )}
      {rows.length === 0 && <Empty icon="people" title={w.people.none.title}><p>{w.people.none.text}</p><ButtonLink look="primary" href={href("newPerson")} icon="plus">{w.people.add}</ButtonLink></Empty>}
      {going.length > 0 && <div hidden={found.noGoing}>{theGoing}</div>}
      {ended.length > 0 && <details open={found.searching} hidden={found.noEnded}><summary><Icon name="next" size={20} />{w.people.ended(ended.length)}</summary><div>{theEnded}</div></details>}
      {rows.length > 0 && <div hidden={found.any}><Empty icon="search" title={w.people.noneFound.title}><p>{w.people.noneFound.text}</p></Empty></div>}
      <p class="soft" hidden={found.all}>{found.more}</p>
    </Screen>
  );
}

const list = (rows: readonly PersonRow[], now: number): JSX.Element =>
  <ul class="rows people">{rows.map((row) => <li key={row.scope} data-scope={row.scope}><Inside row={row} now={now} /></li>)}</ul>;

/** What is said of a search, each by itself: a letter changes a word in the page, and draws nothing else. */
const nothingFound = () => ({ searching: signal(false), status: signal(""), any: signal(true), all: signal(true), more: signal(""), noGoing: signal(false), noEnded: signal(false) });
type Found = ReturnType<typeof nothingFound>;

/** Hides the rows that are not found. They stay in the page as they are, hidden by hand: to draw a hundred rows anew for a letter is what is slow. */
function useFound(rows: readonly PersonRow[], typed: ReadonlySignal<string>): Found {
  const found = useMemo(nothingFound, []);
  useLayoutEffect(() => {
    const items = new Map([...document.querySelectorAll<HTMLElement>(".people > li")].map((li) => [li.dataset["scope"], li]));
    return effect(() => {
      const fits = matcher(typed.value), searching = typed.value.trim() !== "";
      let count = 0, going = 0, ended = 0;
      for (const row of rows) {
        const is = fits(row.search), seen = is && !(searching && count >= mostFound);
        if (is) count++;
        if (seen && isEnded(row)) ended++;
        else if (seen) going++;
        const li = items.get(row.scope);
        if (li !== undefined && li.classList.contains("gone") === seen) {
          li.classList.toggle("gone", !seen);
          if (seen) li.removeAttribute("aria-hidden");
          else li.setAttribute("aria-hidden", "true");
        }
      }
      batch(() => {
        found.searching.value = searching;
        found.status.value = searching ? w.people.found(count) : w.people.count(going);
        found.any.value = count > 0;
        found.all.value = count === going + ended;
        found.more.value = w.people.typeOn(count - going - ended);
        found.noGoing.value = going === 0;
        found.noEnded.value = ended === 0;
      });
    });
  }, [rows]);
  return found;
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
