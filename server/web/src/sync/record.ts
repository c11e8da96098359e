import type { ClientID, Instant, OpID, RecordID, Scope, TeamID, UserID, Version } from "./ids.ts";

/** What JSON can hold. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };
export type Fields = Readonly<Record<string, Value>>;

/** One edit as it is sent (PROTOCOL §5.1). */
export interface Op {
  readonly n: number;
  readonly id: OpID;
  readonly group?: string;
  /** The device's clock at the edit. */
  readonly at: Instant;
  readonly scope: Scope;
  readonly kind: string;
  readonly record: RecordID;
  /** Frozen at the edit: the version of the record that the person was looking at, 0 if there was none. */
  readonly base: Version;
  readonly set?: Fields;
  readonly add?: Readonly<Record<string, readonly string[]>>;
  readonly remove?: Readonly<Record<string, readonly string[]>>;
  readonly delete?: true;
}

export type Status = "applied" | "conflict" | "held" | "rejected";

/** The server's answer to one op (PROTOCOL §5.5). */
export interface Result {
  readonly n: number;
  readonly id: OpID;
  readonly status: Status;
  readonly version?: Version;
  readonly code?: string;
  readonly detail?: string;
}

/** Whose edit a value is. */
export interface Origin {
  readonly version: Version;
  readonly user: UserID;
  readonly at: Instant;
}

/** A value that stands beside the shown one. */
export interface Beside extends Origin {
  readonly value: Value;
}

/** A record as the server sent it (PROTOCOL §8.5). */
export interface ServerRecord {
  readonly scope: Scope;
  readonly kind: string;
  readonly id: RecordID;
  readonly version: Version;
  readonly user: UserID;
  readonly at: Instant;
  readonly fields: Fields;
  readonly conflicts?: Readonly<Record<string, readonly Beside[]>>;
  readonly shown?: Readonly<Record<string, Origin>>;
  readonly deletes?: readonly Origin[];
}

/** A record as the phone shows it: the server's, with what was written here since laid over it. */
export interface Shown extends ServerRecord {
  /** Fields written here that the server has not answered. */
  readonly unsent: readonly string[];
  /** Fields that the server has, and that are not back yet. */
  readonly sent: readonly string[];
}

/** What a screen asks to be written; the phone adds number, id, time and group. */
export interface Edit {
  readonly scope: Scope;
  readonly kind: string;
  readonly record: RecordID;
  /** The version of the Shown record that the person was looking at; 0 for a new one. */
  readonly base: Version;
  readonly set?: Fields;
  readonly add?: Readonly<Record<string, readonly string[]>>;
  readonly remove?: Readonly<Record<string, readonly string[]>>;
  readonly delete?: true;
}

/** Whose phone it is. */
export interface User {
  readonly id: UserID;
  readonly name: string;
  readonly role: string;
  readonly team: TeamID;
}

export interface Enrolled {
  readonly client: ClientID;
  readonly user: User;
  readonly access: string;
  readonly expires_in: number;
  readonly refresh: string;
}
