/** The quickstart notebook as a user works with it: edit a parameter in the form, see what is stale and why, run only that. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { executed, log } from "../rig/kernel/event-log";
import { useLab } from "../rig/lab/lab-rig";
import { repository } from "../rig/kernel/notebook-folder";
import { eventually } from "../rig/lab/eventually";

const notebook = join(repository, "notebooks", "quickstart.ipynb");
const lab = useLab({ files: { "quickstart.ipynb": readFileSync(notebook, "utf8") } });

const allFresh = Object.fromEntries(
  ["a", "b", "c", "quakes", "recent", "strong", "summary", "activity", "land", "worldMap"].map((name) => [
    name,
    "fresh",
  ]),
);
const strongIsStale = { ...allFresh, strong: "stale", summary: "pending", worldMap: "pending" };
/** The cells that show minMagnitude, what depends on it, or the state of the pipeline. */
const staleCells = ["min-magnitude", "strong", "summary", "world-map", "why", "stage", "plan", "graph"];
/** Those whose output is another one when everything is fresh again: not the plan, and not the reason why. */
const refreshed = staleCells.filter((cell) => cell !== "plan" && cell !== "why");

beforeAll(async () => {
  await lab.openNotebook("quickstart.ipynb");
  await lab.runAll();
});

test("[U1] running all cells shows every stage as fresh", async () => {
  await eventually(() => lab.stageStatuses()).toEqual(allFresh);
  await lab.command("stagebook:show-log");
  await eventually(() => lab.panel("log").innerText()).toContain("file read");
});

test("[U1] [O7] a new value in the form makes exactly its dependents stale or pending, and runs nothing", async () => {
  const before = lab.events.length;
  await lab.setParam("minMagnitude", 5);
  await eventually(() => lab.stageStatuses()).toEqual(strongIsStale);
  await eventually(() => markedCells("stale")).toEqual(staleCells);
  expect(log(lab.events.slice(before))).toEqual([]);
});

test("[O8] the stage panel shows the reason as name: old → new", async () => {
  await clickStage("strong");
  await eventually(() => lab.panel("stage").locator("[data-reason]").allInnerTexts()).toEqual([
    "minMagnitude: 4.5 → 5",
  ]);
});

test("[U1] Run stale runs exactly the stale stages and executes exactly the stale cells", async () => {
  const before = lab.events.length;
  const counts = await countsByCell();
  await eventually(circlesOnMap).toBe(72);
  await runStale();
  await eventually(() => executed(lab.events.slice(before)).sort()).toEqual(["strong", "summary", "worldMap"]);
  await eventually(() => changedCounts(counts)).toEqual(refreshed);
  await eventually(circlesOnMap).toBe(30);
  await eventually(() => lab.stageStatuses()).toEqual(allFresh);
});

test("[U1] [S6] with the old value again, Run stale runs no stage and the old plot returns", async () => {
  const before = lab.events.length;
  const counts = await countsByCell();
  await lab.setParam("minMagnitude", 4.5);
  await eventually(() => markedCells("stale")).toEqual(expect.arrayContaining(["min-magnitude", "strong", "summary", "world-map"])); // prettier-ignore
  await runStale();
  expect(executed(lab.events.slice(before))).toEqual([]);
  await eventually(() => changedCounts(counts)).toEqual(refreshed);
  await eventually(circlesOnMap).toBe(72);
});

test("[U2] a click on a node selects its cell and brings it into view", async () => {
  for (const [stage, cell] of [
    ["a", "a"],
    ["worldMap", "world-map"],
    ["quakes", "quakes"],
  ] as const) {
    await clickStage(stage);
    await eventually(() => lab.activeCell()).toEqual({ id: cell, inView: true });
    await eventually(() => lab.page.locator(".jp-Notebook:visible").getAttribute("class")).toContain(
      "jp-mod-commandMode",
    );
  }
});

test("[U2] log lines appear while a stage runs", async () => {
  await lab.setParam("since", "2018-02-04");
  await eventually(() => lab.stageStatus("recent")).toBe("stale");
  const before = (await lab.logRows()).length;
  await runStale();
  await eventually(async () => (await lab.logRows()).slice(before).map(({ stage }) => stage)).toContain("activity");
  await lab
    .panel("params")
    .getByRole("button", { name: /^since: / })
    .click();
  await eventually(() => lab.stageStatus("recent")).toBe("fresh");
  await runStale();
});

async function clickStage(name: string): Promise<void> {
  await lab.stage(name).click();
}

/** Clicks the toolbar button and waits until nothing is stale. */
async function runStale(): Promise<void> {
  await lab.runStaleButton.click();
  await eventually(() => lab.runStaleButton.getAttribute("title")).toBe("Nothing is stale");
  await lab.untilIdle();
}

async function markedCells(status: string): Promise<(string | undefined)[]> {
  const [ids, marks] = [await lab.cellIds(), await lab.cellMarks()];
  return ids.filter((_, index) => marks[index] === status);
}

async function countsByCell(): Promise<Map<string, number | null>> {
  const [ids, counts] = [await lab.cellIds(), await lab.executionCounts()];
  return new Map(ids.map((id, index) => [id, counts[index] ?? null]));
}

/** The cells whose execution count has changed. */
async function changedCounts(before: ReadonlyMap<string, number | null>): Promise<string[]> {
  const after = await countsByCell();
  return Array.from(after.keys()).filter((id) => before.get(id) !== after.get(id));
}

/** The number of earthquakes on the map. */
async function circlesOnMap(): Promise<number> {
  const outputs = await lab.outputs((await lab.cellIds()).indexOf("world-map"));
  const text = JSON.stringify(outputs);
  const group = text.split("<g").find((part) => part.includes('fill=\\"crimson\\"'));
  return group?.match(/<circle/g)?.length ?? 0;
}
