import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Edit, Fields } from "../../sync/record.ts";
import { useAround, useView } from "../context.ts";
import { dates } from "../dates.ts";
import { editOf, reversed } from "../edits/edit.ts";
import type { Opened } from "../edits/edit.ts";
import { isTooLarge, problems } from "../edits/limits.ts";
import type { Problem } from "../edits/limits.ts";
import { Button } from "../parts/button.tsx";
import { type Form as Draft, useDraft } from "../parts/draft.ts";
import { Form, type Wrongs } from "../parts/form.tsx";
import { anyWrong } from "../parts/form.tsx";
import { Banner } from "../parts/show.tsx";
import type { Views } from "../remote.ts";
import { w } from "../words.ts";
import { useSaying, useWriting, type Writing } from "./write.ts";

/** What a form is about, kept for as long as the form is open: somebody who moves on in the middle of it takes no word of it along. */
export function useFormView<K extends "person" | "record">(name: K, ...args: Parameters<Views[K]>): ReturnType<typeof useView<K>> {
  const seen = useView(name, ...args);
  const last = useRef(seen);
  if (seen.kind === "here" || last.current.kind !== "here") last.current = seen;
  return last.current;
}

/** What a form comes to: what has to change in it, or what to write. */
export type Checked = { readonly wrongs: Wrongs } | { readonly edits: readonly Edit[] };

export interface RecordForm<T> {
  readonly draft: Draft<T>;
  readonly value: T;
  readonly wrongs: Wrongs;
  readonly writing: Writing;
  set(part: Partial<T>): void;
  submit(): void;
  afresh(): void;
}

/** When what was said is on the screen; a page that is out of sight draws nothing, and is not waited for. */
const drawn = (): Promise<void> => new Promise((done) => {
  requestAnimationFrame(() => setTimeout(done));
  setTimeout(done, 150);
});

/** What a form looked at when it was opened: the record that it is of, and others that it writes along. */
interface Looked { readonly of?: Opened | undefined; readonly also?: readonly Opened[] }
const wasOf = ({ of, also = [] }: Looked, edit: Edit): Fields => [...(of ? [of] : []), ...also].find((o) => o.record === edit.record)?.was ?? {};

interface Asked<T> {
  /** The draft's key: which form of whom or what. */
  readonly key: string;
  readonly initial: () => T;
  readonly check: (value: T) => Checked;
  /** What to say once it is on the disk, if that is more than that it is. */
  readonly said?: (value: T, edits: readonly Edit[]) => string;
  /** Where to go then. */
  readonly leave: (value: T) => void;
}

/** A form about records: a draft that survives, one check, one write, and not a word of success before it is on the disk. */
export function useRecordForm<T extends Looked>({ key, initial, check, said, leave }: Asked<T>): RecordForm<T> {
  const say = useSaying(), { router } = useAround();
  const draft = useDraft<T>(key, initial);
  const wrongs = useSignal<Wrongs>({});
  const writing = useWriting();
  return {
    draft, writing, value: draft.now.value, wrongs: wrongs.value,
    set: (part) => draft.patch(part),
    submit() {
      const value = draft.now.peek(), checked = check(value);
      if ("wrongs" in checked) {
        wrongs.value = { ...checked.wrongs };
        return;
      }
      if (anyWrong(wrongs.peek())) wrongs.value = {};
      writing.write(checked.edits).then(async (saved) => {
        if (!saved) return;
        // It is on the disk, and that is said before anything else is done.
        const { edits } = checked, moves = router.moves.peek();
        if (edits.length === 0) say(w.form.unchanged, []);
        else say(said?.(value, edits) ?? w.form.saved, edits.flatMap((e) => reversed(e, wasOf(value, e))));
        await drawn();
        await draft.drop();
        if (router.moves.peek() === moves) leave(value); // else the person has gone on already
      }, () => undefined);
    },
    afresh() {
      draft.now.value = initial();
      wrongs.value = {};
      void draft.drop();
    },
  };
}

/** The form on the screen: what was found again, what went wrong, the fields, and the one button that saves. */
export function RecordFormView<T extends object>({ form, save = w.form.save, near = false, children, after }: {
  readonly form: RecordForm<T>; readonly save?: ComponentChildren; /** The button stays in reach of the thumb, wherever the form is scrolled to. */ readonly near?: boolean; readonly children: ComponentChildren; readonly after?: ComponentChildren;
}): JSX.Element {
  const { now } = useAround();
  const { draft, writing } = form;
  if (!draft.ready) return <p class="soft" role="status">{w.loading}</p>;
  return (
    <Form wrongs={form.wrongs} onSubmit={form.submit}>
      {draft.restored && (
        <Banner icon="record" tone="wait">
          <p>{w.form.restored(dates.moment(draft.restored, now.peek()))}</p>
          <Button look="quiet" onClick={form.afresh}>{w.form.startAfresh}</Button>
        </Banner>
      )}
      {children}
      {writing.trouble.value && <div role="alert"><Banner icon="alert" tone="stop"><p>{writing.trouble.value}</p></Banner></div>}
      <div class={near ? "savebar near" : "savebar"}><Button type="submit" look="primary" wide busy={writing.busy.value}>{save}</Button></div>
      {after}
    </Form>
  );
}

/** Checks the fields of one record as the server will, and makes its edit. `labels` are the words of the form; `more` is what it found itself; an empty text takes back what is told elsewhere. */
export function checked(of: Opened, fields: Fields, labels: Readonly<Record<string, string>>, more: Wrongs = {}): Checked {
  const wrongs: Record<string, string> = {};
  for (const p of problems(of.kind, fields)) wrongs[p.field] ??= wordsOf(p, labels[p.field] ?? p.field);
  for (const [id, says] of Object.entries(more)) { if (says) wrongs[id] = says; else delete wrongs[id]; }
  if (anyWrong(wrongs)) return { wrongs };
  const edit = editOf(of, fields);
  if (edit && isTooLarge(edit)) return { wrongs: { [longest(fields)]: w.wrong.large } };
  return { edits: edit ? [edit] : [] };
}

const longest = (fields: Fields): string =>
  Object.entries(fields).reduce((a, b) => (JSON.stringify(b[1]).length > JSON.stringify(a[1]).length ? b : a))[0];

function wordsOf(p: Problem, label: string): string {
  switch (p.is) {
    case "missing": return w.wrong.missing(label);
    case "too_long": return w.wrong.tooLong(label, p.over);
    case "too_many": return w.wrong.tooMany(label, p.max);
    case "no_date": return w.date.impossible;
    case "no_time": return w.time.impossible;
    case "no_number": return w.wrong.number(label);
    case "ends_early": return w.wrong.ends;
    case "too_large": return w.wrong.large;
  }
}
