import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { PhoneState } from "../../sync/phone.ts";
import { useAround } from "../context.ts";
import { Button } from "../parts/button.tsx";
import { useCountdown, worthSaying } from "../parts/countdown.ts";
import { PinField } from "../parts/pin.tsx";
import { Screen } from "../parts/screen.tsx";
import { Banner, More } from "../parts/show.tsx";
import { door as w } from "../words/door.ts";
import { Join } from "./join.tsx";

/** The PIN, and nothing of anybody. */
export function Locked({ state }: { readonly state: Extract<PhoneState, { kind: "locked" }> }): JSX.Element {
  const { code } = useAround();
  const [anew, begin] = useState(false);
  if (anew) return <Join again unsent={state.unsent} onBack={() => begin(false)} />;
  const waits = state.unsent > 0 && <Banner icon="shield"><p>{w.locked.unsent(state.unsent)}</p></Banner>;
  if (state.coordinator) {
    return (
      <Screen heading={w.locked.coordinatorTitle} below={<p>{w.locked.coordinatorText}</p>}>
        {waits}
        <Forgotten unsent={state.unsent} onCode={() => begin(true)} />
      </Screen>
    );
  }
  return (
    <Screen heading={w.locked.title} ownFocus>
      {code.value !== undefined && <Banner icon="key" title={w.locked.codeCame}><p>{w.locked.codeCameText}</p><Button onClick={() => begin(true)}>{w.locked.codeUse}</Button></Banner>}
      <Unlock until={state.until} />
      {waits}
      <More label={w.locked.forgot}><Forgotten unsent={state.unsent} onCode={() => begin(true)} /></More>
    </Screen>
  );
}

const Forgotten = ({ unsent, onCode }: { readonly unsent: number; readonly onCode: () => void }): JSX.Element => (
  <>
    <ol class="steps">{w.locked.steps.map((s) => <li key={s}>{s}</li>)}</ol>
    <p>{unsent > 0 ? w.locked.forgotUnsent(unsent) : w.locked.forgotNothing}</p>
    <Button onClick={onCode}>{w.locked.haveCode}</Button>
  </>
);

function Unlock({ until }: { readonly until: string | undefined }): JSX.Element {
  const { remote } = useAround();
  const [pin, setPin] = useState("");
  const [error, setError] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const [wait, setWait] = useState<string | undefined>(undefined);
  const seconds = useCountdown(wait ?? until);
  const saying = worthSaying(seconds);
  const waited = useRef(false);
  if (seconds > 0) waited.current = true;
  const field = (): HTMLElement | null => document.getElementById("pin");
  useEffect(() => { field()?.focus(); }, []);

  const submit = async (): Promise<void> => {
    if (busy || seconds > 0) { field()?.focus(); return; }
    if (pin === "") { setError(w.pin.missing); field()?.focus(); return; }
    setBusy(true);
    setError(undefined);
    const got = await remote.port.unlock(pin).catch(() => undefined);
    setBusy(false);
    setPin("");
    switch (got?.kind) {
      case "open": return;
      case "coordinator": return; // the state says so, and the screen with it
      case "wrong": setError(w.locked.wrong); setWait(got.until); break;
      case "too_soon": setWait(got.until); break;
      case "storage_full": setError(w.locked.storageFull); break;
      case undefined: setError(w.failed.text); break;
      default: got satisfies never;
    }
    field()?.focus();
  };

  return (
    <form class="form" autocomplete="off" noValidate onSubmit={(e) => { e.preventDefault(); void submit(); }}>
      <PinField id="pin" label={w.locked.label} quiet error={error} value={pin} onValue={setPin} />
      {seconds > 0 && <p class="waits" aria-hidden="true">{w.locked.again(w.locked.left(seconds))}</p>}
      <p class="unseen" role="status">{busy ? w.locked.opening : seconds > 0 ? w.locked.again(w.locked.leftSaid(saying)) : error ? `${error} ${waited.current ? w.locked.now : ""}` : waited.current ? w.locked.now : ""}</p>
      <Button type="submit" look="primary" wide busy={busy || seconds > 0}>{busy ? w.locked.opening : w.locked.open}</Button>
    </form>
  );
}
