import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useAround } from "../context.ts";
import { Button } from "../parts/button.tsx";
import { Screen } from "../parts/screen.tsx";
import { Banner } from "../parts/show.tsx";
import { href } from "../route.ts";
import { turnOff, turnOn, waking, type Turned, type Waking } from "../wake.ts";
import { w } from "../words.ts";

/** Whether the phone tells when something changes. The browser asks its own question only when this is tapped. */
export function Wake(): JSX.Element {
  const { remote: { port }, install, say } = useAround();
  const installed = install.place.value.kind === "installed";
  const at = useSignal<Waking | undefined>(undefined), busy = useSignal(false), trouble = useSignal<Turned["kind"] | undefined>(undefined);
  const look = (): Promise<void> => waking(installed).then((is) => { at.value = is; });
  useEffect(() => { void look(); }, [installed]);
  const turn = (on: boolean) => async (): Promise<void> => {
    busy.value = true;
    trouble.value = undefined;
    try {
      if (on) {
        const { kind } = await turnOn(port);
        if (kind === "on") say(w.wake.nowOn);
        else trouble.value = kind;
      } else {
        await turnOff(port);
        say(w.wake.nowOff);
      }
    } catch {
      trouble.value = "unreachable";
    }
    await look();
    busy.value = false;
  };
  return (
    <Screen heading={w.wake.title} back={href("more")} below={<p>{w.wake.text}</p>}>
      {at.value === undefined ? <p class="soft" role="status">{w.loading}</p> : <Standing at={at.value} busy={busy.value} onTurn={(on) => void turn(on)()} />}
      {trouble.value && trouble.value !== "refused" && <div role="alert" aria-label={w.problem.title}><Banner tone="stop" icon="alert"><p>{troubleOf(trouble.value)}</p></Banner></div>}
    </Screen>
  );
}

function Standing({ at, busy, onTurn }: { readonly at: Waking; readonly busy: boolean; readonly onTurn: (on: boolean) => void }): JSX.Element {
  switch (at) {
    case "on": return <><Banner tone="ok" icon="check" title={w.wake.on}><p>{w.wake.onText}</p></Banner><Button busy={busy} wide onClick={() => onTurn(false)}>{busy ? w.wake.turning : w.wake.turnOff}</Button></>;
    case "off": return <><p class="soft">{w.wake.off}</p><Button look="primary" busy={busy} wide onClick={() => onTurn(true)}>{busy ? w.wake.turning : w.wake.turnOn}</Button></>;
    case "refused": return <Banner tone="wait" icon="alert" title={w.wake.refused}><p>{w.wake.refusedText}</p></Banner>;
    case "not_here": return <Banner icon="info" title={w.wake.notHere}><p>{w.wake.notHereText}</p></Banner>;
    case "iphone": return <Banner icon="share" title={w.wake.iphone}><p>{w.wake.iphoneText}</p></Banner>;
    default: return at satisfies never;
  }
}

function troubleOf(kind: Turned["kind"]): string {
  switch (kind) {
    case "not_asked": return w.wake.notAsked;
    case "barred": return w.wake.barred;
    case "unreachable": case "on": case "refused": return w.wake.unreachable;
  }
}
