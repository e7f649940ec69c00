/**
 * What Stagebook costs and saves in the stock kernel: kernels with and without it take turns. Times are CPU times of the kernel's
 * process, which depend little on what else the machine does. Linux only: they are read from /proc.
 * Not in a plain `npm run bench`, since it installs packages: `npm run bench -- kernel`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bench, describe } from "vitest";
import { startKernel, type Kernel } from "../rig/kernel/kernel-rig";
import { repository } from "../rig/kernel/notebook-folder";

const ROUNDS = 9;
/** Repeats within a sample: /proc counts in hundredths of a second. */
const REPEATS = 10;
const TICK_MS = 10;
const MEASURES = ["first result", "import", "cell", "completion", "inspection", "memory"] as const;
type Measure = (typeof MEASURES)[number];
type Sample = Readonly<Record<Measure, number>>;

const titles: Readonly<Record<Measure, string>> = {
  "first result": "CPU from the start of the kernel to the first result",
  import: 'CPU of the cell `import { stage } from "stagebook"`, or of a cell `1`',
  cell: "CPU of a trivial cell with zod, d3, arquero, duckdb and date-fns in use",
  completion: "CPU of a completion: inside of import braces, and of a member, in turn",
  inspection: "CPU of an inspection of a function with documentation",
  memory: "memory of an idle kernel after its first cell, in MB (PSS), not ms",
};

const packages = ["zod@4.6.7", "d3@7.9.2", "@types/d3@7.4.3", "arquero@8.0.3", "@uwdata/flechette@2.0.0", "@duckdb/node-api@1.5.6-r.1", "date-fns@4.4.0", "@types/node@20.19.43"]; // prettier-ignore
const packageCells = [
  'import { z } from "zod"; const schema = z.object({ a: z.number() });',
  'import * as d3 from "d3"; const scale = d3.scaleLinear();',
  'import * as aq from "arquero"; const table = aq.table({ a: [1] });',
  'import { DuckDBInstance } from "@duckdb/node-api"; const instance = DuckDBInstance;',
  'import { addDays } from "date-fns"; const later = addDays(new Date(0), 1);',
];

/** A build's `kernel-lib`; undefined for the kernel without Stagebook. `STAGEBOOK_OTHER_BUILD` adds an earlier one. */
const contenders: Readonly<Record<string, string | undefined>> = {
  "stock kernel": undefined,
  stagebook: join(repository, "kernel-lib"),
  ...(process.env.STAGEBOOK_OTHER_BUILD && { "other build": process.env.STAGEBOOK_OTHER_BUILD }),
};

let samples: Promise<Readonly<Record<string, readonly Sample[]>>> | undefined;

for (const measure of MEASURES)
  describe(titles[measure], () => {
    for (const contender of Object.keys(contenders)) {
      let total = 0;
      let round = 0;
      bench(
        contender,
        async () => {
          const sample = (await (samples ??= takeSamples()))[contender]?.[round++ % ROUNDS];
          total += sample?.[measure] ?? Number.NaN;
        },
        { iterations: ROUNDS, time: 0, warmupIterations: 0, warmupTime: 0, now: () => total },
      );
    }
  });

async function takeSamples(): Promise<Readonly<Record<string, readonly Sample[]>>> {
  const root = mkdtempSync(join(tmpdir(), "stagebook-bench-"));
  try {
    execFileSync("npm", ["install", "--prefix", root, "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", ...packages]); // prettier-ignore
    const taken: Record<string, Sample[]> = {};
    for (let round = 0; round < ROUNDS; round++)
      for (const [contender, build] of Object.entries(contenders))
        (taken[contender] ??= []).push(await takeSample(join(root, "notebooks", contender.replace(" ", "-")), build));
    for (const [contender, all] of Object.entries(taken))
      for (const measure of MEASURES)
        console.log(`${contender}, ${measure}: ${medianOf(all.map((sample) => sample[measure])).toFixed(1)}`);
    return taken;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function takeSample(folder: string, build: string | undefined): Promise<Sample> {
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  if (build !== undefined) {
    rmSync(join(folder, "node_modules", "stagebook"), { force: true });
    symlinkSync(build, join(folder, "node_modules", "stagebook"));
  }
  const kernel = await startKernel({ cwd: folder });
  try {
    const hasStagebook = build !== undefined;
    const imported = await cpuOf(kernel, () => run(kernel, hasStagebook ? 'import { stage } from "stagebook";' : "1;"));
    await run(kernel, hasStagebook ? 'const one = stage("one", () => 1); await one();' : "const one = async () => 1; await one();"); // prettier-ignore
    const firstResult = cpuMs(kernel);
    // What is left to do after the cell has ended.
    await sleep(2_000);
    const memory = pssMb(kernel);
    for (const cell of packageCells) await run(kernel, cell);
    await run(kernel, "/** Adds.\n * @param a the first */\nfunction add(a: number, b = 2) { return a + b; }");
    for (let n = 0; n < 3; n++) await run(kernel, `const warm${n} = ${n};`);
    let next = 0;
    const perRepeat = async (action: () => Promise<unknown>): Promise<number> =>
      (await cpuOf(kernel, async () => {
        for (let n = 0; n < REPEATS; n++) await action();
      })) / REPEATS;
    const cell = await perRepeat(() => run(kernel, `const trivial${++next} = ${next};`));
    const places = ['import { arr| } from "d3"', "scale.dom|"];
    const completion = await perRepeat(() => ask(kernel, "complete_request", places[++next % 2] ?? ""));
    const inspection = await perRepeat(() => ask(kernel, "inspect_request", "ad|d(1)"));
    return { "first result": firstResult, import: imported, cell, completion, inspection, memory };
  } finally {
    await kernel.stop();
  }
}

async function run(kernel: Kernel, code: string): Promise<void> {
  const { ok, text } = await kernel.run(code);
  if (!ok) throw new Error(`${code}\n${text}`);
}

/** `|` is the cursor. */
async function ask(kernel: Kernel, request: string, code: string): Promise<void> {
  const { status } = await kernel.request(request, { code: code.replace("|", ""), cursor_pos: code.indexOf("|"), detail_level: 0 }); // prettier-ignore
  if (status !== "ok") throw new Error(`${request}: ${String(status)}`);
}

async function cpuOf(kernel: Kernel, work: () => Promise<unknown>): Promise<number> {
  const before = cpuMs(kernel);
  await work();
  return cpuMs(kernel) - before;
}

/** Of all threads, in the program and in the system. */
function cpuMs(kernel: Kernel): number {
  const [, fields = ""] = /\) (.*)/.exec(readFileSync(`/proc/${kernel.pid}/stat`, "utf8")) ?? [];
  const [user, system] = fields.split(" ").slice(11, 13).map(Number);
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) * TICK_MS;
}

function pssMb(kernel: Kernel): number {
  return Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${kernel.pid}/smaps_rollup`, "utf8"))?.[1]) / 1024;
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
