/** Rows of the benchmarks of the page: each has a clock of its own, so that a row's time is what was measured in the page. */
import os from "node:os";
import { bench } from "vitest";
import { Lab } from "../rig/lab/lab-rig";
import { moveSlider, recordFrames, takeFrames } from "./in-page";

export interface PageRows {
  /** `measure` returns milliseconds; what lies between two measurements does not count. Throws what it throws. */
  row(title: string, iterations: number, measure: (lab: Lab) => Promise<number>): void;
}

/** The rows of one file share a JupyterLab and a browser, which end after the last row. */
export function createPageRows(
  viewport: { width: number; height: number },
  start: (lab: Lab) => Promise<void>,
): PageRows {
  // prettier-ignore
  let started: Promise<Lab> | undefined;
  let rowsLeft = 0;
  const startLab = async (): Promise<Lab> => {
    const lab = new Lab({ viewport });
    await lab.start();
    await start(lab);
    return lab;
  };
  return {
    row(title, iterations, measure) {
      rowsLeft++;
      let measured = 0;
      let samples: number[] = [];
      bench(
        title,
        async () => {
          // What a measurement throws is not in the table.
          const durationMs = await measure(await (started ??= startLab())).catch((error: unknown) => {
            console.error(error);
            throw error;
          });
          measured += durationMs;
          samples.push(durationMs);
        },
        {
          iterations,
          time: 0,
          warmupIterations: 1,
          warmupTime: 0,
          now: () => measured,
          // Called before the warm-up and before the measurement.
          setup: () => void (samples = []),
          // Called after the warm-up and after the measurement.
          teardown: async (_task, mode) => {
            if (mode !== "run") return;
            console.log(`${title}: median ${medianOf(samples).toFixed(1)} ms, load ${os.loadavg()[0]?.toFixed(1)}`);
            if (--rowsLeft === 0) await (await started)?.stop();
          },
        },
      );
    },
  };
}

/** `count` stages in layers of ten, each with two inputs; every tenth reads the slider's parameter. */
export const pipelineCells = (count: number, last = ""): readonly string[] => [
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

export async function openNotebooks(
  lab: Lab,
  notebooks: { readonly [name: string]: readonly string[] },
): Promise<void> {
  for (const [name, cells] of Object.entries(notebooks)) {
    await lab.openNotebook(cells, name);
    await lab.runAll();
    await lab.command("docmanager:save");
  }
}

let value = 10;

/** A new value each time; then back to the first, until everything is as it was. */
export async function slide(lab: Lab): Promise<Awaited<ReturnType<typeof moveSlider>>> {
  value += 1;
  const times = await lab.page.evaluate(moveSlider, { param: "limit", value, stage: "s5" });
  await lab.panel("params").getByRole("button", { name: "Reset all" }).click();
  await lab.stage("s5").and(lab.page.locator('[data-status="fresh"]')).waitFor();
  return times;
}

/** The 95th percentile of the frames while something is done in the middle of the graph's panel. */
export async function framesWhile(
  lab: Lab,
  view: "list" | "graph",
  act: (lab: Lab, x: number, y: number) => Promise<void>,
  show: () => Promise<unknown>,
): Promise<number> {
  const change = lab.panel("dag").getByRole("button", { name: `Show as ${view}` });
  if ((await change.count()) > 0) await change.click();
  await show();
  const box = await lab.panel("dag").boundingBox();
  if (!box) throw new Error("no graph");
  await lab.page.evaluate(recordFrames);
  await act(lab, box.x + box.width / 2, box.y + box.height / 2);
  return p95(await lab.page.evaluate(takeFrames));
}

export async function pan({ page }: Lab, x: number, y: number): Promise<void> {
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 0; step < 60; step++)
    await page.mouse.move(x + 80 * Math.sin(step / 5), y + 80 * Math.cos(step / 5) - 80);
  await page.mouse.up();
}

export async function scroll({ page }: Lab, x: number, y: number): Promise<void> {
  await page.mouse.move(x, y);
  for (let step = 0; step < 60; step++) await page.mouse.wheel(0, 120);
}

export async function zoom({ page }: Lab, x: number, y: number): Promise<void> {
  await page.mouse.move(x, y);
  for (let step = 0; step < 60; step++) await page.mouse.wheel(0, step < 30 ? -60 : 60);
}

export function p95(frames: readonly number[]): number {
  const sorted = [...frames].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.95)] ?? 0;
}

function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}
