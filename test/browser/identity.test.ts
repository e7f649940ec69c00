/** Which notebook it is, in a browser: renames, copies, a second notebook on a kernel, and two servers at one address. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { startServer } from "../../.dev/lib/server.mjs";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder } from "../rig/kernel/notebook-folder";
import { findFreePorts } from "../rig/kernel/wire";
import { eventually } from "../rig/lab/eventually";
import { untilKernelAnswers } from "../rig/lab/page/kernel-answers";
import { useLab } from "../rig/lab/lab-rig";
import { isHeavy } from "../rig/part";
import { untilRestored } from "../rig/lab/page/restored";
import { labArgs, serverEnvironment } from "../rig/lab/shared-lab";

const lab = useLab();
const header = () => lab.page.locator("#stagebook-sidebar .stagebook-Header");
const cells = [
  `import { param, stage } from "stagebook";`,
  `const limit = param("limit", 1, { min: 0, max: 1000 });`,
  `const made = stage("made", { limit }, ({ limit }, { log }) => { log.info("made " + limit); return limit; });\nawait made();`,
];

interface Lab {
  readonly jupyterapp: JupyterFrontEnd;
}

/** Closes the notebook in front and ends its kernel. */
async function closeAndShutDown(): Promise<void> {
  await lab.command("docmanager:save");
  await lab.page.evaluate(async () => {
    const { shell } = (window as unknown as Lab).jupyterapp;
    const panel = shell.currentWidget as NotebookPanel;
    await panel.sessionContext.shutdown();
    panel.dispose();
  });
}

const rename = (from: string, to: string): Promise<void> =>
  lab.page.evaluate(
    async ([from, to]) => {
      await (window as unknown as Lab).jupyterapp.serviceManager.contents.rename(from, to);
    },
    [from, to] as const,
  );

const presetButton = () => lab.panel("params").getByRole("button", { name: "Presets" });

async function presets(): Promise<string[]> {
  await presetButton().click();
  await lab.page.locator(".lm-Menu").first().waitFor();
  const labels = await lab.page.locator(".lm-Menu .lm-Menu-itemLabel").allInnerTexts();
  await lab.page.keyboard.press("Escape");
  await lab.page.locator(".lm-Menu").first().waitFor({ state: "detached" });
  return labels.filter((label) => label.startsWith("my "));
}

async function savePreset(name: string): Promise<void> {
  await presetButton().click();
  await lab.page.locator(".lm-Menu-itemLabel", { hasText: "Save values as preset" }).click();
  await lab.page.locator(".jp-Dialog input").fill(name);
  await lab.page.locator(".jp-Dialog .jp-mod-accept").click();
  await lab.page.locator(".jp-Dialog").waitFor({ state: "detached" });
}

async function expectRuns(count: number): Promise<void> {
  await lab.command("stagebook:show-runs");
  await eventually(() => lab.panel("runs").locator("[data-run]").count()).toBe(count);
}

describe("[N2] a notebook that is renamed or moved in JupyterLab", () => {
  test("[N2] a value, two results, a run of each and a preset", async () => {
    await lab.openNotebook(cells, "first.ipynb");
    await lab.runAll();
    await lab.setParam("limit", 5);
    await eventually(() => lab.stageStatuses()).toEqual({ made: "stale" });
    await lab.command("stagebook:run-stale");
    await eventually(() => lab.stageStatuses()).toEqual({ made: "fresh" });
    await savePreset("my five");
  });

  /** After a new start of the kernel: the value, the history, the runs and the presets are there, and nothing runs. */
  async function expectAll(path: string): Promise<void> {
    await lab.openNotebook(path);
    const before = lab.events.length;
    await lab.runAll();
    await eventually(() => lab.stageStatuses()).toEqual({ made: "fresh" });
    await eventually(() => lab.param("limit").inputValue()).toBe("5");
    expect(lab.events.slice(before).filter(({ type }) => type === "stage:running")).toEqual([]);
    await eventually(presets).toEqual(["my five"]);
    await lab.stage("made").first().click();
    const history = lab.panel("stage").locator('[data-section="history"]');
    await history.waitFor();
    if ((await history.getAttribute("open")) === null) await history.locator("summary").first().click();
    await eventually(() => history.locator("[data-result]").count()).toBe(2);
    await expectRuns(2);
  }

  test("[N2] while it is open: values, history, runs and presets come along, also to a new kernel", async () => {
    await lab.page.evaluate(async () => {
      const { shell } = (window as unknown as Lab).jupyterapp;
      await (shell.currentWidget as NotebookPanel).context.rename("second.ipynb");
    });
    await eventually(() => header().innerText()).toContain("second.ipynb");
    await lab.showNotebook("second.ipynb");
    await eventually(presets).toEqual(["my five"]);
    await closeAndShutDown();
    await expectAll("second.ipynb");
  });

  test("[N2] while it is closed", async () => {
    await closeAndShutDown();
    await rename("second.ipynb", "third.ipynb");
    await expectAll("third.ipynb");
  });

  test.runIf(isHeavy)("[N2] into another folder, which has a store of its own, and back", async () => {
    lab.folder.write("deep/nothing.txt", "");
    for (const [from, to] of [
      ["third.ipynb", "deep/third.ipynb"],
      ["deep/third.ipynb", "third.ipynb"],
    ] as const) {
      // prettier-ignore
      await closeAndShutDown();
      await rename(from, to);
      await expectAll(to);
    }
  });

  test("[N1] a copy has nothing of the original, and neither has a new notebook that takes the old name", async () => {
    copyFileSync(join(lab.folder.path, "third.ipynb"), join(lab.folder.path, "copy.ipynb"));
    await lab.openNotebook("copy.ipynb");
    await lab.runAll();
    await eventually(() => header().innerText()).toContain("copy.ipynb");
    await eventually(() => lab.stageStatuses()).toEqual({ made: "fresh" });
    await eventually(() => lab.param("limit").inputValue()).toBe("1");
    expect(await presets()).toEqual([]);
    await closeAndShutDown();
    await lab.openNotebook([`// another notebook\n${cells[0] ?? ""}`, `${cells[1] ?? ""} // new`, `${cells[2] ?? ""} // too`], "first.ipynb"); // prettier-ignore
    await lab.runAll();
    await eventually(() => header().innerText()).toContain("first.ipynb");
    await eventually(() => lab.stageStatuses()).toEqual({ made: "fresh" });
    await eventually(() => lab.param("limit").inputValue()).toBe("1");
    expect(await presets()).toEqual([]);
    await closeAndShutDown();
  });
});

