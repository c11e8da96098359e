import type { Edit, Result, Shown, User, Op } from "./record.ts";
import type { Instant, OpID, RecordID, Scope, UserID } from "./ids.ts";
import type { GuardSettings } from "./guard.ts";
import type { PinFault } from "./pin.ts";

/** What the screens may know of the phone at any moment. It holds nothing of anybody while it is locked. */
export type PhoneState =
  | { readonly kind: "starting" }
  /**
   * Nothing is on this phone yet; `left` says why, if something was: it was erased, or the browser lost it. `unsent` is how many sealed entries
   * of before wait for a new enrolment; after a loss the server may have some of them.
   */
  | { readonly kind: "new"; readonly left?: WhyNew; readonly unsent?: number }
  /** Wrong PINs slow down: none is taken before `until` (by this phone's clock); `coordinator` when only a new enrolment opens it. */
  | { readonly kind: "locked"; readonly until?: Instant; readonly coordinator: boolean; readonly unsent: number }
  | { readonly kind: "open"; readonly user: User; readonly reach: Reach; readonly needsYou: number;
      /** Whether the browser promised to keep what is stored. */
      readonly kept: boolean | undefined;
      /** When it locks by itself. */
      readonly locks: GuardSettings;
      /** A new version of the app waits; `must` when the server says that this one must not go on. */
      readonly update: "none" | "waits" | "must" }
  /** What is stored cannot be read: by this build, or at all. Nothing was changed. */
  | { readonly kind: "broken"; readonly why: "newer" | "storage" | "no_crypto" }
  /** The PIN was right, and something of what it opens is damaged. `unsent` is how many sealed entries a new enrolment brings to the office. */
  | { readonly kind: "broken"; readonly why: "damaged"; readonly unsent: number };

/** Why a phone that was somebody's is nobody's. */
export type WhyNew = "signed_out" | "revoked" | "lost";

/** How far what was written here has come, for the line that is always in view. Times are the server's. */
export interface Reach {
  /** Entries that the server has not answered. */
  readonly unsent: number;
  /** When the server last held everything written here; absent: never. */
  readonly everything?: Instant;
  /** When phone and server last agreed; absent: never. */
  readonly synced?: Instant;
  /** What the phone does about it. It never says `trying` for longer than one attempt lasts. */
  readonly doing: Doing;
}
export type Doing =
  | { readonly kind: "resting" }
  | { readonly kind: "trying" }
  | { readonly kind: "waiting"; readonly why: "offline" | "unreachable" | "busy" | "server_full"; readonly again: Instant }
  /** Goes no further without the person: sign in anew, update, or tell the office that views differ. */
  | { readonly kind: "stuck"; readonly why: "signed_out" | "outdated" | "differs" | "storage_full" };

/** An entry of the outbox, for the list behind the line. */
export interface Entry {
  readonly op: Op;
  /** Absent: the server has not answered. */
  readonly result?: Result;
  /** Name of the person it is about, as this phone knows it; absent where it no longer does. */
  readonly about?: string;
}
/** A coordinator's decision, with the entry that it is about where the phone still has that, and else when it was written as far as its id tells. */
export interface Notice {
  readonly record: Shown;
  readonly entry?: Entry;
  readonly written?: Instant;
}
export interface Office {
  readonly waiting: readonly Entry[];
  /** Held or rejected, until read and cleared here. */
  readonly needsYou: readonly Entry[];
  /** How many entries of an earlier vault were handed in sealed, and wait for a coordinator. */
  readonly sealed: number;
  /** What a coordinator decided about earlier ones. */
  readonly notices: readonly Notice[];
  /** People that left this phone since the last look, by name, newest first: "moved on" after their work was sent. */
  readonly gone: readonly { readonly name: string; readonly at: Instant }[];
}

export type Joined = { readonly kind: "joined" } | { readonly kind: "bad_code" } | { readonly kind: "slow_down"; readonly seconds: number }
  | { readonly kind: "unreachable" } | { readonly kind: "pin_refused"; readonly why: PinFault } | { readonly kind: "storage_full" }
  /** The account is closed; or the phone is open and holds another user's work: sign out first. */
  | { readonly kind: "closed" } | { readonly kind: "other_user" };
