import { createBox, type Box } from "./box.ts";
import { instant, type Instant } from "./ids.ts";
import { isWeaker, newKdf, pinKey, strength } from "./kdf.ts";
import { counted, leave, noTries, pinFault, rested, type PinFault } from "./pin.ts";

/*
 * The data key is random. It is wrapped under a key that needs both halves, the PIN and this browser's own device key:
 *
 *   pin half  = Argon2id(PIN, salt; the row's cost), 32 bytes
 *   both      = HMAC-SHA-256(device key, "alongside vault 1 both" 0x00 pin half)
 *   wrapping  = HKDF-SHA-256(both; salt: the row's salt; info: "alongside vault 1 wrap" 0x00 vault id), AES-256-GCM
 *   wrapped   = AES-GCM(wrapping, fresh random IV, data key; additional data: "alongside vault 1 data key" 0x00 vault id)
 *
 * The device key is an HMAC key made by WebCrypto itself as non-extractable: no script ever sees its bytes, not even when it is
 * made. What that is worth, and against whom, is in internal/decisions/0011.
 */

/** How a PIN becomes a key: Argon2id, version 0x13 (RFC 9106). Kept with each vault, so that it can grow. */
export interface Kdf {
  readonly name: "argon2id";
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
  readonly salt: Uint8Array;
}

/** Wrong PINs so far, and what is left of the wait that the last one cost. `seen` is this phone's clock when that was written. */
export interface Tries {
  readonly wrong: number;
  readonly left: number;
  readonly seen: number;
}

/**
 * All that the vault keeps on the disk: one value under one key, holding nothing of anybody. It is kept as it is, by
 * structured clone, since `device` is a CryptoKey that cannot be taken out.
 */
export interface VaultRow {
  /** Over 1: written by a newer build. Leave it as it is. */
  readonly format: number;
  /** Which vault this is: random, so that a key of an earlier one is known for what it is. */
  readonly id: string;
  readonly device: CryptoKey;
  readonly kdf: Kdf;
  /** The data key, encrypted with what PIN and device key make together. */
  readonly iv: Uint8Array;
  readonly wrapped: Uint8Array;
  readonly tries: Tries;
  /** The opening that is not locked yet: a key that another tab hands on counts only with this. */
  readonly session?: string;
}

/** Where the row is kept. One transaction a call, strict durability, done when it is complete on the disk. */
export interface VaultRows {
  read(): Promise<VaultRow | undefined>;
  /** Puts what `change` makes of the row, in the transaction that read it; undefined takes it away. What `change` throws aborts. */
  update(change: (row: VaultRow | undefined) => VaultRow | undefined): Promise<void>;
}

/** An open vault: what seals and opens pages, and what another tab of this browser needs to go on without a PIN. */
export interface Opened {
  readonly box: Box;
  readonly handed: Handed;
}
/** Passed from tab to tab in memory (BroadcastChannel), never stored. The key cannot be taken out of it. */
export interface Handed {
  readonly key: CryptoKey;
  readonly vault: string;
  readonly session: string;
}

export type VaultLook = { readonly kind: "none" } | { readonly kind: "newer" } | { readonly kind: "locked"; readonly until?: Instant }
  | { readonly kind: "coordinator" } | { readonly kind: "open" };
export type Tried<T> = ({ readonly kind: "open" } & T) | { readonly kind: "wrong"; readonly until?: Instant }
  | { readonly kind: "too_soon"; readonly until: Instant } | { readonly kind: "coordinator" }
  /** The try could not be written down, so it was not made. */
  | { readonly kind: "storage_full" };

export interface Vault {
  look(): Promise<VaultLook>;
  /** Makes a vault in place of any that is there, and opens it. `keep` writes the row where that has to be one transaction with more, which the box seals. */
  make(pin: string, keep?: (row: VaultRow, box: Box) => Promise<void>): Promise<({ readonly kind: "made" } & Opened) | { readonly kind: "refused"; readonly why: PinFault }>;
  /** A try is on the disk before it is made: ending the app in the middle of it gives none for free. */
  unlock(pin: string): Promise<Tried<Opened>>;
  /** Opens with what another tab handed on; undefined if that vault was locked, or made anew, since. */
  adopt(handed: Handed): Promise<Opened | undefined>;
  /** Wrong ones count as in unlock. The pages stay as they are: only what wraps their key is made anew, in one transaction. */
  change(old: string, next: string): Promise<Tried<unknown> | { readonly kind: "refused"; readonly why: PinFault }>;
  /** Every box that was given out is dead when this returns; the promise is done when the disk knows. */
  lock(): Promise<void>;
  /** Takes the row away: what was sealed can never be opened again, by anybody. */
  destroy(): Promise<void>;
  /** The opening that stands. */
  opened(): Opened | undefined;
}

