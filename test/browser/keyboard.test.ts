/** The main job with the keyboard alone, from an empty window to the result: no mouse, no focus set by a script, on a laptop's screen. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { executed } from "../rig/kernel/event-log";
import { repository } from "../rig/kernel/notebook-folder";
import { eventually } from "../rig/lab/eventually";
import { Keyboard } from "../rig/lab/keyboard";
import { useLab } from "../rig/lab/lab-rig";

const notebook = join(repository, "notebooks", "quickstart.ipynb");
const lab = useLab({
  files: { "quickstart.ipynb": readFileSync(notebook, "utf8") },
  viewport: { width: 1366, height: 768 },
  parts: "all",
});
const keyboard = new Keyboard(() => lab.page);

const focusIsIn = (selector: string) =>
  lab.page.evaluate((selector) => document.activeElement?.closest(selector) !== null, selector);
const markedCells = async () => (await lab.cellMarks()).filter((mark) => mark === "stale").length;

test("[O7] the notebook is opened and run", async () => {
  // It takes the focus when it opens: what is typed before that goes to its cards.
  await lab.page.locator(".jp-LauncherCard").first().waitFor();
  await keyboard.command("Open from Path");
  await lab.page.locator(".jp-Dialog input:focus").waitFor();
  await keyboard.type("quickstart.ipynb");
  await keyboard.press("Enter");
  await lab.adoptNotebook("quickstart.ipynb");
  await eventually(() => focusIsIn(".jp-Notebook")).toBe(true);
  await keyboard.command("Run All Cells");
  await eventually(() => lab.unexecutedCells()).toBe(0);
  await eventually(() => lab.stageStatus("worldMap")).toBe("fresh");
  await lab.untilIdle();
  expect(await focusIsIn(".jp-Notebook")).toBe(true);
});

test("[P10] a shortcut leads to the sidebar, Tab to a parameter, and a typed value makes stages and cells stale", async () => {
  await keyboard.press("Alt+Shift+S");
  await eventually(() => focusIsIn("#stagebook-sidebar")).toBe(true);
  await keyboard.tabTo((text) => text === "minMagnitude");
  await keyboard.press("Control+A");
  await keyboard.type("5");
  await eventually(() => lab.stageStatus("strong")).toBe("stale");
  await eventually(markedCells).toBe(8);
  await lab.screenshot("keyboard stale");
});

test("[U1] a shortcut in the sidebar runs what is stale, and the focus stays", async () => {
  const before = lab.events.length;
  await keyboard.press("Control+Shift+Enter");
  await eventually(() => lab.stageStatus("worldMap")).toBe("fresh");
  await eventually(markedCells).toBe(0);
  await lab.untilIdle();
  await eventually(() => executed(lab.events.slice(before)).sort()).toEqual(["strong", "summary", "worldMap"]);
  expect(await keyboard.focused()).toBe("minMagnitude");
});

test("[U6] Tab leads to the stages, Space selects one, and its output is opened and read", async () => {
  await keyboard.tabTo((text) => text === "a");
  for (let presses = 0; presses < 20 && (await keyboard.focused()) !== "strong"; presses++) await keyboard.press("ArrowDown"); // prettier-ignore
  await keyboard.press("Space");
  await eventually(() => lab.panel("stage").locator("h2").innerText()).toBe("strong");
  expect(await keyboard.focused()).toBe("strong");
  await keyboard.tabTo((text) => text === "Output");
  await keyboard.press("Enter");
  await eventually(() => lab.panel("stage").locator(".stagebook-TableGrid").getAttribute("data-rows")).toBe("30");
  await keyboard.tabTo((text) => text.startsWith("Rows."));
  await keyboard.press("Control+ArrowDown");
  await eventually(() => lab.panel("stage").locator(".stagebook-TableGrid-cursor").innerText()).toContain("row 30");
  await lab.screenshot("keyboard output");
});

test("[U2] Show cell leads from the stage to its cell in the notebook, which has the focus", async () => {
  await keyboard.tabTo((text) => text === "Show cell", "Shift+Tab");
  await keyboard.press("Enter");
  await eventually(() => lab.activeCell()).toEqual({ id: "strong", inView: true });
  await eventually(() => focusIsIn(".jp-Notebook")).toBe(true);
  await keyboard.press("ArrowDown");
  await eventually(async () => (await lab.activeCell()).id !== "strong").toBe(true);
});

test("[O1] a shortcut leads to the log, the arrow keys to its lines, and Tab to the details of one", async () => {
  await keyboard.press("Alt+Shift+L");
  await eventually(() => keyboard.focused()).toBe("Log lines");
  await keyboard.press("End");
  await lab.panel("log").getByLabel("Log line", { exact: true }).waitFor();
  await keyboard.tabTo((text) => text === "Show cell");
  await lab.screenshot("keyboard log");
  await keyboard.press("Enter");
  await eventually(() => focusIsIn(".jp-Notebook")).toBe(true);
});
