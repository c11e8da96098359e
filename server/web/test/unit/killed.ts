// Ends a phone in the middle of one of its transactions, for tests.

/** Aborts the transaction with this number, counted from the opening, after so many of its requests were answered; undefined: none. */
export function killAt(n: number, requests: number): { readonly done: () => boolean; stop(): void } {
  const proto = IDBDatabase.prototype, real = proto.transaction;
  let count = 0, killed = false;
  proto.transaction = function (this: IDBDatabase, names: string | string[], mode?: IDBTransactionMode, o?: IDBTransactionOptions) {
    if (killed) throw new Error("the phone is dead");
    const tx = real.call(this, names, mode, o);
    if (mode === "readwrite" && ++count === n) {
      let left = requests;
      const abort = (): void => { killed = true; try { tx.abort(); } catch { /* it was faster */ } };
      const store = tx.objectStore.bind(tx);
      const watched = (of: IDBObjectStore): IDBObjectStore => new Proxy(of, { get(target, key) {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          const asked = (value as (...a: unknown[]) => unknown).apply(target, args);
          if (asked instanceof IDBRequest) asked.addEventListener("success", () => { if (--left === 0) abort(); });
          return asked;
        };
      } });
      if (requests === 0) queueMicrotask(abort);
      tx.objectStore = (name) => watched(store(name));
    }
    return tx;
  } as typeof real;
  return { done: () => killed, stop: () => { proto.transaction = real; } };
}
