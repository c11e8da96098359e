import type { JSX } from "preact";
import type { RecordID } from "../../sync/ids.ts";
import type { Fields, Shown } from "../../sync/record.ts";
import { useAround } from "../context.ts";
import { dates } from "../dates.ts";
import { opened } from "../edits/edit.ts";
import type { Opened } from "../edits/edit.ts";
import { ButtonLink } from "../parts/button.tsx";
import { Radios } from "../parts/choice.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { href } from "../route.ts";
import { text } from "../views/read.ts";
import { isOpen } from "../views/visit.ts";
import { w } from "../words.ts";
import { fieldsOf, Suggestions } from "./fields.tsx";
import { checked, RecordFormView, useFormView, useRecordForm } from "./form.tsx";
import { called } from "./visit.tsx";

/** How an appointment went, in more than a tap: the reason it was missed, and a note. */
export function Outcome({ record }: { readonly record: RecordID }): JSX.Element {
  const { remote } = useAround();
  return <Await seen={useFormView("record", record)} heading={w.titles.outcome} again={remote.refresh}>{(view) => <Told key={record} record={view.record} name={view.person} />}</Await>;
}

interface OutcomeForm { readonly of: Opened; readonly status: string; readonly missed_reason: string; readonly outcome_note: string }

function Told({ record, name }: { readonly record: Shown; readonly name: string }): JSX.Element {
  const { router, now } = useAround(), back = href("appointment", { record: record.id });
  const unsaid = isOpen(record) ? text(record, "status") ?? "planned" : "planned";
  const form = useRecordForm<OutcomeForm>({
    key: `appointment/${record.id}/outcome`,
    initial: () => ({ of: opened(record), status: text(record, "status") ?? "planned", missed_reason: text(record, "missed_reason") ?? "", outcome_note: text(record, "outcome_note") ?? "" }),
    check({ of, status, missed_reason, outcome_note }) {
      const fields: Fields = { status, missed_reason: status === "missed" ? missed_reason : null, outcome_note };
      return checked(of, fields, { missed_reason: w.outcome.reason, outcome_note: w.outcome.noteLabel });
    },
    leave: () => router.back(back),
  });
  const { area } = fieldsOf(form), { status } = form.value;
  const options = [...new Set(["attended", "missed", "cancelled", "moved", unsaid, status])];
  return (
    <Screen heading={w.outcome.ask} back={back} below={<p><strong>{name}</strong> · {text(record, "title")} · {dates.moment(text(record, "starts_at") ?? record.at, now.peek())}</p>}>
      <RecordFormView form={form}>
        <Radios id="status" label={w.fields.status} value={status} onValue={(to) => form.set({ status: to })}
          options={options.map((s) => ({ value: s, label: s === unsaid ? w.outcome.planned : called(w.values.status, s) }))} />
        {status === "moved" && <p><ButtonLink href={href("moveAppointment", { record: record.id })} icon="swap">{w.outcome.newTime}</ButtonLink></p>}
        {status === "missed" && (
          <div class="stack tight">
            {area("missed_reason", w.outcome.reason, w.outcome.reasonHint, 2)}
            <Suggestions label={w.outcome.reason} of={w.outcome.reasons} onPick={(reason) => form.set({ missed_reason: reason })} />
          </div>
        )}
        {area("outcome_note", w.outcome.noteLabel, w.outcome.noteHint, 4)}
      </RecordFormView>
    </Screen>
  );
}
