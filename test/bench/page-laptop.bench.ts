/** The main job at 1366×768: a slider at 300 stages, 2,000 stages scrolled, a million rows. A row's time is what was measured in the page. */
import { describe } from "vitest";
import type { Lab } from "../rig/lab/lab-rig";
import { showGraph, untilAttribute } from "./in-page";
import { createPageRows, framesWhile, openNotebooks, pan, pipelineCells, scroll, slide, zoom } from "./page-rows";

const ROWS = 1_000_000;

/** Each execution of a cell shows a table of its own, of which nothing was read yet. */
const tableCells = [
  `import { show } from "stagebook";`,
  `import * as arrow from "apache-arrow";`,
  `const rows = Array.from({ length: ${ROWS} }, (_, id) => ({
  id, name: \`item \${((id * 7919) % ${ROWS}).toString(36)}-\${id}\`, mag: Math.sin(id) * 100, place: \`place \${id % 300}\`, at: new Date(1.5e12 + id * 60_000 * (id % 7)) }));
const table = arrow.tableFromArrays({
  id: Int32Array.from(rows, ({ id }) => id), name: rows.map(({ name }) => name), mag: Float64Array.from(rows, ({ mag }) => mag),
  place: rows.map(({ place }) => place), at: rows.map(({ at }) => at) });`,
  `show([...rows]);`,
  `show(table.slice(0));`,
];
const cellOf = { objects: 3, "apache-arrow": 4 };

const { row } = createPageRows({ width: 1366, height: 768 }, async (lab) => {
  await openNotebooks(lab, {
    "tables.ipynb": tableCells,
    "large.ipynb": pipelineCells(2000),
    "middle.ipynb": pipelineCells(300, "await pipeline.run();"),
  });
  await lab.page.locator('[data-stagebook="dag"] [data-stage="s299"][data-status="fresh"]').waitFor();
});

describe("300 stages", () => {
  row("slider moved to its number painted (≤ 50 ms)", 20, async (lab) => (await slide(lab)).answerMs);
  row("slider moved to stages lit (≤ 60 ms)", 20, async (lab) => (await slide(lab)).highlightMs);
  row("slider let go to stages marked stale (≤ 100 ms)", 20, async (lab) => (await slide(lab)).staleMs);
});

describe("2,000 stages", () => {
  row("frames while the list is scrolled, p95 (≤ 20 ms)", 5, (lab) => frames(lab, "list", scroll));
  row("frames while the graph is panned, p95 (≤ 20 ms)", 5, (lab) => frames(lab, "graph", pan));
  row("frames while the graph is zoomed, p95 (≤ 33 ms)", 5, (lab) => frames(lab, "graph", zoom));
});

describe.each(["objects", "apache-arrow"] as const)("a million rows of %s", (kind) => {
  row("shown to first page (≤ 200 ms)", 5, (lab) => showTable(lab, kind));
  for (const name of ["id", "name", "mag", "place", "at"])
    row(`sorted by ${name} (≤ 1,000 ms)`, 5, async (lab) => {
      await showTable(lab, kind);
      // A person looks first. Meanwhile the statistics of the columns arrive.
      await lab.page.waitForTimeout(2000);
      return lab.page.evaluate(untilAttribute, {
        click: `${grid} [data-column="${name}"] button`,
        selector: grid,
        attribute: "data-sort",
        value: `${name} ascending`,
      });
    });
});

const grid = ".jp-Notebook .stagebook-TableGrid";

/** Milliseconds from when the output is in the page until its first rows are painted. */
async function showTable(lab: Lab, kind: keyof typeof cellOf): Promise<number> {
  await lab.showNotebook("tables.ipynb");
  // One grid at a time.
  await lab.command("notebook:clear-all-cell-outputs");
  await lab.selectCell(cellOf[kind]);
  return lab.page.evaluate(async (selector) => {
    const { jupyterapp } = window as unknown as {
      jupyterapp: { commands: { execute(id: string): Promise<unknown> } };
    };
    void jupyterapp.commands.execute("notebook:run-cell");
    const start = await new Promise<number>((resolve) => {
      const observer = new MutationObserver(() => {
        if (!document.querySelector(".jp-Notebook .stagebook-TableOutput")) return;
        observer.disconnect();
        resolve(performance.now());
      });
      observer.observe(document.body, { childList: true, subtree: true });
    });
    while (document.querySelector(selector)?.getAttribute("data-rows") !== "1000000")
      await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - start;
  }, grid);
}

const inList = '[data-stagebook="dag"] [aria-setsize="2000"]';
const inDrawing = '[data-stagebook="dag"] .react-flow__node';

/** While the notebook of 2,000 stages is in front. */
function frames(lab: Lab, view: "list" | "graph", act: typeof pan): Promise<number> {
  const selector = view === "list" ? inList : inDrawing;
  return framesWhile(lab, view, act, () => lab.page.evaluate(showGraph, { path: "large.ipynb", selector }));
}
