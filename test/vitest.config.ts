/** How the tests run. `npm test` does the set-up first and then starts vitest with this file. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

export default defineConfig({
  root,
  resolve: {
    // Tests see the sources; the kernels that they start see the built package.
    alias: [
      { find: /^stagebook\/protocol$/, replacement: `${root}kernel-lib/src/protocol/index.ts` },
      { find: /^stagebook$/, replacement: `${root}kernel-lib/src/index.ts` },
    ],
  },
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    exclude: ["test/heavy/**", "**/node_modules/**"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    reporters: ["default"],
    cache: false,
  },
});
