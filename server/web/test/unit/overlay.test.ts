import assert from "node:assert/strict";
import { test } from "node:test";
import { instant, type ClientID, type Instant, type OpID, type RecordID, type Scope, type UserID, type Version } from "../../src/sync/ids.ts";
import { byText } from "../../src/sync/json.ts";
import type { Written } from "../../src/sync/keep.ts";
import { framed, merge, unmade, type Change } from "../../src/sync/merge.ts";
import { byRecord, overlay } from "../../src/sync/overlay.ts";
import type { Result, ServerRecord } from "../../src/sync/record.ts";
import { dice } from "../e2e/with/until.ts";

const me = "me" as UserID;
const scope = "person/p" as Scope, id = "r" as RecordID;
const at = (n: number): Instant => instant(Date.parse("2026-11-22T09:00:00Z") + n * 60_000);

const visit: ServerRecord = {
  scope, kind: "appointment", id, version: 10 as Version, user: "other" as UserID, at: at(0),
  fields: { title: "Visit", starts_at: "2026-11-23T10:00:00Z", status: "missed", missed_reason: "no bus", needs: ["company", "transport"], later: { kept: [1.5] } },
  conflicts: { outcome_note: [{ value: "theirs", version: 8 as Version, user: "other" as UserID, at: at(0) }], title: [{ value: "Call", version: 7 as Version, user: me, at: at(0) }] },
  shown: { outcome_note: { version: 9 as Version, user: me, at: at(0) }, title: { version: 10 as Version, user: "other" as UserID, at: at(0) } },
};

let n = 0;
const own = (change: Partial<Change>, result?: Partial<Result>, seen = false): Written => ({
  op: { n: ++n, id: `op ${n}` as OpID, at: at(n), scope, kind: "appointment", record: id, base: 10 as Version, ...change },
  ...(result && { result: { n, id: `op ${n}` as OpID, status: "applied", ...result } }), ...(seen && { seen: true }),
});

test("a record without own entries is the server's", () => {
  assert.deepEqual(overlay(visit, [], me), { ...visit, unsent: [], sent: [] });
  assert.equal(overlay(undefined, [], me), undefined);
});

test("a group is written whole, null clears, and what is not touched stays as it came", () => {
  const shown = overlay(visit, [own({ set: { status: "attended" } }), own({ set: { ends_at: null } })], me);
  assert.deepEqual(shown?.fields, { title: "Visit", status: "attended", needs: ["company", "transport"], later: { kept: [1.5] } }); // a group's absent members are cleared
  assert.deepEqual(shown?.unsent, ["ends_at", "missed_reason", "starts_at", "status"]);
  assert.deepEqual([shown?.user, shown?.at, shown?.version], [me, at(n), 10]);
  assert.equal(visit.fields["status"], "missed", "the record itself is not changed");
});

test("sets stay sorted as the server sorts them, and an empty one is absent", () => {
  const change = own({ remove: { needs: ["company", "absent"] }, add: { needs: ["a bed", "transport", "🌱", "\uff5e"] } });
  assert.deepEqual(overlay(visit, [change], me)?.fields["needs"], ["a bed", "transport", "\uff5e", "🌱"]);
  const emptied = own({ remove: { needs: ["company", "transport"] } });
  assert.equal(overlay(visit, [emptied], me)?.fields["needs"], undefined);
});

test("an entry that has seen all that stood in a field settles it for the eye; another leaves it", () => {
  const settled = overlay(visit, [own({ set: { title: "Both" } })], me);
  assert.deepEqual(Object.keys(settled?.conflicts ?? {}), ["outcome_note"]);
  assert.deepEqual(Object.keys(settled?.shown ?? {}), ["outcome_note"]);
  const blind = overlay(visit, [own({ set: { title: "Both" }, base: 9 as Version })], me);
  assert.deepEqual(Object.keys(blind?.conflicts ?? {}).sort(), ["outcome_note", "title"]);
  const last = overlay(visit, [own({ set: { title: "Both" } }), own({ set: { outcome_note: "both" } })], me);
  assert.ok(last && !("conflicts" in last) && !("shown" in last));
});

