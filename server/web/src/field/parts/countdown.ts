import { useEffect, useState } from "preact/hooks";
import { msOf } from "../../sync/ids.ts";

/** Whole seconds until then by this phone's clock, told anew each second; 0 when it is past, or there is none. */
export function useCountdown(until: string | undefined): number {
  const left = (): number => until === undefined ? 0 : Math.max(0, Math.ceil((msOf(until) - Date.now()) / 1000));
  const [seconds, set] = useState(left);
  useEffect(() => {
    set(left());
    if (left() === 0) return;
    const timer = setInterval(() => { set(left()); if (left() === 0) clearInterval(timer); }, 1000);
    return () => clearInterval(timer);
  }, [until]);
  return seconds;
}

/** What a screen reader hears of a countdown: the beginning, each whole minute, the last half minute, the end. Not each second. */
export const worthSaying = (seconds: number): number => seconds > 60 ? Math.ceil(seconds / 60) * 60 : seconds > 30 ? 60 : seconds > 0 ? 30 : 0;
