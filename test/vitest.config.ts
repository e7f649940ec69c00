/** How the tests run. `npm test` does the set-up first and then starts vitest with this file. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import type { TestProjectInlineConfiguration } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

const heavy = process.env.STAGEBOOK_TESTS === "heavy";
const folder = heavy ? "test/heavy" : "test";
const outside = ["**/node_modules/**", ...(heavy ? [] : ["test/heavy/**"])];

// Tests see the sources; the kernels that they start see the built package.
const resolve = {
  alias: [
    { find: /^stagebook\/protocol$/, replacement: `${root}kernel-lib/src/protocol/index.ts` },
    { find: /^stagebook$/, replacement: `${root}kernel-lib/src/index.ts` },
  ],
};

/** For whoever waits for ever: no test fails because the machine is slow. */
const patience = { testTimeout: 300_000, hookTimeout: 300_000, expect: { poll: { timeout: 60_000 } } };

function project(name: string, test: TestProjectInlineConfiguration["test"]): TestProjectInlineConfiguration {
  return { root, resolve, test: { name, pool: "forks", ...patience, ...test } };
}

export default defineConfig({
  root,
  test: {
    projects: [
      project("node", {
        include: [`${folder}/**/*.test.{ts,tsx}`],
        exclude: [...outside, "**/browser/**"],
        globalSetup: ["test/notebook/edits/join-report.ts"],
        maxWorkers: 2,
        sequence: { groupOrder: 0 },
      }),
      // A browser and a JupyterLab each: one file at a time, after the others.
      project("browser", {
        include: [`${folder}/browser/**/*.test.{ts,tsx}`],
        exclude: outside,
        maxWorkers: 1,
        sequence: { groupOrder: 1 },
      }),
    ],
    teardownTimeout: 20_000,
    passWithNoTests: true,
    benchmark: { include: ["test/bench/**/*.bench.ts"] },
  },
});
