/**
 * What large packages cost in a kernel, in processor time of that kernel: planning a notebook whose stages capture lodash, zod and mathjs,
 * the same after a stage was edited, and a cell that keeps something of mathjs in a variable.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startKernel, type Kernel } from "../rig/kernel/kernel-rig";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";

const PACKAGES = ["lodash@4.18.1", "@types/lodash@4.17.27", "zod@4.6.7", "mathjs@15.2.0", "@types/node@20.19.43"];
/** Each cell is run in turns with the one that it is compared with. */
const TURNS = 16;
const WARM = 4;

let folder: NotebookFolder;
beforeAll(() => {
  folder = createNotebookFolder({ "package.json": '{ "private": true }' });
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", ...PACKAGES], { cwd: folder.path }); // prettier-ignore
}, 300_000);
afterAll(() => folder.remove());

/** The processor time that a process has used, in milliseconds. Linux counts in hundredths of a second. */
function usedMs(pid: number | undefined): number {
  const fields =
    readFileSync(`/proc/${pid ?? 0}/stat`, "utf8")
      .split(") ")
      .at(-1)
      ?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Runs the cells in turns, and returns the processor time that each kernel has used for them. */
async function compare(kernels: readonly Kernel[], cell: (turn: number) => string): Promise<readonly number[]> {
  const used = kernels.map(() => 0);
  for (let turn = 0; turn < TURNS; turn++)
    for (const [at, kernel] of kernels.entries()) {
      const before = usedMs(kernel.pid);
      await run(kernel, cell(turn));
      if (turn >= WARM) used[at] = (used[at] ?? 0) + usedMs(kernel.pid) - before;
    }
  return used.map((ms) => ms / (TURNS - WARM));
}

async function openKernel(cells: readonly string[]): Promise<Kernel> {
  const kernel = await startKernel({ cwd: folder.path });
  for (const cell of cells) await run(kernel, cell);
  return kernel;
}

async function run(kernel: Kernel, cell: string): Promise<string> {
  const { ok, text } = await kernel.run(cell, { timeoutMs: 240_000 });
  expect(ok, `${cell}\n${text}`).toBe(true);
  return text;
}

const IMPORTS = `import _ from "lodash"; import { z } from "zod"; import * as mathjs from "mathjs";`;
const CAPTURED = `const Row = z.object({ a: z.number().max(5), b: z.array(z.object({ c: z.string().optional() })) });
const formula = mathjs.compile("x + 1");`;
const stages = (bodies: readonly string[]): string =>
  [
    `const v = param("v", 1);`,
    ...bodies.map((body, at) => `const p${at} = stage("p${at}", { v }, ({ v }) => ${body});`),
    ...Array.from(
      { length: 13 },
      (_, at) =>
        `const s${at} = stage("s${at}", { before: ${at === 0 ? "p2" : `s${at - 1}`}, v }, ({ before, v }) => Number(before) + v + ${at});`,
    ),
  ].join("\n");

/** Two kernels with 17 stages each: without packages, and with what they captured of them. */
async function openNotebooks(): Promise<readonly Kernel[]> {
  const first = `import { stage, param, pipeline } from "stagebook";`;
  const plain = ["v + 2", "[{ a: v }].length", "v + 1"];
  const capturing = [
    "_.sum([v, 2])",
    "[{ a: v }].filter((row) => Row.safeParse(row).success).length",
    "formula.evaluate({ x: v })",
  ];
  return [
    await openKernel([first, IMPORTS, CAPTURED, stages(plain)]),
    await openKernel([first, IMPORTS, CAPTURED, stages(capturing)]),
  ];
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;

test.runIf(process.platform === "linux")(
  "[H8] planning 17 stages takes at most twice as long when lodash, zod and mathjs are captured",
  async () => {
    const kernels = await openNotebooks();
    try {
      for (const kernel of kernels) await run(kernel, "await s12();");
      const plans = `{ const from = process.cpuUsage(); for (let at = 0; at < 200; at++) await pipeline.plan(); const { user, system } = process.cpuUsage(from); console.log((user + system) / 200); }`;
      const used: number[][] = kernels.map(() => []);
      for (let turn = 0; turn < 9; turn++)
        for (const [at, kernel] of kernels.entries()) {
          const took = Number(await run(kernel, plans));
          if (turn >= 2) used[at]?.push(took);
        }
      const [without = NaN, captured = NaN] = used.map(median);
      console.log(`plan: ${without.toFixed(0)} µs without, ${captured.toFixed(0)} µs with packages`);
      expect(captured / without).toBeLessThanOrEqual(2);
    } finally {
      for (const kernel of kernels) await kernel.stop();
    }
  },
  600_000,
);

test.runIf(process.platform === "linux")(
  "[H8] editing one of 17 stages, and the plan, take at most twice as long when lodash, zod and mathjs are captured",
  async () => {
    const kernels = await openNotebooks();
    try {
      for (const kernel of kernels) await run(kernel, "await s12();");
      const [without = NaN, captured = NaN] = await compare(
        kernels,
        (turn) =>
          `const last = stage("last", { s12, v }, ({ s12, v }) => Number(s12) + v + ${turn}); await pipeline.plan();`,
      );
      console.log(`edit and plan: ${without.toFixed(0)} ms without, ${captured.toFixed(0)} ms with packages`);
      expect(captured / without).toBeLessThanOrEqual(2);
    } finally {
      for (const kernel of kernels) await kernel.stop();
    }
  },
  600_000,
);

test.runIf(process.platform === "linux")(
  "[H8] a cell that compiles a formula of mathjs takes at most 1.2 times as long as without Stagebook",
  async () => {
    const imported = `import * as mathjs from "mathjs";`;
    const kernels = [await openKernel([imported]), await openKernel([`import { stage } from "stagebook";`, imported])];
    try {
      const [plain = NaN, observed = NaN] = await compare(kernels, (turn) => `const f = mathjs.compile("x+${turn}")`);
      console.log(`cell: ${plain.toFixed(0)} ms without Stagebook, ${observed.toFixed(0)} ms with it`);
      expect(observed / plain).toBeLessThanOrEqual(1.2);
    } finally {
      for (const kernel of kernels) await kernel.stop();
    }
  },
  600_000,
);
