import type { JSX } from "preact";
import { useAround } from "../context.ts";
import { w } from "../words.ts";
import { Button } from "./button.tsx";

/** What was just done, and the way back from it where there is one. It stays until the next move but one, or is closed: nobody has to hurry. */
export interface Saying {
  readonly text: string;
  readonly undo?: (() => void) | undefined;
  /** The router's count of moves when it was said. */
  readonly moves: number;
}

export function Said(): JSX.Element {
  const { said, router, hush } = useAround();
  const saying = said.value;
  const here = saying !== undefined && router.moves.value - saying.moves <= 1;
  return (
    <div class="said" role="status">
      {here && (
        <>
          <p>{saying.text}</p>
          {saying.undo && <Button look="quiet" onClick={() => { hush(); saying.undo!(); }}>{w.undo}</Button>}
          <Button look="quiet" icon="cross" onClick={hush}><span class="unseen">{w.close}</span></Button>
        </>
      )}
    </div>
  );
}
