/** Seals bytes for this phone's own storage, and opens them again. The name is authenticated: a page that was put in another's place does not open. */
export interface Box {
  seal(name: string, plain: Uint8Array): Promise<Uint8Array>;
  open(name: string, sealed: Uint8Array): Promise<Uint8Array>;
}

/** Seals bytes to the server's public key (PROTOCOL §12), for the day on which the PIN is forgotten. */
export interface Letter {
  readonly kid: string;
  readonly sealed: Uint8Array;
}
export type SealLetter = (plain: Uint8Array) => Promise<Letter>;

/** Said by a box after its vault was locked. */
export class BoxShut extends Error {
  override readonly name = "BoxShut";
}
/** What was stored under this name is not what was sealed under it: damaged, swapped, of another vault, or of a newer build. */
export class BoxDamaged extends Error {
  override readonly name = "BoxDamaged";
}

/** What was sealed under this name, or undefined where it was damaged. A box that was shut still throws. */
export const openWhole = (box: Box, name: string, sealed: Uint8Array): Promise<Uint8Array | undefined> =>
  box.open(name, sealed).catch((why: unknown) => {
    if (why instanceof BoxDamaged) return undefined;
    throw why;
  });

const format = 1;
const ivLength = 12;
const tagLength = 16;

/**
 * A box over a key: one byte of format, 12 of a fresh random IV, then AES-256-GCM. Format and name are its additional data.
 * A random IV is good for 2^32 seals under one key (NIST SP 800-38D §8.3): a phone that seals one page a second needs a century.
 * After `shut` neither seals nor opens again, and what is under way fails too.
 */
export function createBox(key: CryptoKey, random: (bytes: Uint8Array) => Uint8Array): { readonly box: Box; readonly shut: () => void } {
  let held: CryptoKey | undefined = key;
  const about = (name: string): BufferSource => new TextEncoder().encode(`alongside page ${format}\n${name}`);
  const open = (): CryptoKey => {
    if (held === undefined) throw new BoxShut();
    return held;
  };
  const box: Box = {
    async seal(name, plain) {
      const iv = random(new Uint8Array(ivLength));
      const body = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: iv as BufferSource, additionalData: about(name) }, open(), plain as BufferSource));
      open();
      const sealed = new Uint8Array(1 + ivLength + body.length);
      sealed[0] = format;
      sealed.set(iv, 1);
      sealed.set(body, 1 + ivLength);
      return sealed;
    },
    async open(name, sealed) {
      const mine = open();
      if (sealed[0] !== format || sealed.length < 1 + ivLength + tagLength) throw new BoxDamaged(`format ${sealed[0]}, ${sealed.length} bytes`);
      const iv = sealed.subarray(1, 1 + ivLength) as BufferSource;
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: about(name) }, mine, sealed.subarray(1 + ivLength) as BufferSource)
        .catch(() => { throw new BoxDamaged("does not open under its name"); });
      open();
      return new Uint8Array(plain);
    },
  };
  return { box, shut: () => { held = undefined; } };
}
