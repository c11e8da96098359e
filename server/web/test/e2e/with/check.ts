import type { CDPSession, Page } from "playwright-core";
import { look } from "./axe.ts";
import { tabThrough, tooWide, unnamed } from "./reach.ts";

/** What axe could not decide by itself, and what was seen when somebody looked. A rule that is not here fails as a broken one does. */
const lookedAt: Readonly<Record<string, { readonly where: RegExp; readonly seen: string }>> = {};

export interface Faults { readonly faults: readonly string[]; readonly looked: readonly string[] }

/** Everything that can be asked of a screen without knowing what it is for. */
export async function check(page: Page, cdp: CDPSession): Promise<Faults> {
  const faults: string[] = [], looked = new Set<string>();
  const heed = async (mode: string): Promise<void> => {
    // Under a bar that is always in view axe cannot tell a ground, nor under the link to the content, which shows while it has the focus.
    await page.evaluate(() => {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      scrollTo(0, 0);
    });
    const seen = await look(page);
    faults.push(...seen.violations.map((v) => `${mode}: ${v}`));
    for (const i of seen.incomplete) {
      const known = lookedAt[i.rule];
      if (known?.where.test(i.where)) looked.add(`${i.rule} at ${i.where}: ${known.seen}`);
      else faults.push(`${mode}: undecided: ${i.rule} at ${i.where}: ${i.why}`);
    }
  };
  const tabbed = async (mode: string): Promise<void> => {
    const { stops, missed } = await tabThrough(page);
    faults.push(...missed.map((m) => `${mode}: Tab does not reach ${m}`));
    for (const s of stops) {
      if (!s.marked) faults.push(`${mode}: nothing shows that ${s.name} has the focus`);
      if (!s.inView) faults.push(`${mode}: ${s.name} has the focus and is not in view`);
      if (s.height < 24) faults.push(`${mode}: ${s.name} is ${s.height} high`);
    }
    if (stops.length === 0) faults.push(`${mode}: Tab stops nowhere`);
  };
  await heed("light");
  faults.push(...(await unnamed(page, cdp)).map((f) => `screen reader: ${f}`));
  await tabbed("390 × 844");
  await page.emulateMedia({ colorScheme: "dark" });
  await heed("dark");
  await page.emulateMedia({ colorScheme: "light" });
  for (const [width, height] of [[320, 640], [320, 256]] as const) {
    await page.setViewportSize({ width, height });
    faults.push(...(await tooWide(page)).map((f) => `${width} × ${height}: ${f}`));
    if (height === 256) await tabbed("320 × 256");
  }
  await page.setViewportSize({ width: 390, height: 844 });
  return { faults, looked: [...looked] };
}
