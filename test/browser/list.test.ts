/** The list of stages in the sidebar: order, groups, keyboard, search, forecasts, and thousands of stages. */
import { beforeAll, describe, expect, test } from "vitest";
import { useLab } from "../rig/lab/lab-rig";
import { isHeavy } from "../rig/part";
import { eventually } from "../rig/lab/eventually";
import { chooseItem } from "../rig/lab/page/menu";

const lab = useLab({ viewport: { width: 1366, height: 900 } });
const cells = [
  `import { param, stage } from "stagebook";`,
  `const limit = param("limit", 4, { min: 0, max: 10, step: 1, unit: "km" });`,
  `const raw = stage("raw", () => [1, 5, 9]);
const clean = stage("etl/clean", { raw, limit }, ({ raw, limit }) => raw.map((row) => row + limit));
const apart = stage("apart", () => 1);
const join = stage("etl/join", { clean }, ({ clean }) => clean.length + clean[0]);
const report = stage("report", { join, apart }, ({ join, apart }) => join + apart);`,
  `await report();`,
];
const allFresh = { raw: "fresh", "etl/clean": "fresh", "etl/join": "fresh", apart: "fresh", report: "fresh" };
const list = () => lab.panel("dag").getByRole("tree");
const rows = (): Promise<string[]> =>
  list()
    .getByRole("treeitem")
    .evaluateAll((items) =>
      (items as HTMLElement[])
        .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
        .map((item) => item.dataset.stage ?? `${item.dataset.group ?? ""}/`),
    );
const focused = (): Promise<string | undefined> =>
  lab.page.evaluate(() => {
    const { stage, group } = (document.activeElement as HTMLElement).dataset;
    return stage ?? group;
  });
const press = (key: string) => lab.page.keyboard.press(key);

beforeAll(async () => {
  await lab.openNotebook(cells);
  await lab.runAll();
});

test("[O7] the stages are in order, those of a group below its heading, with status and duration", async () => {
  await eventually(() => lab.stageStatuses()).toEqual(allFresh);
  await eventually(rows).toEqual(["raw", "etl/", "etl/clean", "etl/join", "apart", "report"]);
  const row = lab.stage("etl/clean");
  await eventually(() => row.innerText()).toMatch(/^clean\s+(<1|\d+) ms$/);
  expect(await row.getAttribute("aria-label")).toBe("etl/clean, fresh");
  expect(await row.getAttribute("aria-level")).toBe("2");
});

test("[O7] arrow keys move through the list and fold groups, Enter selects and shows the cell", async () => {
  await lab.stage("raw").focus();
  await press("ArrowDown");
  await eventually(focused).toBe("etl");
  await press("ArrowLeft");
  await eventually(rows).toEqual(["raw", "etl/", "apart", "report"]);
  await eventually(focused).toBe("etl");
  await press("ArrowRight");
  await eventually(rows).toEqual(["raw", "etl/", "etl/clean", "etl/join", "apart", "report"]);
  await press("ArrowRight");
  await eventually(focused).toBe("etl/clean");
  await press("ArrowLeft");
  await eventually(focused).toBe("etl");
  await press("End");
  await eventually(focused).toBe("report");
  await press("ArrowUp");
  await press("ArrowUp");
  await eventually(focused).toBe("etl/join");
  await lab.selectCell(0);
  await press("Enter");
  await eventually(() => lab.panel("stage").innerText()).toContain("etl/join");
  await eventually(() => lab.activeCell()).toMatchObject({ id: "c3" });
  await eventually(() => list().locator(".stagebook-mod-ancestor").count()).toBe(2);
  await eventually(() => list().locator(".stagebook-mod-descendant").count()).toBe(1);
  await lab
    .panel("stage")
    .getByRole("button", { name: /^Close stage/ })
    .click();
});

