import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Around, type Surroundings } from "../field/context.ts";
import { Door } from "../field/parts/door.tsx";
import { Screen } from "../field/parts/screen.tsx";
import { Banner } from "../field/parts/show.tsx";
import { Button } from "../field/parts/button.tsx";
import { api, Refused, whenEnded, type SessionShown } from "./api.ts";
import { Seat } from "./context.ts";
import { BindPasskey, SignIn } from "./door.tsx";
import type { DeskPort } from "./port.ts";
import { Shell } from "./shell.tsx";
import { c, noWords } from "./words.ts";

type At =
  | { readonly kind: "checking" }
  | { readonly kind: "out"; readonly over: boolean }
  | { readonly kind: "away"; readonly says: string }
  | { readonly kind: "bind"; readonly seat: SessionShown }
  | { readonly kind: "in"; readonly seat: SessionShown };

/** Between two looks whether the session stands, while somebody is at work; half of the shortest idle time that can be set. */
const look = 30_000;

/** Everything that is seen. Whoever signs out, here or in another window, leaves nothing: the page is loaded anew. */
export function App({ around, over }: { readonly around: Surroundings; /** The page was loaded anew because the session had ended. */ readonly over: boolean }): JSX.Element {
  const [at, go] = useState<At>({ kind: "checking" });
  const port = around.remote.port as DeskPort;

  const sit = async (seat: SessionShown): Promise<void> => {
    go({ kind: "in", seat });
    if (seat.user.role === "coordinator") await port.begin(await api.client());
  };
  const begin = async (): Promise<void> => {
    try {
      if (around.code.peek() !== undefined) return go({ kind: "out", over: false });
      await sit(await api.session());
    } catch (why) {
      go(why instanceof Refused && why.code === "session_ended" ? { kind: "out", over } : away(why));
    }
  };
  useEffect(() => {
    whenEnded(leave);
    void begin();
  }, []);
  const state = around.remote.state.value, lost = state.kind === "open" && state.reach.doing.kind === "stuck" && state.reach.doing.why === "signed_out";
  useEffect(() => { if (lost) leave(); }, [lost]);
  useEffect(() => {
    if (at.kind !== "in") return undefined;
    let touched = true;
    const touch = (): void => { touched = true; };
    addEventListener("pointerdown", touch, { passive: true, capture: true });
    addEventListener("keydown", touch, { passive: true, capture: true });
    const ask = (): void => {
      if (!touched) return; // a look counts as somebody being there
      touched = false;
      api.session().catch((why: unknown) => { if (why instanceof Refused && why.code === "session_ended") leave(); });
    };
    const timer = setInterval(ask, look);
    // Another window signed out, or the time was over while nobody looked.
    const came = (): void => { if (document.visibilityState === "visible") { touched = true; ask(); } };
    document.addEventListener("visibilitychange", came);
    const channel = new BroadcastChannel("alongside desk");
    channel.onmessage = () => leave();
    return () => {
      clearInterval(timer);
      removeEventListener("pointerdown", touch, { capture: true });
      removeEventListener("keydown", touch, { capture: true });
      document.removeEventListener("visibilitychange", came);
      channel.close();
    };
  }, [at.kind]);

  return (
    <Around.Provider value={around}>
      {at.kind === "in" ? <Seat.Provider value={at.seat}><Shell onSignOut={() => void signOut()} /></Seat.Provider> : <Door>{closed()}</Door>}
    </Around.Provider>
  );

  function closed(): JSX.Element {
    switch (at.kind) {
      case "out": return <SignIn code={around.code.value} over={at.over} onSeat={(seat, byCode) => {
        around.code.value = undefined;
        if (byCode && !seat.passkey) go({ kind: "bind", seat });
        else void sit(seat).catch((why: unknown) => go(away(why)));
      }} />;
      case "bind": return <BindPasskey onDone={(bound) => { if (bound) around.say(c.door.bound); void sit({ ...at.seat, passkey: bound }).catch((why: unknown) => go(away(why))); }} />;
      case "away": return <Screen heading={c.app}><Banner tone="stop" icon="offline"><p>{at.says}</p></Banner><Button look="primary" onClick={() => { go({ kind: "checking" }); void begin(); }}>{c.retry}</Button></Screen>;
      default: return <Screen heading={c.app}><p class="soft slow" role="status">{c.door.checking}</p></Screen>;
    }
  }
}

const away = (why: unknown): At => ({ kind: "away", says: why instanceof Refused ? noWords(why.code, why.detail) : c.no.other("") });

async function signOut(): Promise<void> {
  await api.signOut().catch(() => undefined);
  const channel = new BroadcastChannel("alongside desk");
  channel.postMessage("over");
  channel.close();
  history.replaceState(null, "", location.pathname);
  location.reload();
}

let leaving = false;
/** The session is over: what was in this window goes, and the door says why. */
function leave(): void {
  if (leaving) return;
  leaving = true;
  history.replaceState({ over: true }, "", location.pathname);
  location.reload();
}
