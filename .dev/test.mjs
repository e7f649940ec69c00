/**
 * `npm test`: sets up what is missing, runs vitest and ends with the line `N passed, N failed`.
 * `--heavy` runs test/heavy instead; `--pictures` makes those of the README again. Everything else is passed to vitest: `npm test -- -t "[S7]"`.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { browser, findBrowser } from "./lib/browser.mjs";
import { printProblem, stopCommands } from "./lib/command.mjs";
import { cache, createEnvironment, modules, root } from "./lib/project.mjs";
import { findS3Server, s3Server } from "./lib/s3-server.mjs";
import { setUp } from "./lib/setup.mjs";

const report = join(cache, "test-report.json");
const args = process.argv.slice(2);
const heavy = args.includes("--heavy");
const pictures = args.includes("--pictures");
const wanted = [
  ...args.filter((arg) => arg !== "--heavy" && arg !== "--pictures"),
  ...(pictures ? [join("test", "browser", "accessibility.test.ts")] : []),
];

/** @type {import("node:child_process").ChildProcess | undefined} */
let vitest;
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => {
    stopCommands();
    // From the terminal vitest gets it too, and ends its kernels and servers.
    vitest?.kill("SIGTERM");
    setTimeout(() => process.exit(1), vitest ? 5_000 : 300);
  });
}

let counts = { passed: 0, failed: 1 };
try {
  await setUp([browser, s3Server]);
  const code = await runVitest(wanted.map(quoteRowId));
  counts = readCounts(code);
} catch (error) {
  printProblem(error);
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);

/**
 * @param {readonly string[]} more
 * @returns {Promise<number>} vitest's exit code
 */
async function runVitest(more) {
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
  const child = spawn(process.execPath, [...command, ...more], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...createEnvironment(),
      STAGEBOOK_CHROMIUM: (await findBrowser()) ?? undefined,
      STAGEBOOK_S3_SERVER: findS3Server() ?? undefined,
      STAGEBOOK_TESTS: heavy ? "heavy" : "all",
      STAGEBOOK_SCREENSHOTS: pictures ? join("lab-extension", "images") : undefined,
      VITE_CONFIG_NATIVE_IGNORE_WARNING: "true",
    },
  });
  vitest = child;
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
}

/**
 * Tests that passed and failed. A file that could not be loaded, an unhandled error and a crash of vitest count as failed.
 * @param {number} code
 */
function readCounts(code) {
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests: passed, numFailedTests: failed, testResults } = JSON.parse(readFileSync(report, "utf8"));
  /** @type {readonly { status: string, assertionResults: readonly { status: string }[] }[]} */
  const files = testResults;
  const unloaded = files.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const all = failed + unloaded;
  if (passed + all === 0) console.log("No test was run.");
  return { passed, failed: all === 0 && code !== 0 && passed > 0 ? 1 : all };
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
