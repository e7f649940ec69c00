/** Waits for the kernel of a notebook that a page shows. Called by the rig and by tests that load pages themselves. */
import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { errors, type Page } from "playwright-core";

/** Waits until the kernel has nothing to do. */
export async function untilKernelIdle(page: Page, path: string, timeoutMs = 60_000): Promise<void> {
  await page.waitForFunction(
    (path) => {
      const { jupyterapp } = window as unknown as { jupyterapp: JupyterFrontEnd };
      const panels = [...jupyterapp.shell.widgets("main")] as NotebookPanel[];
      return panels.find((panel) => panel.context?.path === path)?.sessionContext.session?.kernel?.status === "idle";
    },
    path,
    { timeout: timeoutMs, polling: 50 },
  );
}

/** The same for one that was just started. Stock tslab can lose the first request while its sockets bind, and then answers none: another process does. */
export async function untilKernelAnswers(page: Page, path: string): Promise<void> {
  try {
    await untilKernelIdle(page, path, 25_000);
  } catch (error) {
    if (!(error instanceof errors.TimeoutError)) throw error;
    await page.evaluate(async (path) => {
      const { jupyterapp } = window as unknown as { jupyterapp: JupyterFrontEnd };
      const panels = [...jupyterapp.shell.widgets("main")] as NotebookPanel[];
      await panels.find((panel) => panel.context?.path === path)?.sessionContext.session?.kernel?.restart();
    }, path);
    await untilKernelIdle(page, path);
  }
}
