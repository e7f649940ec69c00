/**
 * `npm test`: sets up what is missing, runs vitest and ends with the line `N passed, N failed`.
 * `--heavy` runs test/heavy instead, and the files that import test/rig/part.ts, with all their cases; `--pictures` takes the pictures of the documents. Everything else is passed to vitest:
 * `npm test -- -t "[S7]"`.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { browser, findBrowser } from "./lib/browser.mjs";
import { printProblem, stopCommands } from "./lib/command.mjs";
import { cache, createEnvironment, modules, root } from "./lib/project.mjs";
import { findS3Server, s3Server } from "./lib/s3-server.mjs";
import { setUp } from "./lib/setup.mjs";

const args = process.argv.slice(2);
const heavy = args.includes("--heavy");
const pictures = args.includes("--pictures");
const wanted = args.filter((arg) => arg !== "--heavy" && arg !== "--pictures");

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => {
    stopCommands();
    // From the terminal vitest gets it too, and ends its kernels and servers.
    for (const vitest of running) vitest.kill("SIGTERM");
    setTimeout(() => process.exit(1), running.size > 0 ? 5_000 : 300);
  });
}

let counts = { passed: 0, failed: 1 };
const temporary = heavy ? undefined : createMemoryFolder();
process.on("exit", () => temporary !== undefined && rmSync(temporary, { recursive: true, force: true }));
try {
  await setUp([browser, s3Server]);
  counts = sum(await Promise.all(lanesFor(wanted).map(runLane)));
  if (counts.passed + counts.failed === 0) console.log("No test was run.");
} catch (error) {
  printProblem(error);
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);

/**
 * The vitest processes that run side by side, each with its arguments. The browser tests mostly wait for the page, the others use the
 * processors meanwhile. A heavy run measures, and does one thing after the other.
 * @param {readonly string[]} wanted
 * @returns {readonly { name: string, args: readonly string[] }[]}
 */
function lanesFor(wanted) {
  const inBrowser = (/** @type {string} */ arg) => /(^|\/)browser(\/|$)/.test(arg);
  const files = wanted.filter((arg) => /^(\.\/)?test\//.test(arg));
  if (pictures) return [{ name: "screenshots", args: ["--project=screenshots", ...wanted] }];
  if (heavy || wanted.some((arg) => arg.startsWith("--project"))) return [{ name: "all", args: wanted }];
  const lanes = [
    { name: "node", args: ["--project=unit", "--project=node", ...wanted.filter((arg) => !inBrowser(arg))] },
    { name: "browser", args: ["--project=browser", ...wanted.filter((arg) => !files.includes(arg) || inBrowser(arg))] },
  ];
  if (files.length === 0) return lanes;
  return lanes.filter(({ name }) => files.some((file) => inBrowser(file) === (name === "browser")));
}

/**
 * @param {{ name: string, args: readonly string[] }} lane
 * @returns {Promise<Counts>}
 */
async function runLane({ name, args }) {
  const report = join(cache, `test-report-${name}.json`);
  mkdirSync(cache, { recursive: true });
  rmSync(report, { force: true });
  const command = [
    join(modules, "vitest", "vitest.mjs"),
    "run",
    "--config",
    join("test", "vitest.config.ts"),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ];
  const child = spawn(process.execPath, [...command, ...args.map(quoteRowId)], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...createEnvironment(),
      ...(temporary === undefined ? {} : { TMPDIR: temporary }),
      STAGEBOOK_CHROMIUM: (await findBrowser()) ?? undefined,
      STAGEBOOK_S3_SERVER: findS3Server() ?? undefined,
      STAGEBOOK_TESTS: heavy ? "heavy" : pictures ? "pictures" : "all",
      VITE_CONFIG_NATIVE_IGNORE_WARNING: "true",
    },
  });
  running.add(child);
  const code = await new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  running.delete(child);
  return readCounts(report, code);
}

/**
 * A folder in memory for the temporary files of the tests, which flush often: the tests of durability do not depend on the disk, and
 * `npm run test:heavy` runs them on a real one. Undefined where there is none, or too little room.
 * @returns {string | undefined}
 */
function createMemoryFolder() {
  const memory = "/dev/shm";
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize < 2 ** 31 ? undefined : mkdtempSync(join(memory, "stagebook-test-"));
  } catch {
    // Not Linux, or not writable: the ordinary temporary folder serves as well, only slower.
    return undefined;
  }
}

/**
 * Tests that passed and failed. A file that could not be loaded, an unhandled error and a crash of vitest count as failed.
 * @typedef {{ passed: number, failed: number }} Counts
 * @param {string} report
 * @param {number} code
 * @returns {Counts}
 */
function readCounts(report, code) {
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests: passed, numFailedTests: failed, testResults } = JSON.parse(readFileSync(report, "utf8"));
  /** @type {readonly { status: string, assertionResults: readonly { status: string }[] }[]} */
  const files = testResults;
  const unloaded = files.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const all = failed + unloaded;
  return { passed, failed: all === 0 && code !== 0 ? 1 : all };
}

/** @param {readonly Counts[]} lanes */
function sum(lanes) {
  return lanes.reduce((all, { passed, failed }) => ({ passed: all.passed + passed, failed: all.failed + failed }), {
    passed: 0,
    failed: 0,
  });
}

/**
 * vitest takes `-t` as a pattern, in which `[S7]` would be any test with an S or a 7.
 * @param {string} arg
 * @param {number} index
 * @param {readonly string[]} all
 */
function quoteRowId(arg, index, all) {
  const isPattern = ["-t", "--testNamePattern"].includes(all[index - 1] ?? "");
  if (isPattern) return arg.replace(/\[([A-Za-z]+\d*)\]/g, "\\[$1\\]");
  return arg.replace(
    /^(-t=|--testNamePattern=)(.*)$/,
    (_, flag, pattern) => flag + pattern.replace(/\[([A-Za-z]+\d*)\]/g, "\\[$1\\]"),
  );
}
