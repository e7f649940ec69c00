/**
 * `npm run bench`: runs test/bench with vitest, prints a table and writes test/artifacts/bench.json. The page under load and the kernel
 * take many minutes and are measured only by `npm run bench -- page` and `-- kernel`. `npm run bench -- --against ../earlier` compares
 * with another built clone.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchAgainst } from "./lib/bench-against.mjs";
import { printProblem } from "./lib/command.mjs";
import { createEnvironment, modules, root } from "./lib/project.mjs";
import { setUp } from "./lib/setup.mjs";

const folder = join(root, "test", "bench");
const artifacts = join(root, "test", "artifacts");
const env = { ...createEnvironment(), STAGEBOOK_TESTS: "bench", VITE_CONFIG_NATIVE_IGNORE_WARNING: "true" };

try {
  await setUp();
  mkdirSync(artifacts, { recursive: true });
  if (!existsSync(folder) || readdirSync(folder).length === 0) console.log("test/bench is empty.");
  else if (process.argv.includes("--against")) compare();
  else process.exit(runVitest());
} catch (error) {
  printProblem(error);
  process.exit(1);
}

function runVitest() {
  const args = [
    ...benchArgs(join(artifacts, "bench.json")),
    ...["page", "kernel"].flatMap((name) =>
      process.argv.slice(2).some((arg) => arg.startsWith(name)) ? [] : ["--exclude", `**/${name}*.bench.ts`],
    ),
    ...process.argv.slice(2),
  ];
  return (
    spawnSync(process.execPath, [join(modules, "vitest", "vitest.mjs"), ...args], { cwd: root, env, stdio: "inherit" })
      .status ?? 1
  );
}

function compare() {
  const { values, positionals } = parseArgs({
    options: { against: { type: "string" }, rounds: { type: "string", default: "7" } },
    allowPositionals: true,
  });
  benchAgainst({
    root,
    against: /** @type {string} */ (values.against),
    rounds: Number(values.rounds),
    files: positionals,
    benchArgs,
    env,
  });
}

/** @param {string} report */
function benchArgs(report) {
  // The benchmarks belong to no project: without the names of one they would run once in each.
  const project = ["--project=node", "--project", "node"];
  return ["bench", "--run", ...project, "--config", join("test", "vitest.config.ts"), `--outputJson=${report}`];
}
