import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { codeLength, tidyCode } from "../field/code.ts";
import { Acts, Button } from "../field/parts/button.tsx";
import { Field } from "../field/parts/field.tsx";
import { Form } from "../field/parts/form.tsx";
import { Screen } from "../field/parts/screen.tsx";
import { Banner } from "../field/parts/show.tsx";
import { api, Refused, type SessionShown } from "./api.ts";
import { addPasskey, hasPasskeys, signIn } from "./passkey.ts";
import { c, noWords } from "./words.ts";

const words = (why: unknown): string => (why instanceof Refused ? noWords(why.code, why.detail) : c.no.other(""));
const trouble = (says: string | undefined): JSX.Element | false => says !== undefined && <div role="alert"><Banner tone="stop" icon="alert"><p>{says}</p></Banner></div>;

/** Before anybody sits here: a passkey, or the code of a link. */
export function SignIn({ code, over, onSeat }: { readonly code: string | undefined; readonly over: boolean; readonly onSeat: (seat: SessionShown, byCode: boolean) => void }): JSX.Element {
  const [typing, type] = useState(code !== undefined || !hasPasskeys());
  const [typed, setTyped] = useState(tidyCode(code ?? ""));
  const [wrong, setWrong] = useState<string | undefined>(undefined);
  const [no, setNo] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const go = async (work: () => Promise<SessionShown>, byCode: boolean): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setNo(undefined);
    try {
      onSeat(await work(), byCode);
    } catch (why) {
      setNo(words(why));
    } finally {
      setBusy(false);
    }
  };
  const withCode = (): void => {
    const tidy = tidyCode(typed);
    setWrong(tidy.length === codeLength ? undefined : c.door.codeShort);
    if (tidy.length === codeLength) void go(() => api.enrol(tidy, { name: deviceName(navigator.userAgent), platform: "web" }), true);
  };
  return (
    <Screen heading={c.door.title} below={<p>{c.door.text}</p>}>
      {over && <Banner tone="wait" icon="lock" title={c.door.over}><p>{c.door.overText}</p></Banner>}
      {trouble(no)}
      {hasPasskeys() ? <Acts><Button look={typing ? "secondary" : "primary"} icon="key" busy={busy} onClick={() => void go(signIn, false)}>{busy ? c.door.checking : c.door.passkey}</Button></Acts> : <p>{c.door.noPasskeys}</p>}
      {typing ? (
        <Form wrongs={wrong === undefined ? {} : { code: wrong }} onSubmit={withCode}>
          <Field id="code" label={c.door.codeLabel} hint={c.door.codeHint} error={wrong} value={typed} onValue={setTyped} size="code" max={200} />
          <Button type="submit" look="primary" busy={busy}>{busy ? c.door.checking : c.door.useCode}</Button>
        </Form>
      ) : <Acts><Button look="quiet" onClick={() => type(true)}>{c.door.code}</Button></Acts>}
    </Screen>
  );
}

/** After a sign-in by code: a passkey makes the next one easy. */
export function BindPasskey({ onDone }: { readonly onDone: (bound: boolean) => void }): JSX.Element {
  const [no, setNo] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const bind = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setNo(undefined);
    try {
      await addPasskey();
      onDone(true);
    } catch (why) {
      setNo(words(why));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Screen heading={c.door.bindTitle} below={<p>{c.door.bindText}</p>}>
      {trouble(no)}
      <Acts><Button look="primary" icon="key" busy={busy} onClick={() => void bind()}>{busy ? c.door.checking : c.door.bind}</Button><Button onClick={() => onDone(false)}>{c.door.later}</Button></Acts>
    </Screen>
  );
}

/** What lists of devices call this browser. */
function deviceName(agent: string): string {
  const browser = /Edg\//.test(agent) ? "Edge" : /Firefox\//.test(agent) ? "Firefox" : /Chrom(e|ium)\//.test(agent) ? "Chrome" : /Safari\//.test(agent) ? "Safari" : "A browser";
  const system = /Windows/.test(agent) ? "Windows" : /Mac OS X/.test(agent) ? "a Mac" : /CrOS/.test(agent) ? "a Chromebook" : /Linux/.test(agent) ? "Linux" : "a computer";
  return `${browser} on ${system}`;
}
