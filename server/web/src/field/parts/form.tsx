import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { door as w } from "../words/door.ts";

/** What is wrong, by the id of the field that has to change, in the order of the page. */
export type Wrongs<Id extends string = string> = { readonly [id in Id]?: string };
export const anyWrong = (wrongs: Wrongs): boolean => Object.values(wrongs).some(Boolean);

/** Puts the field in view, and the caret into it. */
export function toField(id: string): void {
  const el = document.getElementById(id);
  el?.closest(".field")?.scrollIntoView({ block: "start" });
  el?.focus({ preventScroll: true });
}

/** All that is wrong, on top of the form: takes the focus when it comes, and each line leads to its field. */
export function ErrorSummary({ wrongs }: { readonly wrongs: Wrongs }): JSX.Element | null {
  const box = useRef<HTMLDivElement>(null);
  const list = Object.entries(wrongs).filter(([, says]) => says);
  useEffect(() => { if (list.length > 0) { box.current?.scrollIntoView({ block: "center" }); box.current?.focus({ preventScroll: true }); } }, [wrongs]);
  if (list.length === 0) return null;
  return (
    <div class="summary" role="alert" tabIndex={-1} ref={box} aria-labelledby="wrong">
      <h2 id="wrong">{w.problem.title}</h2>
      <ul class="plain">{list.map(([id, says]) => <li key={id}><a href={`#${id}`} onClick={(e) => { e.preventDefault(); toField(id); }}>{says}</a></li>)}</ul>
    </div>
  );
}

/**
 * A form whose fields the browser is asked to keep nowhere: `autocomplete=off` on the form also keeps what is typed out of its session files.
 * It is submitted by the click itself, which Enter makes too: at a submit event the browser looks through all fields for what it might remember.
 * `wrongs` is a new object at each try, so that the summary takes the focus again.
 */
export function Form({ wrongs = {}, onSubmit, children }: { readonly wrongs?: Wrongs; readonly onSubmit: () => void; readonly children: ComponentChildren }): JSX.Element {
  const submit = (e: Event): void => {
    if (e.defaultPrevented) return; // a button that is busy
    e.preventDefault();
    onSubmit();
  };
  return (
    <form class="form" autocomplete="off" noValidate onSubmit={submit} onClick={(e) => { if ((e.target as Element).closest("button")?.type === "submit") submit(e); }}>
      <ErrorSummary wrongs={wrongs} />
      {children}
    </form>
  );
}

/** The ids that describe a field, for `aria-describedby`. */
export const described = (id: string, hint: unknown, error: unknown): string | undefined =>
  [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;

export const Hint = ({ id, children }: { readonly id: string; readonly children: ComponentChildren }): JSX.Element => <p class="hint" id={`${id}-hint`}>{children}</p>;
export const Wrong = ({ id, says }: { readonly id: string; readonly says: string }): JSX.Element =>
  <p class="error" id={`${id}-error`}><span class="unseen">{w.problem.prefix} </span>{says}</p>;
