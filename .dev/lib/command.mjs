/** Running programs with their output in a log file, and the errors that the user sees. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { createEnvironment, logs, root } from "./project.mjs";

/** A problem that the user can fix: one sentence on what is wrong and one on what to do. Printed without a stack. */
export class Problem extends Error {
  /**
   * @param {string} what
   * @param {string} [advice]
   * @param {string} [detail] the last lines of a log
   */
  constructor(what, advice, detail) {
    super([what, advice].filter(Boolean).join("\n"));
    this.detail = detail;
  }
}

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** Stops every running program that `run` has started. */
export function stopCommands() {
  for (const child of running) child.kill("SIGTERM");
}

/**
 * Runs a program; its output goes to `.cache/logs/<log>.log`. Throws Problem with the end of that log when it fails.
 * @param {string} log
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, advice?: string, append?: boolean, timeoutMs?: number }} [options]
 */
export async function run(log, file, args, options = {}) {
  mkdirSync(logs, { recursive: true });
  const logFile = join(logs, `${log}.log`);
  const output = openSync(logFile, options.append ? "a" : "w");
  const child = spawn(file, args, {
    cwd: options.cwd ?? root,
    env: { ...createEnvironment(), ...options.env },
    stdio: ["ignore", output, output],
    timeout: options.timeoutMs,
  });
  closeSync(output);
  running.add(child);
  const failure = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) =>
      resolve(code === 0 ? null : signal ? `ended by ${signal}` : `exit code ${code}`),
    );
  });
  running.delete(child);
  if (failure === null) return;
  const where = relative(root, logFile);
  throw new Problem(`${log} failed (${failure}). The whole output is in ${where}.`, options.advice, readTail(logFile));
}

/**
 * The last lines of a text file; "" when the file does not exist.
 * @param {string} file
 * @param {number} [lines]
 */
export function readTail(file, lines = 25) {
  if (!existsSync(file)) return "";
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}

/**
 * One digest over the content of files and folders, by path and bytes. A path that does not exist is skipped.
 * @param {readonly string[]} paths
 * @param {readonly string[]} [more] further texts to include
 */
export function digestFiles(paths, more = []) {
  const hash = createHash("sha256");
  for (const text of more) hash.update(`${text}\0`);
  for (const file of paths.flatMap(listFiles))
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  return hash.digest("hex");
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function listFiles(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => listFiles(join(path, name)));
}

/**
 * Prints a problem for the user. Any other error is a bug of the set-up and keeps its stack.
 * @param {unknown} error
 */
export function printProblem(error) {
  if (!(error instanceof Problem)) return console.error(error);
  if (error.detail) console.error(`\n${error.detail.replace(/^/gm, "    ")}\n`);
  console.error(error.message);
}
