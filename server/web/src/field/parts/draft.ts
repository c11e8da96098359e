import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Instant } from "../../sync/ids.ts";
import { usePort } from "../context.ts";

/** A pause of the keys after which a draft is kept. */
const pause = 400;

export interface Form<T> {
  readonly now: Signal<T>;
  patch(part: Partial<T>): void;
  /** False until it is known whether there is a draft; a form shows its fields from then on. */
  readonly ready: boolean;
  /** When what stands here was begun, if it was found again. */
  readonly restored: Instant | undefined;
  /** Takes the draft away: the form was saved, or is to begin afresh. */
  drop(): Promise<void>;
}

/**
 * A form's state, kept sealed on the phone at each pause of the keys and at once when the app is hidden or the screen left, and found
 * again when the form is opened under the same key. `of` says whose or what it is, so that two people's forms never mix: "support", "appointment/ID".
 */
export function useDraft<T extends object>(of: string, initial: () => T): Form<T> {
  const port = usePort();
  const now = useSignal<T>(undefined as unknown as T);
  if (now.peek() === undefined) now.value = initial();
  const ready = useSignal(false);
  const restored = useSignal<Instant | undefined>(undefined);
  const self = useRef({ timer: 0, dirty: false, over: false }).current;

  const keep = (): void => {
    clearTimeout(self.timer);
    if (!self.dirty || self.over) return;
    self.dirty = false;
    port.keepDraft(of, now.peek()).catch(() => { self.dirty = true; });
  };

  useEffect(() => {
    let here = true;
    port.draft(of).then((d) => {
      if (!here) return;
      if (d && !self.dirty) { now.value = { ...now.peek(), ...(d.body as Partial<T>) }; restored.value = d.at; }
    }, () => undefined).finally(() => { if (here) ready.value = true; });
    const hidden = () => { if (document.visibilityState === "hidden") keep(); };
    document.addEventListener("visibilitychange", hidden);
    addEventListener("pagehide", keep);
    return () => {
      here = false;
      document.removeEventListener("visibilitychange", hidden);
      removeEventListener("pagehide", keep);
      keep();
    };
  }, [of]);

  return {
    now,
    patch(part) {
      now.value = { ...now.peek(), ...part };
      self.dirty = true;
      self.over = false;
      clearTimeout(self.timer);
      self.timer = window.setTimeout(keep, pause);
    },
    ready: ready.value,
    restored: restored.value,
    async drop() {
      clearTimeout(self.timer);
      self.dirty = false;
      self.over = true;
      restored.value = undefined;
      await port.dropDraft(of);
    },
  };
}
