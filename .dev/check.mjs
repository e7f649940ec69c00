/** `npm run check`: format, lint, types, dependency rules, wording, API report and generated reference, side by side. One line per tool. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { printProblem, readTail, run } from "./lib/command.mjs";
import { logs, modules, nodeFlags, root } from "./lib/project.mjs";
import { build } from "./lib/setup.mjs";

const kernelFolder = join(root, "kernel-lib");

/**
 * Those that take longest first. ESLint gets no cache: a finding of the rules that read types may come from another file than the
 * one that has changed. `script` is a path inside `node_modules`, or an absolute one.
 * @type {readonly { name: string, script: string, args: readonly string[], cwd?: string, advice: string }[]}
 */
const tools = [
  {
    name: "lint",
    script: "eslint/bin/eslint.js",
    args: [
      "-c",
      join(root, ".dev", "config", "eslint.config.mjs"),
      "--max-warnings=0",
      "kernel-lib/src",
      "lab-extension/src",
      "test",
    ],
    advice: "Fix the problems above.",
  },
  {
    name: "types: tests",
    script: "typescript/bin/tsc",
    args: ["-p", "test", "--noEmit"],
    advice: "Fix the problems above.",
  },
  {
    name: "format",
    script: "prettier/bin/prettier.cjs",
    args: ["--check", "--log-level=warn", "."],
    advice: "Run `npm run format`.",
  },
  {
    name: "types: scripts",
    script: "typescript/bin/tsc",
    args: ["-p", ".dev"],
    advice: "Fix the problems above.",
  },
  {
    name: "dependencies",
    script: "dependency-cruiser/bin/dependency-cruise.mjs",
    args: ["--config", ".dependency-cruiser.cjs", "kernel-lib/src", "lab-extension/src"],
    advice: "The rules and their reasons are in .dependency-cruiser.cjs.",
  },
  {
    name: "wording",
    script: join(root, ".dev", "lib", "words.mjs"),
    args: [],
    advice: "Say it in standard terms; .dev/lib/words.mjs suggests a replacement for each phrase.",
  },
  {
    name: "API report",
    script: "@microsoft/api-extractor/bin/api-extractor",
    args: ["run"],
    cwd: kernelFolder,
    advice: "If the change is intended, run `npm run api` and commit kernel-lib/stagebook.api.md.",
  },
  {
    name: "reference",
    script: join(root, ".dev", "reference.mjs"),
    args: ["--check"],
    advice: "Run `npm run api` and commit kernel-lib/docs/reference.",
  },
];

let failed = 0;
try {
  await build();
  const waiting = [...tools];
  const work = async () => {
    for (let tool = waiting.shift(); tool !== undefined; tool = waiting.shift()) if (!(await passes(tool))) failed++;
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
} catch (error) {
  printProblem(error);
  failed++;
}
console.log(failed === 0 ? "check passed" : `check failed: ${failed} of ${tools.length}`);
process.exit(failed === 0 ? 0 : 1);

/** @param {typeof tools[number]} tool */
async function passes({ name, script, args, cwd = root, advice }) {
  const start = Date.now();
  const log = `check-${name.replaceAll(/\W+/g, "-")}`;
  try {
    await run(log, process.execPath, [...nodeFlags, resolve(modules, script), ...args], { cwd, advice });
    console.log(`✓ ${name.padEnd(22)} ${((Date.now() - start) / 1000).toFixed(1)} s`);
    return true;
  } catch {
    // The whole output, not only its end: the findings are the point of the command.
    const file = join(logs, `${log}.log`);
    console.log(`✗ ${name}\n${existsSync(file) ? readTail(file, 200).replace(/^/gm, "    ") : ""}\n  ${advice}`);
    return false;
  }
}
