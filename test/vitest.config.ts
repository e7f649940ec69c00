/** The test projects. `npm test` sets up what is missing and then starts vitest with this file, a process for each lane. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import type { TestProjectInlineConfiguration } from "vitest/config";
import { nodeFlags } from "../.dev/lib/project.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const heavy = process.env.STAGEBOOK_TESTS === "heavy";
const pictures = process.env.STAGEBOOK_TESTS === "pictures";
const folder = heavy ? "test/heavy" : "test";
/** Besides test/heavy. */
const withParts = heavy ? findFilesWithParts() : [];
const inBrowser = (file: string): boolean => file.startsWith("test/browser/");
const excluded = ["**/node_modules/**", "test/screenshots/**", ...(heavy ? [] : ["test/heavy/**"])];

/** Tests of modules alone, and those whose state is in kernels: no global state. They share their processes. */
const units = ["graph", "key", "preview", "table", "lab", "store", "run", "properties", "notebook"].map(
  // The test of faults counts the timers that are left: those of other tests in its process must not be among them.
  (folder) => `test/${folder}/**/!(faults).test.{ts,tsx}`,
);

// Tests see the sources; the kernels that they start see the built package.
const resolve = {
  alias: [
    { find: /^stagebook\/protocol$/, replacement: `${root}kernel-lib/src/protocol/index.ts` },
    { find: /^stagebook\/drawing$/, replacement: `${root}kernel-lib/src/drawing/index.ts` },
    { find: /^stagebook\/drawing\/layout$/, replacement: `${root}kernel-lib/src/drawing/layout.ts` },
    { find: /^stagebook$/, replacement: `${root}kernel-lib/src/index.ts` },
  ],
};

/** Limits for tests that hang: no test fails because the machine is slow. */
const timeouts = { testTimeout: 300_000, hookTimeout: 300_000, expect: { poll: { timeout: 60_000 } } };

function project(name: string, test: TestProjectInlineConfiguration["test"]): TestProjectInlineConfiguration {
  return { root, resolve, test: { name, pool: "forks", ...timeouts, ...test } };
}

export default defineConfig({
  root,
  test: {
    projects: [
      project("unit", {
        include: heavy ? [] : units,
        exclude: excluded,
        globalSetup: ["test/notebook/edits/runner/join-report.ts"],
        execArgv: nodeFlags,
        // Loading the sources again for each file costs more than most of these files take.
        isolate: false,
        // Projects of one group have the same number. Many files wait: for leases to end, for servers that do not answer, for kernels.
        maxWorkers: 3,
        sequence: { groupOrder: 0 },
      }),
      project("node", {
        include: [`${folder}/**/*.test.{ts,tsx}`, ...withParts.filter((file) => !inBrowser(file))],
        exclude: [...excluded, ...(heavy ? [] : units), "**/browser/**"],
        execArgv: nodeFlags,
        // Cells that commands execute in a test's process print through the console of Node.js, as they do in the program.
        disableConsoleIntercept: true,
        maxWorkers: 3,
        sequence: { groupOrder: 0 },
      }),
      // One browser at a time. In `npm test` this project is a lane of its own beside the others; in a heavy run it comes after them.
      project("browser", {
        include: [`${folder}/browser/**/*.test.{ts,tsx}`, ...withParts.filter(inBrowser)],
        exclude: excluded,
        globalSetup: heavy ? [] : ["test/rig/lab/shared-lab.ts"],
        // Together they have one browser.
        isolate: heavy,
        maxWorkers: 1,
        sequence: { groupOrder: 1 },
      }),
      // The pictures of the documents: only in `npm run screenshots`.
      project("screenshots", {
        include: pictures ? ["test/screenshots/**/*.test.ts"] : [],
        globalSetup: pictures ? ["test/rig/lab/shared-lab.ts"] : [],
        isolate: false,
        maxWorkers: 1,
      }),
    ],
    teardownTimeout: 20_000,
    passWithNoTests: true,
    benchmark: { include: ["test/bench/**/*.bench.ts"] },
  },
});

/** The test files that take a part of their cases in `npm test` (`rig/part.ts`): a heavy run executes them with all cases. */
function findFilesWithParts(): string[] {
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.test\.tsx?$/.test(file) && !/^(heavy|screenshots)/.test(file),
  );
  return files
    .filter((file) => /\/rig\/part"/.test(readFileSync(join(root, "test", file), "utf8")))
    .map((file) => `test/${file.replaceAll("\\", "/")}`);
}
