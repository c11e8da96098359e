/** The desk's own places, besides those that it has in common with the field. They name screens and ids, and nobody. */
export const places = {
  now: "#/today", caseload: "#/people", workers: "#/desk/workers", handover: "#/desk/handover", held: "#/desk/held", figures: "#/desk/figures", calendar: "#/desk/calendar", audit: "#/desk/audit", twice: "#/desk/twice", first: "#/desk/first",
} as const;
export type Place = keyof typeof places;

/** Which of the desk's own screens an address is of; undefined: none. */
export function placeOf(hash: string): Place | undefined {
  if (hash === "" || hash === "#" || hash === "#/") return "now";
  const at = hash.split("?")[0]!;
  return (Object.keys(places) as Place[]).find((p) => places[p] === at);
}
