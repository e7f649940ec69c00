/** Tables in the page: in a cell's output and in the stage panel; sorted, filtered, scrolled, copied, saved, and without a kernel. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { eventually } from "../rig/lab/eventually";
import { useLab } from "../rig/lab/lab-rig";

const lab = useLab({ viewport: { width: 1366, height: 768 } });

const cells = [
  `import { stage, show } from "stagebook";`,
  `const quakes = stage("quakes", () => Array.from({ length: 30_000 }, (_, n) => ({
  id: n, place: n % 3 ? "Chile" : "Fiji <b>", mag: Math.round(Math.sin(n) * 400 + 400) / 100, depth: Math.sqrt(n) * 10, at: new Date(1.6e12 + n * 6e4), ok: n % 2 === 0, tag: n % 10 ? null : "first" })));`,
  `const rows = await quakes(); show(rows);`,
  `show('<svg xmlns="http://www.w3.org/2000/svg" width="3000" height="900"><rect width="3000" height="900" fill="teal"/></svg>'); show({ outerHTML: '<figure><svg xmlns="http://www.w3.org/2000/svg" width="2400" height="600" viewBox="0 0 2400 600"><rect width="2400" height="600" fill="teal"/></svg></figure>' });`,
];

/** The same rows as in the notebook. */
const all = Array.from({ length: 30_000 }, (_, n) => ({ id: n, isFiji: n % 3 === 0, mag: Math.round(Math.sin(n) * 400 + 400) / 100, hasTag: n % 10 === 0 })); // prettier-ignore
const few = all.filter((row) => row.isFiji && row.mag > 4 && row.id < 3000);

const output = () => lab.page.locator(".jp-Notebook .stagebook-TableOutput").first();
const grid = () => output().locator(".stagebook-TableGrid");
const rowsShown = () => grid().getAttribute("data-rows");
const sorted = () => grid().getAttribute("data-sort");
const filter = (name: string) => grid().getByRole("textbox", { name: `Filter ${name}` });
const sort = (name: string) => grid().getByRole("button", { name: `Sort by ${name}` });
const cursor = () => grid().locator(".stagebook-TableGrid-cursor").innerText();
const rows = () => grid().getByRole("application");

beforeAll(async () => {
  await lab.openNotebook(cells);
  for (const cell of cells.keys()) await lab.runCell(cell);
  await grid().waitFor();
});

test("[U6] show(rows) is a grid over all rows, sorted by a click on a header and by a button", async () => {
  await eventually(rowsShown).toBe("30000");
  await grid().scrollIntoViewIfNeeded();
  await lab.screenshot("tables output light");
  // The third column: behind the row numbers, and two columns of the least width.
  await rows().click({ position: { x: 62 + 90 + 90 + 40, y: 20 } });
  await eventually(sorted).toBe("mag ascending");
  await sort("mag: ascending").click();
  await eventually(sorted).toBe("mag descending");
  await sort("mag: descending").click();
  await eventually(sorted).toBe("");
  await sort("id").click();
  await sort("id: ascending").click();
  await eventually(sorted).toBe("id descending");
  await rows().focus();
  await lab.page.keyboard.press("Control+ArrowLeft");
  await lab.page.keyboard.press("Control+ArrowUp");
  await eventually(cursor).toBe("row 1, id: 29999");
});

test("[U6] the keyboard alone moves, and rows far away are fetched when they come into view", async () => {
  await rows().focus();
  await lab.page.keyboard.press("Control+ArrowDown");
  await eventually(cursor).toBe("row 30,000, id: 0");
  await lab.page.keyboard.press("ArrowUp");
  await eventually(cursor).toBe("row 29,999, id: 1");
  await lab.page.keyboard.press("ArrowRight");
  await eventually(cursor).toBe("row 29,999, place: Chile");
  // The notebook's own keys (such as B, a new cell below) do nothing here, and Tab leaves the grid.
  await lab.page.keyboard.press("b");
  expect(await lab.page.locator(".jp-Notebook .jp-Cell").count()).toBe(cells.length);
  await lab.page.keyboard.press("Tab");
  expect(await rows().evaluate((node) => node === document.activeElement)).toBe(false);
});

test("[U6] filters of several columns, and one that cannot be read", async () => {
  await filter("place").fill("fiji");
  await filter("mag").fill(">4");
  await filter("id").fill("0..2999");
  await eventually(rowsShown).toBe(String(few.length));
  await filter("at").fill("soon");
  await eventually(() => grid().getByRole("status").innerText()).toBe("0 of 30,000 rows · 7 columns");
  await filter("at").fill(">soon");
  await eventually(() => filter("at").getAttribute("aria-invalid")).toBe("true");
  expect(await grid().getByRole("status").innerText()).toContain('"soon" is not a date');
  await filter("at").fill("2020-09-14");
  await filter("at").press("Enter");
  await eventually(() => filter("at").getAttribute("aria-invalid")).toBe("false");
  await filter("at").fill("");
  await eventually(rowsShown).toBe(String(few.length));
  await filter("tag").fill("!");
  await eventually(rowsShown).toBe(String(few.filter((row) => !row.hasTag).length));
  await filter("tag").fill("");
  await eventually(rowsShown).toBe(String(few.length));
});