test("[O7] the search finds stages, and those that read a parameter; Enter moves through them", async () => {
  const search = lab.panel("dag").getByRole("searchbox");
  await search.fill("etl");
  await eventually(() => list().locator(".stagebook-mod-found").count()).toBe(2);
  await eventually(() => list().locator(".stagebook-mod-dimmed").count()).toBe(3);
  await search.press("Enter");
  await eventually(focused).toBe("etl/clean");
  await search.fill("limit");
  await eventually(() => lab.panel("dag").getByText("1 match").count()).toBe(1);
  await eventually(() => lab.stage("etl/clean").getAttribute("class")).toContain("stagebook-mod-found");
  await search.fill("");
  await eventually(() => list().locator(".stagebook-mod-dimmed").count()).toBe(0);
});

test("[O7] rows show what a value would run, and the context menu is that of the node", async () => {
  const slider = lab.panel("params").locator('input[type="range"]').first();
  const box = (await slider.boundingBox())!;
  await lab.page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
  await lab.page.mouse.down();
  await lab.page.mouse.move(box.x + box.width * 0.7, box.y + box.height / 2, { steps: 10 });
  await eventually(() => lab.stage("etl/clean").getAttribute("data-what-if")).toBe("run");
  await eventually(() => lab.stage("report").getAttribute("data-what-if")).toBe("maybe");
  await lab.page.mouse.up();
  await eventually(() => lab.stageStatus("etl/clean")).toBe("stale");
  await eventually(() => lab.stage("etl/clean").getAttribute("aria-label")).toContain("stale: limit");
  await chooseItem(lab.page, () => lab.stage("etl/clean").click({ button: "right" }), "Collapse etl/");
  await eventually(rows).toEqual(["raw", "etl/", "apart", "report"]);
  await eventually(() => lab.panel("dag").locator('[data-group="etl"]').getAttribute("data-status")).toBe("stale");
  await lab.panel("dag").locator('[data-group="etl"]').click();
  await eventually(rows).toMatchObject({ length: 6 });
});

test("[O7] the choice between list and drawing is a setting", async () => {
  await lab.panel("dag").getByRole("button", { name: "Show as graph" }).click();
  await lab.panel("dag").locator(".react-flow__node").first().waitFor();
  await lab.reload();
  await lab.panel("dag").locator(".react-flow__node").first().waitFor();
  await lab.panel("dag").getByRole("button", { name: "Show as list" }).click();
  await list().waitFor();
});

describe.runIf(isHeavy)("2,000 stages", () => {
  test("[O7] scroll smoothly, the search scrolls to what it finds, and a row in focus stays", async () => {
    const cell = `import { stage } from "stagebook";
const stages: any[] = [];
for (let at = 0; at < 2000; at++)
  stages.push(stage("s" + at, at < 10 ? {} : { a: stages[at - 10], b: stages[at - 1 - (at * 7) % 9] }, () => at));`;
    await lab.openNotebook([cell], "thousands.ipynb");
    await lab.runAll();
    await lab.stage("s0").waitFor();
    await lab.stage("s0").focus();
    const frames = await lab.panel("dag").locator(".stagebook-List").evaluate(scrollThrough);
    console.log(`p95 of ${frames.length} frames while scrolling: ${p95(frames).toFixed(1)} ms`);
    expect(await list().getByRole("treeitem").count()).toBeLessThan(100);
    expect(await focused()).toBe("s0");
    await lab.panel("dag").getByRole("searchbox").fill("s1500");
    await lab.stage("s1500").waitFor();
    expect(await lab.stage("s1500").evaluate(isInView)).toBe(true);
    await lab.screenshot("list-2000");
  });
});

/** Scrolls as far as a fast wheel does, 120 px in each frame; the lengths of the frames in milliseconds. */
async function scrollThrough(node: Element): Promise<number[]> {
  const frames: number[] = [];
  let last = performance.now();
  for (let step = 0; step < 120; step++) {
    node.scrollTop += 120;
    const now = await new Promise<number>(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return frames.slice(1);
}

function p95(frames: readonly number[]): number {
  return [...frames].sort((a, b) => a - b)[Math.floor(frames.length * 0.95)] ?? 0;
}

function isInView(row: Element): boolean {
  const [inner, outer] = [row, row.closest(".stagebook-List")].map((each) => each?.getBoundingClientRect());
  return inner !== undefined && outer !== undefined && inner.top >= outer.top && inner.bottom <= outer.bottom + 1;
}
