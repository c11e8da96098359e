// A disk without room, for tests.

/** Has transactions find no room, in one of the ways in which browsers say so. */
export function full(way: "request" | "commit"): () => void {
  const proto = IDBObjectStore.prototype, put = proto.put, add = proto.add;
  const refuse = function (this: IDBObjectStore): never {
    throw new DOMException("full", "QuotaExceededError");
  };
  const later = (real: typeof put) => function (this: IDBObjectStore, ...args: Parameters<typeof put>) {
    const asked = real.apply(this, args), tx = this.transaction;
    asked.addEventListener("success", () => {
      try {
        tx.abort();
        Object.defineProperty(tx, "error", { get: () => new DOMException("full", "QuotaExceededError") });
      } catch { /* it was aborted already */ }
    });
    return asked;
  };
  proto.put = way === "request" ? refuse : later(put);
  proto.add = way === "request" ? refuse : later(add as typeof put);
  return () => { [proto.put, proto.add] = [put, add]; };
}
