import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { pinFault } from "../../sync/pin.ts";
import { useAround } from "../context.ts";
import { Button } from "../parts/button.tsx";
import { useCountdown, worthSaying } from "../parts/countdown.ts";
import { anyWrong, Form, type Wrongs } from "../parts/form.tsx";
import { PinField, pinWords } from "../parts/pin.tsx";
import { Screen } from "../parts/screen.tsx";
import { href } from "../route.ts";
import { w } from "../words.ts";

/** A new PIN for the old one. Wrong ones count as they do on the lock. */
export function ChangePin(): JSX.Element {
  const { remote, router, say } = useAround();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [twice, setTwice] = useState("");
  const [wrongs, setWrongs] = useState<Wrongs<"old" | "next" | "twice">>({});
  const [busy, setBusy] = useState(false);
  const [wait, setWait] = useState<string | undefined>(undefined);
  const seconds = useCountdown(wait);

  const submit = async (): Promise<void> => {
    if (busy || seconds > 0) return;
    const fault = pinFault(next);
    const found: Wrongs<"old" | "next" | "twice"> = {
      ...(old === "" ? { old: w.pin.oldMissing } : {}),
      ...(next === "" ? { next: w.pin.missing } : fault ? { next: pinWords(fault) } : next !== twice ? { twice: w.pin.differ } : {}),
    };
    setWrongs(found);
    if (anyWrong(found)) return;
    setBusy(true);
    const got = await remote.port.changePin(old, next).catch(() => undefined);
    setBusy(false);
    switch (got?.kind) {
      case "open": say(w.pin.changed); router.back(href("more")); return;
      case "wrong": setOld(""); setWait(got.until); setWrongs({ old: w.pin.oldWrong }); return;
      case "too_soon": setWait(got.until); return;
      case "coordinator": return; // the phone has locked, and says so
      case "pin_refused": setWrongs({ next: pinWords(got.why) }); return;
      case "storage_full": setWrongs({ old: w.locked.storageFull }); return;
      case undefined: setWrongs({ old: w.failed.text }); return;
      default: got satisfies never;
    }
  };

  return (
    <Screen heading={w.pin.changeTitle} below={<p>{w.pin.why}</p>} back={href("more")}>
      <Form wrongs={wrongs} onSubmit={() => void submit()}>
        <PinField id="old" label={w.pin.old} error={wrongs.old} value={old} onValue={setOld} />
        <PinField id="next" label={w.pin.next} hint={w.pin.hint} error={wrongs.next} value={next} onValue={setNext} />
        <PinField id="twice" label={w.pin.nextTwice} error={wrongs.twice} value={twice} onValue={setTwice} />
        {seconds > 0 && <p class="waits" aria-hidden="true">{w.locked.again(w.locked.left(seconds))}</p>}
        <p class="unseen" role="status">{busy ? w.pin.changing : seconds > 0 ? w.locked.again(w.locked.leftSaid(worthSaying(seconds))) : ""}</p>
        <Button type="submit" look="primary" wide busy={busy || seconds > 0}>{busy ? w.pin.changing : w.pin.change}</Button>
      </Form>
    </Screen>
  );
}
