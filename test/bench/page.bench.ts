/** The sidebar and the log under load, in a real browser on a real kernel. A row's time is what was measured in the page. */
import { describe } from "vitest";
import { countLogLines, recordFrames, showGraph, takeFrames, untilRestored } from "./in-page";
import { createPageRows, framesWhile, openNotebooks, p95, pan, pipelineCells, scroll, slide, zoom } from "./page-rows";
import type { Lab } from "../rig/lab/lab-rig";

const LINES = 50_000;
const logCells = [
  `import { stage } from "stagebook";`,
  `let times = 0;
const talks = stage("talks", async ({ log }) => {
  const start = Date.now();
  for (let sent = 0; sent < ${LINES}; sent++) {
    if (sent % 1000 === 0) await new Promise((next) => setTimeout(next, Math.max(0, start + sent / ${LINES / 1000} - Date.now())));
    log.info("line " + sent, { rows: sent, name: "quakes" });
  }
  return ++times;
}, { cache: false });
await talks()`,
];
const { row } = createPageRows({ width: 1600, height: 1000 }, async (lab) => {
  await openNotebooks(lab, {
    "log.ipynb": logCells,
    "large.ipynb": pipelineCells(1000),
    "small.ipynb": pipelineCells(100, "await pipeline.run();"),
  });
  await lab.page.locator('[data-stagebook="dag"] [data-stage="s99"][data-status="fresh"]').waitFor();
});

describe("100 stages", () => {
  row("slider moved to stages lit (≤ 60 ms)", 20, async (lab) => (await slide(lab)).highlightMs);
  row("slider let go to stages marked stale (≤ 100 ms)", 20, async (lab) => (await slide(lab)).staleMs);
});

describe("1,000 stages", () => {
  row("first paint of the graph (≤ 1,500 ms)", 3, async (lab) => {
    await lab.showNotebook("small.ipynb");
    await lab.reload();
    // Else the notebook that was in front before comes to the front again.
    await lab.page.evaluate(untilRestored);
    await lab.stage("s5").first().waitFor();
    return lab.page.evaluate(showGraph, { path: "large.ipynb", selector: inList });
  });
  row("frames while the list is scrolled, p95 (≤ 20 ms)", 3, (lab) => frames(lab, "list", scroll));
  row("frames while the graph is panned, p95 (≤ 33 ms)", 3, (lab) => frames(lab, "graph", pan));
  row("frames while the graph is zoomed, p95 (≤ 33 ms)", 3, (lab) => frames(lab, "graph", zoom));
});

describe("50,000 log lines in a second", () => {
  row("frames while they arrive, p95 (≤ 50 ms)", 3, async (lab) => {
    await lab.showNotebook("log.ipynb");
    await lab.command("stagebook:show-log");
    const before = await lab.page.evaluate(countLogLines);
    await lab.command("stagebook:clear-log");
    await lab.page.evaluate(recordFrames);
    const start = performance.now();
    await lab.command("stagebook:run-stage", { stage: "talks" });
    await lab.page.waitForFunction((lines) => {
      const text = document.querySelector('[data-stagebook="log"] .stagebook-LogFilters-count')?.textContent ?? "";
      return Number(text.replace(/.* of /, "").replace(/\D/g, "")) >= lines;
    }, LINES);
    console.log(`${LINES} lines in ${Math.round(performance.now() - start)} ms, ${before} before`);
    return p95(await lab.page.evaluate(takeFrames));
  });
});

const inList = '[data-stagebook="dag"] [aria-setsize="1000"]';
const inDrawing = '[data-stagebook="dag"] .react-flow__node';

/** While the notebook of 1,000 stages is in front. */
function frames(lab: Lab, view: "list" | "graph", act: typeof pan): Promise<number> {
  const selector = view === "list" ? inList : inDrawing;
  return framesWhile(lab, view, act, () => lab.page.evaluate(showGraph, { path: "large.ipynb", selector }));
}
