import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Edit } from "../../sync/record.ts";
import { useRouter } from "../context.ts";
import { deletionOf, putBack } from "../edits/edit.ts";
import type { Opened } from "../edits/edit.ts";
import { rules } from "../edits/limits.ts";
import { Acts, Button } from "../parts/button.tsx";
import { Banner } from "../parts/show.tsx";
import { w } from "../words.ts";
import { useSaying, useWriting } from "./write.ts";

/** Takes a record away, after it was asked for twice; what follows offers to bring it back. */
export function Removal({ of, ask, hint, back }: { readonly of: Opened; readonly ask: string; readonly hint?: string; readonly back: string }): JSX.Element {
  const router = useRouter(), say = useSaying();
  const asked = useSignal(false);
  const writing = useWriting();
  const remove = (): void => {
    writing.write([deletionOf(of)]).then((saved) => {
      if (!saved) return;
      say(called(of.kind), [revived(of)], w.brought);
      router.back(back);
    }, () => undefined);
  };
  return (
    <section class="removal">
      {asked.value ? (
        <Banner tone="stop" icon="bin">
          <p>{hint ?? ask}</p>
          <Acts><Button look="danger" busy={writing.busy.value} onClick={remove}>{ask}</Button><Button onClick={() => { asked.value = false; }}>{w.form.cancel}</Button></Acts>
          {writing.trouble.value && <p class="error" role="alert">{writing.trouble.value}</p>}
        </Banner>
      ) : <Button look="quiet" icon="bin" onClick={() => { asked.value = true; }}>{ask}</Button>}
    </section>
  );
}

const called = (kind: string): string => (w.deleted as Readonly<Record<string, string>>)[kind] ?? w.form.saved;

/** An edit of what was deleted brings all of it back (PROTOCOL §8.3): one field, as it was, is enough. */
export const revived = (of: Opened): Edit => putBack(of, Object.entries(rules[of.kind] ?? {}).find(([, rule]) => rule.required)?.[0] ?? "name");
