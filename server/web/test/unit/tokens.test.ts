import assert from "node:assert/strict";
import { test } from "node:test";
import type { Letter } from "../../src/sync/box.ts";
import type { Fault } from "../../src/sync/transport.ts";
import { arrived } from "../../src/sync/tokens.ts";
import { handset } from "../sync/handset.ts";
import { cutAt, dropReply, noSignal } from "../sync/road.ts";
import { ackFrame, openScript, pageFrame, scripted, type Asked, type Said } from "../sync/script.ts";

const refuse = (status: number, code: string, more: object = {}): Said => ({ status, media: "application/problem+json", body: JSON.stringify({ status, code, ...more }) });
const json = (body: object): Said => ({ media: "application/json", body: JSON.stringify(body) });
const tokens = (i: number, more: object = {}): Said => json({
  client_id: "c", user: { id: "u", name: "Amal", role: "worker", team: "t" }, access_token: `a${i}`, token_type: "Bearer", expires_in: 600, refresh_token: `r${i}`, ...more,
});
const signal = new AbortController().signal;

test("the device's id is kept before it is sent, so that an enrolment can be repeated", async (t) => {
  const script = await openScript(t);
  const phone = handset(() => script.url);
  phone.road.meet(dropReply, cutAt(30));
  for (let i = 0; i < 2; i++) assert.equal((await phone.enrol("code")).kind, "later");
  const again = phone.reopened();
  assert.deepEqual(await again.enrol("code"), { kind: "joined" });
  const devices = script.asked.map((a) => (a.body["device"] as { id: string }).id);
  assert.equal(devices.length, 3);
  assert.equal(new Set(devices).size, 1);
  assert.equal(again.look().state.user?.name, "Amal");
});

test("a code that is refused says why", async (t) => {
  const script = await openScript(t);
  const phone = handset(() => script.url);
  for (const [said, kind] of [[refuse(401, "code_invalid", { detail: "Type it again." }), "bad_code"], [refuse(401, "code_used"), "bad_code"],
    [refuse(401, "code_expired"), "bad_code"], [refuse(403, "user_disabled"), "closed"], [{ ...refuse(429, "rate_limited"), headers: { "Retry-After": "9" } }, "later"]] as const) {
    script.at = () => said;
    const got = await phone.enrol("code");
    assert.equal(got.kind, kind);
    if (got.kind === "later") assert.ok(got.fault.kind === "problem" && got.fault.retryAfter === 9000);
    if (got.kind === "bad_code" && said.body.includes("Type")) assert.equal(got.detail, "Type it again.");
  }
  assert.equal(phone.look().state.client, undefined);
});

/** A server that renews tokens as the real one does: the one before the present is good until the present one is presented. */
function renewing(): { at: (path: string, body: Asked["body"]) => Said | undefined; readonly renewals: () => number } {
  let present = 0, used = true, renewals = 0;
  return {
    renewals: () => renewals,
    at(path, body) {
      if (path !== "/v1/token") return undefined;
      renewals++;
      const shown = Number(String(body["refresh_token"]).replace("r", "") || 0);
      if (shown === present) used = true;
      if (shown === present) present++, used = false;
      else if (shown !== present - 1 || used) return refuse(401, "token_reused");
      return tokens(present);
    },
  };
}

test("tokens are renewed in time, once for all who wait, and a lost reply costs nothing", async (t) => {
  const { script, phone } = await scripted(t);
  const server = renewing();
  script.at = server.at;
  const page: Said = { body: pageFrame([]) };
  phone.ahead = 599_000;
  script.says.push(page);
  await phone.sync();
  assert.deepEqual([server.renewals(), script.asked.at(-1)?.bearer], [1, "Bearer a1"]);
  // Lost and cut replies.
  phone.ahead = 2 * 599_000;
  phone.road.meet(dropReply);
  assert.equal((await phone.run()).outcome.kind, "later");
  phone.road.meet(cutAt(20));
  assert.equal((await phone.run()).outcome.kind, "later");
  script.says.push(page);
  await phone.sync();
  assert.deepEqual([server.renewals(), phone.look().state.refresh], [4, "r2"]);
  // Many at once.
  phone.session.forget();
  const used = await Promise.all(Array.from({ length: 5 }, () => phone.session.authorized(async (access): Promise<{ access: string; fault?: Fault }> => ({ access }), signal)));
  assert.deepEqual(used.map((u) => "access" in u && u.access), Array(5).fill("a3"));
  assert.equal(server.renewals(), 5);
});

