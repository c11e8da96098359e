import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useRouter } from "../context.ts";
import { outcome, takeBack } from "../edits/appointment.ts";
import type { Outcome } from "../edits/appointment.ts";
import { opened } from "../edits/edit.ts";
import type { Opened } from "../edits/edit.ts";
import { Icon, type IconName } from "../icons.tsx";
import { Acts, Button, ButtonLink } from "../parts/button.tsx";
import { Banner } from "../parts/show.tsx";
import { href } from "../route.ts";
import type { Visit } from "../views/views.ts";
import { w } from "../words.ts";
import { person, timesOf } from "./visit.tsx";
import { useWriting } from "./write.ts";

const choices: readonly { readonly status: Outcome; readonly icon: IconName }[] = [
  { status: "attended", icon: "check" }, { status: "missed", icon: "cross" }, { status: "cancelled", icon: "off" }, { status: "moved", icon: "swap" },
];

/** An outcome that was given here, for as long as the screen is in view: what it was opened on stays, so that it can be changed or taken back. */
export interface SaidOutcome { readonly visit: Visit; readonly of: Opened; readonly status: Outcome }

/**
 * What became of an appointment, in one tap. The tap shows at once; "on this phone" is said when it is on the disk. Moved
 * leads to the new time instead, since without one it says little.
 */
export function OutcomeButtons({ visit, onSaid, back = false }: {
  readonly visit: Visit; readonly onSaid: (said: SaidOutcome) => void; /** They come again after an outcome was taken back: the focus comes with them. */ readonly back?: boolean;
}): JSX.Element {
  const router = useRouter();
  const group = useRef<HTMLDivElement>(null);
  useEffect(() => { if (back) group.current?.focus({ preventScroll: true }); }, []);
  const writing = useWriting();
  const tapped = useSignal<Outcome | undefined>(undefined);
  const of = useRef(opened(visit.record));
  if (of.current.base !== visit.record.version && !writing.going()) of.current = opened(visit.record);

  const tap = (status: Outcome): void => {
    if (status === "moved") { router.go(href("moveAppointment", { record: visit.record.id })); return; }
    tapped.value = status;
    const edit = outcome(of.current, status);
    writing.write(edit ? [edit] : []).then((saved) => {
      if (saved) onSaid({ visit, of: of.current, status });
      else if (!writing.going()) tapped.value = undefined;
    }, () => undefined);
  };
  return (
    <>
      <div class="outcomes" role="group" tabIndex={-1} ref={group} aria-label={`${w.outcome.ask} ${visit.person}, ${visit.title}`}>
        {choices.map(({ status, icon }) => (
          <button key={status} type="button" class={status} aria-pressed={tapped.value === status} onClick={() => tap(status)}>
            <Icon name={icon} size={22} /><span>{w.outcome[status]}</span>
          </button>
        ))}
      </div>
      {writing.trouble.value && <div role="alert"><Banner icon="alert" tone="stop"><p>{writing.trouble.value}</p></Banner></div>}
    </>
  );
}

/** What was just said about an appointment, with the way on and the way back. It takes the focus, since the button that was tapped is gone. */
export function Outcomed({ said, onBack }: { readonly said: SaidOutcome; readonly onBack: () => void }): JSX.Element {
  const { visit, status } = said;
  const writing = useWriting();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => { box.current?.focus({ preventScroll: true }); }, []);
  const undo = (): void => { writing.write([takeBack(said.of)]).then((saved) => { if (saved) onBack(); }, () => undefined); };
  const record = visit.record.id;
  return (
    <div class={`outcomed ${status}`} tabIndex={-1} ref={box} role="group" aria-label={`${visit.person}: ${w.outcome.said[status]}. ${w.onPhone}`}>
      <div class="row"><p class="verdict"><Icon name={status === "attended" ? "check" : status === "missed" ? "cross" : status === "cancelled" ? "off" : "swap"} /><strong>{w.outcome.said[status]}</strong></p>
        <Button look="quiet" onClick={undo} busy={writing.busy.value} about={w.of(visit.person)}>{w.undo}</Button></div>
      <p><strong>{visit.person}</strong> · {timesOf(visit)} · {visit.title}</p>
      <p class="soft small">{w.onPhone}</p>
      <Acts>
        <ButtonLink look="secondary" href={href("outcome", { record })}>{w.outcome.note}</ButtonLink>
        {status === "attended" && <ButtonLink look="secondary" href={href("supportAfter", { record })}>{w.outcome.support}</ButtonLink>}
        {status === "missed" && <ButtonLink look="secondary" href={href("stepAfter", { record })}>{w.outcome.followUp}</ButtonLink>}
        {status === "cancelled" && <ButtonLink look="secondary" href={href("newAppointment", { person: person(visit) })}>{w.outcome.bookNext}</ButtonLink>}
      </Acts>
      {writing.trouble.value && <div role="alert"><Banner icon="alert" tone="stop"><p>{writing.trouble.value}</p></Banner></div>}
    </div>
  );
}
