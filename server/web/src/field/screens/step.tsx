import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { instant, personScope } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Shown } from "../../sync/record.ts";
import { useAround } from "../context.ts";
import { type DateText, dates, dateText, noDate, readDate } from "../dates.ts";
import { editOf, opened, putBack, unwritten } from "../edits/edit.ts";
import type { Opened } from "../edits/edit.ts";
import { Button } from "../parts/button.tsx";
import { Check } from "../parts/choice.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { DateEntry } from "../parts/when.tsx";
import { href } from "../route.ts";
import { ladderStep, stepOf } from "../views/ladder.ts";
import { dueOf, isDone } from "../views/people.ts";
import { text } from "../views/read.ts";
import type { Day } from "../views/wall.ts";
import { w } from "../words.ts";
import { fieldsOf, Suggestions } from "./fields.tsx";
import { checked, RecordFormView, useFormView, useRecordForm } from "./form.tsx";
import { LadderScreen } from "./ladder.tsx";
import { Removal } from "./removal.tsx";
import { mint, useSaying, useWriting } from "./write.ts";

/** A next step that is due, done in one tap. */
export function StepRow({ record, person, due, now }: { readonly record: Shown; readonly person?: string; readonly due: string; readonly now: number }): JSX.Element {
  const say = useSaying(), writing = useWriting();
  const about = text(record, "about") ?? "";
  const done = (): void => {
    const of = opened(record), edit = editOf(of, { done_at: instant(Date.now()) });
    writing.write(edit ? [edit] : []).then((saved) => {
      if (saved) say(w.step.saved, [putBack(of, "done_at")]);
    }, () => undefined);
  };
  const step = text(record, "step");
  return (
    <li class="step">
      <a href={href("followUp", { record: record.id })}>
        <span>{person !== undefined && <span class="who">{person}</span>}<span>{about}</span><small>{w.list([w.day.dueOn(dates.ago(due, now)), ...(step === undefined ? [] : [step])])}</small></span>
      </a>
      <Button icon="check" onClick={done} busy={writing.busy.value} about={`${about} ${person ?? ""}`}>{w.day.stepDone}</Button>
      {writing.trouble.value && <p class="error" role="alert">{writing.trouble.value}</p>}
    </li>
  );
}

interface StepForm {
  readonly of: Opened;
  readonly about: string;
  readonly due: DateText;
  readonly step: string;
  readonly done: boolean;
  readonly outcome: string;
}

const labels = { about: w.step.about, due: w.step.due, step: w.step.how, outcome: w.step.outcome };

export function NewFollowUp({ person }: { readonly person: RecordID }): JSX.Element {
  const { remote } = useAround();
  return (
    <Await seen={useFormView("person", personScope(person))} heading={w.titles.newFollowUp} again={remote.refresh}>
      {(view) => <Step key={person} draft={`person/${person}/follow-up`} heading={w.step.new(view.row.name)} back={href("person", { person })}
        initial={() => ({ of: unwritten(personScope(person), "follow_up", mint()), about: "", due: noDate, step: "", done: false, outcome: "" })} />}
    </Await>
  );
}

/** After a missed appointment: what to ask about is known, and when is soon. */
export function StepAfter({ record }: { readonly record: RecordID }): JSX.Element {
  const { remote } = useAround();
  return (
    <Await seen={useFormView("record", record)} heading={w.titles.newFollowUp} again={remote.refresh}>
      {(view) => <Step key={record} draft={`appointment/${record}/follow-up`} heading={w.step.new(view.person)} back={href("appointment", { record })}
        initial={() => ({ of: unwritten(view.record.scope, "follow_up", mint()), about: w.step.aboutMissed(text(view.record, "title") ?? ""), due: noDate, step: "", done: false, outcome: "" })} />}
    </Await>
  );
}

export function FollowUp({ record }: { readonly record: RecordID }): JSX.Element {
  const { remote } = useAround();
  return (
    <Await seen={useFormView("record", record)} heading={w.titles.followUp} again={remote.refresh}>
      {(view) => {
        if (stepOf(view.record) !== undefined) return <OfLadder key={record} record={view.record} />;
        const due = dueOf(view.record);
        return <Step key={record} draft={`follow-up/${record}`} heading={w.step.of(view.person)} back={href("person", { person: view.record.scope.slice(7) as RecordID })} written={view.record}
          initial={() => ({ of: opened(view.record), about: text(view.record, "about") ?? "", due: due === undefined ? noDate : dateText(due as Day), step: text(view.record, "step") ?? "",
            done: isDone(view.record), outcome: text(view.record, "outcome") ?? "" })} />;
      }}
    </Await>
  );
}

/** A step of the ladder: the person's page knows what it takes to do it. */
function OfLadder({ record }: { readonly record: Shown }): JSX.Element {
  const { remote, now } = useAround();
  return (
    <Await seen={useFormView("person", record.scope)} heading={w.titles.followUp} again={remote.refresh}>
      {(view) => {
        const known = [...view.next.map((v) => v.record), ...view.timeline.map((t) => t.record)].map((r) => [r.id as string, r] as const);
        return <LadderScreen step={ladderStep(view.head, record, new Map(known), now.value)!} view={view} />;
      }}
    </Await>
  );
}

function Step({ draft, heading, back, initial, written }: {
  readonly draft: string; readonly heading: string; readonly back: string; readonly initial: () => StepForm; readonly written?: Shown;
}): JSX.Element {
  const { router, now } = useAround();
  const doneAt = useRef(instant(Date.now()));
  const form = useRecordForm<StepForm>({
    key: draft, initial,
    check(value) {
      const due = readDate(value.due);
      const was = value.of.was["done_at"] ?? null;
      // A due time is kept as it is as long as its day is.
      const dueWas = written === undefined ? undefined : dueOf(written);
      const day = "wrong" in due ? null : due.day === dueWas ? value.of.was["due"] ?? due.day : due.day;
      return checked(value.of, { about: value.about, due: day, step: value.step, outcome: value.outcome,
        ...(written === undefined ? {} : { done_at: value.done ? was ?? doneAt.current : null }) }, labels, "wrong" in due ? { due: due.wrong } : {});
    },
    leave: () => router.back(back),
  });
  const { line, area } = fieldsOf(form);
  return (
    <Screen heading={heading} back={back}>
      <RecordFormView form={form} after={written && <Removal of={opened(written)} ask={w.remove} back={back} />}>
        {line("about", w.step.about)}
        <DateEntry id="due" label={w.step.due} error={form.wrongs["due"]} value={form.value.due} onValue={(due) => form.set({ due })} quick={[0, 1, 7]} now={now.value} />
        <div class="stack tight">
          {line("step", w.step.how)}
          <Suggestions label={w.step.how} of={w.step.steps} onPick={(step) => form.set({ step })} />
        </div>
        {written && <Check id="done" label={w.step.done} checked={form.value.done} onChecked={(done) => form.set({ done })} />}
        {written && form.value.done && area("outcome", w.step.outcome)}
      </RecordFormView>
    </Screen>
  );
}
