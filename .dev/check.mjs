/** `npm run check`: format, lint, types, dependency rules and the report of the public face. One line per tool. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { printProblem, readTail, run } from "./lib/command.mjs";
import { logs, modules, root } from "./lib/project.mjs";
import { build } from "./lib/setup.mjs";

const kernelFolder = join(root, "kernel-lib");

/** @type {readonly { name: string, script: string, args: readonly string[], cwd?: string, advice: string }[]} */
const tools = [
  {
    name: "format",
    script: "prettier/bin/prettier.cjs",
    args: ["--check", "--log-level=warn", "."],
    advice: "Run `npm run format`.",
  },
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
    advice: "Mend what is named above.",
  },
  {
    name: "types of the tests",
    script: "typescript/bin/tsc",
    args: ["-p", "test", "--noEmit"],
    advice: "Mend what is named above.",
  },
  {
    name: "types of the set-up",
    script: "typescript/bin/tsc",
    args: ["-p", ".dev"],
    advice: "Mend what is named above.",
  },
  {
    name: "layers",
    script: "dependency-cruiser/bin/dependency-cruise.mjs",
    args: ["--config", ".dependency-cruiser.cjs", "kernel-lib/src", "lab-extension/src"],
    advice: "The rules and their reasons are in .dependency-cruiser.cjs.",
  },
  {
    name: "public face",
    script: "@microsoft/api-extractor/bin/api-extractor",
    args: ["run"],
    cwd: kernelFolder,
    advice: "If the change is meant, run `npm run api` and commit kernel-lib/stagebook.api.md.",
  },
];

let failed = 0;
try {
  await build();
  for (const tool of tools) if (!(await passes(tool))) failed++;
} catch (error) {
  printProblem(error);
  failed++;
}
console.log(failed === 0 ? "check: all is well" : `check: ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** @param {typeof tools[number]} tool */
async function passes({ name, script, args, cwd = root, advice }) {
  const start = Date.now();
  const log = `check-${name.replaceAll(" ", "-")}`;
  try {
    await run(log, process.execPath, [join(modules, script), ...args], { cwd, advice });
    console.log(`✓ ${name.padEnd(22)} ${((Date.now() - start) / 1000).toFixed(1)} s`);
    return true;
  } catch {
    // All of it: these findings are what one came for.
    const file = join(logs, `${log}.log`);
    console.log(`✗ ${name}\n${existsSync(file) ? readTail(file, 200).replace(/^/gm, "    ") : ""}\n  ${advice}`);
    return false;
  }
}
