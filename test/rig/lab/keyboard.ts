/** What somebody does who has a keyboard and no mouse. */
import { errors, type Locator, type Page } from "playwright-core";

export class Keyboard {
  constructor(private readonly page: () => Page) {}

  press(key: string): Promise<void> {
    return this.page().keyboard.press(key);
  }

  type(text: string): Promise<void> {
    return this.page().keyboard.type(text);
  }

  /** The element in focus, as it is called: the name of its stage or parameter, its label, or its text. */
  focused(): Promise<string> {
    return this.page().evaluate(() => {
      const { dataset, innerText, ariaLabel } = document.activeElement as HTMLElement;
      return dataset.stage ?? dataset.param ?? ariaLabel ?? innerText;
    });
  }

  /** Presses Tab, or `key`, until the element in focus matches. */
  async tabTo(isMatch: (text: string) => boolean, key = "Tab"): Promise<void> {
    const seen: string[] = [];
    for (let presses = 0; presses < 60; presses++) {
      const text = await this.focused();
      if (isMatch(text)) return;
      seen.push(text.slice(0, 40));
      await this.press(key);
    }
    throw new Error(`${key} led to ${seen.join(" | ")}`);
  }

  /** Finds a command in JupyterLab's palette and executes it. The palette closes when something else takes the focus: then once more. */
  async command(label: string): Promise<void> {
    const input = this.page().locator(".lm-CommandPalette-input");
    const item = this.page().locator(".lm-CommandPalette-item.lm-mod-active").filter({ hasText: label });
    for (let tries = 0; tries < 10; tries++) {
      await this.press("Control+Shift+C");
      if (!(await appears(input))) continue;
      await this.press("Control+A");
      await this.type(label);
      if ((await appears(item)) && (await hasFocus(input))) break;
      await this.press("Escape");
    }
    await this.press("Enter");
    await input.waitFor({ state: "hidden" });
  }
}

/** It may have lost it since something was typed into it. */
async function hasFocus(locator: Locator): Promise<boolean> {
  const count = await locator.count();
  return count > 0 && locator.first().evaluate((node) => node === document.activeElement);
}

function appears(locator: Locator): Promise<boolean> {
  return locator
    .first()
    .waitFor({ timeout: 5_000 })
    .then(
      () => true,
      (error: unknown) => {
        if (error instanceof errors.TimeoutError) return false;
        throw error;
      },
    );
}
