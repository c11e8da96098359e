import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useRouter } from "../context.ts";
import { Icon } from "../icons.tsx";
import type { Seen } from "../remote.ts";
import { door as w } from "../words/door.ts";
import { Button } from "./button.tsx";
import { Empty } from "./show.tsx";

interface ScreenProps {
  /** The h1. It may name somebody; the title of the tab, which browsers write down, never does. */
  readonly heading: ComponentChildren;
  readonly below?: ComponentChildren;
  /** Where Back leads if the app was opened on this screen; else it leads to where the person was. */
  readonly back?: string;
  /** Back to an earlier step of the same screen. */
  readonly onBack?: () => void;
  /** The screen puts the focus where it is needed by itself. */
  readonly ownFocus?: boolean;
  readonly children: ComponentChildren;
}

/** The last move that a heading has answered, and whether there was a screen before. */
let heard = 0, begun = false;

/**
 * One screen: Back, the heading, and what it is about. The heading takes the focus when the screen comes by a move of the person's, and when
 * what had the focus went with the screen before: a lock that opened, a step that was done. It never takes it from something that is still there.
 */
export function Screen({ heading, below, back, onBack, ownFocus = false, children }: ScreenProps): JSX.Element {
  const router = useRouter();
  const h1 = useRef<HTMLHeadingElement>(null);
  const moves = router.moves.value;
  useEffect(() => {
    const moved = moves !== heard, lost = begun && document.activeElement === document.body;
    heard = moves;
    begun = true;
    if (!ownFocus && (moved || lost)) h1.current?.focus({ preventScroll: true });
  }, [moves]);
  return (
    <main class="page" id="page">
      {back && <a class="back" href={back} onClick={(e) => { e.preventDefault(); router.back(back); }}><Icon name="back" size={20} />{w.back}</a>}
      {onBack && <button type="button" class="back" onClick={onBack}><Icon name="back" size={20} />{w.back}</button>}
      <header>
        <h1 tabIndex={-1} ref={h1}>{heading}</h1>
        {below}
      </header>
      {children}
    </main>
  );
}

/** A view once it is here. While it comes there is a word; if it does not come, a way on. */
export function Await<T>({ seen, heading, again, children }: { readonly seen: Seen<T>; readonly heading: string; readonly again: () => void; readonly children: (value: T) => JSX.Element }): JSX.Element {
  switch (seen.kind) {
    case "here":
      return children(seen.value);
    case "loading":
      return <Screen heading={heading}><p class="soft" role="status">{w.loading}</p></Screen>;
    case "none":
      return <Screen heading={w.missing.title} back="#/today"><Empty icon="search" title={w.missing.title}><p>{w.missing.text}</p></Empty></Screen>;
    case "failed":
      return <Screen heading={heading}><Empty icon="alert" title={w.failed.title}><p>{w.failed.text}</p><Button look="primary" onClick={again}>{w.failed.again}</Button></Empty></Screen>;
    default:
      return seen satisfies never;
  }
}
