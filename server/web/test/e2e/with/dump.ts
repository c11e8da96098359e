import type { Page } from "playwright-core";

/** Looks for words in everything that a page's origin keeps: databases, caches, files, local and session storage. Bytes are looked through as they are. */
export function dump(page: Page, words: readonly string[]): Promise<{ readonly found: readonly string[]; readonly looked: Readonly<Record<string, number>> }> {
  return page.evaluate(async (words) => {
    const found = new Set<string>(), looked: Record<string, number> = {};
    const text = (s: string, where: string): void => { for (const word of words) if (s.includes(word)) found.add(`${word} in ${where}`); };
    const bytes = (b: Uint8Array, where: string): void => {
      text(new TextDecoder("latin1").decode(b), where);
      text(new TextDecoder("utf-8").decode(b), where);
      text(new TextDecoder("utf-16le").decode(b), where);
    };
    const walk = (v: unknown, where: string, depth = 0): void => {
      if (typeof v === "string") text(v, where);
      else if (v instanceof ArrayBuffer) bytes(new Uint8Array(v), where);
      else if (ArrayBuffer.isView(v)) bytes(new Uint8Array(v.buffer, v.byteOffset, v.byteLength), where);
      else if (v instanceof CryptoKey) { if (v.extractable) found.add(`a key that can be taken out in ${where}`); }
      else if (v instanceof Map) for (const [k, x] of v) { walk(k, where, depth + 1); walk(x, where, depth + 1); }
      else if (v instanceof Set) for (const x of v) walk(x, where, depth + 1);
      else if (typeof v === "object" && v !== null && depth < 12) for (const [k, x] of Object.entries(v)) { text(k, where); walk(x, where, depth + 1); }
    };
    const done = <T>(r: IDBRequest<T>): Promise<T> => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
    for (const { name } of await indexedDB.databases()) {
      const db = await done(indexedDB.open(name!));
      for (const store of db.objectStoreNames) {
        const s = db.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([done(s.getAllKeys()), done(s.getAll())]);
        const where = `IndexedDB ${name}/${store}`;
        looked[where] = values.length;
        for (const x of [...keys, ...values]) walk(x, where);
      }
      db.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        text(request.url, `cache ${name}`);
        const r = (await cache.match(request))!;
        bytes(new Uint8Array(await r.arrayBuffer()), `cache ${name} ${new URL(request.url).pathname}`);
        looked[`cache ${name}`] = (looked[`cache ${name}`] ?? 0) + 1;
      }
    }
    for await (const [name, file] of (await navigator.storage.getDirectory()).entries()) {
      const b = new Uint8Array(await (await (file as FileSystemFileHandle).getFile()).arrayBuffer());
      bytes(b, `file ${name}`);
      looked["file bytes"] = (looked["file bytes"] ?? 0) + b.length;
    }
    for (const [where, s] of [["localStorage", localStorage], ["sessionStorage", sessionStorage]] as const) {
      looked[where] = s.length;
      for (let i = 0; i < s.length; i++) { text(s.key(i)!, where); text(s.getItem(s.key(i)!)!, where); }
    }
    text(document.cookie, "cookies");
    text(JSON.stringify(history.state), "history.state");
    return { found: [...found], looked };
  }, words);
}
