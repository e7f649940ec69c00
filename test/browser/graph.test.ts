/** The graph and the form: forecasts for values that are not applied yet, and the features of the graph. */
import { readFileSync } from "node:fs";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { executed } from "../rig/kernel/event-log";
import { useLab } from "../rig/lab/lab-rig";
import { isHeavy } from "../rig/part";
import { eventually } from "../rig/lab/eventually";
import { chooseItem } from "../rig/lab/page/menu";

const lab = useLab();

/** `raw` → `etl/clean` → `etl/join` → `report`, with a parameter at the second; `apart` reads neither. */
const cells = [
  `import { param, stage } from "stagebook";
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));`,
  `const limit = param("limit", 4, { min: 0, max: 10, step: 1, unit: "km", description: "How far" });
const region = param("region", "world", { choices: ["world", "europe"] });`,
  `const raw = stage("raw", () => [1, 5, 9]);`,
  `const clean = stage("etl/clean", { raw, limit }, async ({ raw, limit }) => { await pause(300); return raw.map((row) => row + limit); });`,
  `const join = stage("etl/join", { clean }, async ({ clean }) => { await pause(200); return clean.length + clean[0]; });`,
  `const report = stage("report", { join, region }, ({ join, region }) => region + join);`,
  `const apart = stage("apart", () => 1);\nawait Promise.all([report(), apart()])`,
];
const allFresh = { raw: "fresh", "etl/clean": "fresh", "etl/join": "fresh", report: "fresh", apart: "fresh" };
const graph = () => lab.panel("dag");

beforeAll(async () => {
  await lab.openNotebook(cells);
  await lab.runAll();
  // The drawing instead of the list.
  await lab.panel("dag").getByRole("button", { name: "Show as graph" }).click();
});

/** The highlighted stages. */
async function highlighted(): Promise<{ [name: string]: string | null }> {
  const rows = await graph()
    .locator("[data-what-if]")
    .evaluateAll((nodes) => nodes.map((node) => [node.getAttribute("data-stage"), node.getAttribute("data-what-if")]));
  return Object.fromEntries(rows) as { [name: string]: string | null };
}

const forecast = (name: string): Promise<string> =>
  lab
    .panel("params")
    .locator(`[data-forecast="${name}"]`)
    .allInnerTexts()
    .then((texts) => texts.join());

describe("the edges", () => {
  const drawn = (): Promise<number> => graph().locator("path.react-flow__edge-path").count();

  test("[O7] are all drawn, end at the nodes, and stay when a stage is selected and after a reload", async () => {
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    await eventually(drawn).toBe(5);
    await eventually(async () => (await lab.stage("etl/join").first().evaluate(distanceToEdge)) < 3).toBe(true);
    await lab.stage("raw").first().click();
    await graph().locator('[data-stage="raw"].stagebook-mod-selected').waitFor();
    await eventually(drawn).toBe(5);
    await lab.reload();
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    await eventually(drawn).toBe(5);
  });
});

