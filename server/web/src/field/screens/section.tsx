import type { ComponentChildren, JSX } from "preact";

/** A part of the page under a heading, and what can be done there. */
export const Section = ({ id, heading, end, children }: { readonly id: string; readonly heading: string; readonly end?: ComponentChildren; readonly children: ComponentChildren }): JSX.Element =>
  <section aria-labelledby={id}><div class="row"><h2 id={id}>{heading}</h2>{end}</div>{children}</section>;
