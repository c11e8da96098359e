import type { JSX } from "preact";
import { personOf } from "../../sync/ids.ts";
import { dates } from "../dates.ts";
import { editOf, opened, putBack, reversed, unwritten } from "../edits/edit.ts";
import { Acts, Button, ButtonLink } from "../parts/button.tsx";
import { Banner, Facts, Tag } from "../parts/show.tsx";
import { href } from "../route.ts";
import { elements, text } from "../views/read.ts";
import { isWithdrawn } from "../views/reminding.ts";
import type { PersonView } from "../views/views.ts";
import { dayOf, isDay } from "../views/wall.ts";
import { w } from "../words.ts";
import { Section } from "./section.tsx";
import { called } from "./visit.tsx";
import { mint, useSaying, useWriting } from "./write.ts";

/** Whether and how messages reach somebody, and where they answer. */
export function Reminders({ view, now }: { readonly view: PersonView; readonly now: number }): JSX.Element {
  const { reminding, head } = view, record = head.person, id = personOf(head.scope), name = view.row.name;
  const texted = elements(record, "contact_by").includes(w.person.contactBys[0]!), before = text(record, "remind_before");
  return (
    <Section id="reminders" heading={w.reminding.heading} end={<ButtonLink look="quiet" icon="record" href={href("editPerson", { person: id })} about={w.of(w.reminding.heading)}>{w.change}</ButtonLink>}>
      <div class="card">
        <Agreement view={view} now={now} />
        {reminding.failingSince !== undefined && (
          <Banner tone="stop" icon="alert"><p><strong>{w.reminding.failing(dates.day(reminding.failingSince, now))}.</strong> {w.reminding.failingText}</p>
            <ButtonLink icon="phone" href={href("editPerson", { person: id })} about={w.of(name)}>{w.reminding.changeNumber}</ButtonLink></Banner>
        )}
        {agreed(view) && !(texted && text(record, "phone") !== undefined) && !reminding.notified && <p class="soft">{w.reminding.noWay}</p>}
        {reminding.notified && <p class="tags"><Tag tone="ok" icon="check">{w.reminding.notified}</Tag></p>}
        <Facts facts={[
          [w.reminding.hours, text(record, "safe_hours")], [w.reminding.before, before === undefined ? undefined : called(w.reminding.befores, before)],
          [w.reminding.words, text(record, "message_words")],
        ]} />
        <ButtonLink icon="share" href={href("page", { person: id })} about={w.of(name)}>{w.reminding.show}</ButtonLink>
      </div>
    </Section>
  );
}

const agreed = ({ reminding: { consent } }: PersonView): boolean => consent !== undefined && !isWithdrawn(consent) && text(consent, "given_on") !== undefined;

/** The consent to reminders: given or taken back in one tap, while the person is there to say so. */
function Agreement({ view, now }: { readonly view: PersonView; readonly now: number }): JSX.Element {
  const say = useSaying(), writing = useWriting(), { consent } = view.reminding;
  const holds = agreed(view);
  const on = consent === undefined ? "" : text(consent, holds ? "given_on" : "withdrawn_on") ?? "", when = isDay(on) ? dates.day(on, now) : undefined;
  const agree = (): void => {
    const of = unwritten(view.head.scope, "consent", mint()), edit = editOf(of, { purpose: "reminders", given_on: dayOf(Date.now()), how: w.reminding.agreeHow })!;
    writing.write([edit]).then((saved) => { if (saved) say(w.reminding.agreedSaved, reversed(edit, {})); }, () => undefined);
  };
  const withdraw = (): void => {
    const of = opened(consent!), edit = editOf(of, { withdrawn_on: dayOf(Date.now()) });
    writing.write(edit ? [edit] : []).then((saved) => { if (saved) say(w.consent.withdrawNow, [putBack(of, "withdrawn_on")]); }, () => undefined);
  };
  return (
    <>
      <p><strong>{holds ? when === undefined ? w.reminding.agreedNoDate : w.reminding.agreed(when) : when === undefined ? w.reminding.never : w.reminding.takenBack(when)}</strong></p>
      <Acts>
        {holds ? <Button icon="cross" busy={writing.busy.value} onClick={withdraw} about={w.of(view.row.name)}>{w.reminding.withdraw}</Button>
          : <Button icon="check" busy={writing.busy.value} onClick={agree} about={w.for(view.row.name)}>{w.reminding.agree}</Button>}
      </Acts>
      {writing.trouble.value && <p class="error" role="alert">{writing.trouble.value}</p>}
    </>
  );
}
