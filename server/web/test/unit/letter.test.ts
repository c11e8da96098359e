import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sealTo, type SealKey } from "../../src/sync/letter.ts";

// Cases that the server's own tests hold too. Bytes are in base64url.
interface Vectors {
  readonly alg: string;
  readonly private_key: string;
  readonly public_key: string;
  readonly kid: string;
  readonly info: string;
  readonly additional_data: string;
  readonly sealed: readonly { readonly name: string; readonly ephemeral_private_key: string; readonly ephemeral_public_key: string; readonly iv: string; readonly text: string; readonly sealed: string }[];
}
const vectors = JSON.parse(readFileSync(join(process.env["WEB"]!, "../../sync/testdata/vectors/seal.json"), "utf8")) as Vectors;
const key: SealKey = vectors;
const bytes = (s: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(s, "base64url"));
const base64url = (b: Uint8Array): string => Buffer.from(b).toString("base64url");

/** A private key as WebCrypto takes it, out of its number and its point. */
function privateKey(d: string, point: string): Promise<CryptoKey> {
  const p = bytes(point);
  const jwk = { kty: "EC", crv: "P-256", d, x: base64url(p.subarray(1, 33)), y: base64url(p.subarray(33)) };
  return crypto.subtle.importKey("jwk", jwk, { name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
}
const publicKey = (point: string): Promise<CryptoKey> => crypto.subtle.importKey("raw", bytes(point), { name: "ECDH", namedCurve: "P-256" }, true, []);

/** Opens a letter as the server does. */
async function open(sealed: Uint8Array): Promise<string> {
  const [point, iv, box] = [sealed.slice(0, 65), sealed.slice(65, 77), sealed.slice(77)];
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: await publicKey(base64url(point)) }, await privateKey(vectors.private_key, vectors.public_key), 256);
  const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const salt = Buffer.concat([point, bytes(vectors.public_key)]);
  const one = await crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt, info: Buffer.from(vectors.info) }, base, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  return new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: Buffer.from(vectors.additional_data) }, one, box));
}

test("letters come out byte for byte as the server's own vectors have them", async () => {
  assert.ok(vectors.sealed.length >= 3);
  for (const v of vectors.sealed) {
    const pair = { privateKey: await privateKey(v.ephemeral_private_key, v.ephemeral_public_key), publicKey: await publicKey(v.ephemeral_public_key) };
    const seal = await sealTo(key, async () => ({ pair, iv: bytes(v.iv) }));
    const letter = await seal(new TextEncoder().encode(v.text));
    assert.equal(letter.kid, vectors.kid);
    assert.equal(base64url(letter.sealed), v.sealed, v.name);
  }
});

test("two letters of one entry share nothing, and the server opens both", async () => {
  const seal = await sealTo(key);
  const text = "Às dà fhichead – 🌧";
  const [one, two] = await Promise.all([seal(new TextEncoder().encode(text)), seal(new TextEncoder().encode(text))]);
  assert.notDeepEqual(one.sealed.slice(0, 65), two.sealed.slice(0, 65));
  assert.notDeepEqual(one.sealed.slice(65), two.sealed.slice(65));
  for (const { sealed } of [one, two]) assert.equal(await open(sealed), text);
});

test("no letter is sealed to a key that is unknown, wrongly named or no point of the curve", async () => {
  await assert.rejects(sealTo({ ...key, alg: "ECDH-X25519+HKDF-SHA256+A256GCM" }), /not known/);
  await assert.rejects(sealTo({ ...key, kid: "AAAAAAAAAAAAAAAA" }), /not the one/);
  const off = bytes(key.public_key);
  off[64]! ^= 1;
  await assert.rejects(sealTo({ ...key, public_key: base64url(off) }), /not the one/);
  const kid = base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", off)).subarray(0, 12));
  await assert.rejects(sealTo({ ...key, public_key: base64url(off), kid }), "not on the curve");
});
