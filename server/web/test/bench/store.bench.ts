// What the storage costs: heap and time of an unlocking, a first pull, a write. It judges nothing; compare two runs on the same machine.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { todayView } from "../../src/field/views/today.ts";
import { peopleView } from "../../src/field/views/people.ts";
import { createCaseload } from "../../src/sync/caseload.ts";
import type { Frame } from "../../src/sync/keep.ts";
import type { Instant, OpID, RecordID, Scope, UserID, Version } from "../../src/sync/ids.ts";
import type { Fields, ServerRecord } from "../../src/sync/record.ts";
import { me } from "../unit/casework.ts";
import { dataKey, freshDisk, noon, unlocked, type Rig } from "../unit/disk.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;
const heap = (): number => {
  for (let i = 0; i < 4; i++) gc();
  return process.memoryUsage().heapUsed / 1e6;
};
const day = 86_400_000;
const uuid = (n: number): string => `0192aa00-${(n >> 16).toString(16).padStart(4, "0")}-7000-8000-${(n * 7919 % 2 ** 40).toString(16).padStart(12, "0")}`;
let made = 0;
const id = (): RecordID => uuid(++made) as RecordID;
const iso = (ms: number): string => new Date(ms).toISOString();
const note = "Walked to the clinic together, talked about the week and the flat. Wants to go to the allotment again, and to ring the sister. ";

/** Records as a caseload has them: over two years, the same for each person. */
function caseload(records: number, people: number): Map<Scope, ServerRecord[]> {
  const all = new Map<Scope, ServerRecord[]>();
  const per = Math.floor(records / people);
  for (let p = 0; p < people; p++) {
    const person = id(), scope = `person/${person}` as Scope, list: ServerRecord[] = [];
    const put = (kind: string, fields: Fields, rid = id()): void =>
      void list.push({ scope, kind, id: rid, version: (500_000_000_000_000 + ++made) as Version, user: uuid(p % 7) as UserID, at: iso(noon - (made % 700) * day) as Instant, fields });
    put("person", { name: `Made Up ${p}`, preferred_name: "Up", phone: "07700 900123", state: "open", interests: ["allotment", "music"], goals: note }, person);
    put("assignment", { worker: me.id, part: "lead" });
    put("contact", { name: "Sister", relation: "sister", phone: "07700 900124" });
    put("consent", { purpose: "reminders", given_on: "2025-01-01" });
    for (let i = list.length; i < per; i++) {
      const at = noon + (60 - Math.floor((i / per) * 760)) * day;
      if (i % 3 === 0) put("appointment", { title: "Clinic", starts_at: iso(at), ends_at: iso(at + 3_600_000), place: "Airdrie, Graham Street", status: at > noon ? "planned" : i % 9 === 0 ? "missed" : "attended" });
      else put("support", { what: "visit", at: iso(Math.min(at, noon)), minutes: 45, with: "sister", place: "at home", note: note.repeat(1 + i % 3) });
    }
    all.set(scope, list);
  }
  return all;
}

async function pull(rig: Rig, all: ReadonlyMap<Scope, readonly ServerRecord[]>, perPage: number): Promise<void> {
  let page: Frame[] = [];
  const send = (last: boolean): Promise<unknown> => {
    const frames = page;
    page = [];
    return rig.store.change((step) => {
      step.stage(frames);
      if (!last) return;
      step.land(false);
      step.state = { ...step.state, shown: true, head: 1 as Version };
    });
  };
  for (const [scope, records] of all) {
    page.push({ frame: "scope", scope, gen: 1 as Version, backfill: true, done: false });
    for (const record of records) {
      page.push({ frame: "record", scope, gen: 1 as Version, record: JSON.parse(JSON.stringify(record)) as ServerRecord });
      if (page.length >= perPage) await send(false);
    }
    page.push({ frame: "scope", scope, gen: 1 as Version, backfill: false, done: true });
  }
  await send(true);
}

const timed = async <T>(what: string, fn: () => Promise<T>): Promise<T> => {
  const cpu = process.cpuUsage(), start = performance.now();
  const got = await fn();
  const used = process.cpuUsage(cpu);
  console.log(`  ${what}: ${(performance.now() - start).toFixed(0)} ms (${((used.user + used.system) / 1000).toFixed(0)} ms of processor time, all threads)`);
  return got;
};

for (const [records, people] of [[1_000, 40], [2_000, 40], [20_000, 60]] as const) {
  freshDisk();
  const key = await dataKey(), all = caseload(records, people);
  console.log(`${records} records of ${people} people`);
  let rig: Rig | undefined = await unlocked(key);
  await timed("first pull", () => pull(rig!, all, 500));
  rig = undefined;
  const scopes = [...all.keys()];
  all.clear();
  const before = heap();
  const again = await timed("unlocking", () => unlocked(key));
  const load = createCaseload(again.store.memory, again.store.cold, me);
  await timed("Today", async () => todayView(load, noon));
  await timed("People", async () => peopleView(load, noon));
  let hand = 0;
  for (const f of again.store.memory.folders.values()) hand += f.atHand.size;
  console.log(`  ${hand} records at hand, heap +${(heap() - before).toFixed(1)} MB`);
  await timed("a person's records", () => load.all(scopes[3]!));
  for (const s of scopes) await load.all(s);
  console.log(`  after looking at everybody: heap +${(heap() - before).toFixed(1)} MB`);
  await timed("a write", () => again.store.write([{ n: 0, id: "op-1" as OpID, at: iso(noon) as Instant, scope: scopes[0]!, kind: "support", record: id(), base: 0 as Version, set: { what: "visit", at: iso(noon), note } }]));
  await timed("Today again", async () => { load.stale([scopes[0]!]); return todayView(load, noon); });
  console.log(`  pages: ${(await again.db.getAll("pages")).length}, ${((await again.db.getAll("pages")).reduce((n, p) => n + p.byteLength, 0) / 1e6).toFixed(2)} MB`);
}
