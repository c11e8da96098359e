import type { JSX } from "preact";
import { personOf, personScope } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Shown } from "../../sync/record.ts";
import { useAround } from "../context.ts";
import { type DateText, dates, dateText } from "../dates.ts";
import { editOf, opened, putBack, unwritten } from "../edits/edit.ts";
import type { Opened } from "../edits/edit.ts";
import { Icon } from "../icons.tsx";
import { Button, ButtonLink } from "../parts/button.tsx";
import { Radios } from "../parts/choice.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { Tag } from "../parts/show.tsx";
import { DateEntry } from "../parts/when.tsx";
import { href } from "../route.ts";
import { isTwo, text } from "../views/read.ts";
import type { PersonView } from "../views/views.ts";
import { dayOf, isDay } from "../views/wall.ts";
import { w } from "../words.ts";
import { dayText, fieldsOf, readDay, Suggestions } from "./fields.tsx";
import { checked, RecordFormView, useFormView, useRecordForm } from "./form.tsx";
import { Removal } from "./removal.tsx";
import { Section } from "./section.tsx";
import { called } from "./visit.tsx";
import { mint, useSaying, useWriting } from "./write.ts";

/** What the person has agreed to, and what they have taken back. */
export function Consents({ view }: { readonly view: PersonView }): JSX.Element {
  const id = personOf(view.head.scope);
  return (
    <Section id="consents" heading={w.person.consents} end={<ButtonLink look="quiet" icon="plus" href={href("newConsent", { person: id })}>{w.person.addConsent}</ButtonLink>}>
      {view.consents.length === 0 ? <p class="soft">{w.person.consentsNone}</p> : (
        <ul class="rows">{view.consents.map((c) => {
          const given = text(c, "given_on") ?? "", withdrawn = text(c, "withdrawn_on") ?? "", organisation = text(c, "organisation");
          return (
            <li key={c.id}><a href={href("consent", { record: c.id })}>
              <span><span class="who">{called(w.values.purpose, text(c, "purpose") ?? "")}</span>
                <small>{w.list([...(organisation === undefined ? [] : [organisation]), isDay(given) ? w.person.given(dates.fullDate(given)) : w.person.notGiven])}</small>
                <span class="tags">{withdrawn !== "" && <Tag tone="stop" icon="cross">{w.person.withdrawn(isDay(withdrawn) ? dates.fullDate(withdrawn) : withdrawn)}</Tag>}
                  {isTwo(c) && <Tag tone="needs" icon="two">{w.people.attention.two_versions}</Tag>}</span></span>
              <Icon name="next" size={20} />
            </a></li>
          );
        })}</ul>
      )}
    </Section>
  );
}

interface ConsentForm { readonly of: Opened; readonly purpose: string; readonly organisation: string; readonly given_on: DateText; readonly withdrawn_on: DateText; readonly how: string }

export function NewConsent({ person }: { readonly person: RecordID }): JSX.Element {
  const { remote, now } = useAround(), scope = personScope(person);
  return (
    <Await seen={useFormView("person", scope)} heading={w.titles.newConsent} again={remote.refresh}>
      {(view) => <ConsentScreen key={person} draft={`person/${person}/consent`} heading={w.consent.new(view.row.name)} back={href("person", { person })}
        initial={() => ({ of: unwritten(scope, "consent", mint()), purpose: "", organisation: "", given_on: dateText(dayOf(now.peek())), withdrawn_on: dayText(undefined), how: "" })} />}
    </Await>
  );
}
export function Consent({ record }: { readonly record: RecordID }): JSX.Element {
  const { remote } = useAround();
  return (
    <Await seen={useFormView("record", record)} heading={w.titles.consent} again={remote.refresh}>
      {({ record: r, person }) => <ConsentScreen key={record} draft={`consent/${record}`} heading={w.consent.new(person)} back={href("person", { person: personOf(r.scope) })} written={r}
        initial={() => ({ of: opened(r), purpose: text(r, "purpose") ?? "", organisation: text(r, "organisation") ?? "", given_on: dayText(text(r, "given_on")),
          withdrawn_on: dayText(text(r, "withdrawn_on")), how: text(r, "how") ?? "" })} />}
    </Await>
  );
}

