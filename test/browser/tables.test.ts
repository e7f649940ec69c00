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
  `show('<svg xmlns="http://www.w3.org/2000/svg" width="3000" height="900" viewBox="0 0 3000 900"><rect width="3000" height="900" fill="teal"/></svg>'); show({ outerHTML: '<figure><svg xmlns="http://www.w3.org/2000/svg" width="2400" height="600" viewBox="0 0 2400 600"><rect width="2400" height="600" fill="teal"/></svg></figure>' });`,
];

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

test("[U6] show(rows) is a grid over all rows", async () => {
  await eventually(rowsShown).toBe("30000");
  await grid().scrollIntoViewIfNeeded();
  await lab.screenshot("tables output light");
});
