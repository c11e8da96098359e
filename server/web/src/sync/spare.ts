import { fromBase64url, toBase64url } from "./base64url.ts";
import type { Letter } from "./box.ts";
import type { OpID } from "./ids.ts";
import { turns } from "./turns.ts";

/*
 * A second place for letters, apart from the database: Chromium deletes a database that it cannot read, says nothing, and gives an
 * empty one (internal/decisions/0018). Here it stands that this phone had a vault, and each letter of the outbox, so that the app can say
 * what happened and a new enrolment hands in what was written.
 *
 * Two files of lines. A line is whole when its end is there:
 *
 *   {"alongside":1,"turn":7}                    a vault was made here; the file with the higher turn was written later
 *   {"id":"…","kid":"…","sealed":"…"}           a letter; a later one of the same op counts
 *   {"gone":["…"]}                              the server has these
 *
 * Lines are added to one of them. When half of it is of letters that are gone, what is left is written to the other, and only then
 * is the first one emptied: at any moment both together hold all.
 */

/** A file that is added to. A promise is done when the disk has it; where it rejects, the file is as before. */
export interface SpareFile {
  text(): Promise<string>;
  add(text: string): Promise<void>;
  empty(): Promise<void>;
  close(): Promise<void>;
}
/** Opens both files; undefined where the browser has none. Rejects where another worker holds them, with `wait` not before a moment has passed. */
export type OpenSpare = (wait: boolean) => Promise<readonly [SpareFile, SpareFile] | undefined>;

export interface Sealed {
  readonly id: OpID;
  readonly letter: Letter;
}

/** It is the second place: what it cannot keep stands in the database all the same, so `keep`, `drop` and `begin` never reject. */
export interface Spare {
  /** Letters by op; undefined: no vault was made on this phone, or all was erased. */
  held(): ReadonlyMap<OpID, Letter> | undefined;
  /** A vault was made. */
  begin(): Promise<void>;
  keep(letters: readonly Sealed[]): Promise<void>;
  drop(ids: readonly OpID[]): Promise<void>;
  /** Rejects where something may be left. */
  erase(): Promise<void>;
  end(): Promise<void>;
}

type Files = readonly [SpareFile, SpareFile];

const format = 1;
/** Characters below which a file is not written anew. */
const small = 64 << 10;

export async function openSpare(open: OpenSpare): Promise<Spare> {
  let files: Files | undefined;
  let at: 0 | 1 = 0, size = 0, turn = 0, torn = false; // torn: the last line has no end
  const lines = new Map<OpID, string>(); // letters as they stand in the file
  const once = turns();

  /** What another worker held is asked for again each time. What was missed till then is made good when the phone is next opened. */
  async function ready(wait = false): Promise<Files | undefined> {
    if (files === undefined) {
      files = await open(wait);
      if (files) await load(files);
    }
    return files;
  }

  async function load(of: Files): Promise<void> {
    const texts = (await Promise.all(of.map((f) => f.text()))).map((text, i) => ({ i: i as 0 | 1, text, turn: turnOf(text) }));
    const [older, newer] = texts.sort((a, b) => a.turn - b.turn) as [typeof texts[0], typeof texts[0]];
    lines.clear();
    for (const { text } of [older, newer]) take(text, lines);
    [at, size, turn] = [newer.i, newer.text.length, newer.turn];
    torn = !/(^|\n)$/.test(newer.text);
    if (older.text !== "" || torn) await rewrite(of).catch(() => undefined); // where there is no room, both go on as they are
  }

  async function rewrite(of: Files): Promise<void> {
    const from = at, to = at === 0 ? 1 : 0, text = headOf(turn + 1) + [...lines.values()].join("");
    await of[to].empty();
    await of[to].add(text);
    [at, size, turn, torn] = [to, text.length, turn + 1, false];
    await of[from].empty();
  }

  async function add(of: Files, text: string): Promise<void> {
    await of[at].add(torn ? `\n${text}` : text);
    [size, torn] = [size + text.length, false];
  }

  const quietly = (fn: (of: Files) => Promise<void>): Promise<void> => once(async () => {
    const of = await ready();
    if (of) await fn(of);
  }).catch(() => undefined);

  await once(() => ready(true)).catch(() => undefined);
  return {
    held: () => (turn > 0 || lines.size > 0 ? new Map([...lines].flatMap(([id, line]) => lettersOf(line).map((letter) => [id, letter]))) : undefined),
    begin: () => quietly(async (of) => {
      if (turn > 0) return;
      await add(of, headOf(1));
      turn = 1;
    }),
    keep: (fresh) => quietly(async (of) => {
      if (fresh.length === 0) return;
      const more = fresh.map(({ id, letter }) => [id, `${JSON.stringify({ id, kid: letter.kid, sealed: toBase64url(letter.sealed) })}\n`] as const);
      await add(of, more.map(([, line]) => line).join(""));
      for (const [id, line] of more) lines.set(id, line);
    }),
    drop: (ids) => quietly(async (of) => {
      const known = ids.filter((id) => lines.has(id));
      if (known.length === 0) return;
      await add(of, `${JSON.stringify({ gone: known })}\n`);
      for (const id of known) lines.delete(id);
      const left = [...lines.values()].reduce((sum, line) => sum + line.length, 0);
      if (size > small && left * 2 < size) await rewrite(of);
    }),
    erase: () => once(async () => {
      for (const file of await ready() ?? []) await file.empty();
      lines.clear();
      [size, turn, torn] = [0, 0, false];
    }),
    end: () => once(async () => {
      const was = files;
      files = undefined;
      for (const file of was ?? []) await file.close();
    }).catch(() => undefined),
  };
}

const headOf = (turn: number): string => `${JSON.stringify({ alongside: format, turn })}\n`;
const turnOf = (text: string): number => {
  const { turn } = said(text.slice(0, text.indexOf("\n") + 1));
  return typeof turn === "number" ? turn : 0;
};

/** Takes what the whole lines say. One that says nothing that is known is passed over: a newer build wrote it, or a disk lost it. */
function take(text: string, into: Map<OpID, string>): void {
  for (const line of text.split("\n").slice(0, -1)) {
    const { id, gone } = said(line);
    if (typeof id === "string") into.set(id as OpID, `${line}\n`);
    if (Array.isArray(gone)) for (const id of gone) into.delete(id as OpID);
  }
}

function lettersOf(line: string): readonly Letter[] {
  const { kid, sealed } = said(line);
  try {
    return typeof kid === "string" && typeof sealed === "string" ? [{ kid, sealed: fromBase64url(sealed) }] : [];
  } catch {
    return [];
  }
}

function said(line: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(line)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
