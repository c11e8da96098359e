import type { Folder } from "./folder.ts";
import { isWarm, seenIn } from "./folder.ts";
import { instant, isPerson, personOf, type RecordID, type Scope } from "./ids.ts";
import type { Written } from "./keep.ts";
import type { Memory } from "./load.ts";
import { byRecord, overlay } from "./overlay.ts";
import type { Caseload, Head } from "./phone.ts";
import type { Shown, User } from "./record.ts";
import type { Cold } from "./cold.ts";

type Laid = ReadonlyMap<RecordID, readonly Written[]>;
const noLaid: Laid = new Map();

/** What is worked out of a scope, until something in it changes. */
interface Sight {
  readonly kinds: ReadonlyMap<string, readonly Shown[]>;
  readonly head: Head | undefined;
}

/** The caseload as it is shown: what the store has, with what was written here laid over it. */
export interface Sights extends Caseload {
  /** Views of these are to be worked out anew; of none named, all. */
  stale(scopes: readonly Scope[]): void;
  /** Whether the phone shows the scope, or has something written about it. */
  knows(scope: Scope): boolean;
}

export function createCaseload(m: Memory, cold: Cold, me: User): Sights {
  let laid: ReadonlyMap<Scope, Laid> | undefined, held: ReadonlyMap<Scope, number> | undefined;
  let people: readonly Head[] | undefined;
  const sights = new Map<Scope, Sight>(), hot = new Map<string, readonly Shown[]>();

  const own = (): ReadonlyMap<Scope, Laid> => laid ??= byRecord([...m.outbox.values()].sort((a, b) => a.op.n - b.op.n));
  const ownOf = (scope: Scope): Laid => own().get(scope) ?? noLaid;
  const folderOf = (scope: Scope): Folder | undefined => m.folders.get(scope) ?? m.preview.get(scope);
  const scopes = (): Set<Scope> => new Set([...m.folders.keys(), ...m.preview.keys(), ...own().keys()]);

  /** Entries about each scope that are listed. */
  function heldOf(scope: Scope): number {
    if (held === undefined) {
      const counts = new Map<Scope, number>();
      for (const w of m.listed.values()) counts.set(w.op.scope, (counts.get(w.op.scope) ?? 0) + 1);
      held = counts;
    }
    return held.get(scope) ?? 0;
  }

  function sight(scope: Scope): Sight {
    let known = sights.get(scope);
    if (known === undefined) sights.set(scope, known = look(scope));
    return known;
  }

  function look(scope: Scope): Sight {
    const folder = folderOf(scope), over = ownOf(scope), kinds = new Map<string, Shown[]>();
    for (const r of shownOf(folder?.atHand.values() ?? [], over, folder)) {
      const of = kinds.get(r.kind);
      if (of) of.push(r);
      else kinds.set(r.kind, [r]);
    }
    return { kinds, head: isPerson(scope) ? headOf(scope, folder, kinds) : undefined };
  }

  /** Records with what is laid over them, and those that are only laid: of a folder, new ones alone, since the rest may be cold. */
  function* shownOf(records: Iterable<Shown>, over: Laid, folder: Folder | undefined): Iterable<Shown> {
    const seen = new Set<RecordID>();
    for (const r of records) {
      const mine = over.get(r.id);
      if (mine === undefined) {
        yield r;
        continue;
      }
      seen.add(r.id);
      const shown = overlay(r, mine, me.id);
      if (shown) yield shown;
    }
    for (const [id, mine] of over) {
      if (seen.has(id) || folder?.index.has(id)) continue;
      const shown = overlay(undefined, mine, me.id);
      if (shown) yield shown;
    }
  }

  function headOf(scope: Scope, folder: Folder | undefined, kinds: ReadonlyMap<string, readonly Shown[]>): Head | undefined {
    const person = kinds.get("person")?.find((r) => r.id === personOf(scope));
    if (person === undefined) return undefined;
    let seen = -Infinity, conflicts = 0;
    for (const records of kinds.values()) {
      for (const r of records) {
        if (r.conflicts !== undefined || r.deletes !== undefined) conflicts++;
        seen = Math.max(seen, seenIn(r) ?? -Infinity);
      }
    }
    for (const p of folder?.pages ?? []) if (!isWarm(p)) seen = Math.max(seen, p.seen ?? -Infinity);
    const kept = heldOf(scope);
    return { scope, person, conflicts, ...(seen > -Infinity && { lastSeen: instant(seen) }), ...(kept > 0 && { held: kept }) };
  }

  function hotOf(kind: string): readonly Shown[] {
    let known = hot.get(kind);
    if (known === undefined) hot.set(kind, known = [...scopes()].flatMap((scope) => sight(scope).kinds.get(kind) ?? []));
    return known;
  }

  return {
    me,
    people: () => people ??= [...scopes()].flatMap((scope) => sight(scope).head ?? []),
    hot: hotOf,
    async all(scope) {
      for (;;) {
        const folder = folderOf(scope);
        const records: Shown[] = folder ? [...folder.atHand.values()] : [];
        for (const page of folder?.pages ?? []) {
          if (isWarm(page)) continue;
          for (const r of (await cold.page(folder!, page)) ?? []) if (!folder!.atHand.has(r.id)) records.push(r);
        }
        if (folderOf(scope) === folder) return [...shownOf(records, ownOf(scope), folder)];
      }
    },
    async record(id) {
      for (;;) {
        const found = [...m.folders.values(), ...m.preview.values()].find((f) => f.index.has(id));
        if (found === undefined) break;
        let record = found.atHand.get(id);
        const page = found.pages.find((p) => p.id === found.index.get(id)?.page);
        if (!record && page) record = (await cold.page(found, page))?.find((r) => r.id === id);
        if (folderOf(found.scope) !== found) continue;
        const mine = ownOf(found.scope).get(id);
        return record && (mine ? overlay(record, mine, me.id) : record);
      }
      for (const over of own().values()) {
        const mine = over.get(id);
        if (mine) return overlay(undefined, mine, me.id);
      }
      return undefined;
    },
    nameOf(user) {
      // A member of a team stands under their user's id.
      const name = hotOf("member").find((r) => (r.id as string) === user)?.fields["name"];
      return typeof name === "string" ? name : undefined;
    },
    stale(of) {
      laid = held = people = undefined;
      hot.clear();
      if (of.length === 0) sights.clear();
      for (const scope of of) sights.delete(scope);
    },
    knows: (scope) => folderOf(scope) !== undefined || own().has(scope),
  };
}
