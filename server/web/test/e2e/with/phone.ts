import type { TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { realTimer } from "../../../src/sync/clock.ts";
import { dbName, openDb, stores, type StoreName } from "../../../src/sync/db.ts";
import { openPhone, type Led } from "../../../src/sync/open.ts";
import type { News } from "../../../src/sync/phone.ts";
import type { Handed } from "../../../src/sync/vault.ts";
import { twoFiles, type TwoFiles } from "../../unit/twofiles.ts";

export const codeOf = (link: string): string => link.split("#enrol=")[1]!;

/** A phone without a browser around it, in this process. */
export interface TestPhone {
  readonly phone: Led;
  readonly news: News[];
  /** What would open it without a PIN in another tab. */
  handed(): Handed | undefined;
  /** The worker is gone, as by a reload or a dead battery, and another one opens the same storage. */
  reload(handed?: Handed): Promise<TestPhone>;
  /** How many letters of an earlier vault wait, and how many rows there are that may be of somebody. */
  letters(): Promise<number>;
  rows(): Promise<number>;
  /** The second place for letters. */
  readonly spare: TwoFiles;
}

/** At the end of the test it lets go of everything. `cut` stands for a phone with no network. */
export async function openTestPhone(t: TestContext, url: string, handed?: Handed, cut: { off: boolean } = { off: false }, spare = twoFiles()): Promise<TestPhone> {
  const news: News[] = [];
  let key: Handed | undefined;
  const phone = await openPhone({
    term: crypto.randomUUID(), build: "field/test", device: { name: "made up", platform: "test" },
    random: (b) => crypto.getRandomValues(b as Uint8Array<ArrayBuffer>),
    reach: {
      fetch: (to, init) => (cut.off ? Promise.reject(new TypeError("no network")) : fetch(to, init)), origin: url, now: Date.now, timer: realTimer,
      online: () => !cut.off, pack: (bytes) => Promise.resolve(new Uint8Array(gzipSync(bytes))),
    },
    kept: () => Promise.resolve(true), forgetApp: () => Promise.resolve(), tell: (n) => void news.push(n), hand: (h) => { key = h; }, spare: spare.open,
  }, handed);
  t.after(() => phone.end());
  const count = async (names: readonly StoreName[]): Promise<number> => {
    const opening = await openDb(dbName, () => undefined);
    if (opening.kind !== "open") throw new Error(`the database is ${opening.kind}`);
    let all = 0;
    for (const name of names) all += await opening.db.count(name);
    opening.db.close();
    return all;
  };
  return { phone, news, spare, handed: () => key, letters: () => count(["letters"]), rows: () => count(stores.filter((s) => s !== "meta")), async reload(handed) {
    await phone.end();
    return openTestPhone(t, url, handed, cut, spare);
  } };
}