describe("[N6] a second notebook on a running kernel", () => {
  const useKernelOf = (owner: string): Promise<void> =>
    lab.page.evaluate(async (owner) => {
      const { shell } = (window as unknown as Lab).jupyterapp;
      const panels = [...shell.widgets("main")] as NotebookPanel[];
      const id = panels.find((panel) => panel.context?.path === owner)?.sessionContext.session?.kernel?.id ?? "";
      await (shell.currentWidget as NotebookPanel).sessionContext.changeKernel({ id });
    }, owner);

  test("[N6] says at once whose kernel it is; running a copy leaves the stages of the owner alone", async () => {
    await lab.openNotebook(cells, "owner.ipynb");
    await lab.runAll();
    await eventually(() => lab.stageStatuses()).toEqual({ made: "fresh" });
    await lab.openNotebook([cells[0] ?? "", `const other = 1;`, `const more = stage("more", () => 2);`], "guest.ipynb");
    await useKernelOf("owner.ipynb");
    await eventually(() => header().innerText()).toContain("runs on the kernel of owner.ipynb");
    await eventually(() => lab.panel("dag").count()).toBe(0);
    await lab.showNotebook("guest.ipynb");
    await lab.runCell(1);
    await lab.runCell(2);
    await lab.showNotebook("owner.ipynb");
    await eventually(() => lab.stageStatuses()).toEqual({ made: "fresh", more: "new" });
    await lab.page.reload();
    await untilRestored(lab.page);
    await lab.showNotebook("owner.ipynb");
    await eventually(() => header().innerText()).toContain("live");
    await eventually(() => lab.stageStatuses()).toEqual({ made: "fresh", more: "new" });
    await lab.showNotebook("guest.ipynb");
    await eventually(() => header().innerText()).toContain("runs on the kernel of owner.ipynb");
  });

  test("[N6] in another tab too", async () => {
    await lab.showNotebook("guest.ipynb");
    const tab = await lab.openTab();
    await tab
      .locator("#stagebook-sidebar .stagebook-Header", { hasText: "runs on the kernel of owner.ipynb" })
      .waitFor();
    await tab.close();
  });
});

describe("[N4] two servers, one after the other at one address", () => {
  test("[N4] with other root folders and one notebook name: the second shows nothing of the first", async () => {
    const [port] = (await findFreePorts(1)) as [number];
    const tab = await lab.page.context().newPage();
    const onServer = async (limit: number, act: (page: Page) => Promise<void>): Promise<void> => {
      const folder = createNotebookFolder({ "nb.ipynb": encodeNotebook(cells.map((cell) => cell.replace(`"limit", 1`, `"limit", ${limit}`))) }); // prettier-ignore
      const jupyter = join(folder.path, ".jupyter");
      const server = await startServer({ port, folder: folder.path, jupyter, log: join(jupyter, "server.log"), args: labArgs, env: serverEnvironment }); // prettier-ignore
      try {
        await tab.goto(server.url("/lab/tree/nb.ipynb"));
        await untilRestored(tab);
        await tab.locator("#stagebook-sidebar .stagebook-Header", { hasText: "nb.ipynb" }).waitFor();
        await act(tab);
        await tab.goto("about:blank");
      } finally {
        await server.stop();
        folder.remove();
      }
    };
    const runAll = async (page: Page): Promise<void> => {
      await untilKernelAnswers(page, "nb.ipynb");
      await page.evaluate(async () => {
        const { commands } = (window as unknown as Lab).jupyterapp;
        await commands.execute("notebook:run-all-cells");
        await commands.execute("stagebook:show-log");
      });
    };
    const logTexts = (page: Page): Promise<string[]> =>
      page.locator('[data-stagebook="log"] [data-log]').allInnerTexts();
    await onServer(3, async (page) => {
      await runAll(page);
      await page.locator('[data-stagebook="dag"] [data-stage="made"][data-status="fresh"]').waitFor();
      await eventually(async () => (await logTexts(page)).join("\n")).toContain("made 3");
    });
    await onServer(4, async (page) => {
      await eventually(() => page.locator("#stagebook-sidebar .stagebook-Header").innerText()).toContain("not started");
      expect(await page.locator('[data-stagebook="dag"] [data-stage]:visible').count()).toBe(0);
      await runAll(page);
      await page.locator('[data-stagebook="dag"] [data-stage="made"][data-status="fresh"]').waitFor();
      await eventually(async () => (await logTexts(page)).join("\n")).toContain("made 4");
      expect((await logTexts(page)).join("\n")).not.toContain("made 3");
    });
    await tab.close();
  });
});
