/** The cells as the user sees them: marks and their reasons, the run button of a cell, running stale cells above, auto-run. */
import { beforeAll, expect, test } from "vitest";
import { executed } from "../rig/kernel/event-log";
import { useLab } from "../rig/lab/lab-rig";
import { eventually } from "../rig/lab/eventually";

const lab = useLab();

const cells = [
  `import { param, stage } from "stagebook";`,
  `const limit = param("limit", 2, { min: 0, max: 10 });`,
  `const a = stage("a", { limit }, ({ limit }) => { if (limit === 9) throw new Error("nine"); return limit * 10; });\nawait a()`,
  `const factor = 3;`,
  `console.log("plain", factor * 2)`,
  `const b = stage("b", { limit }, ({ limit }) => -limit);\nawait b()`,
  `const c = stage("c", { b }, ({ b }) => b - 1);\nawait c()`,
];
const [, , A, FACTOR, PLAIN, B, C] = cells.map((_, index) => index);
const allFresh = { a: "fresh", b: "fresh", c: "fresh" };
const fresh = cells.map(() => "fresh");

beforeAll(async () => {
  await lab.openNotebook(cells);
  await lab.runAll();
});

test("[U2] a plain cell that reads a variable is stale when it has a new value, with the reason in the tooltip of its prompt", async () => {
  await eventually(() => lab.stageStatuses()).toEqual(allFresh);
  await lab.editCell(FACTOR!, `const factor = 4;`);
  await eventually(() => mark(FACTOR!)).toEqual({ status: "stale", edited: true, tooltip: "Edited since last run" });
  await lab.runCell(FACTOR!);
  await eventually(() => mark(PLAIN!)).toMatchObject({
    status: "stale",
    edited: false,
    tooltip: expect.stringContaining("• variable factor changed") as string,
  });
  await eventually(async () => (await lab.cellMarks()).filter((status) => status === "stale").length).toBe(1);
});

test("[U2] the reason can be shown by keyboard", async () => {
  await lab.selectCell(PLAIN!);
  await focusNotebook();
  await lab.page.keyboard.press("Alt+Shift+KeyW");
  const dialog = lab.page.locator(".jp-Dialog");
  await eventually(() => dialog.innerText()).toContain("variable factor changed");
  await lab.page.keyboard.press("Escape");
  await eventually(() => dialog.count()).toBe(0);
});

test("[U2] a new cell and a failed cell are marked as such", async () => {
  await lab.selectCell(C!);
  await lab.command("notebook:insert-cell-below");
  await lab.editCell(C! + 1, `console.log(await a())`);
  await eventually(() => mark(C! + 1)).toMatchObject({ status: "new", tooltip: "Not yet run in this kernel" });
  await lab.selectCell(C! + 1);
  await lab.command("notebook:delete-cell");
  await lab.setParam("limit", 9);
  await eventually(() => lab.stageStatus("a")).toBe("stale");
  await lab.runCell(A!);
  await eventually(() => mark(A!)).toMatchObject({ status: "failed" });
  await lab.setParam("limit", 2);
  await eventually(() => lab.stageStatus("b")).toBe("fresh");
  await runStale();
  await eventually(() => lab.cellMarks()).toEqual(fresh);
});

test("[U2] the button of a cell runs the stale stages and cells above it, then the cell, and nothing else", async () => {
  await lab.setParam("limit", 3);
  await eventually(() => lab.stageStatuses()).toEqual({ a: "stale", b: "stale", c: "pending" });
  const [before, counts] = [lab.events.length, await lab.executionCounts()];
  await lab.selectCell(PLAIN!);
  await lab.page.locator(".jp-Cell.jp-mod-active [data-jp-item-name='stagebook-run-cell'] jp-button").click();
  await eventually(async () => changed(counts, await lab.executionCounts())).toEqual([A, PLAIN]);
  await eventually(() => lab.stageStatuses()).toEqual({ a: "fresh", b: "stale", c: "pending" });
  expect(executed(lab.events.slice(before))).toEqual(["a"]);
});

test("[U2] running the stale cells above a cell does not run the cell itself", async () => {
  const [before, counts] = [lab.events.length, await lab.executionCounts()];
  await lab.selectCell(C!);
  await lab.command("stagebook:run-stale-above");
  await eventually(async () => changed(counts, await lab.executionCounts())).toEqual([B]);
  await eventually(() => executed(lab.events.slice(before))).toEqual(["b"]);
  await eventually(() => mark(C!)).toMatchObject({ status: "stale" });
  expect(changed(counts, await lab.executionCounts())).toEqual([B]);
  await runStale();
});

test("[U2] auto-run: a parameter change runs the stages it makes stale, after a pause; switched off, it runs nothing", async () => {
  const button = lab.page.locator(`[data-jp-item-name="stagebook-auto-run"]:visible jp-button`);
  await button.click();
  await eventually(() => button.getAttribute("title")).toContain("Auto-run on");
  const before = lab.events.length;
  const counts = await lab.executionCounts();
  for (const value of [4, 5, 6, 7]) await lab.setParam("limit", value);
  await eventually(async () => changed(counts, await lab.executionCounts())).toEqual([A, B, C]);
  await eventually(() => lab.stageStatuses()).toEqual(allFresh);
  await eventually(() => [...new Set(executed(lab.events.slice(before)))].sort()).toEqual(["a", "b", "c"]);
  await eventually(() => lab.outputText(A!)).toContain("70");

  await button.click();
  await eventually(() => button.getAttribute("title")).toContain("Auto-run off");
  await lab.setParam("limit", 8);
  await eventually(() => lab.stageStatuses()).toEqual({ a: "stale", b: "stale", c: "pending" });
  await runStale();
});

test("[U2] the switch is remembered across a reload, and nothing is written into the notebook", async () => {
  await focusNotebook();
  await lab.page.keyboard.press("Alt+Shift+KeyA");
  const button = lab.page.locator(`[data-jp-item-name="stagebook-auto-run"]:visible jp-button`);
  await eventually(() => button.getAttribute("title")).toContain("Auto-run on");
  await lab.reload();
  await eventually(() => button.getAttribute("title")).toContain("Auto-run on");
  expect(lab.folder.read("notebook.ipynb")).not.toMatch(/stagebook-|auto-run|"stagebook"\s*:/);
  await button.click();
});

const runStale = async (): Promise<void> => {
  await lab.command("stagebook:run-stale");
  await lab.untilIdle();
};

async function focusNotebook(): Promise<void> {
  await lab.page.locator(".jp-Cell.jp-mod-active .jp-InputPrompt:visible").click();
}

/** The mark of a cell. */
async function mark(index: number): Promise<{ status: string | null; edited: boolean; tooltip: string | null }> {
  const cell = lab.page.locator(".jp-Notebook:visible .jp-Cell").nth(index);
  return {
    status: await cell.getAttribute("data-stagebook-status"),
    edited: (await cell.getAttribute("data-stagebook-edited")) !== null,
    tooltip: await cell.locator(".jp-InputPrompt").first().getAttribute("title"),
  };
}

function changed(before: readonly (number | null)[], after: readonly (number | null)[]): number[] {
  return after.flatMap((count, index) => (count === null || count === before[index] ? [] : [index]));
}
