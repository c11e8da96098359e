import type { RecordID, Scope, Version } from "./ids.ts";
import { msOf } from "./ids.ts";
import type { ServerRecord, Shown } from "./record.ts";
import type { Tally } from "./sums.ts";

/**
 * A folder is what the phone has of one scope: a head, always read, with what is of use at any time and an index of
 * everything; pages with what is dated, by month. Those from a little before the last 30 days on, and all that is to come,
 * are at hand from the unlocking on (warm); the rest is read when somebody asks (cold). A folder's log holds what came
 * since its pages were last written.
 */
export interface Folder {
  readonly scope: Scope;
  /** The name of its head's page: random, so that it says nothing. */
  readonly name: string;
  readonly gen: Version;
  readonly tally: Tally;
  readonly index: Map<RecordID, Spot>;
  readonly pages: readonly MonthPage[];
  /** All records that are in memory: of the head, of warm pages, of the log. */
  readonly atHand: Map<RecordID, Shown>;
  /** Rows of its log on the disk, and their bytes. */
  readonly log: { readonly rows: number; readonly bytes: number };
}

/** Where a live record stands: `page` is the id of a MonthPage, or `inHead` for head and log. */
export interface Spot {
  readonly version: Version;
  readonly page: number;
}
export const inHead = 0;

export interface MonthPage {
  readonly id: number;
  readonly name: string;
  /** Of its records' dates, in milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** The latest moment in it at which somebody was with the person, or spoke to them. */
  readonly seen?: number;
}

export const day = 86_400_000;
/** What must be at hand: 30 days back. What is to come is few, and all at hand. */
export const backDays = 30;
/** Warm pages reach further back, so that a page written today still serves in two weeks. */
const warmDays = 45;

export const warmFrom = (now: number): number => now - warmDays * day;
export const isWarm = (page: MonthPage): boolean => page.name.startsWith("w/");
/** Whether a page is to be in memory at this time, whatever was thought when it was written. */
export const isNeeded = (page: MonthPage, now: number): boolean => isWarm(page) || page.to >= now - backDays * day;

/** Where a record belongs: a date, or undefined for what is always at hand. */
export function dateOf(r: ServerRecord, now: number): number | undefined {
  if (r.conflicts !== undefined || r.deletes !== undefined) return undefined;
  const ms = moment(r);
  if (ms === undefined || Number.isNaN(ms)) return undefined;
  return ms < warmFrom(now) && isOpen(r) ? undefined : ms;
}

function moment(r: ServerRecord): number | undefined {
  switch (r.kind) {
    case "appointment": return timeIn(r, "starts_at");
    case "support": return timeIn(r, "at");
    case "follow_up": return timeIn(r, "done_at") ?? (r.fields["ended"] === undefined ? undefined : msOf(r.at));
    case "message": return timeIn(r, "sent_at") ?? timeIn(r, "claimed_at");
    case "notice": return r.fields["seen"] === undefined ? undefined : msOf(r.at);
    case "held": return r.fields["settled"] === undefined ? undefined : msOf(r.at);
    default: return undefined;
  }
}

/** An appointment of which nobody has said what became of it: it stays at hand however old. */
function isOpen(r: ServerRecord): boolean {
  const status = r.fields["status"];
  return r.kind === "appointment" && (status === "planned" || status === "confirmed" || status === undefined);
}

/** When somebody of us was with the person, or spoke to them, as this record says. */
export function seenIn(r: ServerRecord): number | undefined {
  const ms = r.kind === "support" ? timeIn(r, "at")
    : r.kind === "appointment" && r.fields["status"] === "attended" ? timeIn(r, "starts_at") : undefined;
  return ms === undefined || Number.isNaN(ms) ? undefined : ms;
}

function timeIn(r: ServerRecord, field: string): number | undefined {
  const at = r.fields[field];
  return typeof at === "string" ? msOf(at) : undefined;
}

/** No more records than this in a page. */
export const pageMost = 250;
/** A cold page with fewer takes in what grows cold after it. */
export const pageFew = 150;

/** Cuts records in the order of their dates into pages, between months where that leaves none too small. */
export function cut(dated: readonly Dated[]): readonly (readonly Dated[])[] {
  const sorted = [...dated].sort((a, b) => a.date - b.date);
  const pages: Dated[][] = [];
  let page: Dated[] = [];
  for (let i = 0; i < sorted.length; ) {
    let next = i;
    const month = monthOf(sorted[i]!.date);
    while (next < sorted.length && monthOf(sorted[next]!.date) === month) next++;
    if (page.length > 0 && page.length + next - i > pageMost) {
      pages.push(page);
      page = [];
    }
    for (; i < next; i++) {
      if (page.length === pageMost) {
        pages.push(page);
        page = [];
      }
      page.push(sorted[i]!);
    }
  }
  if (page.length > 0) pages.push(page);
  return pages;
}

export interface Dated {
  readonly date: number;
  readonly record: Shown;
}
const monthOf = (ms: number): string => new Date(ms).toISOString().slice(0, 7);

const none: readonly string[] = [];
/** A record as the server sent it, as it is kept in memory: nothing of this phone's is laid over it. */
export const plainly = (r: ServerRecord, scope: Scope): Shown => ({ ...r, scope, unsent: none, sent: none });
