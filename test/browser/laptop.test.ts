/** The main job on a laptop: at 1366×768, in JupyterLab's default layout, parameters and stages of the quickstart can be used as they are. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { repository } from "../rig/kernel/notebook-folder";
import { eventually } from "../rig/lab/eventually";
import { useLab } from "../rig/lab/lab-rig";
import { untilStatus } from "../rig/lab/quakes-notebook";

const lab = useLab({
  viewport: { width: 1366, height: 768 },
  parts: "all",
  files: { "quickstart.ipynb": readFileSync(join(repository, "notebooks", "quickstart.ipynb"), "utf8") },
});
const params = ["times", "since", "withBlasts", "minMagnitude", "groupBy"];
const stages = ["a", "b", "c", "quakes", "recent", "strong", "summary", "activity", "land", "worldMap"];
const toolbar = () => lab.page.locator(".jp-NotebookPanel-toolbar:visible");

beforeAll(async () => {
  await lab.openNotebook("quickstart.ipynb");
  await lab.runAll();
  await untilStatus(lab, Object.fromEntries(stages.map((name) => [name, "fresh"])));
});

/** Resolves once the sidebar has the width, in CSS pixels. */
async function resizeSidebar(width: number): Promise<void> {
  await lab.setSidebarWidth(width);
  const stack = lab.page.locator("#jp-right-stack");
  await eventually(async () => Math.abs(((await stack.boundingBox())?.width ?? 0) - width) < 4).toBe(true);
}

/** The names of the elements that are wholly in view and on top at their middle and corners. */
function usable(selector: string, attribute: string): Promise<string[]> {
  return lab.page.locator(selector).evaluateAll((elements, attribute) => {
    const isUsable = (element: Element): boolean => {
      const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
      if (width < 8 || height < 8 || left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) return false;
      const points = [
        [(left + right) / 2, (top + bottom) / 2],
        [left + 3, top + 3],
        [right - 3, top + 3],
        [left + 3, bottom - 3],
        [right - 3, bottom - 3],
      ] as const;
      return points.every(([x, y]) => {
        const hit = document.elementFromPoint(x, y);
        return hit !== null && element.contains(hit);
      });
    };
    return elements.filter(isUsable).map((element) => element.closest(`[${attribute}]`)?.getAttribute(attribute) ?? "");
  }, attribute);
}

/** The stages whose whole name is in view, at 11 px or more. */
function readable(): Promise<string[]> {
  return lab
    .panel("dag")
    .locator("[data-stage]")
    .evaluateAll((rows) =>
      rows
        .filter((row) => {
          const name = row.getAttribute("data-stage") ?? "";
          const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
          while (walker.nextNode() && walker.currentNode.textContent !== name);
          const text = walker.currentNode;
          const element = text.parentElement;
          if (text.textContent !== name || !element) return false;
          const range = document.createRange();
          range.selectNodeContents(text);
          const box = range.getBoundingClientRect();
          const scale = element.getBoundingClientRect().width / (element.offsetWidth || 1);
          if (Number.parseFloat(getComputedStyle(element).fontSize) * scale < 11) return false;
          const isOnTop = ([x, y]: readonly [number, number]): boolean => {
            const hit = document.elementFromPoint(x, y);
            return hit !== null && row.contains(hit);
          };
          if (
            !(
              [
                [box.left + 1, box.top + 2],
                [box.right - 1, box.bottom - 2],
              ] as const
            ).every(isOnTop)
          )
            return false;
          // Not cut off by the element itself, or by a scrolled one around it.
          for (
            let around: Element = element;
            around !== document.body;
            around = around.parentElement ?? document.body
          ) {
            const { overflowX, overflowY } = getComputedStyle(around);
            const bounds = around.getBoundingClientRect();
            if (overflowX !== "visible" && (box.left < bounds.left - 1 || box.right > bounds.right + 1)) return false;
            if (overflowY !== "visible" && (box.top < bounds.top - 2 || box.bottom > bounds.bottom + 2)) return false;
          }
          return true;
        })
        .map((row) => row.getAttribute("data-stage") ?? ""),
    );
}

