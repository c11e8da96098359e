import type { Box } from "./box.ts";
import { cut, dateOf, inHead, isWarm, pageFew, plainly, seenIn, warmFrom, type Dated, type Folder, type MonthPage, type Spot } from "./folder.ts";
import type { RecordID, Scope, Version } from "./ids.ts";
import type { ServerRecord, Shown } from "./record.ts";
import { add, nothing, sumOf, tallyOf, type Tally } from "./sums.ts";

/** What is to be written of a folder, sealed, and how it then stands in memory. */
export interface Built {
  readonly folder: Folder;
  readonly puts: readonly Sealed[];
  /** Pages that nothing names any more. The folder's log goes whole. */
  readonly dels: readonly string[];
}
export interface Sealed {
  readonly key: string;
  readonly value: Uint8Array;
}
export interface Binder {
  readonly box: Box;
  /** An opaque name. */
  readonly name: () => string;
  readonly now: number;
}

/** A scope that came whole, or for the first time. */
export function bind(by: Binder, scope: Scope, gen: Version, records: Iterable<Shown>): Promise<Built> {
  const atHand = new Map<RecordID, Shown>();
  for (const r of records) atHand.set(r.id, r);
  const empty: Folder = { scope, name: `h/${by.name()}`, gen, tally: nothing, index: new Map(), pages: [], atHand, log: { rows: 0, bytes: 0 } };
  return refold(by, empty, new Map(), () => Promise.resolve([]));
}

/** A record that changed, or undefined for one that is gone. */
export type Changes = ReadonlyMap<RecordID, Shown | undefined>;

/**
 * Writes a folder anew: head and warm pages always, cold ones where something in them changed or grew cold. What is shown
 * is the same before and after, but for `changes`. The tally is made anew of what is really there: a page that did not open
 * gives nothing, and the sums will tell.
 */
export async function refold(by: Binder, old: Folder, changes: Changes, load: (page: MonthPage) => Promise<readonly Shown[]>): Promise<Built> {
  const records = new Map(old.atHand);
  const stale = new Set<MonthPage>(old.pages.filter(isWarm));
  const byId = new Map(old.pages.map((p) => [p.id, p]));
  const leaves = (id: RecordID): void => {
    const page = byId.get(old.index.get(id)?.page ?? inHead);
    if (page) stale.add(page);
  };
  for (const id of old.atHand.keys()) leaves(id);
  for (const [id, record] of changes) {
    leaves(id);
    if (record) records.set(id, record);
    else records.delete(id);
  }
  const head: Shown[] = [], warm: Dated[] = [], cold: Dated[] = [];
  const place = (record: Shown): void => {
    const date = dateOf(record, by.now);
    if (date === undefined) head.push(record);
    else (date >= warmFrom(by.now) ? warm : cold).push({ date, record });
  };
  for (const record of records.values()) place(record);
  if (cold.length > 0) {
    const earliest = Math.min(...cold.map((d) => d.date));
    for (const p of old.pages) if (!isWarm(p) && p.count < pageFew && (p.to >= earliest || p === lastCold(old.pages))) stale.add(p);
  }
  for (const page of stale) {
    if (isWarm(page)) continue;
    for (const record of await load(page)) if (!changes.has(record.id) && !records.has(record.id)) place(record);
  }
  let id = old.pages.reduce((most, p) => Math.max(most, p.id), inHead);
  const index = new Map<RecordID, Spot>(), kept = old.pages.filter((p) => !stale.has(p)), keptIds = new Set(kept.map((p) => p.id));
  for (const [rid, spot] of old.index) if (keptIds.has(spot.page) && !records.has(rid) && !changes.has(rid)) index.set(rid, spot);
  const pages: MonthPage[] = [...kept], puts: Sealed[] = [], atHand = new Map<RecordID, Shown>();
  const bindAll = async (dated: readonly Dated[], where: "w" | "c"): Promise<void> => {
    for (const part of cut(dated)) {
      const page = pageOf(++id, `${where}/${by.name()}`, part);
      pages.push(page);
      for (const { record } of part) {
        index.set(record.id, { version: record.version, page: page.id });
        if (where === "w") atHand.set(record.id, record);
      }
      puts.push({ key: page.name, value: await by.box.seal(page.name, written({ records: part.map((d) => bare(d.record)) })) });
    }
  };
  await bindAll(cold, "c");
  await bindAll(warm, "w");
  for (const record of head) {
    index.set(record.id, { version: record.version, page: inHead });
    atHand.set(record.id, record);
  }
  let tally: Tally = nothing;
  for (const [rid, spot] of index) tally = add(tally, rid, spot.version);
  const folder: Folder = { ...old, tally, index, pages, atHand, log: { rows: 0, bytes: 0 } };
  puts.push({ key: folder.name, value: await by.box.seal(folder.name, written(headOf(folder, head))) });
  return { folder, puts, dels: [...stale].map((p) => p.name) };
}

