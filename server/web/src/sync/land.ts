import type { Box } from "./box.ts";
import type { Cold } from "./cold.ts";
import type { Db, Tx } from "./db.ts";
import { isWarm, warmFrom, type Folder, type MonthPage } from "./folder.ts";
import { isPerson, personOf, type RecordID, type Scope } from "./ids.ts";
import type { Frame } from "./keep.ts";
import { logName, stageName, versions, type Memory } from "./load.ts";
import { bind, logRow, pour, read, refold, type Built, type Changes, type Sealed } from "./pages.ts";
import type { Shown } from "./record.ts";
import { collect, tallied, type Brought, type Plan } from "./staging.ts";

/** What is needed to write folders. */
export interface Desk {
  readonly db: Db;
  readonly box: Box;
  readonly cold: Cold;
  readonly now: number;
  /** An opaque name. */
  readonly name: () => string;
}

/** What becomes of folders, sealed. */
export interface Landing {
  /** Written whole; `before` goes, with its log. */
  readonly built: readonly Bound[];
  readonly logged: readonly Logged[];
  readonly gone: readonly Folder[];
  readonly strays: readonly string[];
}
interface Bound {
  readonly before: Folder | undefined;
  readonly now: Built;
  /** All of it came from the server just now: nothing of what was damaged is in it. */
  readonly fresh: boolean;
}
interface Logged {
  readonly folder: Folder;
  readonly n: number;
  readonly value: Uint8Array;
  readonly records: readonly Shown[];
  readonly gone: readonly RecordID[];
}

/** A folder is folded when its log holds more than this. */
const logMost = { rows: 12, bytes: 64 << 10 };

/** Seals what the run has brought: small changes as rows of logs, whole scopes and what reaches into cold pages as pages. */
export async function land(desk: Desk, m: Memory, plans: ReadonlyMap<Scope, Plan>, rowAt: (n: number) => Promise<readonly Frame[]>): Promise<Landing> {
  const built: Bound[] = [], logged: Logged[] = [], gone: Folder[] = [];
  const wanted = new Map<Scope, Brought>();
  for (const [scope, plan] of plans) {
    if (plan.kind === "goes") gone.push(m.folders.get(scope)!);
    else wanted.set(scope, plan.brought);
  }
  let nextLog = m.nextLog;
  await collect(wanted, rowAt, async (scope, records) => {
    const plan = plans.get(scope), before = m.folders.get(scope);
    if (plan?.kind === "replaced") {
      built.push({ before, now: await bind(desk, scope, plan.brought.mark.gen, records), fresh: true });
    } else if (plan?.kind === "poured" && before) {
      const left = [...plan.brought.gone.keys()].filter((id) => before.index.has(id));
      if (records.length === 0 && left.length === 0) return;
      if (reachesCold(before, records, left) || before.log.rows >= logMost.rows || before.log.bytes >= logMost.bytes || m.damaged.has(scope)) {
        const changes: Changes = new Map<RecordID, Shown | undefined>([...records.map((r) => [r.id, r] as const), ...left.map((id) => [id, undefined] as const)]);
        built.push({ before, now: await fold(desk, before, changes), fresh: false });
      } else {
        const n = nextLog++;
        logged.push({ folder: before, n, value: await desk.box.seal(logName([before.name, n]), logRow(before.gen, records, left)), records, gone: left });
      }
    }
  });
  return { built, logged, gone, strays: [] };
}

/** The next folder that wants to be written anew, or what nothing names any more; undefined: all is in order. */
export async function tidied(desk: Desk, m: Memory): Promise<Landing | undefined> {
  if (m.strays.length > 0) return { built: [], logged: [], gone: [], strays: m.strays };
  for (const before of m.folders.values()) {
    const aged = before.pages.some((p) => isWarm(p) && p.to < warmFrom(desk.now));
    if (before.log.rows === 0 && !aged || m.damaged.has(before.scope)) continue;
    return { built: [{ before, now: await fold(desk, before, new Map()), fresh: false }], logged: [], gone: [], strays: [] };
  }
  return undefined;
}

async function fold(desk: Desk, folder: Folder, changes: Changes): Promise<Built> {
  // What does not open is not there: the sums will say so, and the scope is fetched again.
  return refold(desk, folder, changes, async (page: MonthPage) => (await desk.cold.page(folder, page)) ?? []);
}

/** Whether any of these stands in a page that is not written anew with every folding. */
function reachesCold(f: Folder, records: readonly Shown[], gone: readonly RecordID[]): boolean {
  const cold = new Set(f.pages.filter((p) => !isWarm(p)).map((p) => p.id));
  const reaches = (id: RecordID): boolean => cold.has(f.index.get(id)?.page ?? 0);
  return cold.size > 0 && (records.some((r) => reaches(r.id)) || gone.some(reaches));
}

/** Asks the transaction for all of it. */
export function writeFolders(tx: Tx, l: Landing): Promise<unknown>[] {
  const pages = tx.objectStore("pages"), log = tx.objectStore("log");
  const forget = (f: Folder): Promise<unknown>[] => [pages.delete(f.name), ...f.pages.map((p) => pages.delete(p.name)), log.delete(logOf(f))];
  const put = ({ key, value }: Sealed): Promise<unknown> => pages.put(value, key);
  return [
    ...l.gone.flatMap(forget),
    ...l.built.flatMap(({ before, now }) => [
      ...(before === undefined ? [] : before.name === now.folder.name ? [log.delete(logOf(before))] : forget(before)),
      ...now.dels.map((name) => pages.delete(name)), ...now.puts.map(put),
    ]),
    ...l.logged.map((row) => log.put(row.value, [row.folder.name, row.n])),
    ...l.strays.map((name) => pages.delete(name)),
  ];
}
const logOf = (f: Folder): IDBKeyRange => IDBKeyRange.bound([f.name, 0], [f.name, Infinity]);

export function applyFolders(desk: Desk, m: Memory, l: Landing): void {
  for (const f of l.gone) {
    m.folders.delete(f.scope);
    m.damaged.delete(f.scope);
    desk.cold.forget(f.pages.map((p) => p.name));
  }
  for (const { before, now, fresh } of l.built) {
    m.folders.set(now.folder.scope, now.folder);
    if (fresh) m.damaged.delete(now.folder.scope);
    if (before) desk.cold.forget(before.pages.map((p) => p.name));
  }
  for (const { folder, n, value, records, gone } of l.logged) {
    m.nextLog = Math.max(m.nextLog, n + 1);
    m.folders.set(folder.scope, pour(folder, records, gone, tallied(folder, versions(records), gone), value.byteLength));
  }
  if (l.strays.length > 0) m.strays = [];
}

/** The names of people whose folders go, as they are called. */
export const namesOf = (folders: readonly Folder[]): readonly string[] => folders.flatMap((f) => {
  if (!isPerson(f.scope)) return [];
  const fields = f.atHand.get(personOf(f.scope))?.fields;
  const name = fields?.["preferred_name"] ?? fields?.["name"];
  return typeof name === "string" ? [name] : [];
});

/** A page of the run under way: what was just staged is still in memory, else it stands in its row. */
export async function stagedRow(desk: Desk, fresh: ReadonlyMap<number, readonly Frame[]>, n: number): Promise<readonly Frame[]> {
  const known = fresh.get(n);
  if (known) return known;
  const sealed = await desk.db.get("stage", n);
  return sealed ? read<Frame[]>(await desk.box.open(stageName(n), sealed)) : [];
}
