import type { JSX } from "preact";
import { personOf, personScope } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Shown, Value } from "../../sync/record.ts";
import { useAround } from "../context.ts";
import { opened, unwritten } from "../edits/edit.ts";
import type { Opened } from "../edits/edit.ts";
import { Icon } from "../icons.tsx";
import { ButtonLink } from "../parts/button.tsx";
import { Check } from "../parts/choice.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { Tag } from "../parts/show.tsx";
import { href } from "../route.ts";
import { isTwo, text } from "../views/read.ts";
import type { PersonView } from "../views/views.ts";
import { w } from "../words.ts";
import { fieldsOf } from "./fields.tsx";
import { checked, RecordFormView, useFormView, useRecordForm } from "./form.tsx";
import { callHref } from "./links.ts";
import { Removal } from "./removal.tsx";
import { Section } from "./section.tsx";
import { mint } from "./write.ts";

/** Who stands by a person, family and friends as well as professionals. */
export function Contacts({ view }: { readonly view: PersonView }): JSX.Element {
  const id = personOf(view.head.scope);
  const formal = view.contacts.filter((c) => text(c, "organisation") !== undefined), informal = view.contacts.filter((c) => text(c, "organisation") === undefined);
  return (
    <Section id="around" heading={w.person.around} end={<ButtonLink look="quiet" icon="plus" href={href("newContact", { person: id })}>{w.person.addContact}</ButtonLink>}>
      {view.contacts.length === 0 && <p class="soft">{w.person.aroundNone}</p>}
      {informal.length > 0 && <><h3>{w.person.informal}</h3><ul class="rows contacts">{informal.map((c) => <ContactRow key={c.id} contact={c} />)}</ul></>}
      {formal.length > 0 && <><h3>{w.person.professional}</h3><ul class="rows contacts">{formal.map((c) => <ContactRow key={c.id} contact={c} />)}</ul></>}
    </Section>
  );
}

function ContactRow({ contact }: { readonly contact: Shown }): JSX.Element {
  const phone = text(contact, "phone"), call = phone === undefined ? undefined : callHref(phone), name = text(contact, "name") ?? "";
  const share = contact.fields["may_share"];
  return (
    <li class="with-act">
      <a href={href("contact", { record: contact.id })}>
        <span><span class="who">{name}</span>
          <small>{w.list(["relation", "organisation"].flatMap((f) => text(contact, f) ?? []))}</small>
          <span class="tags">{share === true && <Tag tone="ok" icon="check">{w.person.mayShare}</Tag>}{share === false && <Tag tone="stop" icon="lock">{w.person.mayNotShare}</Tag>}
            {isTwo(contact) && <Tag tone="needs" icon="two">{w.people.attention.two_versions}</Tag>}</span></span>
      </a>
      {call && <a class="round" href={call}><Icon name="phone" size={22} /><span class="unseen">{w.call} {name}</span></a>}
    </li>
  );
}

interface ContactForm { readonly of: Opened; readonly name: string; readonly relation: string; readonly organisation: string; readonly phone: string; readonly may_share: boolean }
const contactForm = (of: Opened, r?: Shown): ContactForm => {
  const t = (f: string): string => (r === undefined ? "" : text(r, f) ?? "");
  return { of, name: t("name"), relation: t("relation"), organisation: t("organisation"), phone: t("phone"), may_share: r?.fields["may_share"] === true };
};

export function NewContact({ person }: { readonly person: RecordID }): JSX.Element {
  const { remote } = useAround(), scope = personScope(person);
  return (
    <Await seen={useFormView("person", scope)} heading={w.titles.newContact} again={remote.refresh}>
      {(view) => <ContactScreen key={person} draft={`person/${person}/contact`} heading={w.contact.new(view.row.name)} back={href("person", { person })} initial={() => contactForm(unwritten(scope, "contact", mint()))} />}
    </Await>
  );
}
export function Contact({ record }: { readonly record: RecordID }): JSX.Element {
  const { remote } = useAround();
  return (
    <Await seen={useFormView("record", record)} heading={w.titles.contact} again={remote.refresh}>
      {(view) => <ContactScreen key={record} draft={`contact/${record}`} heading={text(view.record, "name") ?? w.titles.contact} back={href("person", { person: personOf(view.record.scope) })} written={view.record}
        initial={() => contactForm(opened(view.record), view.record)} />}
    </Await>
  );
}

function ContactScreen({ draft, heading, back, initial, written }: {
  readonly draft: string; readonly heading: string; readonly back: string; readonly initial: () => ContactForm; readonly written?: Shown;
}): JSX.Element {
  const { router } = useAround();
  const form = useRecordForm<ContactForm>({
    key: draft, initial,
    check({ of, may_share, ...texts }) {
      // Not to be told is what holds as long as nobody has said otherwise; it is not written for somebody by an untouched box.
      const share: Value = may_share || of.was["may_share"] !== undefined ? may_share : null;
      return checked(of, { ...texts, may_share: share }, { name: w.fields.name, relation: w.contact.relation, organisation: w.contact.organisation, phone: w.fields.phone });
    },
    leave: () => router.back(back),
  });
  const { line } = fieldsOf(form);
  return (
    <Screen heading={heading} back={back}>
      <RecordFormView form={form} after={written && <Removal of={opened(written)} ask={w.contact.deleteAsk} back={back} />}>
        {line("name", w.fields.name)}
        {line("relation", w.contact.relation, w.contact.relationHint)}
        {line("organisation", w.contact.organisation, w.contact.organisationHint)}
        {line("phone", w.fields.phone, undefined, { type: "tel" })}
        <Check id="may_share" label={w.contact.mayShare} hint={w.contact.mayShareHint} checked={form.value.may_share} onChecked={(may_share) => form.set({ may_share })} />
      </RecordFormView>
    </Screen>
  );
}
