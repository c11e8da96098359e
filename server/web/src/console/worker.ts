/// <reference lib="webworker" />
// The desk's worker: has the team's records in memory, syncs, and answers screens. It stores nothing anywhere.
import type { RecordID, Scope, OpID } from "../sync/ids.ts";
import { uuid } from "../sync/ids.ts";
import { realTimer } from "../sync/clock.ts";
import type { Caseload } from "../sync/phone.ts";
import type { Enrolled } from "../sync/record.ts";
import { gzip } from "../sync/transport.ts";
import { peopleView } from "../field/views/people.ts";
import { personView } from "../field/views/person.ts";
import { recordView } from "../field/views/record.ts";
import { todayView } from "../field/views/today.ts";
import { openDesk, type Desk } from "./desk.ts";
import type { DeskPort, FromDesk, ToDesk } from "./port.ts";
import { calendarView } from "./views/calendar.ts";
import { heldView } from "./views/held.ts";
import { nowView } from "./views/now.ts";
import { linkEdits, twiceView } from "./views/twice.ts";
import { byScope } from "../field/views/visit.ts";
import { tableView, teamView } from "./views/table.ts";
import type { TableView } from "./views/views.ts";

declare const self: DedicatedWorkerGlobalScope;
declare const __BUILD__: string;

const random = (bytes: Uint8Array): Uint8Array => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
const post = (message: FromDesk): void => self.postMessage(message);
const mint = (): OpID => uuid(Date.now(), random) as OpID;
let desk: Desk | undefined;
/** The caseload's rows, worked out once for all screens that show them: until something changes, or a minute has gone by. */
let rows: { readonly at: number; readonly view: TableView } | undefined;
const table = (caseload: Caseload, now: number): TableView => {
  if (rows === undefined || now - rows.at > 60_000) rows = { at: now, view: tableView(caseload, now) };
  return rows.view;
};

async function begin(enrolled: Enrolled): Promise<void> {
  await desk?.end();
  desk = await openDesk({
    random, timer: realTimer, build: __BUILD__,
    tell(news) {
      if (news.kind === "changed") rows = undefined;
      post({ news });
    },
    reach: { fetch: (url, init) => fetch(url, init), origin: self.location.origin, now: Date.now, timer: realTimer, online: () => navigator.onLine, pack: gzip },
  }, enrolled);
}

async function answer(call: keyof DeskPort, args: readonly unknown[]): Promise<unknown> {
  if (call === "begin") return begin(args[0] as Enrolled);
  if (desk === undefined) return undefined;
  const { caseload } = desk;
  switch (call) {
    case "table": return table(caseload, Date.now());
    case "desk": return nowView(caseload, table(caseload, Date.now()), Date.now());
    case "held": return heldView(caseload);
    case "calendar": return calendarView(caseload, args[0] as string, args[1] as number);
    case "team": return teamView(caseload, Date.now());
    case "twice": return twiceView(caseload, Date.now());
    case "linking": return linkEdits(byScope(caseload, "assignment"), args[0] as Scope, args[1] as Scope, Date.now(), new Date().toISOString(), () => uuid(Date.now(), random) as RecordID);
    case "today": return todayView(caseload, Date.now());
    case "people": return peopleView(caseload, Date.now());
    case "person": return personView(caseload, args[0] as Scope, Date.now());
    case "record": return recordView(caseload, args[0] as RecordID);
    case "office": return desk.office();
    case "write": return desk.write(...args as Parameters<DeskPort["write"]>);
    case "push": {
      const [edits, ids] = args as Parameters<DeskPort["push"]>;
      const said = await desk.write(edits, ids);
      if (said.kind !== "saved") throw new DOMException("", "NotAllowedError");
      return said.ops.map((op) => desk?.resultOf(op));
    }
    case "clear": return desk.clear(...args as Parameters<DeskPort["clear"]>);
    case "keepDraft": return desk.keepDraft(...args as Parameters<DeskPort["keepDraft"]>);
    case "draft": return desk.draft(...args as Parameters<DeskPort["draft"]>);
    case "drafts": return desk.drafts();
    case "dropDraft": return desk.dropDraft(...args as Parameters<DeskPort["dropDraft"]>);
    case "syncNow": return desk.syncNow();
    case "presence": return desk.attend(args[0] !== "hidden");
    default: throw new DOMException("", "NotSupportedError"); // locks and PINs are of phones
  }
}

self.addEventListener("message", ({ data: { id, call, args } }: MessageEvent<ToDesk>) => {
  const given = call === "write" && args[1] === undefined ? [args[0], (args[0] as readonly unknown[]).map(mint)] : args;
  answer(call, given).then(
    (value) => post({ id, ok: true, value }),
    (why: unknown) => post({ id, ok: false, why: why instanceof Error ? why.name : "unknown" }),
  );
});
self.addEventListener("online", () => desk?.syncNow());
