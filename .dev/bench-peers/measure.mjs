/** Runs the processes of a group in turn, A B C A B C …, and collects their figures. A process that fails is left out from then on. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createEnvironment, root } from "../lib/project.mjs";
import { nodeFolder, workFolder } from "./environment.mjs";

/**
 * @typedef {object} Program a contender's process
 * @property {readonly string[]} command what starts it; its folder is appended
 * @property {boolean} [isComplete] nothing is appended to its commands
 * @property {boolean} [isFresh] its folder is empty at each start
 * @property {string} [folder] programs with the same name here share a folder, which outlives the rounds; default: one each
 * @property {(folder: string) => void} [write] writes files, once before the first round
 * @property {readonly (readonly string[])[]} [prepare] commands, run once before the first round
 *
 * @typedef {object} Entry one line of a table
 * @property {string} name
 * @property {string} program key in `programs`
 * @property {string} figure key in the line that the program prints; `wall`: the process from start to end, in ms
 * @property {string} does what it does for that: durable or not, code tracked or not
 *
 * @typedef {object} Row one table: the first entry is Stagebook's, to which the others are compared
 * @property {string} id
 * @property {string} title
 * @property {"ms" | "s" | "/s" | "MB"} unit `/s`: more is better
 * @property {readonly Entry[]} entries
 *
 * @typedef {object} Group tables whose processes are measured together
 * @property {string} id
 * @property {string} title
 * @property {string} work
 * @property {Readonly<Record<string, Program>>} programs
 * @property {readonly Row[]} rows
 * @property {number} [limitMs] how long one process may take
 * @property {number} [prepareLimitMs]
 *
 * @typedef {{ name: string, does: string, values: number[] } | { name: string, does: string, failed: string }} Result
 * @typedef {{ id: string, title: string, unit: Row["unit"], results: Result[] }} MeasuredRow
 * @typedef {{ id: string, title: string, work: string, rows: MeasuredRow[] }} MeasuredGroup
 */

/** The process that is being measured. @type {number | undefined} */
let running;

const LIMIT_MS = 60_000;
const PREPARE_LIMIT_MS = 300_000;

/**
 * @param {Group} group
 * @param {number} runs
 * @returns {Promise<MeasuredGroup>}
 */
export async function measureGroup(group, runs) {
  const base = join(workFolder, group.id);
  rmSync(base, { recursive: true, force: true });
  /** @type {Map<string, Record<string, number>[]>} */
  const figures = new Map();
  /** @type {Map<string, string>} */
  const failures = new Map();
  const attempt = async (/** @type {string} */ name, /** @type {() => Promise<void>} */ work) => {
    if (failures.has(name)) return;
    try {
      await work();
    } catch (error) {
      failures.set(name, /** @type {Error} */ (error).message.replaceAll(root, "."));
      console.log(`    ${name} failed: ${failures.get(name)}`);
    }
  };
  const folderOf = (/** @type {string} */ name) => join(base, group.programs[name]?.folder ?? name);
  for (const [name, program] of Object.entries(group.programs))
    await attempt(name, () => prepare(program, folderOf(name), group.prepareLimitMs ?? PREPARE_LIMIT_MS));
  for (let round = 0; round < runs; round++)
    for (const [name, program] of Object.entries(group.programs))
      await attempt(name, async () => {
        const folder = folderOf(name);
        if (program.isFresh) rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true });
        const found = await execute(program, program.command, folder, group.limitMs ?? LIMIT_MS);
        figures.set(name, [...(figures.get(name) ?? []), found]);
      });
  rmSync(base, { recursive: true, force: true });
  const rows = group.rows.map(({ id, title, unit, entries }) => ({
    id,
    title,
    unit,
    results: entries.map((entry) => resultOf(entry, figures.get(entry.program) ?? [], failures.get(entry.program))),
  }));
  return { id: group.id, title: group.title, work: group.work, rows };
}

/**
 * @param {Entry} entry
 * @param {readonly Readonly<Record<string, number>>[]} figures
 * @param {string | undefined} failed
 * @returns {Result}
 */
function resultOf({ name, does, figure }, figures, failed) {
  if (failed !== undefined) return { name, does, failed };
  const values = figures.map((found) => found[figure]);
  if (!values.every((value) => typeof value === "number" && Number.isFinite(value)))
    return { name, does, failed: `it reported no ${figure}` };
  return { name, does, values: /** @type {number[]} */ (values).map(round) };
}

/** Four significant digits: what lies below is noise. @param {number} value */
const round = (value) => Number(value.toPrecision(4));

/**
 * @param {Program} program
 * @param {string} folder
 * @param {number} limitMs
 */
async function prepare(program, folder, limitMs) {
  mkdirSync(folder, { recursive: true });
  program.write?.(folder);
  for (const command of program.prepare ?? []) await execute(program, command, folder, limitMs);
}

/**
 * Runs a process to its end. Rejects with the reason when it fails or exceeds its time; all that it started is ended then.
 * @param {Program} program
 * @param {readonly string[]} command
 * @param {string} folder its working folder
 * @param {number} limitMs
 * @returns {Promise<Record<string, number>>} the figures that it printed in its last line, and `wall`
 */
function execute({ isComplete }, [file = "", ...args], folder, limitMs) {
  // Data that an earlier process left unflushed would be flushed at the expense of this one.
  spawnSync("sync", { timeout: 30_000 });
  const start = performance.now();
  const child = spawn(file, isComplete ? args : [...args, folder], {
    cwd: folder,
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  running = child.pid;
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (output = (output + text).slice(-20_000)));
  child.stderr.setEncoding("utf8").on("data", (text) => (errors = (errors + text).slice(-20_000)));
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      killGroup(child.pid);
    }, limitMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    let wall = 0;
    child.once("exit", () => (wall = performance.now() - start));
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      killGroup(child.pid);
      if (isLate) reject(new Error(`not finished after ${limitMs / 1000} s`));
      else if (code !== 0) reject(new Error(reasonIn(errors) ?? `it ended with ${signal ?? `code ${code}`}`));
      else resolve({ ...figuresIn(output), wall });
    });
  });
}

/** @param {string} output @returns {Record<string, number>} */
function figuresIn(output) {
  const line = lastLine(output) ?? "";
  return line.startsWith("{") && line.endsWith("}") ? JSON.parse(line) : {};
}

/** The error that ended a process, as Node.js and Python print it; else the last line. @param {string} errors */
function reasonIn(errors) {
  const named = errors.split("\n").filter((line) => /^\w*(Error|Exception)\b/.test(line));
  return named.at(-1)?.trim().slice(0, 200) ?? lastLine(errors);
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split("\n").at(-1)?.trim().slice(0, 200) || undefined;
}

/** Ends the process that is being measured, for a bench that is interrupted. */
export function stopMeasuring() {
  killGroup(running);
}

/** Whatever a process left behind in its group. @param {number | undefined} pid */
function killGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}

/** @returns {NodeJS.ProcessEnv} */
function environment() {
  const inherited = Object.entries(createEnvironment(join(workFolder, "jupyter"))).filter(
    ([name]) => !/^(STAGEBOOK|NODE|npm)_/.test(name),
  );
  return { ...Object.fromEntries(inherited), BENCH_PEERS_NODE: nodeFolder };
}