describe("the forecast of a value", () => {
  test("[O7] moving a slider highlights what would run, with its estimated duration, before anything is applied", async () => {
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    const before = lab.events.length;
    const slider = lab.panel("params").locator('input[type="range"]').first();
    const box = (await slider.boundingBox())!;
    await lab.page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
    await lab.page.mouse.down();
    await lab.page.mouse.move(box.x + box.width * 0.7, box.y + box.height / 2, { steps: 10 });
    await eventually(highlighted).toEqual({ "etl/clean": "run", "etl/join": "maybe", report: "maybe" });
    await eventually(() => forecast("limit")).toMatch(/^1 \+ up to 2 stages, about (<1|\d+) ms to (<1|\d+) ms$/);
    await eventually(() => lab.stage("etl/clean").first().getAttribute("aria-label")).toContain("would run");
    await lab.screenshot("what-if-light");
    expect(await lab.stageStatuses()).toEqual(allFresh);
    expect(lab.events.slice(before).filter(({ type }) => type === "param:changed")).toEqual([]);
    await lab.page.mouse.up();
    await eventually(() => lab.stageStatus("etl/clean")).toBe("stale");
    await eventually(highlighted).toEqual({});
    expect(executed(lab.events.slice(before))).toEqual([]);
  });

  test("[O7] a value whose results are stored needs no run", async () => {
    await lab.command("stagebook:run-stale");
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    await lab.page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seenForecasts: seen });
      new MutationObserver(() => {
        const text = document.querySelector("[data-forecast]")?.textContent;
        if (text && seen.at(-1) !== text) seen.push(text);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await lab.setParam("limit", 4);
    await eventually(() =>
      lab.page.evaluate(() => (window as unknown as { seenForecasts: string[] }).seenForecasts),
    ).toContain("cached");
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
  });

  test("[O7] values whose results are stored are marked at the slider and in the list of choices", async () => {
    const params = lab.panel("params");
    const ticks = () =>
      params
        .locator("i[data-cached]")
        .evaluateAll((nodes) => nodes.map((node) => node.getAttribute("data-cached")).sort());
    await params.locator('input[type="range"]').first().hover();
    await eventually(ticks).toEqual(["4", "7"]);
    await params.locator("select").first().hover();
    await eventually(() => params.locator("option[data-cached]").allInnerTexts()).toEqual(["world ✓"]);
    await lab.screenshot("free-values");
  });
});

describe("the graph", () => {
  beforeEach(() => lab.page.keyboard.press("Escape"));

  test("[O7] the search dims what does not match, and Enter goes to a match", async () => {
    const search = graph().getByRole("searchbox");
    await search.fill("etl");
    await eventually(() => graph().locator(".stagebook-mod-found[data-stage]").count()).toBe(2);
    await eventually(() => graph().locator("[data-stage].stagebook-mod-dimmed").count()).toBe(3);
    await search.press("Enter");
    await eventually(focusedStage).toBe("etl/clean");
    await lab.screenshot("graph-search");
    await search.fill("");
    await eventually(() => graph().locator(".stagebook-mod-dimmed").count()).toBe(0);
  });

  test("[O7] arrow keys follow the edges, and Enter selects a stage and marks its lineage", async () => {
    await lab.stage("raw").first().focus();
    await lab.page.keyboard.press("ArrowDown");
    await eventually(focusedStage).toBe("etl/clean");
    await lab.page.keyboard.press("ArrowDown");
    await eventually(focusedStage).toBe("etl/join");
    await lab.page.keyboard.press("Enter");
    await eventually(() => stagesWith("stagebook-mod-ancestor")).toEqual(["etl/clean", "raw"]);
    await eventually(() => stagesWith("stagebook-mod-descendant")).toEqual(["report"]);
  });

  test("[O7] the context menu forces a run of one stage, copies its name and explains its status", async () => {
    const before = lab.events.length;
    await lab.stage("etl/join").first().click({ button: "right" });
    await lab.page.getByRole("menuitem", { name: "Copy Stage Name" }).waitFor();
    await lab.screenshot("graph-context-menu");
    await lab.page.getByRole("menuitem", { name: "Force Run Stage" }).click();
    await eventually(() => executed(lab.events.slice(before))).toEqual(["etl/join"]);
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    await choose("etl/join", "Explain Stage Status");
    await lab.page.getByRole("dialog").getByText("etl/join is fresh").waitFor();
    await lab.page.keyboard.press("Escape");
    await eventually(() => lab.page.getByRole("dialog").count()).toBe(0);
  });

  test("[O7] the latest result can be pinned, and clearing asks for confirmation", async () => {
    const rerun = async (): Promise<string> => {
      await lab.runCell(6);
      return lab.outputText(6);
    };
    await choose("apart", "Pin Result");
    await lab.editCell(6, `${cells[6]}\nString((await apart.history()).map((row) => row.pinned))`);
    await eventually(rerun).toContain("true");
    await choose("apart", "Unpin Result");
    await eventually(rerun).toContain("false");
    await choose("apart", "Clear Stage Results");
    await lab.page.getByRole("dialog").getByRole("button", { name: "Clear" }).click();
    await eventually(() => lab.stageStatus("apart")).toBe("new");
    await lab.command("stagebook:run-stage", { stage: "apart" });
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
  });

  test("[O7] a group collapses to one node, and Enter expands it", async () => {
    await choose("etl/clean", "Collapse etl/");
    const group = graph().locator('[data-group="etl"]');
    await group.waitFor();
    await eventually(async () => Object.keys(await lab.stageStatuses()).sort()).toEqual(["apart", "raw", "report"]);
    await lab.screenshot("graph-group");
    await group.focus();
    await lab.page.keyboard.press("Enter");
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
  });

  test("[O7] the menu changes the direction, which is a setting", async () => {
    const left = async (name: string): Promise<number> => (await lab.stage(name).first().boundingBox())!.x;
    await chooseItem(
      lab.page,
      () => graph().getByRole("button", { name: "Graph menu" }).click(),
      "Left-to-Right Graph",
    );
    await eventually(async () => (await left("raw")) < (await left("etl/clean"))).toBe(true);
    await lab.screenshot("graph-right");
    await lab.command("stagebook:graph-direction");
    await eventually(async () => (await left("raw")) < (await left("report"))).toBe(false);
  });

  test.each([
    ["svg", /^<svg [\s\S]*etl\/clean[\s\S]*<\/svg>$/],
    ["png", /^\u2030?.PNG|^\ufffdPNG/],
    ["mermaid", /^flowchart TD\n[\s\S]*etl\/clean/],
  ] as const)("[O7] the graph is saved as %s", async (format, content) => {
    const [download] = await Promise.all([
      lab.page.waitForEvent("download"),
      lab.command("stagebook:export-graph", { format }),
    ]);
    expect(download.suggestedFilename()).toMatch(/^notebook-graph\.(svg|png|mmd)$/);
    expect(readFileSync(await download.path(), "utf8")).toMatch(content);
  });
});

