import type { Kdf } from "./vault.ts";

// What key is made of a PIN. It is apart from the PIN's rules, which screens ask too, so that no screen carries Argon2.

/**
 * What a PIN costs to try, as of this build: 32 MiB, three times over. On a 2.4 GHz server core a try takes 0.17 s of processor time
 * (the least of fifteen, in Node, whose engine is Chromium's), so about 1 s on a phone that is six times slower; and every phone that
 * runs a browser at all has 32 MiB to lend. A program written for guessing does one in 0.07 s: internal/decisions/0011. RFC 9106 §4
 * asks for 64 MiB where there are four lanes, which a browser has not.
 */
export const strength = { memoryKiB: 32 * 1024, passes: 3, lanes: 1 } as const;

export const newKdf = (random: (bytes: Uint8Array) => Uint8Array, cost: Pick<Kdf, "memoryKiB" | "passes" | "lanes"> = strength): Kdf => ({ name: "argon2id", ...cost, salt: random(new Uint8Array(16)) });

/** Whether a vault's PIN costs less to try than a new one's would. */
export const isWeaker = (kdf: Kdf, cost: Pick<Kdf, "memoryKiB" | "passes"> = strength): boolean => kdf.memoryKiB * kdf.passes < cost.memoryKiB * cost.passes;

/** Argon2 is fetched while the first PIN is being typed, so that nothing waits for it before there is something to see. */
let fetched: Promise<typeof import("./argon.ts")> | undefined;
export async function readyPins(): Promise<typeof import("./argon.ts")> {
  fetched ??= import("./argon.ts");
  return fetched.catch((why) => {
    fetched = undefined; // the network may be back at the next try
    throw why;
  });
}

/** The 32 bytes that the PIN is worth. It keeps the thread busy for as long as it takes: a worker's, never the screen's. */
export async function pinKey(pin: string, kdf: Kdf): Promise<Uint8Array> {
  const { argon2id } = await readyPins();
  return argon2id({ password: pin, salt: kdf.salt, memorySize: kdf.memoryKiB, iterations: kdf.passes, parallelism: kdf.lanes, hashLength: 32, outputType: "binary" });
}
