/** The first telephone number in what is written for one, ready to be dialled: "07700 900001 (her sister's)". */
export function dialled(text: string): string | undefined {
  const found = /\+?\d[\d\s().\-/]{3,}\d/.exec(text)?.[0];
  // The nought in "+44 (0)7700 …" is for who rings from inside the country, and is not dialled from abroad.
  return found?.replace(/(\+\d{1,3}\s*)\(0\)/, "$1").replace(/(?!^\+)\D/g, "");
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
const nowhere = /^\s*((by |on the )?(tele)?phone|video|online|by text|(at )?(their |his |her |my )?(home|house|flat|place))\s*(call|chat)?\s*$/i;