describe("the form", () => {
  test("[P10] the search shows only matching parameters", async () => {
    const rows = lab.panel("params").locator(".stagebook-Params-row:visible");
    await lab.panel("params").getByRole("searchbox").fill("far");
    await eventually(() => rows.count()).toBe(1);
    await lab.panel("params").getByRole("searchbox").fill("");
    await eventually(() => rows.count()).toBe(2);
  });

  test("[P10] a preset restores all values, and their stored results are used", async () => {
    await openPresets("Save values as preset …");
    await lab.page.getByRole("dialog").getByRole("textbox").fill("near");
    await lab.page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await lab.setParam("limit", 2);
    await lab.setParam("region", "europe");
    await eventually(() => lab.stageStatuses()).toMatchObject({ "etl/clean": "stale" });
    const before = lab.events.length;
    await openPresets("near");
    await eventually(() => lab.param("limit").inputValue()).toBe("4");
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    expect(executed(lab.events.slice(before))).toEqual([]);
  });

  test("[P10] values pasted as JSON are applied", async () => {
    await openPresets("Load values from JSON …");
    await lab.page.getByRole("dialog").getByRole("textbox").fill('{"limit": 7, "gone": 1}');
    await lab.page.getByRole("dialog").getByRole("button", { name: "Load" }).click();
    await eventually(() => lab.param("limit").inputValue()).toBe("7");
    await lab.panel("params").getByRole("button", { name: "Reset all" }).click();
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
  });
});

describe("values that are applied by a button", () => {
  test("[P10] wait, with their forecast, until Apply is clicked", async () => {
    await lab.command("apputils:change-theme", { theme: "JupyterLab Dark" });
    await lab.command("stagebook:apply-on-button");
    await lab.panel("params").getByRole("button", { name: "Apply", exact: true }).waitFor();
    const before = lab.events.length;
    await lab.setParam("limit", 9);
    await lab.setParam("region", "europe");
    const apply = lab.panel("params").getByRole("button", { name: "Apply 2 changes" });
    await apply.waitFor();
    await eventually(highlighted).toEqual({ "etl/clean": "run", "etl/join": "maybe", report: "run" });
    await lab.screenshot("what-if-dark");
    expect(lab.events.slice(before).filter(({ type }) => type === "param:changed")).toEqual([]);
    await apply.click();
    await eventually(() => lab.stageStatus("etl/clean")).toBe("stale");
    await eventually(highlighted).toEqual({});
    await lab.panel("params").getByRole("button", { name: "Reset all" }).click();
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    await lab.command("stagebook:apply-on-button");
    await lab.command("apputils:change-theme", { theme: "JupyterLab Light" });
  });
});

