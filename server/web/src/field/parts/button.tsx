import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "../icons.tsx";

type Look = "primary" | "secondary" | "danger" | "quiet";
interface Common { readonly look?: Look; readonly icon?: IconName; readonly wide?: boolean; readonly children: ComponentChildren; /** What a screen reader says after the words, such as whom it is about. */ readonly about?: string | undefined }

const looks = (look: Look = "secondary", wide = false): string => `button ${look}${wide ? " wide" : ""}`;
const inside = ({ icon, children, about }: Common) => <>{icon && <Icon name={icon} size={20} />}<span>{children}{about && <span class="unseen"> {about}</span>}</span></>;

/** `busy` keeps it in place and deaf while what it began goes on: a second tap begins nothing. */
export function Button({ onClick, type = "button", busy = false, ...rest }: Common & { readonly onClick?: () => void; readonly type?: "button" | "submit"; readonly busy?: boolean }): JSX.Element {
  return (
    <button type={type} class={looks(rest.look, rest.wide)} aria-disabled={busy ? "true" : undefined}
      onClick={(e) => { if (busy) e.preventDefault(); else onClick?.(); }}>{inside(rest)}</button>
  );
}

/** Looks like a button and leads somewhere. */
export function ButtonLink({ href, outside = false, ...rest }: Common & { readonly href: string; /** A call, a map: another app. */ readonly outside?: boolean }): JSX.Element {
  return <a href={href} class={looks(rest.look, rest.wide)} {...(outside && /^https?:/.test(href) ? { target: "_blank", rel: "noopener noreferrer" } : {})}>{inside(rest)}</a>;
}

export const Acts = ({ children }: { readonly children: ComponentChildren }): JSX.Element => <div class="acts">{children}</div>;
