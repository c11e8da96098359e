import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { WhyNew } from "../../sync/phone.ts";
import { pinFault } from "../../sync/pin.ts";
import { codeLength, tidyCode } from "../code.ts";
import { useAround } from "../context.ts";
import { Icon } from "../icons.tsx";
import { Acts, Button } from "../parts/button.tsx";
import { Field } from "../parts/field.tsx";
import { anyWrong, Form, type Wrongs } from "../parts/form.tsx";
import { PinField, pinWords } from "../parts/pin.tsx";
import { Screen } from "../parts/screen.tsx";
import { Banner, More } from "../parts/show.tsx";
import { href } from "../route.ts";
import { door as w } from "../words/door.ts";

type Step = "code" | "pin";

/** From a code to a phone that is somebody's. `again`: this phone was somebody's before, and the PIN is forgotten or the browser lost it. */
export function Join({ left, unsent = 0, again = false, onBack }: {
  readonly left?: WhyNew | undefined; readonly unsent?: number; readonly again?: boolean; readonly onBack?: () => void;
}): JSX.Element {
  const { install, code: given } = useAround();
  const [step, go] = useState<Step>("code");
  const [code, setCode] = useState(() => tidyCode(given.peek() ?? ""));
  const [inBrowser, stay] = useState(false);
  const [refused, refuse] = useState<string | undefined>(undefined);
  // Another link, tapped in the middle of this: its code counts.
  const came = given.value === undefined ? code : tidyCode(given.value);
  useEffect(() => {
    if (came === code) return;
    setCode(came);
    refuse(undefined);
    go("code");
  }, [came]);
  if (install.place.value.kind === "iphone" && !inBrowser && !again) return <HomeScreenFirst code={code} onStay={() => stay(true)} />;
  if (step === "pin") {
    return <ChoosePin code={code} again={again} onBack={() => go("code")} onBadCode={() => { refuse(w.join.badCode); go("code"); }} />;
  }
  return <EnterCode key={code} code={code} given={given.value !== undefined} left={left} unsent={unsent} again={again} refused={refused} onBack={onBack}
    onCode={(c) => { setCode(c); given.value = c; refuse(undefined); go("pin"); }} />;
}

function EnterCode({ code, given, left, unsent, again, refused, onBack, onCode }: {
  readonly code: string; readonly given: boolean; readonly left: WhyNew | undefined; readonly unsent: number; readonly again: boolean;
  readonly refused: string | undefined; readonly onBack: (() => void) | undefined; readonly onCode: (code: string) => void;
}): JSX.Element {
  const [typed, type] = useState(code);
  const [wrongs, setWrongs] = useState<Wrongs<"code">>(refused ? { code: refused } : {});
  const [asIs, setAsIs] = useState(given && code.length === codeLength && !refused);
  const submit = (): void => {
    const tidy = tidyCode(typed);
    if (tidy.length === codeLength) onCode(tidy);
    else setWrongs({ code: tidy === "" ? w.join.codeMissing : w.join.codeShort });
  };
  return (
    <Screen heading={again ? w.join.againTitle : w.join.title} below={<p>{again ? w.join.againText : w.join.text}</p>} {...(onBack ? { onBack } : {})}>
      {left === "signed_out" && <Banner tone="ok" icon="check" title={w.join.signedOut} />}
      {left === "lost" && <Banner tone="wait" icon="alert" title={w.join.lost}><p>{w.join.lostText}</p><p>{unsent > 0 ? w.join.lostSealed(unsent) : w.join.lostNothing}</p></Banner>}
      {left !== "lost" && unsent > 0 && <Banner tone="wait" icon="shield" title={w.join.sealed(unsent)}><p>{w.join.sealedText}</p></Banner>}
      {asIs ? (
        <div class="card">
          <p class="label">{w.join.yourCode}</p>
          <p class="code-shown">{code}</p>
          <Acts><Button look="primary" wide onClick={submit}>{w.join.useCode}</Button></Acts>
          <Button look="quiet" onClick={() => { type(""); setAsIs(false); }}>{w.join.otherCode}</Button>
        </div>
      ) : (
        <Form wrongs={wrongs} onSubmit={submit}>
          <Field id="code" label={w.join.code} hint={w.join.codeHint} error={wrongs.code} value={typed} onValue={type} size="code" max={200} />
          <Button type="submit" look="primary" wide>{w.join.next}</Button>
        </Form>
      )}
      <section aria-labelledby="then">
        <h2 id="then">{w.join.then}</h2>
        <ol class="steps">{w.join.steps.map((s) => <li key={s}>{s}</li>)}</ol>
      </section>
      <More label={w.join.noCode}><p>{w.join.noCodeText}</p></More>
    </Screen>
  );
}

