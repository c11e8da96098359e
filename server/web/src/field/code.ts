/** The enrolment code of a link, or of what somebody typed or pasted; undefined where there is none. */
export function codeIn(text: string): string | undefined {
  const code = /#enrol=([^&\s]+)/.exec(text)?.[1];
  try { return code === undefined ? undefined : decodeURIComponent(code); } catch { return code; }
}

/**
 * Takes the code out of the address, and the address bar, before anything else happens: the app keeps it in memory only, until it
 * was used. A fragment is never sent. But the browser wrote down the visit before any script ran, with the code, and no page can take
 * that back: replaceState changes where Back leads, not the list of visits. So a code is good once, and for a day (decision 0011).
 */
export function takeCode(window: { readonly location: { readonly hash: string; readonly pathname: string; readonly search: string }; readonly history: Pick<History, "replaceState"> }): string | undefined {
  const code = codeIn(window.location.hash);
  if (window.location.hash.startsWith("#enrol")) window.history.replaceState(null, "", window.location.pathname + window.location.search);
  return code;
}

/** 15 letters and digits in any writing (Crockford's base 32 as the server reads it); shown in groups of five. */
export function tidyCode(text: string): string {
  const plain = (codeIn(text) ?? text).toUpperCase().replace(/[^0-9A-Z]/g, "");
  return plain.match(/.{1,5}/g)?.join("-") ?? "";
}
export const codeLength = 17;
