/** The stage panel: changed code as a diff, outputs by kind, the history with Restore and Pin, and the log of a run. */
import { beforeAll, expect, test } from "vitest";
import { useLab } from "../rig/lab/lab-rig";
import { eventually } from "../rig/lab/eventually";

const lab = useLab({ viewport: { width: 1600, height: 1500 } });
const evil = `<img src=x onerror="window.pwned=1">😀 ${"long".repeat(500)}`;

const helper = (factor: number): string => `function score(row: { mag: number }): number {
  const base = row.mag * ${factor};
  const bonus = row.mag > 3 ? 1 : 0;
  return base + bonus;
}`;

const cells = [
  `import { stage, param } from "stagebook";
const limit = param("limit", 40, { min: 1, max: 100 });`,
  helper(2),
  `const quakes = stage("quakes", { limit }, ({ limit }, { log }) => {
  log.info("\\u001b[32mmade\\u001b[0m the rows", { limit, detail: { slow: true, steps: [1, 2, 3] } });
  console.log(${JSON.stringify(evil)});
  return Array.from({ length: limit }, (_, i) => ({ id: i, place: i % 3 ? "Chile" : ${JSON.stringify(evil)}, mag: Math.sin(i) * 4 + 4, at: new Date(i * 1e9) }));
});`,
  `const scores = stage("scores", { quakes }, ({ quakes }) => Float64Array.from(quakes, score));
const tree = stage("tree", { quakes }, ({ quakes }) => ({ count: quakes.length, first: quakes[0], names: { a: [1, 2, { b: null }] } }));
const picture = stage("picture", { scores }, ({ scores }) => '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="90"><script>window.pwned=1</script>' + [...scores].map((s, i) => '<circle cx="' + i * 8 + '" cy="' + (80 - s * 4) + '" r="3" fill="teal"/>').join("") + "</svg>");
const items = stage("items", async function* () { for (let i = 0; i < 300; i++) yield "item " + i; });`,
  `await Promise.all([scores(), tree(), picture(), items()]);`,
];

const panel = () => lab.panel("stage");
const section = (name: string) => panel().locator(`[data-section="${name}"]`);
const select = (stage: string) => lab.stage(stage).first().click();
const rowsShown = () => panel().locator("[data-preview='rows'] .stagebook-TableGrid").getAttribute("data-rows");
const open = async (name: string): Promise<void> => {
  if ((await section(name).getAttribute("open")) === null) await section(name).locator("summary").first().click();
};

beforeAll(async () => {
  await lab.openNotebook(cells);
  for (const cell of cells.keys()) await lab.runCell(cell);
  await lab.setSidebarWidth(620);
});

test("[U1] [O6] each kind of output is rendered: rows, numbers, a tree, an image, items", async () => {
  await select("quakes");
  await open("output");
  await eventually(rowsShown).toBe("40");
  await eventually(() => panel().locator("[data-preview='rows'] [data-column]").count()).toBe(4);
  await eventually(() => panel().locator("[data-column='mag'] button").getAttribute("title")).toContain("number");
  await lab.screenshot("panels stage rows light");
  for (const [stage, found] of [
    ["scores", "[data-preview='numbers'] .stagebook-Histogram rect"],
    ["tree", "[data-preview='tree'] .stagebook-Tree-name"],
    ["picture", "[data-preview='image'] img"],
    ["items", "[data-preview='items'] li"],
  ] as const) {
    await select(stage);
    await panel().locator(found).first().waitFor();
    await lab.screenshot(`panels stage ${stage} light`);
  }
});

test("[U1] the status bar counts the stages that are up to date", async () => {
  await eventually(() => lab.page.locator(".stagebook-StatusBar").innerText()).toBe("5/5 stages");
});

test("[O8] an edited helper is shown as removed and added lines", async () => {
  await lab.editCell(1, helper(3));
  await lab.runCell(1);
  await select("scores");
  const diff = panel().locator('[data-diff="score"]');
  await eventually(() => diff.locator("del").allInnerTexts()).toEqual([expect.stringContaining("row.mag * 2")]);
  await eventually(() => diff.locator("ins").allInnerTexts()).toEqual([expect.stringContaining("row.mag * 3")]);
  await lab.screenshot("panels stage diff light");
});

test("[P8] Restore sets the parameters of a stored result, and uses the result without a run", async () => {
  await lab.setParam("limit", 60);
  await eventually(() => lab.stageStatus("quakes")).toBe("stale");
  await select("quakes");
  await panel().getByRole("button", { name: "Run", exact: true }).click();
  await eventually(() => lab.stageStatus("quakes")).toBe("fresh");
  await open("history");
  await eventually(() => section("history").locator("[data-result]").count()).toBe(2);
  await lab.screenshot("panels stage history light");
  await section("history").locator("[data-result]").last().getByRole("button", { name: "Restore" }).click();
  await eventually(() => lab.param("limit").inputValue()).toBe("40");
  await eventually(() => lab.stageStatus("quakes")).toBe("fresh");
  await eventually(() =>
    section("history").locator(".stagebook-mod-current .stagebook-History-params").innerText(),
  ).toContain("40");
  await eventually(rowsShown).toBe("40");
});

test("[U1] a result can be pinned and unpinned", async () => {
  const oldest = section("history").locator("[data-result]").last();
  await oldest.getByRole("button", { name: "Pin" }).click();
  await eventually(() => oldest.getAttribute("data-pinned")).toBe("true");
  await oldest.getByRole("button", { name: "Unpin" }).click();
  await eventually(() => oldest.getAttribute("data-pinned")).toBe("false");
});

test("[O3] the log of the run that computed a result is shown, even in a later kernel", async () => {
  await lab.command("stagebook:clear-log");
  await lab.restartKernel();
  for (const cell of [0, 1, 2]) await lab.runCell(cell);
  await eventually(() => lab.stageStatus("quakes")).toBe("fresh");
  await select("quakes");
  await open("history");
  await section("history").locator("[data-result]").last().getByRole("button", { name: "Log" }).click();
  const rows = lab.panel("log").locator('[data-log][data-stage="quakes"]');
  await eventually(() => rows.count()).toBe(2);
  await eventually(() => rows.first().locator(".stagebook-ansi-green").innerText()).toBe("made");
  await rows.first().click();
  await lab.panel("log").locator(".stagebook-Tree-name").first().waitFor();
  await lab.panel("log").getByRole("button", { name: "Relative" }).click();
  await eventually(() => rows.first().locator(".stagebook-LogRow-time").innerText()).toBe("+0.000 s");
  await lab.screenshot("panels log light");
});

test("[U1] names and values are never executed, and the panels keep their widths, also in dark themes", async () => {
  await lab.command("apputils:change-theme", { theme: "JupyterLab Dark" });
  await open("output");
  await eventually(rowsShown).toBe("40");
  await lab.screenshot("panels stage rows dark");
  await lab.setSidebarWidth(340);
  await lab.screenshot("panels narrow dark");
  for (const name of ["stage", "log"] as const)
    await eventually(() => lab.panel(name).evaluate((node) => node.scrollWidth <= node.clientWidth)).toBe(true);
  expect(await lab.page.evaluate(() => "pwned" in window)).toBe(false);
});
