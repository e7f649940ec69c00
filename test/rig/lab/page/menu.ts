/** Menus of the page. */
import type { Page } from "playwright-core";
import { eventually } from "../eventually";

/** Opens a menu and chooses an item. A menu has the items of the moment at which it opens: until it has this one, it is opened again. */
export async function chooseItem(page: Page, open: () => Promise<void>, name: string): Promise<void> {
  const menu = page.locator(".lm-Menu");
  const item = page.getByRole("menuitem", { name, exact: true }).and(page.locator(":not(.lm-mod-disabled)"));
  await eventually(async () => {
    await open();
    await menu.first().waitFor();
    if ((await item.count()) > 0) return true;
    await page.keyboard.press("Escape");
    await menu.first().waitFor({ state: "detached" });
    return false;
  }).toBe(true);
  await item.click();
}