const usableParams = async (): Promise<string[]> => [
  ...new Set(await usable('[data-stagebook="params"] [data-param]', "data-param")),
];

test("[U1] all parameters can be used and all names of stages read, without scrolling or resizing", async () => {
  await eventually(usableParams).toEqual(params);
  await eventually(readable).toEqual(stages);
  await lab.screenshot("laptop");
});

test("[U1] nothing has opened that has nothing to say: no stage is chosen, and the log says in the status bar how much it has", async () => {
  expect(await lab.panel("stage").count()).toBe(0);
  expect(await lab.panel("log").count()).toBe(0);
  const item = lab.page.locator(".stagebook-LogStatus");
  await eventually(() => item.innerText()).toBe("Log (2)");
  await lab.command("stagebook:open");
  await lab.command("stagebook:show-runs");
  expect(await lab.panel("log").count()).toBe(0);
  await item.getByRole("button").click();
  await eventually(async () => (await lab.logRows()).map(({ stage }) => stage)).toEqual(["quakes", "activity"]);
  await eventually(() => item.innerText()).toBe("Log");
  await lab.page.locator("#jp-down-stack .lm-TabBar-tabCloseIcon:visible").first().click();
  await eventually(() => lab.panel("log").count()).toBe(0);
  await lab.page.locator("#stagebook-sidebar .jp-AccordionPanel-title", { hasText: "Runs" }).click();
  await eventually(() => lab.panel("runs").count()).toBe(0);
});

test("[U1] the kernel's name and state stay in the toolbar, where Stagebook's buttons are icons", async () => {
  await eventually(() => usable(".jp-NotebookPanel-toolbar:visible .jp-KernelName", "data-jp-item-name")).toEqual([
    "kernelName",
  ]);
  await eventually(() => toolbar().locator('[data-jp-item-name="executionProgress"]').isVisible()).toBe(true);
  await eventually(() => toolbar().locator(".jp-Toolbar-responsive-opener").isVisible()).toBe(false);
  await eventually(() => usable(".stagebook-RunStale, .stagebook-AutoRun", "data-jp-item-name")).toEqual([
    "stagebook-run-stale",
    "stagebook-auto-run",
  ]);
  await lab.command("application:toggle-left-area");
  const label = lab.runStaleButton.locator(".jp-ToolbarButtonComponent-label");
  await eventually(async () => ((await label.boundingBox())?.width ?? 0) > 50).toBe(true);
  await eventually(() => lab.page.locator(".stagebook-RunStale.stagebook-mod-labeled:visible").count()).toBe(1);
  await lab.command("application:toggle-left-area");
  await eventually(() => lab.page.locator(".stagebook-RunStale.stagebook-mod-labeled:visible").count()).toBe(0);
  await eventually(() => usable(".jp-NotebookPanel-toolbar:visible .jp-KernelName", "data-jp-item-name")).toEqual([
    "kernelName",
  ]);
});

test("[U1] what is stale has one wording in toolbar, sidebar, status bar and palette", async () => {
  await lab.setParam("minMagnitude", 5);
  await eventually(() => lab.stageStatus("strong")).toBe("stale");
  await eventually(() => lab.runStaleButton.textContent()).toContain("Run stale (3)");
  await eventually(() => lab.page.locator(".stagebook-Header").innerText()).toContain("Run stale (3)");
  await eventually(() => lab.page.locator(".stagebook-StatusBar").innerText()).toBe("7/10 stages · 3 stale");
  await lab.command("apputils:activate-command-palette");
  await lab.page.locator(".lm-CommandPalette-input").fill("run stale");
  await lab.page.locator(".lm-CommandPalette-itemLabel", { hasText: "Run stale (3)" }).first().waitFor();
  await lab.page.keyboard.press("Escape");
});

