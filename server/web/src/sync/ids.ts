/** Branded identifiers, so that one is never taken for another. All are UUIDs as text, but for scopes (PROTOCOL §3). */
declare const brand: unique symbol;
export type Branded<T, B extends string> = T & { readonly [brand]: B };

export type RecordID = Branded<string, "RecordID">;
export type OpID = Branded<string, "OpID">;
export type ClientID = Branded<string, "ClientID">;
export type UserID = Branded<string, "UserID">; // also person/ID and system/NAME for writers inside the server
export type TeamID = Branded<string, "TeamID">;
/** person/ID, team/ID, user/ID, coordination/ID or directory. */
export type Scope = Branded<string, "Scope">;
/** A place in the server's log; 0 is before everything. Below 2^53. */
export type Version = Branded<number, "Version">;
/** RFC 3339 in UTC. */
export type Instant = Branded<string, "Instant">;

export const never: Version = 0 as Version;

export const personScope = (id: RecordID): Scope => `person/${id}` as Scope;
export const isPerson = (scope: Scope): boolean => scope.startsWith("person/");
export const personOf = (scope: Scope): RecordID => scope.slice("person/".length) as RecordID;
export const userScope = (id: UserID): Scope => `user/${id}` as Scope;

export const instant = (ms: number): Instant => new Date(ms).toISOString() as Instant;
/** Milliseconds since 1970; NaN for what is no time. */
export const msOf = (at: string): number => Date.parse(at);

/** A UUID of version 7 (RFC 9562 §5.7) from a clock and 16 random bytes. Nothing is ever sorted by it, or dated but for a reader who has nothing else. */
export function uuid(now: number, random: (bytes: Uint8Array) => Uint8Array): string {
  const b = random(new Uint8Array(16));
  for (let i = 0; i < 6; i++) b[i] = Math.floor(now / 2 ** (8 * (5 - i))) & 0xff;
  b[6] = (b[6]! & 0x0f) | 0x70;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const h = Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

/** When an id of version 7 was made, by the clock of who made it; undefined for any other id, and for a clock that was far off. */
export function mintedAt(id: string): number | undefined {
  const ms = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/i.test(id) ? parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : NaN;
  return ms > Date.UTC(2020) && ms < Date.UTC(2100) ? ms : undefined;
}