export type Unlocked = { readonly kind: "open" } | { readonly kind: "wrong"; readonly until?: Instant } | { readonly kind: "too_soon"; readonly until: Instant }
  | { readonly kind: "coordinator" }
  /** The phone is so full that the try could not be counted, so it was not made. */
  | { readonly kind: "storage_full" };
/** `saved` is said after the transaction is complete on the disk, and not before. */
export type Saved = { readonly kind: "saved"; readonly ops: readonly OpID[] } | { readonly kind: "storage_full" } | { readonly kind: "locked" }
  | { readonly kind: "not_yours" };
/** `barred`: the server does not use the push service of this browser. */
export type Woken = { readonly kind: "told" } | { readonly kind: "unreachable" } | { readonly kind: "barred" };
export type Left = { readonly kind: "left" } | { readonly kind: "unsent"; readonly count: number };

/** A form under way, kept sealed at each pause of the keys. */
export interface Draft {
  readonly key: string;
  readonly body: unknown;
  readonly at: Instant;
}

/** All records of one person, as shown, and who may be meant by a user id. */
export interface Caseload {
  /** Everybody on this phone. What of a person is hot (about the person, and 30 days back to 60 ahead) is at hand. */
  people(): readonly Head[];
  /** Hot records of all people of one kind. */
  hot(kind: string): readonly Shown[];
  /** All that the phone has of one person, the cold included. */
  all(scope: Scope): Promise<readonly Shown[]>;
  record(id: RecordID): Promise<Shown | undefined>;
  /** A colleague's name; undefined where the team's list does not hold it. */
  nameOf(user: UserID): string | undefined;
  readonly me: User;
}

/** A person, with what is worked out from all their records whether hot or not. */
export interface Head {
  readonly scope: Scope;
  readonly person: Shown;
  /** The latest moment at which somebody of us was with them or spoke to them: a support, or an attended appointment. */
  readonly lastSeen?: Instant;
  /** Records with two versions to settle. */
  readonly conflicts: number;
  /** Entries about them that the server holds or has refused, until read and cleared here. */
  readonly held?: number;
}

/** Everything a screen may ask. Each call is a message to the worker that owns storage and sync. */
export interface Phone {
  join(code: string, pin: string): Promise<Joined>;
  unlock(pin: string): Promise<Unlocked>;
  lock(): Promise<void>;
  /** When it locks by itself from now on. What is not offered in `lockChoices` is not taken. */
  lockAfter(settings: GuardSettings): Promise<void>;
  changePin(old: string, next: string): Promise<Unlocked | { readonly kind: "pin_refused"; readonly why: PinFault }>;
  /** `ask` tries to send first and refuses where something is unsent; `erase` is said by a person who was told the count. */
  signOut(how: "ask" | "erase"): Promise<Left>;
  /** Several edits take effect together (one group). The asker chooses the ops' ids: the same asked again, after a tab went, saves once. */
  write(edits: readonly Edit[], ids?: readonly OpID[]): Promise<Saved>;
  /** At once; `push`: the server woke the phone. */
  syncNow(why?: "asked" | "push"): Promise<void>;
  office(): Promise<Office>;
  /** Takes read entries off the list; what they hold stays with the server. */
  clear(ops: readonly OpID[]): Promise<void>;
  keepDraft(key: string, body: unknown): Promise<void>;
  draft(key: string): Promise<Draft | undefined>;
  drafts(): Promise<readonly Draft[]>;
  dropDraft(key: string): Promise<void>;
  /** The key to which a browser subscribes to be woken; undefined: the server could not be asked. */
  pushKey(): Promise<string | undefined>;
  /** How the server wakes this phone: the browser's subscription as JSON, or undefined for not at all. */
  wakeBy(subscription: string | undefined): Promise<Woken>;
  /** The person takes the new version now. */
  update(): Promise<void>;
  /** The screen was hidden, shown, or touched: for locking by itself. */
  presence(what: "hidden" | "shown" | "touched"): void;
}

/** What the worker says unasked. `changed` names scopes whose views are old; an empty list means any. */
export type News = { readonly kind: "state"; readonly state: PhoneState } | { readonly kind: "changed"; readonly scopes: readonly Scope[] };
