import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useAround } from "../../field/context.ts";
import { Acts, Button } from "../../field/parts/button.tsx";
import { Await, Screen } from "../../field/parts/screen.tsx";
import { href } from "../../field/route.ts";
import { mint } from "../../field/screens/write.ts";
import { personOf, type OpID, type Scope } from "../../sync/ids.ts";
import type { Edit } from "../../sync/record.ts";
import { useDesk, useDeskPort } from "../context.ts";
import { useDoing } from "../parts/load.tsx";
import { unlinkEdits } from "../views/twice.ts";
import type { EntryOf, TwiceView } from "../views/views.ts";
import { c } from "../words.ts";

/** Two entries that are of one person are linked, and can be told apart again. */
export function Twice(): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useDesk("twice")} heading={c.twice.title} again={remote.refresh}>{(view) => <Lists view={view} />}</Await>;
}

function Lists({ view }: { readonly view: TwiceView }): JSX.Element {
  const port = useDeskPort(), { say } = useAround(), doing = useDoing(), one = useSignal<Scope | "">(""), two = useSignal<Scope | "">("");
  const push = (what: () => Promise<readonly Edit[]>, says: string): void => doing.run(async () => {
    const edits = await what();
    const results = await port.push(edits, edits.map(() => mint() as string as OpID));
    if (results.includes(undefined)) return doing.fail(c.unanswered);
    if (results.some((r) => r?.status === "held" || r?.status === "rejected")) return doing.fail(results.find((r) => r?.detail)?.detail ?? c.handover.refused);
    one.value = two.value = "";
    say(says);
  });
  const link = (a: Scope, b: Scope): void => push(() => port.linking(a, b), c.twice.done);
  const choice = (id: string, label: string, value: typeof one): JSX.Element => (
    <label>{label}<select class="input" id={id} value={value.value} onChange={(e) => { value.value = e.currentTarget.value as Scope | ""; }}><option value="">{c.twice.choose}</option>{view.people.map((p) => <option key={p.scope} value={p.scope}>{p.name} ({c.twice.by(p.worker)})</option>)}</select></label>
  );
  return (
    <Screen heading={c.twice.title} below={<p>{c.twice.text}</p>}>
      {doing.trouble}
      <section aria-labelledby="maybe"><h2 id="maybe">{c.twice.maybe}</h2>
        {view.maybe.length === 0 ? <p class="soft">{c.twice.none}</p> : <ul class="notes">{view.maybe.map((m) => (
          <li key={m.one.scope + m.two.scope}><Pair one={m.one} two={m.two} /><small>{c.twice.why[m.why]}</small><Acts><Button busy={doing.busy} about={c.twice.pair(m.one.name, m.two.name)} onClick={() => link(m.one.scope, m.two.scope)}>{c.twice.link}</Button></Acts></li>
        ))}</ul>}
      </section>
      <section aria-labelledby="other"><h2 id="other">{c.twice.other}</h2>
        <div class="filters">{choice("one", c.twice.one, one)}{choice("two", c.twice.two, two)}
          <Button busy={doing.busy} onClick={() => { if (one.value === "" || two.value === "" || one.value === two.value) doing.fail(c.twice.same); else link(one.value, two.value); }}>{c.twice.link}</Button></div>
      </section>
      <section aria-labelledby="linked"><h2 id="linked">{c.twice.linked}</h2>
        {view.linked.length === 0 ? <p class="soft">{c.twice.linkedNone}</p> : <ul class="notes">{view.linked.map((l) => (
          <li key={l.one.scope + l.two.scope}><Pair one={l.one} two={l.two} /><Acts><Button busy={doing.busy} about={c.twice.pair(l.one.name, l.two.name)} onClick={() => push(() => Promise.resolve(unlinkEdits(l, new Date().toISOString())), c.twice.undone)}>{c.twice.undo}</Button></Acts></li>
        ))}</ul>}
      </section>
    </Screen>
  );
}

const Pair = ({ one, two }: { readonly one: EntryOf; readonly two: EntryOf }): JSX.Element => (
  <div class="stack tight">{[one, two].map((p) => <p key={p.scope}><a href={href("person", { person: personOf(p.scope) })}>{p.name}</a> <small class="soft">{c.twice.by(p.worker)}</small></p>)}</div>
);
