declare const __DESK__: boolean | undefined;

/** The desk has these words too, and is no phone: there the line at the top says how far what was written has come, and no other word does. */
const desk = typeof __DESK__ !== "undefined" && __DESK__ === true;

/** Where what was written stands, in the moment in which it is said: by itself, */
export const saved = desk ? "Written down" : "Saved on this phone";
/** in the middle of a sentence, */
export const kept = desk ? "written down" : "saved on this phone";
/** after a sentence, */
export const done = desk ? "" : ". On this phone";
/** after a word, */
export const here = desk ? "" : " on this phone";
/** and alone. */
export const standing = desk ? "Written down" : "On this phone";
/** From when on something that was taken back holds. */
export const atOnce = desk ? "" : ", on this phone at once and elsewhere when it is sent";
