import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "../icons.tsx";

/** How something stands: ok is done, wait is on its way, needs asks for the person, stop goes no further. */
export type Tone = "plain" | "ok" | "wait" | "needs" | "stop";

export const Card = ({ tone = "plain", children }: { readonly tone?: Tone; readonly children: ComponentChildren }): JSX.Element => <div class={`card ${tone}`}>{children}</div>;

/** A list of cards. Each child is one item. */
export const Cards = ({ children }: { readonly children: readonly JSX.Element[] }): JSX.Element =>
  <ul class="cards">{children.map((c, i) => <li key={c.key ?? i}>{c}</li>)}</ul>;

export const Tag = ({ tone = "plain", icon, children }: { readonly tone?: Tone; readonly icon?: IconName; readonly children: ComponentChildren }): JSX.Element =>
  <span class={`tag ${tone}`}>{icon && <Icon name={icon} size={16} />}<span>{children}</span></span>;

/** Where there is nothing: why, and what to do about it. */
export const Empty = ({ icon, title, children }: { readonly icon: IconName; readonly title: string; readonly children?: ComponentChildren }): JSX.Element =>
  <div class="empty"><Icon name={icon} size={40} /><h2>{title}</h2>{children}</div>;

export const Banner = ({ tone = "plain", icon = "info", title, children }: { readonly tone?: Tone; readonly icon?: IconName; readonly title?: string; readonly children?: ComponentChildren }): JSX.Element =>
  <div class={`banner ${tone}`}><Icon name={icon} /><div>{title && <h2>{title}</h2>}{children}</div></div>;

/** What is known, one below the other; a fact without a value is left out. */
export const Facts = ({ facts }: { readonly facts: readonly (readonly [label: string, value: ComponentChildren])[] }): JSX.Element =>
  <dl class="facts">{facts.filter(([, v]) => v !== undefined && v !== null && v !== "").map(([label, value]) => <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}</dl>;

/** More, for who wants it. */
export const More = ({ label, children }: { readonly label: string; readonly children: ComponentChildren }): JSX.Element =>
  <details aria-label={label}><summary><Icon name="next" size={20} />{label}</summary><div>{children}</div></details>;

interface RowProps { readonly icon?: IconName; readonly title: ComponentChildren; readonly note?: ComponentChildren; readonly href?: string; readonly onClick?: () => void; readonly end?: ComponentChildren }
/** A row that leads somewhere, in a list of class `rows`. */
export const Row = ({ icon, title, note, href, onClick, end }: RowProps): JSX.Element => {
  const inside = <>{icon && <Icon name={icon} />}<span>{title}{note && <small>{note}</small>}</span>{end ?? (href && <Icon name="next" size={20} />)}</>;
  return <li>{href ? <a href={href}>{inside}</a> : <button type="button" onClick={onClick}>{inside}</button>}</li>;
};
