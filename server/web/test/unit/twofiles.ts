// The second place for letters, in memory, for tests. It can be torn at any byte, as by a blow.
import type { OpenSpare, SpareFile } from "../../src/sync/spare.ts";

export interface TwoFiles {
  readonly open: OpenSpare;
  /** What stands in them. */
  readonly texts: [string, string];
  /** How many bytes are written until the blow; what is written after it is not. */
  left: number;
  /** Whether there is room. */
  full: boolean;
  /** Whether somebody else holds them. */
  held: boolean;
}

export class Dead extends Error {}

export function twoFiles(texts: [string, string] = ["", ""]): TwoFiles {
  const alive = (): void => { if (two.left <= 0) throw new Dead(); };
  const file = (i: 0 | 1): SpareFile => ({
    text: () => Promise.resolve(texts[i]),
    add(text) {
      alive();
      if (two.full) return Promise.reject(new DOMException("full", "QuotaExceededError"));
      texts[i] += text.slice(0, two.left);
      two.left -= text.length;
      return two.left < 0 ? Promise.reject(new Dead()) : Promise.resolve();
    },
    empty() {
      alive();
      two.left--;
      texts[i] = "";
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
  const two: TwoFiles = {
    texts, left: Infinity, full: false, held: false,
    open: () => (two.held ? Promise.reject(new DOMException("held", "NoModificationAllowedError")) : Promise.resolve([file(0), file(1)])),
  };
  return two;
}
