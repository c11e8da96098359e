import { w } from "../words.ts";

/**
 * The first telephone number in what is written for one, ready to be dialled: "07700 900001 (her sister's)". Undefined where it is not sure
 * which digits are the number: it is better to type one than to reach a stranger.
 */
export function dialled(text: string): string | undefined {
  // Of "+44 (0)7700 …" the nought is for whoever rings from inside the country.
  for (const run of text.replace(/(\+\s*\d{1,3}[\s.-]*)\(0\)/g, "$1").match(/\+?\(?\d+\)?(?:[ \t\u00a0.-]{1,2}\d+)*/g) ?? []) {
    const groups = run.match(/\d+/g)!;
    for (let i = 0; i < groups.length; i++) {
      const number = i === 0 && run.startsWith("+") ? abroad("+", groups) : groups[i]!.startsWith("00") ? abroad("00", [groups[i]!.slice(2), ...groups.slice(i + 1)]) : national(groups.slice(i));
      if (number !== undefined) return number;
    }
  }
  const digits = text.replace(/\D/g, ""); // short ones, with nothing beside them: 116 123
  return /^\s*\d{3,}[ -]?(\d{3,})?\s*$/.test(text) && digits.length >= 5 && digits.length <= 8 ? digits : undefined;
}

/** With the nought before it, in a first group of at least 3, since days begin with one too: 11 digits, or 10 with nothing after that might be the last. */
const national = (groups: readonly string[], nought = "0"): string | undefined => groups[0]!.startsWith(nought) && groups[0]!.length >= 3 * nought.length ? whole(groups, 10 + nought.length) : undefined;

function abroad(plus: "+" | "00", groups: readonly string[]): string | undefined {
  const country = /^44/.exec(groups[0]!)?.[0];
  if (country !== undefined) {
    const rest = [groups[0]!.slice(2), ...groups.slice(1)].filter((g) => g !== "");
    const own = rest.length === 0 ? undefined : national([rest[0]!.replace(/^0/, ""), ...rest.slice(1)].filter((g) => g !== ""), "");
    return own && plus + country + own;
  }
  const all = groups.join("");
  return all.length >= 8 && all.length <= 15 && !groups.slice(2).some((g) => g.length === 1) ? plus + all : undefined;
}

/** The groups from the first on that are as many digits, or one less. */
function whole(groups: readonly string[], most: number): string | undefined {
  let number = "";
  for (const [i, group] of groups.entries()) {
    number += group;
    if (number.length === most && i > 0 && group.length === 1) return undefined; // that one may be hours, or how often it is to ring
    if (number.length === most || (number.length === most - 1 && groups[i + 1]?.length !== 1)) return number;
  }
  return undefined;
}
export const callHref = (phone: string): string | undefined => { const d = dialled(phone); return d && `tel:${d}`; };
export const textHref = (phone: string): string | undefined => { const d = dialled(phone); return d && `sms:${d}`; };

/**
 * Where a place is on a map. Nothing is asked of anybody before it is tapped; then the phone's own map app gets the words, and a site
 * only where there is no such app. Places that are on no map have no link.
 */
export function mapHref(place: string, agent: string): string | undefined {
  if (nowhere.test(place)) return undefined;
  const q = encodeURIComponent(place.trim());
  if (/\b(iPhone|iPad|iPod)\b/.test(agent)) return `maps:?q=${q}`;
  if (/\bAndroid\b/.test(agent)) return `geo:0,0?q=${q}`;
  return `https://www.openstreetmap.org/search?query=${q}`;
}
const nowhere = new RegExp(`^\\s*(?:${w.noPlaces})\\s*$`, "i");
