import { type ReadonlySignal, signal } from "@preact/signals";
import type { RecordID } from "../sync/ids.ts";

/**
 * Where in the app a person is: the fragment of the address, which never leaves the phone. It names screens and ids, and
 * nothing of anybody, since browsers write addresses down. A screen more is a line more here, one in app.tsx, and a title in the catalogue.
 */
export const shapes = {
  today: "today",
  people: "people",
  newPerson: "people/new",
  person: "person/:person",
  editPerson: "person/:person/edit",
  personState: "person/:person/state",
  newAppointment: "person/:person/appointment",
  newContact: "person/:person/contact",
  newConsent: "person/:person/consent",
  newFollowUp: "person/:person/follow-up",
  support: "support",
  supportWith: "person/:person/support",
  editSupport: "support/:record",
  appointment: "appointment/:record",
  editAppointment: "appointment/:record/edit",
  outcome: "appointment/:record/outcome",
  moveAppointment: "appointment/:record/move",
  supportAfter: "appointment/:record/support",
  stepAfter: "appointment/:record/follow-up",
  contact: "contact/:record",
  consent: "consent/:record",
  followUp: "follow-up/:record",
  page: "person/:person/page",
  settle: "settle/:record",
  office: "office",
  more: "more",
  pin: "more/pin",
  locks: "more/locks",
  wake: "more/wake",
  leave: "more/leave",
  about: "more/about",
} as const;

type Names<S extends string> = S extends `${infer Head}/${infer Rest}` ? Names<Head> | Names<Rest> : S extends `:${infer P}` ? P : never;
export type At = keyof typeof shapes;
type Params<A extends At> = { readonly [P in Names<(typeof shapes)[A]>]: RecordID };
/** Which screen, and of whom or what. */
export type Route = { [A in At]: { readonly at: A } & Params<A> }[At] | { readonly at: "missing" };
type Without<A extends At> = keyof Params<A> extends never ? [] : [params: Params<A>];

/** The address of a screen, for a link. */
export function href<A extends At>(at: A, ...params: Without<A>): string {
  const given = (params[0] ?? {}) as Record<string, string>;
  return `#/${shapes[at].split("/").map((s) => s.startsWith(":") ? encodeURIComponent(given[s.slice(1)]!) : s).join("/")}`;
}

/** Reads a fragment. Nothing, or what is no address of ours (a code to join with), is Today. */
export function parse(fragment: string): Route {
  if (!fragment.startsWith("#/") || fragment === "#/") return { at: "today" };
  const path = fragment.slice(2).split("/");
  for (const at of Object.keys(shapes) as At[]) {
    const shape = shapes[at].split("/");
    if (shape.length !== path.length) continue;
    const params: Record<string, string> = {};
    if (shape.every((s, i) => s.startsWith(":") ? isID(path[i]!) && ((params[s.slice(1)] = path[i]!), true) : s === path[i])) return { at, ...params } as Route;
  }
  return { at: "missing" };
}
const isID = (s: string): boolean => /^[0-9a-f-]{1,64}$/i.test(s);

/** What the router needs of a window. */
export interface Place {
  readonly location: { readonly hash: string };
  readonly history: Pick<History, "state" | "replaceState" | "back" | "scrollRestoration">;
  readonly scrollY: number;
  scrollTo(x: number, y: number): void;
  addEventListener(what: "popstate" | "hashchange", then: () => void): void;
}

export interface Router {
  readonly route: ReadonlySignal<Route>;
  /** Counts the moves: a screen that sees it change takes the focus to its heading. 0 is the start, which takes it nowhere. */
  readonly moves: ReadonlySignal<number>;
  go(to: string, how?: "push" | "replace"): void;
  /** Back to where the person was; to `otherwise` if the app was opened here. */
  back(otherwise: string): void;
}

/** Follows the address. A step forward begins at the top of the page, a step back where the person had been. */
export function createRouter(place: Place): Router {
  const route = signal<Route>(parse(place.location.hash));
  const moves = signal(0);
  const seen = new Map<number, number>(); // depth in the history, scroll
  const depthNow = (): number | undefined => (place.history.state as { depth?: number } | null)?.depth;
  let depth = depthNow() ?? 0;
  let hash = place.location.hash;
  place.history.scrollRestoration = "manual";
  place.history.replaceState({ depth }, "");

  function arrive(): void {
    const to = depthNow();
    if (place.location.hash === hash && (to === undefined || to === depth)) { // the same link again, or told twice
      if (to === undefined) place.history.replaceState({ depth }, "");
      return;
    }
    seen.set(depth, place.scrollY);
    const top = to === undefined ? 0 : seen.get(to) ?? 0;
    depth = to ?? depth + 1;
    if (to === undefined) place.history.replaceState({ depth }, "");
    hash = place.location.hash;
    route.value = parse(hash);
    moves.value++;
    place.scrollTo(0, top);
  }
  place.addEventListener("popstate", arrive);
  place.addEventListener("hashchange", arrive);

  return {
    route, moves,
    go(to, how = "push") {
      if (how === "push") { (place.location as { hash: string }).hash = to; return; }
      place.history.replaceState({ depth }, "", to);
      hash = place.location.hash;
      route.value = parse(hash);
      moves.value++;
      place.scrollTo(0, 0);
    },
    back(otherwise) {
      if (depth > 0) place.history.back();
      else this.go(otherwise, "replace");
    },
  };
}
