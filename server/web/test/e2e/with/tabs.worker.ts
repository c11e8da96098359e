/// <reference lib="webworker" />
// The worker of a small app whose whole storage is a list, to see how tabs share one leader in a real browser.
import { uuid } from "../../../src/sync/ids.ts";
import { channelName, openTab, type Presence, type Reign } from "../../../src/sync/leader.ts";
import { realTimer } from "../../../src/sync/clock.ts";
import type { Handed } from "../../../src/sync/vault.ts";

declare const self: DedicatedWorkerGlobalScope;

const random = (b: Uint8Array): Uint8Array => crypto.getRandomValues(b as Uint8Array<ArrayBuffer>);
const mint = (): string => uuid(Date.now(), random);
const asked = new URL(self.location.href).searchParams;
const build = asked.get("build") ?? "one";
const heard: string[] = [];
const gone: string[] = [];
let holds = false, reigns = 0, ends = 0;

const db = new Promise<IDBDatabase>((done, fail) => {
  const opening = indexedDB.open("list", 1);
  opening.onupgradeneeded = () => { opening.result.createObjectStore("lines"); opening.result.createObjectStore("meta"); };
  opening.onsuccess = () => done(opening.result);
  opening.onerror = () => fail(opening.error);
});

/** One transaction of this term, or an error. */
async function transact(term: string, fn: (lines: IDBObjectStore) => void): Promise<void> {
  const tx = (await db).transaction(["lines", "meta"], "readwrite", { durability: "strict" });
  await new Promise<void>((done, fail) => {
    let why: Error | undefined;
    const now = tx.objectStore("meta").get("term");
    now.onsuccess = () => {
      if (now.result === term) return fn(tx.objectStore("lines"));
      why = Object.assign(new Error(), { name: "TakenOver" });
      tx.abort();
    };
    tx.oncomplete = () => done();
    tx.onabort = () => fail(why ?? tx.error);
  });
}
const all = async (): Promise<unknown[]> => {
  const got = (await db).transaction("lines").objectStore("lines").getAll();
  return new Promise((done) => { got.onsuccess = () => done(got.result); });
};

async function lead({ term, handed, tell, hand }: Reign<string>): ReturnType<Parameters<typeof openTab<string>>[0]["lead"]> {
  reigns++;
  const first = (await db).transaction("meta", "readwrite", { durability: "strict" });
  first.objectStore("meta").put(term, "term");
  await new Promise<void>((done) => { first.oncomplete = () => done(); });
  let open: Handed | undefined = handed;
  const saving = new Set<Promise<unknown>>();
  if (open) hand(open);
  const calls: Record<string, (...args: never[]) => Promise<unknown>> = {
    async unlock() {
      open = { key: await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]), vault: "v", session: mint() };
      hand(open);
      tell("open");
    },
    async lock() { open = undefined; hand(undefined); tell("locked"); },
    async session() { return open?.session; },
    /** Keeps a line once, whoever asks it again, and takes its time, before or after. */
    async add(id: string, text: string, before = 0, after = 0) {
      await new Promise((go) => setTimeout(go, before));
      await transact(term, (lines) => { lines.put(text, id); });
      await new Promise((go) => setTimeout(go, after));
      tell(`added ${text}`);
      return id;
    },
    list: all,
    async seal() {
      if (!open) throw Object.assign(new Error(), { name: "Locked" });
      await crypto.subtle.encrypt({ name: "AES-GCM", iv: random(new Uint8Array(12)) as BufferSource }, open.key, new Uint8Array(9));
      return open.key.extractable;
    },
    /** Sleeps as a phone makes a tab sleep: nothing of this worker goes on. The first that it does as it wakes is to lock, if it shall. */
    async sleep(ms: number, lock = false) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      if (!lock) return;
      hand(undefined);
      tell("locked by the sleeper");
    },
    async fail() { throw new RangeError("words that nobody is to see"); },
    async once() { await new Promise((go) => setTimeout(go, 60_000)); },
  };
  return { answer(call, args) {
    const answer = calls[call]!(...args as never[]);
    if (call === "add") saving.add(answer);
    return answer;
  }, now: () => (open ? "open" : "locked"), async end() {
    await Promise.allSettled(saving);
    ends++;
  } };
}

const tab = openTab<string>({
  locks: navigator.locks, channel: new BroadcastChannel(channelName), id: mint(), build, after: realTimer, term: mint, now: () => Number(asked.get("clock") ?? Date.now()), lead,
  hear: (news) => void heard.push(news), holds: (open) => { holds = open; }, presence: (from, what) => { if (what === "gone") gone.push(from); }, once: new Set(["once"]),
});

self.addEventListener("message", ({ data: { id, call, args } }: MessageEvent<{ id: number; call: string; args: unknown[] }>) => {
  const own: Record<string, () => unknown> = {
    leads: () => tab.leads(), heard: () => heard, gone: () => gone.length, holds: () => holds, reigns: () => reigns, ends: () => ends,
    presence: () => tab.presence(args[0] as Presence), forget: () => tab.forget(), close: () => tab.close(),
  };
  const mine = own[call];
  Promise.resolve(mine ? mine() : tab.call(call, args)).then((value) => self.postMessage({ id, value }), (why: Error) => self.postMessage({ id, why: why.name }));
});
