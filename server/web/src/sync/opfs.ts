import type { OpenSpare, SpareFile } from "./spare.ts";

const names = ["letters-a", "letters-b"] as const;
/** Milliseconds between tries, and how many: a worker that has just ended may hold the files a moment longer. */
const pause = 50, most = 20;
/** A file that another worker holds says one or the other, by the age of the browser. */
const held = ["NoModificationAllowedError", "InvalidStateError"];

/**
 * Files of the browser's own file system (OPFS). Access is synchronous, which only a worker has, and exclusive, so two workers never write
 * at once. Browsers of before 2023 answer some of these calls by a promise: they are awaited all the same.
 */
export const openOpfs: OpenSpare = async (wait) => {
  const dir = await navigator.storage?.getDirectory?.().catch(() => undefined); // a private window may refuse
  if (!dir || typeof FileSystemFileHandle === "undefined" || !("createSyncAccessHandle" in FileSystemFileHandle.prototype)) return undefined;
  const first = await openFile(dir, names[0], wait ? most : 1);
  try {
    return [first, await openFile(dir, names[1], 1)];
  } catch (why) {
    await first.close();
    throw why;
  }
};

async function openFile(dir: FileSystemDirectoryHandle, name: string, tries: number): Promise<SpareFile> {
  const handle = await patiently(async () => (await dir.getFileHandle(name, { create: true })).createSyncAccessHandle(), tries);
  return {
    async text() {
      const bytes = new Uint8Array(await handle.getSize());
      handle.read(bytes, { at: 0 });
      return new TextDecoder().decode(bytes);
    },
    async add(text) {
      const bytes = new TextEncoder().encode(text), at = await handle.getSize();
      try {
        if (handle.write(bytes, { at }) < bytes.length) throw new DOMException("no room", "QuotaExceededError");
        await handle.flush();
      } catch (why) {
        await handle.truncate(at);
        throw why;
      }
    },
    async empty() {
      await handle.truncate(0);
      await handle.flush();
    },
    async close() {
      await handle.close();
    },
  };
}

async function patiently<T>(fn: () => Promise<T>, most: number): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await fn();
    } catch (why) {
      if (tries >= most || !(why instanceof DOMException && held.includes(why.name))) throw why;
      await new Promise((done) => setTimeout(done, pause));
    }
  }
}
