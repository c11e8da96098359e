import type { ComponentChildren, JSX } from "preact";

/** A plain table, as wide as it needs to be. */
export const Table = ({ head, rows }: { readonly head: readonly string[]; readonly rows: readonly (readonly ComponentChildren[])[] }): JSX.Element => (
  <div class="scroll" tabIndex={0}><table><thead><tr>{head.map((h) => <th key={h} scope="col">{h}</th>)}</tr></thead><tbody>{rows.map((r, i) => <tr key={i}>{r.map((d, j) => <td key={j}>{d}</td>)}</tr>)}</tbody></table></div>
);