test("[D4] show(pipeline) is the drawing of the sidebar, in the page's colors, with readable names, and never wider than its cell", async () => {
  await lab.openNotebook(
    [
      `import { pipeline, show, stage } from "stagebook";`,
      `const first = stage("first", () => [1, 2]); const names = Array.from({ length: 12 }, (_, at) => "side/" + at);
for (const name of names) stage(name, { first }, ({ first }) => first.length); await pipeline.run();`,
      `show(pipeline);`,
    ],
    "shown.ipynb",
  );
  await lab.runAll();
  const shown = lab.page.locator(".jp-NotebookPanel:visible .stagebook-GraphOutput svg");
  await shown.waitFor();
  const textsOf = (svg: string): string[] =>
    [...svg.matchAll(/<text [^>]*>([^<]*)</gu)].map(([, text = ""]) => text.replace(/&(lt|#60);/gu, "<"));
  const exported = async (): Promise<readonly string[]> => {
    const [download] = await Promise.all([
      lab.page.waitForEvent("download"),
      lab.command("stagebook:export-graph", { format: "svg" }),
    ]);
    return textsOf(readFileSync(await download.path(), "utf8"));
  };
  // The page is some events behind the cell.
  await eventually(exported).toEqual(textsOf(await shown.evaluate((svg) => svg.outerHTML)));
  const { output, cell, name } = await shown.evaluate((svg) => {
    const text = svg.querySelector("text")!;
    return {
      output: svg.parentElement!.getBoundingClientRect().width,
      cell: svg.closest(".jp-OutputArea")!.getBoundingClientRect().width,
      name: (text.getBoundingClientRect().height / text.getBBox().height) * 13,
    };
  });
  expect(output).toBeLessThanOrEqual(cell);
  expect(name).toBeGreaterThanOrEqual(10.9);
  const fill = (): Promise<string> =>
    shown
      .locator("rect")
      .first()
      .evaluate((rect) => getComputedStyle(rect).fill);
  const light = await fill();
  await lab.screenshot("shown-pipeline");
  await lab.command("apputils:change-theme", { theme: "JupyterLab Dark" });
  await eventually(async () => (await fill()) === light).toBe(false);
  await lab.screenshot("shown-pipeline-dark");
  await lab.command("apputils:change-theme", { theme: "JupyterLab Light" });
});

async function openPresets(item: string): Promise<void> {
  await chooseItem(lab.page, () => lab.panel("params").getByRole("button", { name: "Presets" }).click(), item);
}

async function choose(stage: string, item: string): Promise<void> {
  await chooseItem(lab.page, () => lab.stage(stage).first().click({ button: "right" }), item);
}

function focusedStage(): Promise<string | null> {
  return lab.page.evaluate(() => document.activeElement?.getAttribute("data-stage") ?? null);
}

async function stagesWith(mark: string): Promise<string[]> {
  const nodes = await graph().locator(`[data-stage].${mark}`).all();
  const names = await Promise.all(nodes.map((node) => node.getAttribute("data-stage")));
  return names.map(String).sort();
}

describe("a graph of hundreds of stages", () => {
  test("[O7] names are never smaller than 11 px, the search moves to what it finds, and edges end at the nodes", async () => {
    const cell = `import { stage } from "stagebook";
const stages: any[] = [];
for (let at = 0; at < 200; at++) stages.push(stage("s" + at, at < 10 ? {} : { a: stages[at - 10] }, () => at));`;
    await lab.openNotebook([cell], "hundreds.ipynb");
    await lab.runAll();
    await graph().locator("[data-stage]").first().waitFor();
    await eventually(async () => (await smallestName()) >= 11).toBe(true);
    for (let clicks = 0; clicks < 3; clicks++)
      await graph().getByRole("button", { name: "Zoom out" }).click({ force: true });
    expect(await smallestName()).toBeGreaterThanOrEqual(11);
    await graph().getByRole("searchbox").fill("s105");
    const node = lab.stage("s105").first();
    await eventually(() => node.evaluate(isInView)).toBe(true);
    expect(await node.evaluate((element) => element === document.activeElement)).toBe(false);
    await lab.page.keyboard.press("Enter");
    await eventually(() => node.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await node.innerText()).toContain("s105");
    await eventually(async () => (await node.evaluate(distanceToEdge)) < 3).toBe(true);
  });
});

describe.runIf(isHeavy)("groups that do not fit", () => {
  test("[O7] are collapsed until the user expands them, so that names stay readable", async () => {
    const cell = `import { stage } from "stagebook";
const stages: any[] = [];
for (let at = 0; at < 60; at++) stages.push(stage((at % 2 ? "load/s" : "save/s") + at, at < 2 ? {} : { a: stages[at - 2] }, () => at));`;
    await lab.openNotebook([cell], "groups.ipynb");
    await lab.runAll();
    await eventually(() => graph().locator("[data-group]").count()).toBe(2);
    expect(await smallestName()).toBeGreaterThanOrEqual(11);
    await graph().locator('[data-group="load"]').click();
    await lab.stage("load/s1").first().waitFor();
    expect(await smallestName()).toBeGreaterThanOrEqual(11);
  });
});

describe("the tab", () => {
  test("[O7] shows the drawing in the main area, and is there again after a reload", async () => {
    const tab = lab.page.locator('[data-stagebook="graph"]:visible');
    await lab.showNotebook("notebook.ipynb");
    await graph().getByRole("button", { name: "Show as list" }).click();
    await graph().getByRole("button", { name: "Open graph in a tab" }).click();
    await eventually(() => tab.locator("[data-stage]").count()).toBe(5);
    await lab.screenshot("graph-tab");
    await tab.locator('[data-stage="report"]').click();
    await eventually(() => lab.panel("stage").innerText()).toContain("report");
    await eventually(() => lab.page.locator(".jp-NotebookPanel:visible").count()).toBe(1);
  });
});

/** The font size of the smallest name of a node in the drawing, in CSS pixels of the screen. */
function smallestName(): Promise<number> {
  return graph()
    .locator(".react-flow__node :is(.stagebook-Graph-name, .stagebook-Graph-sourceName)")
    .evaluateAll((names) =>
      Math.min(
        ...(names as HTMLElement[]).map(
          (name) =>
            (Number.parseFloat(getComputedStyle(name).fontSize) * name.getBoundingClientRect().width) /
            (name.offsetWidth || 1),
        ),
      ),
    )
    .then((size) => Math.round(size * 100) / 100);
}

/** True if the whole node is within the panel. */
function isInView(node: Element): boolean {
  const [inner, outer] = [node, node.closest('[data-stagebook="dag"]')].map((each) => each?.getBoundingClientRect());
  return (
    inner !== undefined &&
    outer !== undefined &&
    inner.top >= outer.top &&
    inner.bottom <= outer.bottom &&
    inner.left >= outer.left &&
    inner.right <= outer.right
  );
}

/** In CSS pixels of the screen: from the middle of a node's top to the nearest end of an edge. */
function distanceToEdge(node: Element): number {
  const box = node.getBoundingClientRect();
  const ends = [...document.querySelectorAll<SVGPathElement>('[data-stagebook="dag"] path.react-flow__edge-path')].map(
    (path) => path.getPointAtLength(path.getTotalLength()).matrixTransform(path.getScreenCTM() ?? undefined),
  );
  return Math.min(...ends.map(({ x, y }) => Math.hypot(x - (box.left + box.width / 2), y - box.top)));
}
