import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../field/parts/button.tsx";
import { Banner } from "../../field/parts/show.tsx";
import { Refused } from "../api.ts";
import { c, noWords } from "../words.ts";

export type Loaded<T> = { readonly kind: "loading" } | { readonly kind: "here"; readonly value: T } | { readonly kind: "failed"; readonly says: string };

export const saysOf = (why: unknown): string => (why instanceof Refused ? noWords(why.code, why.detail) : c.no.other(""));

/** What the server is asked for when the screen opens, and again by hand. */
export function useLoad<T>(ask: () => Promise<T>, of: readonly unknown[]): { readonly got: Loaded<T>; again(): void } {
  const [got, set] = useState<Loaded<T>>({ kind: "loading" });
  const [turn, next] = useState(0);
  useEffect(() => {
    let here = true;
    set((was) => (was.kind === "here" ? was : { kind: "loading" }));
    ask().then((value) => { if (here) set({ kind: "here", value }); }, (why: unknown) => { if (here) set({ kind: "failed", says: saysOf(why) }); });
    return () => { here = false; };
  }, [...of, turn]);
  return { got, again: () => next((t) => t + 1) };
}

export function Load<T>({ of, children }: { readonly of: { readonly got: Loaded<T>; again(): void }; readonly children: (value: T) => ComponentChildren }): JSX.Element {
  switch (of.got.kind) {
    case "here": return <>{children(of.got.value)}</>;
    case "loading": return <p class="soft" role="status">{c.loading}</p>;
    case "failed": return <Banner tone="stop" icon="alert"><p>{of.got.says}</p><Button onClick={of.again}>{c.retry}</Button></Banner>;
  }
}

/** Something that is done by a tap, may be refused, and says so where it was tapped. */
export function useDoing(): { readonly busy: boolean; readonly trouble: JSX.Element | false; run(work: () => Promise<void>): void; fail(says: string): void } {
  const [busy, setBusy] = useState(false), [says, say] = useState<string | undefined>(undefined);
  return {
    busy, fail: say,
    trouble: says !== undefined && <div role="alert"><Banner tone="stop" icon="alert"><p>{says}</p></Banner></div>,
    run(work) {
      if (busy) return;
      setBusy(true);
      say(undefined);
      work().catch((why: unknown) => say(saysOf(why))).finally(() => setBusy(false));
    },
  };
}
