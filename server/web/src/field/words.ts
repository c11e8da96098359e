import { door, type Door } from "./words/door.ts";
import { pick, type Widen } from "./words/language.ts";
import { reminders } from "./words/reminders.ts";
import { record } from "./words/record.ts";
import { shell } from "./words/shell.ts";
import { words as work } from "./words/work.ts";

/**
 * THE catalogue: every word that a person reads or hears stands in it. Its files are there so that what is needed first comes first: `door`
 * (joining, locking, and how it ends), then `shell` (the frame, the line, settings), `work` (the day and the people), `reminders` (what comes of them) and `record` (what
 * kinds, fields and values are called); what a lock screen may say is in `notification`. A sentence with a number or a name in it is a function, so that a language may put them
 * where it likes. A second language is another object of the same type beside each `en`.
 */
const en = { ...shell, ...record, ...work, ...reminders };
export type Words = Widen<typeof en> & Door;

export const w: Words = { ...pick<Widen<typeof en>>({ en }), ...door };
