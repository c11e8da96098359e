import { type Signal, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { uuid } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Saved } from "../../sync/phone.ts";
import type { Edit } from "../../sync/record.ts";
import { useAround, usePort } from "../context.ts";
import { w } from "../words.ts";

export const mint = (): RecordID => uuid(Date.now(), () => crypto.getRandomValues(new Uint8Array(16))) as RecordID;

export interface Writing {
  /** While the phone writes and somebody would notice: a button that changes for an instant is drawn twice, and looks broken. */
  readonly busy: Signal<boolean>;
  /** Whether it writes: a second tap begins nothing. */
  going(): boolean;
  /** Why the last one is not written, in words. */
  readonly trouble: Signal<string | undefined>;
  /** True once all of it is on the disk of this phone, together or not at all. */
  write(edits: readonly Edit[]): Promise<boolean>;
}

/** Why it is not written, in words; undefined when it is. */
function troubleOf(saved: Saved): string | undefined {
  switch (saved.kind) {
    case "saved": return undefined;
    case "storage_full": return w.form.storageFull;
    case "not_yours": return w.form.notYours;
    case "locked": return w.form.locked;
    default: return saved satisfies never;
  }
}

/** In milliseconds: what takes less is not worth being shown. */
const noticed = 200;

export function useWriting(): Writing {
  const port = usePort();
  const busy = useSignal(false), trouble = useSignal<string | undefined>(undefined);
  const at = useRef(false);
  return {
    busy, trouble,
    going: () => at.current,
    async write(edits) {
      if (at.current) return false;
      if (edits.length === 0) return true;
      at.current = true;
      const slow = setTimeout(() => { busy.value = true; }, noticed);
      trouble.value = undefined;
      try {
        trouble.value = troubleOf(await port.write(edits));
      } catch {
        trouble.value = w.wrong.write;
      } finally {
        clearTimeout(slow);
        at.current = busy.value = false;
      }
      return trouble.value === undefined;
    },
  };
}

/** Says that something stands written, with a way back where there is one: later edits, since what was written stays written. */
export function useSaying(): (text: string, back: readonly Edit[], after?: string) => void {
  const { remote: { port }, say } = useAround();
  return (text, back, after = w.outcome.undone) => say(text, back.length === 0 ? undefined : () => {
    port.write(back).then((saved) => say(troubleOf(saved) ?? after), () => say(w.wrong.write));
  });
}

/** What was tapped is about to go: the focus goes to the heading of the screen instead of nowhere. */
export const toHeading = (): void => document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