test("a deletion hides, and a later edit brings back", () => {
  const gone = own({ delete: true });
  assert.equal(overlay(visit, [gone], me), undefined);
  assert.equal(overlay(visit, [gone, own({ set: { place: "the café" } })], me)?.fields["title"], "Visit");
  assert.equal(overlay(undefined, [gone], me), undefined);
});

test("what is made here is there before it is sent; a change of what the phone no longer has is not", () => {
  const made = overlay(undefined, [own({ base: 0 as Version, set: { title: "New", place: null } })], me);
  assert.deepEqual([made?.version, made?.fields, made?.unsent], [0, { title: "New" }, ["place", "title"]]);
  assert.equal(overlay(undefined, [own({ set: { title: "Old" } })], me), undefined);
});

test("it says how far each field has come, and lays only what is to be laid", () => {
  const shown = overlay(visit, [
    own({ set: { place: "here" } }, { status: "applied" }), own({ set: { travel: "bus" } }, { status: "conflict" }), own({ set: { place: "there" } }),
    own({ set: { title: "held" } }, { status: "held" }), own({ set: { title: "refused" } }, { status: "rejected" }), own({ set: { title: "back already" } }, { status: "applied" }, true),
  ], me);
  assert.deepEqual([shown?.unsent, shown?.sent, shown?.fields["title"], shown?.fields["place"]], [["place"], ["travel"], "Visit", "there"]);
});

test("own entries are found by scope and record, in their order", () => {
  const a = own({}), b = own({}), c = { ...own({}), op: { ...own({}).op, scope: "person/q" as Scope } }, held = own({}, { status: "held" });
  const found = byRecord([a, c, held, b]);
  assert.deepEqual(found.get(scope)?.get(id), [a, b]);
  assert.deepEqual([...found.keys()], [scope, "person/q"]);
});

test("for whoever has seen all, what is shown is what the server makes of it", () => {
  const roll = dice(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(roll() * list.length)]!;
  for (let round = 0; round < 300; round++) {
    let record = unmade(scope, "appointment", id);
    let version = 0;
    const put = (op: Change, client: string): void => {
      version++;
      record = merge(record, op, { version: version as Version, client: client as ClientID, n: version, user: client as UserID, at: at(version) }).record;
    };
    const value = (): string | null => pick(["a", "b", "c", null]);
    const change = (base: number): Change => ({
      base: base as Version,
      ...pick<Partial<Change>>([
        { set: { title: pick(["x", "y"]), place: value() } }, { set: { status: pick(["planned", "missed"]), ...(roll() < 0.5 && { missed_reason: value() }) } },
        { set: { reply_note: value() } }, { add: { needs: [pick(["p", "q", "r"])] } }, { remove: { needs: [pick(["p", "q", "r"])] }, add: { needs: [pick(["p", "q"])] } },
      ]),
    });
    put({ base: 0 as Version, set: { title: "first" }, add: { needs: ["p", "r"] } }, "a");
    for (let i = 0; i < 4; i++) put(change(Math.floor(roll() * (version + 1))), pick(["a", "b"]));
    const server = framed(record);
    assert.ok(server);
    const mine = Array.from({ length: 4 }, () => own(change(server.version)));
    const shown = overlay(server, mine, me);
    for (const e of mine) put(e.op, "me");
    assert.deepEqual(shown?.fields, framed(record)?.fields, JSON.stringify(mine.map((e) => e.op)));
  }
});

test("texts are in the order of their code points", () => {
  const points = (t: string): readonly number[] => [...t].map((c) => c.codePointAt(0) ?? 0);
  const reference = (a: string, b: string): number => {
    const x = points(a), y = points(b), i = x.findIndex((p, k) => p !== y[k]);
    return i < 0 ? x.length - y.length : (x[i] ?? 0) - (y[i] ?? -1);
  };
  const texts = ["", "a", "b", "ab", "é", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "🌱", "🌱a", "\u{10ffff}"];
  for (const a of texts) for (const b of texts) assert.equal(Math.sign(byText(a, b)), Math.sign(reference(a, b)), `${a} ${b}`);
});