test("an access token that the server does not take is renewed, once", async (t) => {
  const { script, phone } = await scripted(t);
  script.at = renewing().at;
  script.says.push(refuse(401, "token_expired"), { body: pageFrame([]) });
  await phone.sync();
  assert.deepEqual(script.asked.slice(1).map((a) => [a.path, a.bearer]), [["/v1/sync", "Bearer a"], ["/v1/token", undefined], ["/v1/sync", "Bearer a1"]]);
  script.says.push(refuse(401, "token_invalid"), refuse(401, "token_invalid"));
  assert.deepEqual((await phone.run()).outcome, { kind: "signed_out" });
  assert.equal(phone.look().state.signedOut, true);
});

test("a new refresh token is durable before it is used", async (t) => {
  const { script, phone } = await scripted(t);
  script.at = renewing().at;
  phone.ahead = 599_000;
  phone.keep.full(true);
  await assert.rejects(phone.run(), { name: "StorageFull" });
  assert.deepEqual([phone.look().state.refresh, script.syncs().length], ["r", 0]);
  script.says.push({ body: pageFrame([]) });
  await phone.sync();
  assert.equal(phone.look().state.refresh, "r1");
});

test("a phone whose sign-in has ended keeps what it holds for the same user", async (t) => {
  const { script, phone } = await scripted(t);
  await phone.person("Ines");
  const id = phone.look().waiting[0]?.op.id;
  phone.ahead = 599_000;
  script.at = (path) => (path === "/v1/token" ? refuse(401, "token_reused") : undefined);
  assert.deepEqual((await phone.run()).outcome, { kind: "signed_out" });
  const asked = script.asked.length;
  assert.deepEqual((await phone.run()).outcome, { kind: "signed_out" });
  assert.equal(script.asked.length, asked, "it does not ask again");
  assert.equal(phone.people().length, 1);
  script.at = (path) => (path === "/v1/enrol" ? tokens(7, { client_id: "c7", user: { id: "another", name: "B", role: "worker", team: "t" } }) : undefined);
  assert.deepEqual(await phone.enrol("code"), { kind: "other_user" });
  assert.equal(phone.look().state.refresh, "r");
  script.at = (path) => (path === "/v1/enrol" ? tokens(8, { client_id: "c8" }) : undefined);
  assert.deepEqual(await phone.enrol("code"), { kind: "joined" });
  script.says.push({ body: ackFrame(1, [{ n: 1, id, status: "applied", version: 50 }]) + pageFrame([], { through: 1 }) });
  await phone.sync();
  assert.equal(phone.look().waiting.length, 0);
});

test("another client's tokens are not taken for a renewal", async (t) => {
  const { script, phone } = await scripted(t);
  phone.ahead = 599_000;
  script.at = (path) => (path === "/v1/token" ? tokens(1, { client_id: "another" }) : undefined);
  assert.deepEqual((await phone.run()).outcome, { kind: "later", why: "unreachable" });
  assert.equal(phone.look().state.refresh, "r");
});

test("a renewal that comes back late does not take the place of a newer sign-in", async (t) => {
  const { script, phone } = await scripted(t);
  script.at = (path) => (path === "/v1/token" ? tokens(1) : path === "/v1/enrol" ? tokens(9, { client_id: "c9" }) : undefined);
  phone.ahead = 599_000;
  phone.road.meet(async (_path, pass) => {
    const late = await pass();
    assert.deepEqual(await phone.enrol("code"), { kind: "joined" });
    return late;
  });
  script.says.push({ body: pageFrame([]) });
  await phone.sync();
  const { client, refresh } = phone.look().state;
  assert.deepEqual([client, refresh, script.asked.at(-1)?.bearer], ["c9", "r9", "Bearer a9"]);
});

test("a renewal that hangs does not hold up who gives up, and locking ends it", async (t) => {
  const { script, phone } = await scripted(t);
  phone.ahead = 599_000;
  let arrive = (): void => undefined;
  const arrived = new Promise<void>((done) => (arrive = done));
  phone.road.gate = (_path, _pass, init) => new Promise((_, fail) => {
    init.signal?.addEventListener("abort", () => fail(new Error("aborted")));
    arrive();
  });
  const giveUp = new AbortController();
  const run = phone.run(giveUp.signal);
  await arrived;
  giveUp.abort();
  assert.deepEqual((await run).outcome, { kind: "stopped" });
  phone.session.forget();
  phone.road.gate = undefined;
  script.says.push({ body: pageFrame([]) });
  await phone.sync();
});

