import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe says of a page: broken rules, and what it could not decide, each with where. */
export interface Look {
  readonly violations: readonly string[];
  readonly incomplete: readonly { readonly rule: string; readonly where: string; readonly why: string }[];
}

/** Its source goes in as an evaluated script, which a page's policy does not reach, so the policy stays as it is. */
export async function look(page: Page): Promise<Look> {
  // In a window as tall as the page nothing lies under the bars that stay in view, and axe can tell what is behind each word.
  const size = page.viewportSize()!;
  await page.evaluate(() => scrollTo(0, 0));
  await page.setViewportSize({ width: size.width, height: Math.max(size.height, await page.evaluate(() => document.documentElement.scrollHeight) + 200) });
  await page.evaluate(axe.source);
  const seen = await page.evaluate(async () => {
    const all = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ["violations", "incomplete"], rules: { "target-size": { enabled: true } } });
    return {
      violations: all.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${v.help}: ${n.target.join(" ")}: ${n.failureSummary ?? ""}`)),
      incomplete: all.incomplete.flatMap((v) => v.nodes.map((n) => ({ rule: v.id, where: n.target.join(" "),
        why: [...n.any, ...n.all, ...n.none].map((c) => c.message).join("; ") }))),
    };
  });
  await page.setViewportSize(size);
  return seen;
}
