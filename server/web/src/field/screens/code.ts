import { encode } from "uqr";

/** A text as a code to scan: how many squares a side, and the dark ones as one path of that many units. It is fetched when first asked for. */
export function codeOf(text: string): { readonly size: number; readonly path: string } {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return { size, path };
}