/** The part of a cut-off phone's server that takes its last work. */
function revoked(takes: (body: Asked["body"]) => Said): (path: string, body: Asked["body"]) => Said | undefined {
  return (path, body) => (path === "/v1/sync" ? refuse(403, "device_revoked") : path === "/v1/last" ? takes(body) : undefined);
}
const lastOps = (body: Asked["body"]): readonly { n: number; id: string; group?: string }[] => (body["ops"] ?? []) as { n: number; id: string }[];
const takesLast = (body: Asked["body"]): Said => {
  const ops = lastOps(body);
  return { body: ackFrame(ops.at(-1)?.n ?? 0, ops.map((o) => ({ n: o.n, id: o.id, status: "held", code: "device_revoked" }))) };
};

test("a cut-off phone shows nothing, hands in its last work, and erases itself", async (t) => {
  const { script, phone } = await scripted(t);
  const scope = await phone.person("Ines Canary");
  script.says.push({ body: ackFrame(1, [{ n: 1, id: phone.look().waiting[0]?.op.id, status: "applied", version: 50 }]) + pageFrame([], { through: 1, head: 60 }) });
  await phone.sync();
  await phone.write(...[1, 2].map((i) => ({ scope, kind: "support", record: phone.look().sent[0]!.op.record, base: 0 as never, set: { note: `canary ${i}` } })));
  await phone.followUp(scope, "canary 3");
  script.at = revoked(() => refuse(503, "unavailable"));
  assert.equal((await phone.run()).outcome.kind, "later");
  assert.deepEqual([phone.look().waiting.length, phone.erased], [3, false], "until it is handed in, it stays");
  assert.equal(phone.keep.stored().view.size, 0);
  script.at = revoked(takesLast);
  phone.road.meet((_path, pass) => pass(), dropReply); // the sync that is refused, and the reply to its last work
  assert.equal((await phone.run()).outcome.kind, "later");
  assert.deepEqual((await phone.run()).outcome, { kind: "left" });
  const handed = script.asked.filter((a) => a.path === "/v1/last").at(-1)?.body ?? {};
  assert.deepEqual([handed["refresh_token"], lastOps(handed).map((o) => o.n)], ["r", [2, 3, 4]]);
  assert.ok(phone.erased && phone.look().waiting.length === 0 && phone.look().state.refresh === undefined);
});

test("a cut-off phone with nothing to send asks once, and learns whether the server was restored", async (t) => {
  const { script, phone } = await scripted(t);
  await phone.person("Ines");
  const id = phone.look().waiting[0]?.op.id;
  script.says.push({ body: ackFrame(1, [{ n: 1, id, status: "applied", version: 50 }]) + pageFrame([], { through: 1 }) });
  await phone.sync();
  const handed: (readonly number[])[] = [];
  script.at = revoked((body) => {
    handed.push(lastOps(body).map((o) => o.n));
    return lastOps(body).length === 0 ? { body: ackFrame(0, []) } : takesLast(body);
  });
  assert.deepEqual((await phone.run()).outcome, { kind: "left" });
  assert.deepEqual(handed, [[], [1]]);
});

test("a cut-off copy hands in its work under numbers that fit, and cuts no group", async (t) => {
  const { script, phone } = await scripted(t);
  const scope = await phone.person("Ines");
  const record = phone.look().waiting[0]!.op.record;
  await phone.write(...[1, 2, 3].map((i) => ({ scope, kind: "support", record, base: 0 as never, set: { note: `${i}` } })));
  const handed: (readonly number[])[] = [];
  script.at = revoked((body) => {
    const ops = lastOps(body);
    handed.push(ops.map((o) => o.n));
    if (ops[0]?.n === 1) return refuse(409, "op_number_reused");
    if ((ops[0]?.n ?? 0) > 1e9) return refuse(409, "op_number_gap", { through: 9 });
    if (ops.length > 3) return refuse(413, "too_large");
    return takesLast(body);
  });
  assert.deepEqual((await phone.run()).outcome, { kind: "left" });
  const fitting = handed.filter((ns) => ns[0] === 10 || ns[0] === 11);
  assert.deepEqual(fitting.slice(-2), [[10], [11, 12, 13]]);
});

