import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { PhoneState } from "../sync/phone.ts";
import { Around, type Surroundings } from "./context.ts";
import { Button } from "./parts/button.tsx";
import { Door } from "./parts/door.tsx";
import { Screen } from "./parts/screen.tsx";
import { Broken, CutOff } from "./screens/ends.tsx";
import { Join } from "./screens/join.tsx";
import { Locked } from "./screens/locked.tsx";
import { door as w } from "./words/door.ts";

type Open = Extract<PhoneState, { kind: "open" }>;

/** What is behind the lock comes after the first screen is there, while the person still looks for the keys. */
const inside = signal<typeof import("./open.tsx") | "coming" | "failed">("coming");
export const fetchInside = (): void => { import("./open.tsx").then((all) => { inside.value = all; }, () => { inside.value = "failed"; }); };

const Starting = (): JSX.Element => <main class="page slow"><h1>{w.states.starting}</h1><p role="status">{w.starting}</p></main>;

/** What is seen while the phone is not open. */
function closed(state: Exclude<PhoneState, Open>): JSX.Element {
  switch (state.kind) {
    case "starting": return <Starting />;
    case "new": return state.left === "revoked" ? <CutOff unsent={state.unsent ?? 0} /> : <Join left={state.left} unsent={state.unsent ?? 0} again={state.left === "lost"} />;
    case "locked": return <Locked state={state} />;
    case "broken": return <Broken state={state} />;
    default: return state satisfies never;
  }
}

function opened(state: Open): JSX.Element {
  const all = inside.value;
  if (all === "coming") return <Door><Starting /></Door>;
  if (all === "failed") return <Door><Screen heading={w.failed.title} below={<p>{w.failed.text}</p>}><Button look="primary" onClick={() => location.reload()}>{w.broken.again}</Button></Screen></Door>;
  return <all.Inside state={state} />;
}

/** Everything that is seen. */
export function App({ around }: { readonly around: Surroundings }): JSX.Element {
  const state = around.remote.state.value;
  useEffect(() => { if (state.kind !== "open") document.title = `${w.states[state.kind]} – ${w.app}`; }, [state.kind]);
  return (
    <Around.Provider value={around}>
      {state.kind === "open" ? opened(state) : <Door>{closed(state)}</Door>}
    </Around.Provider>
  );
}
