/**
 * `npm run bench`: runs test/bench with vitest, prints a table and writes test/artifacts/bench.json. The page under load takes many
 * minutes and is measured only by `npm run bench -- page`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { printProblem } from "./lib/command.mjs";
import { createEnvironment, modules, root } from "./lib/project.mjs";
import { setUp } from "./lib/setup.mjs";

const folder = join(root, "test", "bench");
const artifacts = join(root, "test", "artifacts");

try {
  await setUp();
  if (existsSync(folder) && readdirSync(folder).length > 0) process.exit(runVitest());
  console.log("test/bench is empty.");
} catch (error) {
  printProblem(error);
  process.exit(1);
}

function runVitest() {
  mkdirSync(artifacts, { recursive: true });
  const args = [
    "bench",
    "--run",
    // The benchmarks belong to no project: without this they would run once in each.
    "--project=node",
    "--project",
    "node",
    "--config",
    join("test", "vitest.config.ts"),
    `--outputJson=${join(artifacts, "bench.json")}`,
    ...(process.argv.includes("page") ? [] : ["--exclude", "**/page.bench.ts"]),
  ];
  const env = { ...createEnvironment(), STAGEBOOK_TESTS: "bench", VITE_CONFIG_NATIVE_IGNORE_WARNING: "true" };
  return (
    spawnSync(process.execPath, [join(modules, "vitest", "vitest.mjs"), ...args, ...process.argv.slice(2)], {
      cwd: root,
      env,
      stdio: "inherit",
    }).status ?? 1
  );
}