test("letters are handed in as many as the line bears, and only those that arrived are let go", async (t) => {
  const { script, phone } = await scripted(t);
  const letters: Letter[] = Array.from({ length: 5 }, (_, i) => ({ kid: "k", sealed: new Uint8Array([i, 0xfb, 0xff]) }));
  const got: string[] = [];
  script.at = (path, body) => {
    if (path !== "/v1/sealed") return undefined;
    const entries = body["entries"] as { kid: string; sealed: string }[];
    got.push(...entries.map((e) => e.sealed));
    return json({ results: entries.map((e, i) => (e.sealed.startsWith("Av") ? { i, status: "rejected", code: "not_opened" } : { i, id: `o${i}`, status: "held", code: "sealed" })) });
  };
  phone.road.meet(cutAt(3));
  const { results, fault } = await phone.session.handIn(letters, signal);
  assert.equal(fault, undefined);
  assert.deepEqual(results.map((r) => r.i), [0, 1, 2, 3, 4]);
  assert.deepEqual(results.filter(arrived).map((r) => r.i), [0, 1, 3, 4]);
  assert.deepEqual(got.slice(0, 2), ["APv_", "Afv_"], "base64url without padding");
  phone.road.meet(noSignal);
  assert.equal((await phone.session.handIn(letters, signal)).fault?.kind, "unreachable");
});

/** A server that takes whom to wake, and remembers what it was told. */
async function wakeable(t: Parameters<typeof openScript>[0]): Promise<{ readonly phone: ReturnType<typeof handset>; readonly told: string[]; said: number; code: string }> {
  const script = await openScript(t), phone = handset(() => script.url);
  await phone.enrol("code");
  const at = { phone, told: [] as string[], said: 204, code: "" };
  phone.road.gate = async (path, pass, init) => {
    if (path === "/v1/push-key") return new Response(JSON.stringify({ public_key: "B".repeat(87) }), { headers: { "Content-Type": "application/json" } });
    if (path !== "/v1/push") return pass();
    at.told.push(`${init.method} ${init.body ? new TextDecoder().decode(init.body as Uint8Array) : ""}`.trim());
    return at.said === 204 ? new Response(null, { status: 204 })
      : new Response(JSON.stringify({ status: at.said, code: at.code }), { status: at.said, headers: { "Content-Type": "application/problem+json" } });
  };
  return at;
}

test("the server is told once how to wake this phone, and once that it is not to", async (t) => {
  const at = await wakeable(t), { session } = at.phone;
  assert.equal(await session.pushKey(signal), "B".repeat(87));
  assert.equal(await session.wakeBy(undefined, signal), undefined);
  for (let i = 0; i < 2; i++) assert.equal(await session.wakeBy("{}", signal), undefined);
  assert.equal(await at.phone.reopened().session.wakeBy("{}", signal), undefined);
  for (let i = 0; i < 2; i++) assert.equal(await session.wakeBy(undefined, signal), undefined);
  assert.deepEqual(at.told, [`PUT ${JSON.stringify({ kind: "webpush", value: "{}" })}`, "DELETE"]);
});

test("who was refused or did not get through is told again; another client and another epoch of the server are told anew", async (t) => {
  const at = await wakeable(t), { session, keep } = at.phone;
  [at.said, at.code] = [422, "push_host_not_allowed"];
  const fault = await session.wakeBy("{}", signal);
  assert.ok(fault?.kind === "problem" && fault.problem.code === "push_host_not_allowed");
  at.said = 204;
  await session.wakeBy("{}", signal);
  await keep.change((step) => { step.state = { ...step.state, epoch: "another" }; });
  await session.wakeBy("{}", signal);
  await session.wakeBy("{}", signal);
  assert.equal(at.told.length, 3);
  await session.newClient(signal);
  const { client } = at.phone.look().state;
  await at.phone.keep.change((step) => { step.state = { ...step.state, client: "elsewhere" as typeof client & string }; });
  await session.newClient(signal);
  assert.equal(at.phone.look().state.wakes, undefined);
});

test("an answer that is no key is none", async (t) => {
  const at = await wakeable(t);
  at.phone.road.gate = async () => new Response("{\"public_key\":\"<html>\"}", { headers: { "Content-Type": "application/json" } });
  assert.equal(await at.phone.session.pushKey(signal), undefined);
  at.phone.road.gate = noSignal;
  assert.equal(await at.phone.session.pushKey(signal), undefined);
});
