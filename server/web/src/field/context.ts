import type { ReadonlySignal, Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Install } from "./install.ts";
import type { Saying } from "./parts/said.tsx";
import type { Port } from "./port.ts";
import type { Remote, Seen, Views } from "./remote.ts";
import type { Router } from "./route.ts";

/** What every screen may reach for. */
export interface Surroundings {
  readonly remote: Remote;
  readonly router: Router;
  readonly install: Install;
  /** A code to join with, out of a link; in memory only. */
  readonly code: Signal<string | undefined>;
  /** A clock that goes on by itself, in milliseconds since 1970. */
  readonly now: ReadonlySignal<number>;
  /** Says something once, in view and to screen readers, on the screen that comes next or is there: "Saved on this phone". */
  say(text: string, undo?: (() => void) | undefined): void;
  /** What was said last, until somebody has read it. */
  readonly said: ReadonlySignal<Saying | undefined>;
  hush(): void;
}

export const Around = createContext<Surroundings | undefined>(undefined);

export function useAround(): Surroundings {
  const around = useContext(Around);
  if (!around) throw new Error("a screen outside the app");
  return around;
}
export const usePort = (): Port => useAround().remote.port;
export const useRouter = (): Router => useAround().router;
/** What the phone's worker works out, asked for again by itself whenever it has changed. Read as `useView("today")`. */
export function useView<K extends keyof Views>(name: K, ...args: Parameters<Views[K]>): Seen<NonNullable<Awaited<ReturnType<Views[K]>>>> {
  return useAround().remote.view(name, ...args).value;
}