test("[U6] a selection is copied in full, and the selected rows are saved beside the notebook", async () => {
  await lab.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  // Its column is scrolled out: the focus brings it back.
  await sort("id: descending").focus();
  await lab.page.keyboard.press("Enter");
  await eventually(sorted).toBe("");
  await lab.page.keyboard.press("Enter");
  await eventually(sorted).toBe("id ascending");
  await rows().focus();
  await lab.page.keyboard.press("Escape");
  await lab.page.keyboard.press("Control+ArrowUp");
  await lab.page.keyboard.press("Control+ArrowLeft");
  await eventually(cursor).toBe(`row 1, id: ${few[0]?.id}`);
  await lab.page.keyboard.press("Shift+ArrowDown");
  await lab.page.keyboard.press("Control+Shift+ArrowRight");
  await lab.page.keyboard.press("Control+c");
  const line = ({ id, mag, hasTag }: (typeof few)[number]): string =>
    [id, "Fiji <b>", mag, Math.sqrt(id) * 10, new Date(1.6e12 + id * 6e4).toISOString().replace(".000Z", "Z"), id % 2 === 0, hasTag ? "first" : ""].join("\t"); // prettier-ignore
  await eventually(() => lab.page.evaluate(() => navigator.clipboard.readText())).toBe(few.slice(0, 2).map(line).join("\n")); // prettier-ignore
  await grid().getByRole("button", { name: "Save as …" }).click();
  await lab.page.locator(".jp-Dialog input").fill("out/fiji.csv");
  await lab.screenshot("tables save light");
  await lab.page.locator(".jp-Dialog .jp-mod-accept").click();
  const file = join(lab.folder.path, "out", "fiji.csv");
  await eventually(() => existsSync(file) && readFileSync(file, "utf8").split("\n").length).toBe(few.length + 2);
  // The dialog of before has gone.
  await eventually(() => lab.page.locator(".jp-Dialog").count()).toBe(0);
  await grid().getByRole("button", { name: "Save as …" }).click();
  await lab.page.locator(".jp-Dialog input").fill("out/fiji.csv");
  await lab.page.locator(".jp-Dialog .jp-mod-accept").click();
  await lab.page.locator(".jp-Dialog").getByText("exists already").waitFor();
  await lab.page.locator(".jp-Dialog").getByRole("button", { name: "Cancel" }).click();
});

test("[U5] pictures are as wide as the cell at most, in their own proportions", async () => {
  const outputs = lab.page.locator(".jp-Notebook .jp-CodeCell").nth(3).locator(".jp-OutputArea-output");
  await outputs.first().scrollIntoViewIfNeeded();
  await lab.screenshot("tables pictures light");
  for (const [at, shape] of [3000 / 900, 2400 / 600].entries()) {
    const picture = outputs.nth(at).locator("img, svg").first();
    await eventually(async () => {
      const [size, room] = await Promise.all([picture.boundingBox(), outputs.nth(at).boundingBox()]);
      const isWithin = (size?.width ?? Infinity) <= (room?.width ?? 0);
      return isWithin && Math.abs((size?.width ?? 0) / (size?.height ?? 1) - shape) < 0.05;
    }).toBe(true);
  }
});

test("[U6] the stage panel has the same grid, also in a dark theme", async () => {
  await lab.stage("quakes").first().click();
  const panel = lab.panel("stage");
  await panel.locator('[data-section="output"] summary').first().click();
  await eventually(() => panel.locator(".stagebook-TableGrid").getAttribute("data-rows")).toBe("30000");
  await panel.getByRole("textbox", { name: "Filter place" }).fill("chile");
  await eventually(() => panel.locator(".stagebook-TableGrid").getAttribute("data-rows")).toBe("20000");
  await panel.locator(".stagebook-TableGrid").scrollIntoViewIfNeeded();
  await lab.screenshot("tables stage light");
  await lab.command("apputils:change-theme", { theme: "JupyterLab Dark" });
  await grid().scrollIntoViewIfNeeded();
  // The panel is drawn again, at some moment.
  await eventually(async () => {
    const section = panel.locator('[data-section="output"]');
    if ((await section.getAttribute("open")) === null) await section.locator("summary").first().click();
    const drawn = panel.locator(".stagebook-TableGrid");
    return (await drawn.count()) > 0 && (await drawn.getAttribute("data-rows"));
  }).toBe("30000");
  await panel.locator(".stagebook-TableGrid").scrollIntoViewIfNeeded();
  await lab.screenshot("tables dark");
  await eventually(() => panel.evaluate((node) => node.scrollWidth <= node.clientWidth)).toBe(true);
});

test("[U6] without the kernel the saved rows stay readable, and are a grid again when the cell has run", async () => {
  await lab.restartKernel();
  await output().locator(".jp-RenderedHTMLCommon table").waitFor();
  await eventually(() => output().locator("tbody tr").count()).toBe(20);
  await eventually(() => output().innerText()).toContain("first 20 of 30,000 rows");
  await lab.screenshot("tables without kernel dark");
  for (const cell of [0, 1, 2]) await lab.runCell(cell);
  await eventually(rowsShown).toBe("30000");
  const saved = await lab.outputs(2);
  expect(Object.keys(saved[0]?.data ?? {}).sort()).toEqual([
    "application/vnd.stagebook.table+json",
    "text/html",
    "text/plain",
  ]);
});
