import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../field/parts/button.tsx";
import { Screen } from "../../field/parts/screen.tsx";
import { c, noWords } from "../words.ts";

/** A screen that is fetched when it is first opened. */
export function lazily(fetch: () => Promise<() => JSX.Element>): () => JSX.Element {
  let here: (() => JSX.Element) | undefined;
  return function Lazily() {
    const [failed, fail] = useState(false), [, draw] = useState(0);
    const load = (): void => {
      fail(false);
      fetch().then((screen) => { here = screen; draw((n) => n + 1); }, () => fail(true));
    };
    useEffect(() => { if (here === undefined) load(); }, []);
    const There = here;
    if (There) return <There />;
    return <Screen heading={c.figures.title}>{failed ? <><p role="alert">{noWords("unreachable", "")}</p><Button onClick={load}>{c.retry}</Button></> : <p class="soft" role="status">{c.loading}</p>}</Screen>;
  };
}
