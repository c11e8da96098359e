import { useAround } from "../field/context.ts";
import type { Seen } from "../field/remote.ts";
import type { ReadonlySignal } from "@preact/signals";
import type { DeskPort, DeskViews } from "./port.ts";
import type { SessionShown } from "./api.ts";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** A view of the desk, asked for again by itself whenever something has changed. */
export function useDesk<K extends keyof DeskViews>(name: K, ...args: Parameters<DeskViews[K]>): Seen<Awaited<ReturnType<DeskViews[K]>>> {
  const view = useAround().remote.view as unknown as (name: string, ...args: readonly unknown[]) => ReadonlySignal<Seen<Awaited<ReturnType<DeskViews[K]>>>>;
  return view(name, ...args).value;
}
export const useDeskPort = (): DeskPort => useAround().remote.port as DeskPort;

/** Who sits here. */
export const Seat = createContext<SessionShown | undefined>(undefined);
export function useSeat(): SessionShown {
  const seat = useContext(Seat);
  if (!seat) throw new Error("a screen without anybody at the desk");
  return seat;
}
