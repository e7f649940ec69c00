/** How the programs of the contenders are started, and the sources that some of them run. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../lib/project.mjs";
import { oldPyperPython, peersPython } from "../environment.mjs";

const contenders = join(root, ".dev", "bench-peers", "contenders");

/** @param {string} file @param {readonly (string | number)[]} args */
export const node = (file, ...args) => [process.execPath, join(contenders, file), ...args.map(String)];

/** @param {string} file @param {readonly (string | number)[]} args */
export const python = (file, ...args) => [peersPython, join(contenders, file), ...args.map(String)];

/** @param {string} file @param {readonly (string | number)[]} args */
export const oldPyper = (file, ...args) => [oldPyperPython, join(contenders, file), ...args.map(String)];

/** Writes a script with stages of three inputs and code of their own, none of which needs another. @param {number} count */
export const writeStagebookPipeline = (count) => (/** @type {string} */ folder) => {
  const stages = Array.from(
    { length: count },
    (_, at) =>
      `  p.stage("stage${at}", { a: ${at}, b: ${at + 1}, c: ${at + 2} }, ({ a, b, c }) => a + b + c + ${at}),\n`,
  ).join("");
  const head = `const { createPipeline } = require("stagebook");\nconst p = createPipeline({ store: __dirname + "/store", notebook: "pipeline" });\n`;
  write(folder, "pipeline.cjs", `${head}module.exports = {\n  p,\n  stages: [\n${stages}  ],\n};\n`);
};

/** The same functions in Python, for a library with a decorator. @param {number} count @param {string} head @param {string} decorator */
export const writeDecorated = (count, head, decorator) => (/** @type {string} */ folder) => {
  const functions = Array.from(
    { length: count },
    (_, at) => `@${decorator}\ndef stage${at}(a, b, c):\n    return a + b + c + ${at}\n\n\n`,
  ).join("");
  const names = Array.from({ length: count }, (_, at) => `stage${at}`).join(", ");
  write(folder, "stages.py", `from pathlib import Path\n${head}\n\n\n${functions}stages = [${names}]\n`);
};

/** The same for Hamilton, whose functions name what they need. @param {number} count */
export const writeHamilton = (count) => (/** @type {string} */ folder) => {
  const functions = Array.from(
    { length: count },
    (_, at) =>
      `def stage${at}(a: int = ${at}, b: int = ${at + 1}, c: int = ${at + 2}) -> int:\n    return a + b + c + ${at}\n`,
  );
  write(folder, "stages.py", functions.join("\n\n"));
};

/** A notebook of three cells, for the kernel that is named. @param {string} kernel @param {string} language @param {readonly string[]} cells */
export const writeNotebook = (kernel, language, cells) => (/** @type {string} */ folder) => {
  const notebook = {
    cells: cells.map((source, at) => ({
      cell_type: "code",
      execution_count: null,
      id: `cell-${at}`,
      metadata: {},
      outputs: [],
      source,
    })),
    metadata: {
      kernelspec: { display_name: kernel, language, name: kernel },
      language_info: { name: language },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  write(folder, "notebook.ipynb", JSON.stringify(notebook, undefined, 1));
};

/** @param {string} folder @param {string} name @param {string} text */
function write(folder, name, text) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
}
