/** The sidebar and the log under load, in a real browser on a real kernel. A row's time is what was measured in the page. */
import { bench, describe } from "vitest";
import { Lab } from "../rig/lab/lab-rig";
import { countLogLines, moveSlider, recordFrames, showGraph, takeFrames, untilRestored } from "./in-page";

/** Milliseconds measured so far, by row: a row's clock. What lies between two measurements does not count. */
const measured = { highlight: 0, stale: 0, paint: 0, scroll: 0, pan: 0, zoom: 0, log: 0 };
type Row = keyof typeof measured;
let lab: Promise<Lab> | undefined;
let rowsLeft = Object.keys(measured).length;

/** `count` stages in layers of ten, each with two inputs; every tenth reads the slider's parameter. */
const pipelineCells = (count: number, last = ""): readonly string[] => [
  `import { param, pipeline, stage } from "stagebook";`,
  `const limit = param("limit", 5, { min: 0, max: 1000, step: 1 });`,
  `const stages: any[] = [];
for (let at = 0; at < ${count}; at++) {
  const inputs: any = at < 10 ? {} : { a: stages[at - 10], b: stages[at - 10 + (at % 2 === 0 ? 1 : -1)] };
  if (at % 10 === 5) inputs.limit = limit;
  stages.push(stage("s" + at, inputs, (given: any) => at + Object.keys(given).length));
}
${last}`,
];
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
let value = 10;

describe("100 stages", () => {
  row("slider moved to stages lit (≤ 60 ms)", "highlight", 20, async (lab) => (await slide(lab)).highlightMs);
  row("slider let go to stages marked stale (≤ 100 ms)", "stale", 20, async (lab) => (await slide(lab)).staleMs);
});

describe("1,000 stages", () => {
  row("first paint of the graph (≤ 1,500 ms)", "paint", 3, async (lab) => {
    await lab.showNotebook("small.ipynb");
    await lab.reload();
    // Else the notebook that was in front before comes to the front again.
    await lab.page.evaluate(untilRestored);
    await lab.stage("s5").first().waitFor();
    return lab.page.evaluate(showGraph, { path: "large.ipynb", selector: inList });
  });
  row("frames while the list is scrolled, p95 (≤ 20 ms)", "scroll", 3, (lab) => framesWhile(lab, "list", scroll));
  row("frames while the graph is panned, p95 (≤ 33 ms)", "pan", 3, (lab) => framesWhile(lab, "graph", pan));
  row("frames while the graph is zoomed, p95 (≤ 33 ms)", "zoom", 3, (lab) => framesWhile(lab, "graph", zoom));
});

describe("50,000 log lines in a second", () => {
  row("frames while they arrive, p95 (≤ 50 ms)", "log", 3, async (lab) => {
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

function row(title: string, name: Row, iterations: number, measure: (lab: Lab) => Promise<number>): void {
  bench(
    title,
    async () => {
      // What a measurement throws is not in the table.
      measured[name] += await measure(await (lab ??= startLab())).catch((error: unknown) => {
        console.error(error);
        throw error;
      });
    },
    {
      iterations,
      time: 0,
      warmupIterations: 1,
      warmupTime: 0,
      now: () => measured[name],
      // Called after the warm-up and after the measurement.
      teardown: async (_task, mode) => {
        if (mode === "run" && --rowsLeft === 0) await (await lab)?.stop();
      },
    },
  );
}

async function startLab(): Promise<Lab> {
  const lab = new Lab({});
  await lab.start();
  for (const [name, cells] of [
    ["log.ipynb", logCells],
    ["large.ipynb", pipelineCells(1000)],
    ["small.ipynb", pipelineCells(100, "await pipeline.run();")],
  ] as const) {
    await lab.openNotebook(cells, name);
    await lab.runAll();
    await lab.command("docmanager:save");
  }
  await lab.page.locator('[data-stagebook="dag"] [data-stage="s99"][data-status="fresh"]').waitFor();
  return lab;
}

/** A new value each time; then back to the first, until everything is as it was. */
async function slide(lab: Lab): Promise<Awaited<ReturnType<typeof moveSlider>>> {
  value += 1;
  const times = await lab.page.evaluate(moveSlider, { param: "limit", value, stage: "s5" });
  await lab.panel("params").getByRole("button", { name: "Reset all" }).click();
  await lab.stage("s5").and(lab.page.locator('[data-status="fresh"]')).waitFor();
  return times;
}

const inList = '[data-stagebook="dag"] [aria-setsize="1000"]';
const inDrawing = '[data-stagebook="dag"] .react-flow__node';

async function framesWhile(
  lab: Lab,
  view: "list" | "graph",
  act: (lab: Lab, x: number, y: number) => Promise<void>,
): Promise<number> {
  const change = lab.panel("dag").getByRole("button", { name: `Show as ${view}` });
  if ((await change.count()) > 0) await change.click();
  await lab.page.evaluate(showGraph, { path: "large.ipynb", selector: view === "list" ? inList : inDrawing });
  const box = await lab.panel("dag").boundingBox();
  if (!box) throw new Error("no graph");
  await lab.page.evaluate(recordFrames);
  await act(lab, box.x + box.width / 2, box.y + box.height / 2);
  return p95(await lab.page.evaluate(takeFrames));
}

async function pan({ page }: Lab, x: number, y: number): Promise<void> {
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 0; step < 60; step++)
    await page.mouse.move(x + 80 * Math.sin(step / 5), y + 80 * Math.cos(step / 5) - 80);
  await page.mouse.up();
}

async function scroll({ page }: Lab, x: number, y: number): Promise<void> {
  await page.mouse.move(x, y);
  for (let step = 0; step < 60; step++) await page.mouse.wheel(0, 120);
}

async function zoom({ page }: Lab, x: number, y: number): Promise<void> {
  await page.mouse.move(x, y);
  for (let step = 0; step < 60; step++) await page.mouse.wheel(0, step < 30 ? -60 : 60);
}

function p95(frames: readonly number[]): number {
  const sorted = [...frames].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.95)] ?? 0;
}