const lastCold = (pages: readonly MonthPage[]): MonthPage | undefined =>
  pages.reduce<MonthPage | undefined>((last, p) => (isWarm(p) || (last && last.to >= p.to) ? last : p), undefined);

function pageOf(id: number, name: string, part: readonly Dated[]): MonthPage {
  let seen: number | undefined;
  for (const { record } of part) {
    const at = seenIn(record);
    if (at !== undefined && (seen === undefined || at > seen)) seen = at;
  }
  return { id, name, from: part[0]!.date, to: part[part.length - 1]!.date, count: part.length, ...(seen !== undefined && { seen }) };
}

/** What stands in a head's page. The index is flat: id, version and page, one after the other. */
interface HeadPage {
  readonly scope: Scope;
  readonly gen: Version;
  readonly count: number;
  readonly sum: string;
  readonly pages: readonly MonthPage[];
  readonly index: readonly (string | number)[];
  readonly records: readonly Bare[];
}
type Bare = Omit<ServerRecord, "scope">;
interface Records {
  readonly records: readonly Bare[];
}
/** What came for a folder in one step. */
interface LogRow extends Records {
  readonly gone: readonly RecordID[];
  readonly gen: Version;
}

function headOf(f: Folder, records: readonly Shown[]): HeadPage {
  const index: (string | number)[] = [];
  for (const [id, s] of f.index) index.push(id, s.version, s.page);
  return { scope: f.scope, gen: f.gen, ...sumOf(f.tally), pages: f.pages, index, records: records.map(bare) };
}

/** A folder as its head says it stands. What is warm is still to be put in its hand. */
export function readHead(name: string, plain: Uint8Array): Folder {
  const h = read<HeadPage>(plain);
  const index = new Map<RecordID, Spot>();
  for (let i = 0; i < h.index.length; i += 3) index.set(h.index[i] as RecordID, { version: h.index[i + 1] as Version, page: h.index[i + 2] as number });
  const atHand = new Map(h.records.map((r) => [r.id, shown(r, h.scope)]));
  return { scope: h.scope, name, gen: h.gen, tally: tallyOf(h), index, pages: h.pages, atHand, log: { rows: 0, bytes: 0 } };
}

/** The records of a page as the index has them; undefined where they are not all there. */
export function readPage(f: Folder, page: MonthPage, plain: Uint8Array): readonly Shown[] | undefined {
  const all = read<Records>(plain).records.map((r) => shown(r, f.scope));
  if (all.length !== page.count) return undefined;
  return all.filter((r) => {
    const spot = f.index.get(r.id);
    return spot?.page === page.id && spot.version === r.version;
  });
}

export const logRow = (gen: Version, records: readonly Shown[], gone: readonly RecordID[]): Uint8Array =>
  written({ gen, gone, records: records.map(bare) } satisfies LogRow);

export function readLog(scope: Scope, plain: Uint8Array): { readonly records: readonly Shown[]; readonly gone: readonly RecordID[] } {
  const row = read<LogRow>(plain);
  return { records: row.records.map((r) => shown(r, scope)), gone: row.gone };
}

/** A folder with what came for it laid in its hand. It is changed in place: whoever calls has it to themselves. */
export function pour(f: Folder, records: readonly Shown[], gone: readonly RecordID[], tally: Tally, bytes: number): Folder {
  for (const r of records) {
    f.atHand.set(r.id, r);
    f.index.set(r.id, { version: r.version, page: inHead });
  }
  for (const id of gone) {
    f.atHand.delete(id);
    f.index.delete(id);
  }
  return { ...f, tally, log: { rows: f.log.rows + 1, bytes: f.log.bytes + bytes } };
}

const shown = (r: Bare, scope: Scope): Shown => plainly(r as ServerRecord, scope);

function bare(r: Shown): Bare {
  return { kind: r.kind, id: r.id, version: r.version, user: r.user, at: r.at, fields: r.fields,
    ...(r.conflicts && { conflicts: r.conflicts }), ...(r.shown && { shown: r.shown }), ...(r.deletes && { deletes: r.deletes }) };
}

const utf8 = new TextEncoder();
const text = new TextDecoder();
export const written = (value: unknown): Uint8Array => utf8.encode(JSON.stringify(value));
/** What this phone sealed itself needs no checking: the box authenticates it. */
export const read = <T>(plain: Uint8Array): T => JSON.parse(text.decode(plain)) as T;
