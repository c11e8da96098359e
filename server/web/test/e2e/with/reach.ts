import type { CDPSession, Page } from "playwright-core";

/** What sticks out of the page to the side, so that one would have to scroll two ways (WCAG 1.4.10). */
export function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    const out: string[] = [];
    if (document.scrollingElement && document.scrollingElement.scrollWidth > wide) out.push(`the page is ${document.scrollingElement.scrollWidth} wide of ${wide}`);
    for (const el of document.querySelectorAll<HTMLElement>("body *")) {
      const r = el.getBoundingClientRect();
      if (r.width <= 1 || r.height <= 1) continue; // for screen readers alone
      if (r.right > wide + 1 && getComputedStyle(el).position !== "fixed") out.push(`${el.tagName.toLowerCase()}.${el.className}: ${Math.round(r.right)}`);
    }
    return out;
  });
}

/** One stop of the Tab key. */
export interface Stop {
  readonly name: string;
  /** It shows that it has the focus. */
  readonly marked: boolean;
  /** All of it, or at least its middle, is in view, and nothing lies on it (WCAG 2.4.11). */
  readonly inView: boolean;
  /** In pixels of the page. What a finger is to hit is at least 24 high (WCAG 2.5.8), whatever room is around it. */
  readonly height: number;
}

/** Goes through a page with Tab alone, from its start until it comes round, and says where it stopped. */
export async function tabThrough(page: Page, most = 200): Promise<{ readonly stops: readonly Stop[]; readonly missed: readonly string[] }> {
  await page.evaluate(() => {
    getSelection()?.removeAllRanges();
    window.scrollTo(0, 0);
    document.body.tabIndex = -1; // from the page's very beginning, and not from where the focus was last
    document.body.focus();
    document.body.removeAttribute("tabindex");
    for (const el of document.querySelectorAll("[data-stopped]")) el.removeAttribute("data-stopped");
  });
  const stops: Stop[] = [];
  for (let i = 0; i < most; i++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const el = document.activeElement as HTMLElement | null;
      if (!el || el === document.body || el === document.documentElement) return "out";
      if (el.hasAttribute("data-stopped")) return "round";
      el.setAttribute("data-stopped", "");
      // Where an input is drawn by its label, the label is what is seen and touched.
      const shape = (e: HTMLElement): HTMLElement => {
        const r = e.getBoundingClientRect();
        const label = (e as HTMLInputElement).labels?.[0];
        return label && (["radio", "checkbox"].includes((e as HTMLInputElement).type) || r.width < 2) ? label : e;
      };
      const seen = shape(el), r = seen.getBoundingClientRect();
      const style = (e: Element): string => { const s = getComputedStyle(e); return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor, s.textDecorationLine].join("|"); };
      const parts = [el, seen, ...seen.querySelectorAll("span"), el.nextElementSibling].filter((e): e is Element => e !== null);
      const with_ = parts.map(style);
      const at = document.elementFromPoint(Math.min(Math.max(r.left + r.width / 2, 0), innerWidth - 1), Math.min(Math.max(r.top + Math.min(r.height, innerHeight) / 2, 0), innerHeight - 1));
      const inView = r.bottom > 0 && r.top < innerHeight && at !== null && (seen.contains(at) || at.contains(seen));
      el.blur();
      const without = parts.map(style);
      el.focus({ preventScroll: true, focusVisible: true } as FocusOptions);
      return { name: `${el.tagName.toLowerCase()} ${(el.getAttribute("aria-label") ?? el.textContent ?? "").trim().slice(0, 40) || el.id}`, marked: with_.join() !== without.join(), inView, height: Math.round(r.height) };
    });
    if (stop === "round") break;
    if (stop !== "out") stops.push(stop); // out is the end of the page, after which its start comes
  }
  const missed = await page.evaluate(() => [...document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary")]
    .filter((el) => !el.hasAttribute("data-stopped") && el.checkVisibility({ visibilityProperty: true }) && !el.matches(":disabled") && el.tabIndex >= 0
      // of a group of radio buttons one is a stop, and the arrows reach the others
      && !(el instanceof HTMLInputElement && el.type === "radio" && [...document.querySelectorAll<HTMLInputElement>(`input[type=radio]`)].some((o) => o.name === el.name && o.hasAttribute("data-stopped"))))
    .map((el) => `${el.tagName.toLowerCase()} ${(el.getAttribute("aria-label") ?? el.textContent ?? "").trim().slice(0, 40) || el.id}`));
  return { stops, missed };
}

/** What a screen reader would say nothing about, or nothing useful. */
export async function unnamed(page: Page, cdp: CDPSession): Promise<string[]> {
  const out: string[] = [];
  const { nodes } = await cdp.send("Accessibility.getFullAXTree");
  const needs = new Set(["button", "link", "textbox", "checkbox", "radio", "combobox", "searchbox", "img", "image", "radiogroup", "group", "navigation", "dialog", "spinbutton", "alert", "heading"]);
  let h1 = 0, main = 0;
  for (const n of nodes) {
    if (n.ignored) continue;
    const role = String(n.role?.value ?? ""), name = String(n.name?.value ?? "").trim();
    if (role === "heading" && n.properties?.some((p) => p.name === "level" && p.value.value === 1)) h1++;
    if (role === "main") main++;
    if (needs.has(role) && name === "") out.push(`a ${role} without a name`);
    if (["button", "link"].includes(role) && /^(more|here|link|button|edit|change|open|ok|×|x|…|\W)$/i.test(name)) out.push(`a ${role} called "${name}"`);
  }
  if (h1 !== 1) out.push(`${h1} headings of the first level`);
  if (main !== 1) out.push(`${main} main parts`);
  if (!(await page.title()).trim()) out.push("no title");
  if (!(await page.evaluate(() => document.documentElement.lang))) out.push("no language");
  return out;
}