function ConsentScreen({ draft, heading, back, initial, written }: {
  readonly draft: string; readonly heading: string; readonly back: string; readonly initial: () => ConsentForm; readonly written?: Shown;
}): JSX.Element {
  const { router, now } = useAround();
  const form = useRecordForm<ConsentForm>({
    key: draft, initial,
    check({ of, purpose, organisation, given_on, withdrawn_on, how }) {
      const given = readDay(given_on), withdrawn = readDay(withdrawn_on);
      const shares = purpose === "share";
      return checked(of, { purpose, organisation: shares ? organisation : purpose === of.was["purpose"] ? of.was["organisation"] ?? null : null, given_on: "day" in given ? given.day : null,
        ...(written === undefined ? {} : { withdrawn_on: "day" in withdrawn ? withdrawn.day : null }), how }, { purpose: w.consent.purpose, organisation: w.consent.organisation, how: w.consent.how },
      { ...("wrong" in given ? { given_on: given.wrong } : {}), ...("wrong" in withdrawn ? { withdrawn_on: withdrawn.wrong } : {}), ...(shares && organisation.trim() === "" ? { organisation: w.consent.organisationMissing } : {}) });
    },
    leave: () => router.back(back),
  });
  const { line } = fieldsOf(form), { value, wrongs } = form;
  return (
    <Screen heading={heading} back={back} below={written && <Withdraw consent={written} />}>
      <RecordFormView form={form} after={written && <Removal of={opened(written)} ask={w.remove} back={back} />}>
        <Radios id="purpose" label={w.consent.purpose} error={wrongs["purpose"]} value={value.purpose} onValue={(purpose) => form.set({ purpose })}
          options={(["reminders", "share", "forum"] as const).map((p) => ({ value: p as string, label: w.values.purpose[p], hint: w.consent.purposes[p] }))} />
        {value.purpose === "share" && line("organisation", w.consent.organisation)}
        <DateEntry id="given_on" label={w.consent.given} error={wrongs["given_on"]} value={value.given_on} onValue={(given_on) => form.set({ given_on })} quick={[0, -1]} now={now.value} />
        <div class="stack tight">{line("how", w.consent.how)}<Suggestions label={w.consent.how} of={w.consent.hows} onPick={(how) => form.set({ how })} /></div>
        {written && <DateEntry id="withdrawn_on" label={w.consent.withdrawn} hint={w.consent.withdrawnHint} error={wrongs["withdrawn_on"]} value={value.withdrawn_on} onValue={(withdrawn_on) => form.set({ withdrawn_on })} now={now.value} />}
      </RecordFormView>
    </Screen>
  );
}

/** Taking a consent back is one tap, and holds at once. */
function Withdraw({ consent }: { readonly consent: Shown }): JSX.Element | null {
  const { router, now } = useAround(), say = useSaying();
  const writing = useWriting();
  if (text(consent, "withdrawn_on") !== undefined) return <Tag tone="stop" icon="cross">{w.person.withdrawn(dates.fullDate(text(consent, "withdrawn_on")!))}</Tag>;
  const of = opened(consent);
  const withdraw = (): void => {
    const edit = editOf(of, { withdrawn_on: dayOf(now.peek()) });
    writing.write(edit ? [edit] : []).then((saved) => {
      if (!saved) return;
      say(w.consent.withdrawNow, [putBack(of, "withdrawn_on")]);
      router.back(href("person", { person: personOf(consent.scope) }));
    }, () => undefined);
  };
  return <><Button look="danger" icon="cross" busy={writing.busy.value} onClick={withdraw}>{w.consent.withdraw}</Button>{writing.trouble.value && <p class="error" role="alert">{writing.trouble.value}</p>}</>;
}
