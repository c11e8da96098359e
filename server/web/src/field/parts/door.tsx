import type { ComponentChildren, JSX } from "preact";
import { Mark, Steps } from "../icons.tsx";
import { door as w } from "../words/door.ts";

/** The frame of all that is seen while the phone is not open. */
export const Door = ({ children }: { readonly children: ComponentChildren }): JSX.Element => (
  <div class="frame bare">
    <header class="door"><div><Mark /><p>{w.app}</p><Steps /></div></header>
    {children}
  </div>
);
