import { fromBase64url, toBase64url } from "./base64url.ts";
import type { Letter, SealLetter } from "./box.ts";

// Letters to the server: what was written here, sealed so that only the server opens it, for the day on which the PIN is
// forgotten (PROTOCOL §12). Nothing on this phone opens one again.

/** The server's public key, as GET /v1/seal-key gives it. */
export interface SealKey {
  readonly kid: string;
  readonly alg: string;
  /** A point of P-256, uncompressed, in base64url without padding. */
  readonly public_key: string;
}

const algorithm = "ECDH-P256+HKDF-SHA256+A256GCM";
const curve = { name: "ECDH", namedCurve: "P-256" } as const;
const pointLength = 65;
const ivLength = 12;

/** What is fresh in each letter. */
export interface Fresh {
  readonly pair: CryptoKeyPair;
  readonly iv: Uint8Array;
}
const fresh = async (): Promise<Fresh> => ({
  pair: await crypto.subtle.generateKey(curve, false, ["deriveBits"]),
  iv: crypto.getRandomValues(new Uint8Array(ivLength)),
});

/**
 * Seals to this key. It throws at once where the key is none that letters can be sealed to: of an algorithm that this build does
 * not know, not on the curve, or under another key's name. Better no letter than one that nobody opens.
 *
 * Each letter has a key pair of its own, whose private half is gone when it is sealed. One takes about 1 ms of processor time on a
 * 2.4 GHz server core, so about 6 ms on a phone that is six times slower.
 */
export async function sealTo(key: SealKey, draw: () => Promise<Fresh> = fresh): Promise<SealLetter> {
  if (key.alg !== algorithm) throw new Error(`letters of ${key.alg} are not known`);
  const point = fromBase64url(key.public_key);
  const mark = toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", point)).subarray(0, 12));
  if (mark !== key.kid) throw new Error("the key to seal to is not the one it is named as");
  const server = await crypto.subtle.importKey("raw", point, curve, false, []);
  const text = new TextEncoder();
  const info = text.encode("alongside/v1 sealed entry: key");
  const additionalData = text.encode(`alongside/v1 sealed entry: ${key.kid}`);

  return async (plain): Promise<Letter> => {
    const { pair, iv } = await draw();
    const [shared, own] = await Promise.all([
      crypto.subtle.deriveBits({ name: "ECDH", public: server }, pair.privateKey, 256),
      crypto.subtle.exportKey("raw", pair.publicKey),
    ]);
    const salt = new Uint8Array(2 * pointLength);
    salt.set(new Uint8Array(own), 0);
    salt.set(point, pointLength);
    const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
    const one = await crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt, info }, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    const body = await crypto.subtle.encrypt({ name: "AES-GCM", iv: iv as BufferSource, additionalData }, one, plain as BufferSource);
    const sealed = new Uint8Array(pointLength + ivLength + body.byteLength);
    sealed.set(new Uint8Array(own), 0);
    sealed.set(iv, pointLength);
    sealed.set(new Uint8Array(body), pointLength + ivLength);
    return { kid: key.kid, sealed };
  };
}
