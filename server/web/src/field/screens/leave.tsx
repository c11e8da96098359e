import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PhoneState } from "../../sync/phone.ts";
import { useAround } from "../context.ts";
import { Acts, Button, ButtonLink } from "../parts/button.tsx";
import { Check } from "../parts/choice.tsx";
import { Form, type Wrongs } from "../parts/form.tsx";
import { Screen } from "../parts/screen.tsx";
import { Banner } from "../parts/show.tsx";
import { href } from "../route.ts";
import { w } from "../words.ts";

/** Signing out takes everything off the phone. What was not sent is sent first; what cannot be sent is never erased without a second, plain step. */
export function Leave({ state }: { readonly state: Extract<PhoneState, { kind: "open" }> }): JSX.Element {
  const { remote } = useAround();
  const [busy, setBusy] = useState(false);
  const [unsent, setUnsent] = useState<number | undefined>(undefined);
  const [failed, setFailed] = useState(false);
  const leave = async (how: "ask" | "erase"): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setFailed(false);
    const left = await remote.port.signOut(how).catch(() => undefined);
    setBusy(false);
    if (left === undefined) setFailed(true);
    else if (left.kind === "unsent") setUnsent(left.count);
  };
  const known = state.reach.unsent;
  if (unsent !== undefined) return <StillUnsent count={unsent} busy={busy} onAgain={() => void leave("ask")} onErase={() => void leave("erase")} />;
  return (
    <Screen heading={w.leave.title} below={<p>{w.leave.text}</p>} back={href("more")}>
      {known > 0 && <Banner tone="wait" icon="up" title={w.line.unsent(known)}><p>{w.leave.sendsFirst}</p></Banner>}
      {failed && <div role="alert" aria-label={w.problem.title}><Banner tone="stop" icon="alert"><p>{w.failed.text}</p></Banner></div>}
      <Acts>
        <Button look="primary" wide busy={busy} onClick={() => void leave("ask")}>{busy ? (known > 0 ? w.leave.sending : w.leave.leaving) : known > 0 ? w.leave.sendAndLeave : w.leave.leave}</Button>
        <ButtonLink href={href("more")}>{w.leave.stay}</ButtonLink>
      </Acts>
    </Screen>
  );
}

function StillUnsent({ count, busy, onAgain, onErase }: { readonly count: number; readonly busy: boolean; readonly onAgain: () => void; readonly onErase: () => void }): JSX.Element {
  const [sure, setSure] = useState(false);
  const [wrongs, setWrongs] = useState<Wrongs<"sure">>({});
  return (
    <Screen heading={w.leave.unsentTitle(count)} below={<p>{w.leave.unsentText}</p>} back={href("more")}>
      <Acts>
        <ButtonLink href={href("more")} look="primary" wide>{w.leave.stay}</ButtonLink>
        <Button busy={busy} wide onClick={onAgain}>{busy ? w.leave.sending : w.leave.sendAgain}</Button>
      </Acts>
      <section aria-labelledby="erase">
        <h2 id="erase">{w.leave.eraseTitle}</h2>
        <p>{w.leave.eraseText}</p>
        <Form wrongs={wrongs} onSubmit={() => { if (sure) onErase(); else setWrongs({ sure: w.leave.sureMissing }); }}>
          <Check id="sure" label={w.leave.sure(count)} error={wrongs.sure} checked={sure} onChecked={setSure} />
          <Button type="submit" look="danger" icon="bin" busy={busy}>{w.leave.erase}</Button>
        </Form>
      </section>
    </Screen>
  );
}
