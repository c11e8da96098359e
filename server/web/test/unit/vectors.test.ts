import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ClientID, Instant, RecordID, Scope, UserID, Version } from "../../src/sync/ids.ts";
import { canonical } from "../../src/sync/json.ts";
import { framed, merge, unmade, type Change } from "../../src/sync/merge.ts";
import type { Value } from "../../src/sync/record.ts";
import * as sums from "../../src/sync/sums.ts";

const vectors = <T>(name: string): readonly T[] =>
  JSON.parse(readFileSync(join(process.env["WEB"] ?? "", "../../sync/testdata/vectors", name), "utf8")) as T[];

interface MergeCase {
  readonly name: string;
  readonly kind: string;
  readonly ops: readonly (Change & { version: Version; client: ClientID; n: number; at: Instant; status: string })[];
  readonly gone?: boolean;
  readonly body?: Value;
}

for (const c of vectors<MergeCase>("merge.json")) {
  test(`merge: ${c.name}`, () => {
    let record = unmade("person/p" as Scope, c.kind, "r" as RecordID);
    for (const [i, op] of c.ops.entries()) {
      const by = { version: op.version, client: op.client, n: op.n, at: op.at, user: `user of ${op.client}` as UserID };
      const got = merge(record, op, by);
      assert.equal(got.status, op.status, `op ${i + 1}`);
      record = got.record;
    }
    assert.equal(record.gone, c.gone ?? false);
    const sent = framed(record);
    const body: { [key: string]: unknown } = { ...sent };
    for (const name of ["scope", "kind", "id", "version"]) delete body[name];
    assert.equal(sent ? canonical(body as Value) : undefined, c.body && canonical(c.body));
  });
}

interface SumCase {
  readonly name: string;
  readonly records: readonly { readonly id: RecordID; readonly version: Version }[];
  readonly count: number;
  readonly sum: string;
}

for (const c of vectors<SumCase>("sums.json")) {
  test(`sums: ${c.name}`, () => {
    let tally = sums.nothing;
    for (const r of c.records) tally = sums.add(tally, r.id, r.version);
    assert.deepEqual(sums.sumOf(tally), { count: c.count, sum: c.sum });
    assert.deepEqual(sums.tallyOf(sums.sumOf(tally)), tally);
    for (const r of [...c.records].reverse()) tally = sums.remove(tally, r.id, r.version);
    assert.deepEqual(tally, sums.nothing);
  });
}

test("sums: of texts beyond ASCII, as the bytes of their UTF-8", () => {
  const reference = (text: string): bigint => {
    let h = 0xcbf29ce484222325n;
    for (const b of new TextEncoder().encode(text)) h = ((h ^ BigInt(b)) * 0x100000001b3n) & 0xffffffffffffffffn;
    return h;
  };
  for (const text of ["", "a", "foobar", "é", "a🌱b", "\u0000", "x".repeat(1000)]) {
    const { hi, lo } = sums.fnv1a64(text);
    assert.equal((BigInt(hi) << 32n) | BigInt(lo), reference(text), text.slice(0, 10));
  }
});

test("sums: scopes join to a total, past 2^64", () => {
  const scopes = vectors<SumCase>("sums.json").filter((c) => c.count > 1);
  assert.ok(scopes.length > 1);
  const total = scopes.reduce((n, c) => (n + BigInt(`0x${c.sum}`)) & 0xffffffffffffffffn, 0n);
  assert.equal(sums.totalOf(scopes).sum, total.toString(16).padStart(16, "0"));
});
