import { openWhole, type Box } from "./box.ts";
import type { Db } from "./db.ts";
import type { Folder, MonthPage } from "./folder.ts";
import type { Scope } from "./ids.ts";
import { readPage } from "./pages.ts";
import type { Shown } from "./record.ts";

/** Reads cold pages, and remembers some: what somebody looks at they look at again. */
export interface Cold {
  /** Undefined where the page is not there or does not open. What of it is at hand is in it too. */
  page(folder: Folder, page: MonthPage): Promise<readonly Shown[] | undefined>;
  forget(names: Iterable<string>): void;
}

/** Records in memory of cold pages at most: what a few people have. */
const most = 1500;

export function createCold(db: Db, box: Box, damaged: (scope: Scope) => void): Cold {
  const kept = new Map<string, readonly Shown[]>(); // the least lately used first
  let count = 0;
  const forget = (name: string): void => {
    count -= kept.get(name)?.length ?? 0;
    kept.delete(name);
  };
  return {
    async page(folder, page) {
      const known = kept.get(page.name);
      if (known) {
        kept.delete(page.name);
        kept.set(page.name, known);
        return known;
      }
      const sealed = await db.get("pages", page.name);
      const plain = sealed && await openWhole(box, page.name, sealed);
      const records = plain && readPage(folder, page, plain);
      if (sealed && !records) damaged(folder.scope);
      if (!records) return undefined;
      forget(page.name);
      kept.set(page.name, records);
      count += records.length;
      for (const name of kept.keys()) {
        if (count <= most || kept.size === 1) break;
        forget(name);
      }
      return records;
    },
    forget(names) {
      for (const name of names) forget(name);
    },
  };
}
