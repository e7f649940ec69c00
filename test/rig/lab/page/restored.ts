/** When a page of JupyterLab has really finished what it does after a load. Called by the rig and by tests that load pages themselves. */
import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { Page } from "playwright-core";

/** In milliseconds. To look in each frame, which is the default, makes the page draw all frames. */
const polling = 50;

/**
 * Waits until the page has all plugins and its layout, shows what it restores, and does not move the focus any more. `app.restored` is not
 * enough: later, when it has asked the server for the files, the file browser opens the notebook that is named in the page's address, or
 * the launcher, and each notebook takes the focus from its own placeholder once it is loaded.
 */
export async function untilRestored(page: Page): Promise<void> {
  await page.waitForFunction(() => "jupyterapp" in window, undefined, { polling });
  await page.evaluate(() =>
    (window as unknown as { jupyterapp: JupyterFrontEnd }).jupyterapp.restored.then(() => undefined),
  );
  await page.waitForFunction(() => !document.querySelector("#jp-left-stack .jp-mod-restoring"), undefined, { polling });
  await untilRevealed(page);
}

/** Waits until all documents of the main area are loaded, and the last that was activated has the focus. */
export async function untilRevealed(page: Page): Promise<void> {
  await page.waitForFunction(() => !document.querySelector(".jp-MainAreaWidget > .jp-Spinner"), undefined, { polling });
  // Widgets get their messages, such as that they are active now, in a microtask of their own, and may send further ones.
  await page.evaluate(() => new Promise<void>((resolve) => setTimeout(resolve)));
}
