// Letters that Unicode does not take apart into a plain one and a mark.
const plain: Readonly<Record<string, string>> = { ł: "l", ø: "o", đ: "d", ð: "d", þ: "th", ß: "ss", æ: "ae", œ: "oe", ı: "i" };

/** Lower case without marks, apostrophes and hyphens, so that Zoë, O'Neil and Müller are found however they are typed. */
export const fold = (text: string): string =>
  text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f'’‘`´.]/g, "").replace(/[łøđðþßæœı]/g, (c) => plain[c] ?? c)
    .replace(/[-–_,\s]+/g, " ").trim();

/** A test of folded texts: each word of what was typed begins a word there. */
export function matcher(typed: string): (folded: string) => boolean {
  const words = fold(typed).split(" ").filter((w) => w !== "").map((w) => ` ${w}`);
  return (folded) => words.every((w) => ` ${folded}`.includes(w));
}