export interface VaultEffects {
  readonly rows: VaultRows;
  readonly now: () => number;
  readonly random: (bytes: Uint8Array) => Uint8Array;
  /** What a new PIN, or one that was just given, shall cost to try; absent: `strength`. */
  readonly cost?: Pick<Kdf, "memoryKiB" | "passes" | "lanes">;
}

const format = 1;
const bytesOf = (...parts: readonly (string | Uint8Array)[]): BufferSource => {
  const all = parts.map((p) => (typeof p === "string" ? new TextEncoder().encode(p) : p));
  const whole = new Uint8Array(all.reduce((sum, p) => sum + p.length, 0));
  all.reduce((at, p) => (whole.set(p, at), at + p.length), 0);
  return whole;
};

/** The wrapping key out of both halves; see above. */
async function wrapping(device: CryptoKey, pin: string, kdf: Kdf, vault: string): Promise<CryptoKey> {
  const half = await pinKey(pin, kdf);
  const both = await crypto.subtle.sign("HMAC", device, bytesOf("alongside vault 1 both\0", half));
  half.fill(0);
  const base = await crypto.subtle.importKey("raw", both, "HKDF", false, ["deriveKey"]);
  new Uint8Array(both).fill(0);
  return crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt: kdf.salt as BufferSource, info: bytesOf("alongside vault 1 wrap\0", vault) },
    base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

const sealing = (iv: Uint8Array, vault: string): AesGcmParams => ({ name: "AES-GCM", iv: iv as BufferSource, additionalData: bytesOf("alongside vault 1 data key\0", vault) });

const isFull = (why: unknown): boolean => why instanceof DOMException && why.name === "QuotaExceededError";