test("[U1] a chosen stage has a panel, which Escape and its button close", async () => {
  await lab.stage("strong").click();
  await eventually(() => lab.panel("stage").innerText()).toContain("Why stale");
  await lab.stage("strong").and(lab.page.locator('[aria-selected="true"]')).waitFor();
  await eventually(readable).toContain("strong");
  await eventually(async () => (await usableParams()).length >= 4).toBe(true);
  await lab.screenshot("laptop-stage");
  await lab.panel("stage").getByRole("button", { name: "Run", exact: true }).focus();
  await lab.page.keyboard.press("Escape");
  await eventually(() => lab.panel("stage").count()).toBe(0);
  await eventually(() => lab.page.evaluate(() => document.activeElement?.getAttribute("data-stage"))).toBe("strong");
  await lab.page.keyboard.press("Space");
  await lab.panel("stage").getByRole("button", { name: "Close stage strong" }).click();
  await eventually(() => lab.panel("stage").count()).toBe(0);
  await eventually(readable).toEqual(stages);
});

test("[U1] the sidebar that opened by itself can be made narrow, and the buttons of its header stay on one line", async () => {
  await lab.setParam("minMagnitude", 5.5);
  await resizeSidebar(280);
  const buttons = lab.page.locator("#stagebook-sidebar .stagebook-Header-buttons .stagebook-Button");
  await eventually(() => buttons.first().innerText()).toBe("Run stale (3)");
  const tops = () => buttons.evaluateAll((all) => all.map((each) => Math.round(each.getBoundingClientRect().top)));
  await eventually(async () => new Set(await tops()).size).toBe(1);
  await eventually(() => buttons.count()).toBe(3);
});

test("[U1] beside the widest sidebar Stagebook's buttons stay within the toolbar, or go behind its button for more", async () => {
  await lab.setParam("minMagnitude", 5.5);
  await resizeSidebar(700);
  await eventually(() => toolbar().locator(".jp-Toolbar-responsive-opener").isVisible()).toBe(true);
  await lab.screenshot("laptop wide sidebar");
  const outside = () =>
    toolbar().evaluate((toolbar) => {
      const { bottom } = toolbar.getBoundingClientRect();
      return [...toolbar.children].filter((item) => item.getBoundingClientRect().bottom > bottom + 1).map((item) => item.className); // prettier-ignore
    });
  await eventually(outside).toEqual([]);
  await resizeSidebar(380);
});

test("[P10] the height that the user gives the parameters is remembered for the notebook", async () => {
  /** Once two frames in a row show the same. */
  const height = async (): Promise<number> => {
    for (let last = -1; ;) {
      const now = (await lab.panel("params").boundingBox())?.height ?? 0;
      if (now === last) return now;
      last = now;
      await lab.page.evaluate(() => new Promise((shown) => requestAnimationFrame(shown)));
    }
  };
  const before = await height();
  const handle = lab.page.locator("#stagebook-sidebar .lm-SplitPanel-handle:visible").first();
  const box = (await handle.boundingBox())!;
  await lab.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await lab.page.mouse.down();
  await lab.page.mouse.move(box.x + box.width / 2, box.y - 60, { steps: 5 });
  await lab.page.mouse.up();
  await eventually(async () => (await height()) < before - 40).toBe(true);
  const chosen = await height();
  await lab.reload();
  await eventually(async () => Math.abs((await height()) - chosen) < 4).toBe(true);
  await lab.openNotebook(
    [`import { param } from "stagebook";\nconst n = param("n", 1);\nconst m = param("m", 2);`],
    "other.ipynb",
  );
  await lab.runAll();
  await eventually(() => usable('[data-stagebook="params"]:not(.lm-mod-hidden) [data-param]', "data-param")).toEqual([
    "n",
    "m",
  ]);
});
