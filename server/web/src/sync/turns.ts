/** Things that are done one after the other. */
export interface Turns {
  <T>(fn: () => Promise<T>): Promise<T>;
  /** Waits for its turn, and keeps it until it is released. Releasing twice is once. */
  hold(): Promise<() => void>;
}

export function turns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  const turn = <T>(fn: () => Promise<T>): Promise<T> => {
    const mine = last.then(fn);
    last = mine.catch(() => undefined);
    return mine;
  };
  const hold = (): Promise<() => void> => new Promise((held) => {
    void turn(() => new Promise<void>((release) => held(release)));
  });
  return Object.assign(turn, { hold });
}
