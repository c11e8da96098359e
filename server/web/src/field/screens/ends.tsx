import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PhoneState } from "../../sync/phone.ts";
import { Acts, Button } from "../parts/button.tsx";
import { Screen } from "../parts/screen.tsx";
import { Banner } from "../parts/show.tsx";
import { door as w } from "../words/door.ts";
import { Join } from "./join.tsx";

/** The phone was cut off, sent its last work, and erased itself. */
export function CutOff({ unsent }: { readonly unsent: number }): JSX.Element {
  const [on, go] = useState(false);
  if (on) return <Join unsent={unsent} onBack={() => go(false)} />;
  return (
    <Screen heading={w.cutOff.title} below={<p>{w.cutOff.text}</p>}>
      {unsent > 0 ? <Banner tone="wait" icon="shield" title={w.join.sealed(unsent)}><p>{w.join.sealedText}</p></Banner> : <Banner tone="ok" icon="check"><p>{w.cutOff.sent}</p></Banner>}
      <p>{w.cutOff.todo}</p>
      <Acts><Button onClick={() => go(true)}>{w.locked.haveCode}</Button></Acts>
    </Screen>
  );
}

/** Nothing can be read here, and nothing was changed. */
export function Broken({ state }: { readonly state: Extract<PhoneState, { kind: "broken" }> }): JSX.Element {
  const [anew, begin] = useState(false);
  const says = w.broken[state.why];
  if (anew && state.why === "damaged") return <Join again unsent={state.unsent} onBack={() => begin(false)} />;
  return (
    <Screen heading={says.title} below={<p>{says.text}</p>}>
      <p>{says.todo}</p>
      {state.why === "damaged" && state.unsent > 0 && <Banner tone="wait" icon="shield"><p>{w.locked.forgotUnsent(state.unsent)}</p></Banner>}
      <Acts>
        <Button look="primary" onClick={() => location.reload()}>{w.broken.again}</Button>
        {state.why === "damaged" && <Button onClick={() => begin(true)}>{w.locked.haveCode}</Button>}
      </Acts>
    </Screen>
  );
}
