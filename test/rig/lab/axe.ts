/** What axe-core finds in a part of a page. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const script = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Serious and critical violations in all elements that match, one line each. Throws when none matches. */
export async function findViolations(page: Page, selector: string): Promise<string[]> {
  await page.evaluate(script);
  return page.evaluate(async (selector) => {
    const { axe } = window as unknown as { axe: { run(root: object, options: object): Promise<AxeResults> } };
    const { violations } = await axe.run(
      { include: [selector] },
      { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] },
    );
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) =>
        nodes.map(
          ({ html, any }) =>
            `${id}: ${html.slice(0, 160)} ${any
              .map(({ message }) => message)
              .join(" ")
              .slice(0, 160)}`,
        ),
      );
  }, selector);
}