/** An iPhone keeps what the browser stores apart from what the installed app stores, so the order matters there. */
function HomeScreenFirst({ code, onStay }: { readonly code: string; readonly onStay: () => void }): JSX.Element {
  const [copied, copy] = useState(false);
  return (
    <Screen heading={w.iphone.title} below={<p>{w.iphone.why}</p>}>
      <ol class="steps pictured">
        <li><Icon name="share" size={28} /><span>{w.iphone.share}</span></li>
        <li><Icon name="addBox" size={28} /><span>{w.iphone.add}</span></li>
        <li><Icon name="today" size={28} /><span>{w.iphone.open}</span></li>
      </ol>
      {code !== "" && (
        <div class="card">
          <p class="label">{w.iphone.carry}</p>
          <p class="code-shown">{code}</p>
          <Button icon="paper" onClick={() => { void navigator.clipboard?.writeText(code).then(() => copy(true), () => undefined); }}>{w.iphone.copy}</Button>
          <p role="status" class="soft">{copied ? w.iphone.copied : ""}</p>
        </div>
      )}
      <More label={w.iphone.stay}><p>{w.iphone.stayText}</p><Button onClick={onStay}>{w.iphone.stayYes}</Button></More>
    </Screen>
  );
}

function ChoosePin({ code, again, onBack, onBadCode }: { readonly code: string; readonly again: boolean; readonly onBack: () => void; readonly onBadCode: () => void }): JSX.Element {
  const { remote, install, router, code: given } = useAround();
  const [pin, setPin] = useState("");
  const [twice, setTwice] = useState("");
  const [wrongs, setWrongs] = useState<Wrongs<"pin" | "twice">>({});
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | undefined>(undefined);

  const submit = async (): Promise<void> => {
    if (busy) return;
    const fault = pinFault(pin);
    const found: Wrongs<"pin" | "twice"> = pin === "" ? { pin: w.pin.missing } : fault ? { pin: pinWords(fault) } : pin !== twice ? { twice: w.pin.differ } : {};
    setWrongs(found);
    setTrouble(undefined);
    if (anyWrong(found)) return;
    setBusy(true);
    const joined = await remote.port.join(code, pin).catch(() => undefined);
    setBusy(false);
    switch (joined?.kind) {
      case "joined":
        given.value = undefined;
        void install.keep();
        if (again) router.go(href("today"), "replace"); // and not where whoever used it before had been
        return;
      case "bad_code": onBadCode(); return;
      case "pin_refused": setWrongs({ pin: pinWords(joined.why) }); return;
      case "slow_down": setTrouble(w.join.slowDown(joined.seconds)); return;
      case "unreachable": setTrouble(w.join.unreachable); return;
      case "closed": setTrouble(w.join.closed); return;
      case "other_user": setTrouble(w.join.otherUser); return;
      case "storage_full": setTrouble(w.join.storageFull); return;
      case undefined: setTrouble(w.failed.text); return;
      default: joined satisfies never;
    }
  };

  return (
    <Screen heading={w.pin.choose} below={<p>{w.pin.why}</p>} onBack={onBack}>
      <Form wrongs={wrongs} onSubmit={() => void submit()}>
        <PinField id="pin" label={w.pin.label} hint={w.pin.hint} error={wrongs.pin} value={pin} onValue={setPin} />
        <PinField id="twice" label={w.pin.twice} error={wrongs.twice} value={twice} onValue={setTwice} />
        {trouble && <div role="alert" aria-label={w.problem.title}><Banner tone="stop" icon="alert"><p>{trouble}</p></Banner></div>}
        <Button type="submit" look="primary" wide busy={busy}>{busy ? w.join.joining : trouble ? w.failed.again : w.join.join}</Button>
      </Form>
      <More label={w.pin.forgetLabel}><p>{w.pin.forgetText}</p></More>
    </Screen>
  );
}