/** The one vault of this browser. Calls wait for one another; none is made twice. */
export function createVault({ rows, now, random, cost = strength }: VaultEffects): Vault {
  let open: (Opened & { readonly shut: () => void }) | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** One call at a time: two tries at once would be one that nobody counted. */
  const inTurn = <T>(call: () => Promise<T>): Promise<T> => {
    const mine = last.then(call, call);
    last = mine.catch(() => undefined);
    return mine;
  };
  const name = (): string => Array.from(random(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  /** The data key's bytes as a key that no script can take out; the bytes are gone after it. */
  async function hold(bytes: Uint8Array, vault: string, session: string): Promise<Opened> {
    const key = await crypto.subtle.importKey("raw", bytes as BufferSource, "AES-GCM", false, ["encrypt", "decrypt"]);
    bytes.fill(0);
    return stand({ key, vault, session });
  }
  function stand(handed: Handed): Opened {
    end();
    const { box, shut } = createBox(handed.key, random);
    open = { box, handed, shut };
    return { box, handed };
  }

  function end(): void {
    open?.shut();
    open = undefined;
  }

  async function wrap(bytes: Uint8Array, device: CryptoKey, pin: string, vault: string): Promise<Pick<VaultRow, "kdf" | "iv" | "wrapped">> {
    const kdf = newKdf(random, cost);
    const iv = random(new Uint8Array(12));
    const wrapped = new Uint8Array(await crypto.subtle.encrypt(sealing(iv, vault), await wrapping(device, pin, kdf, vault), bytes as BufferSource));
    return { kdf, iv, wrapped };
  }

  /** Changes the row of the vault that was looked at, and of no other that may have come in its place. */
  const changeRow = (id: string, change: (row: VaultRow) => VaultRow): Promise<void> => rows.update((row) => {
    if (row?.id !== id || row.format !== format) throw new Error("the vault is not the one that was looked at");
    return change(row);
  });

  /** Writes the try down, then makes it. Undefined bytes: the PIN is wrong. */
  async function attempt(pin: string): Promise<Exclude<Tried<unknown>, { kind: "open" }> | { readonly kind: "right"; readonly row: VaultRow; readonly bytes: Uint8Array }> {
    const id = (await rows.read())?.id;
    if (id === undefined) throw new Error("there is no vault to open");
    let row: VaultRow | undefined;
    let refused: Exclude<Tried<unknown>, { kind: "open" }> | undefined;
    try {
      await changeRow(id, (before) => {
        const at = now();
        const may = leave(before.tries, at);
        refused = may.kind === "try" ? undefined : may.kind === "too_soon" ? { kind: "too_soon", until: instant(may.until) } : may;
        row = { ...before, tries: may.kind === "try" ? counted(before.tries, at) : rested(before.tries, at) };
        return row;
      });
    } catch (why) {
      if (isFull(why)) return { kind: "storage_full" };
      throw why;
    }
    if (refused !== undefined) return refused;
    const tried = row!;
    const key = await wrapping(tried.device, pin, tried.kdf, id);
    const bytes = await crypto.subtle.decrypt(sealing(tried.iv, id), key, tried.wrapped as BufferSource).then((b) => new Uint8Array(b), () => undefined);
    if (bytes !== undefined) return { kind: "right", row: tried, bytes };
    const then = leave(tried.tries, tried.tries.seen);
    switch (then.kind) {
      case "try": return { kind: "wrong" };
      case "too_soon": return { kind: "wrong", until: instant(then.until) };
      case "coordinator": return { kind: "coordinator" };
    }
  }

  return {
    look: () => inTurn(async () => {
      const row = await rows.read();
      if (row === undefined) return { kind: "none" };
      if (row.format !== format) return { kind: "newer" };
      if (open?.handed.vault === row.id) return { kind: "open" };
      const at = now();
      // A clock that was set back is taken as it is from here on, so that a wait still ends.
      if (at < row.tries.seen) await changeRow(row.id, (r) => ({ ...r, tries: rested(r.tries, at) })).catch((why) => { if (!isFull(why)) throw why; });
      const may = leave(row.tries, at);
      switch (may.kind) {
        case "try": return { kind: "locked" };
        case "too_soon": return { kind: "locked", until: instant(may.until) };
        case "coordinator": return { kind: "coordinator" };
      }
    }),

    make: (pin, keep = (row) => rows.update(() => row)) => inTurn(async () => {
      const why = pinFault(pin);
      if (why !== undefined) return { kind: "refused", why };
      const id = name();
      const session = name();
      const device = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256", length: 256 }, false, ["sign"]);
      const bytes = random(new Uint8Array(32));
      const row: VaultRow = { format, id, device, ...(await wrap(bytes, device, pin, id)), tries: noTries(now()), session };
      const made = await hold(bytes, id, session);
      try {
        await keep(row, made.box);
      } catch (why) {
        end();
        throw why;
      }
      return { kind: "made", ...made };
    }),

    unlock: (pin) => inTurn(async () => {
      const tried = await attempt(pin);
      if (tried.kind !== "right") return tried;
      const { row, bytes } = tried;
      const session = name();
      const again = isWeaker(row.kdf, cost) ? await wrap(bytes, row.device, pin, row.id) : {};
      // Right, but a full phone cannot write that down: it opens all the same, and the try stays counted.
      await changeRow(row.id, (r) => ({ ...r, ...again, tries: noTries(now()), session })).catch((why) => { if (!isFull(why)) throw why; });
      return { kind: "open", ...(await hold(bytes, row.id, session)) };
    }),

    adopt: (handed) => inTurn(async () => {
      const row = await rows.read();
      return row?.format === format && row.id === handed.vault && row.session === handed.session ? stand(handed) : undefined;
    }),

    change: (old, next) => inTurn(async () => {
      const why = pinFault(next);
      if (why !== undefined) return { kind: "refused", why };
      const tried = await attempt(old);
      if (tried.kind !== "right") return tried;
      const { row, bytes } = tried;
      const anew = await wrap(bytes, row.device, next, row.id);
      bytes.fill(0);
      try {
        await changeRow(row.id, (r) => ({ ...r, ...anew, tries: noTries(now()) }));
      } catch (full) {
        if (isFull(full)) return { kind: "storage_full" };
        throw full;
      }
      return { kind: "open" };
    }),

    lock() {
      end();
      return inTurn(async () => {
        end(); // what an unlock that was under way opened
        await rows.update((row) => {
          if (row?.format !== format) return row;
          const { session: _, ...locked } = row;
          return locked;
        }).catch((why) => { if (!isFull(why)) throw why; });
      });
    },

    destroy() {
      end();
      return inTurn(() => (end(), rows.update(() => undefined)));
    },

    opened: () => open,
  };
}
