/** Chance that can be played again: whole numbers from 0 to below `sides`. */
export type Dice = (sides: number) => number;

export function dice(seed: number): Dice {
  let a = seed >>> 0;
  return (sides) => { // mulberry32
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * sides);
  };
}
