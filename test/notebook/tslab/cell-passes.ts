/** Cells compiled in a process of their own as the headless kernel does it: by tslab's converter, or with what earlier processes compiled. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeFlags } from "../../../.dev/lib/project.mjs";
import { buildModule } from "../../rig/built";
import type { Sequence } from "./corpus";

/** Everything that a cell's conversion contributes. */
export interface PassedCell {
  readonly converted: unknown;
  readonly params: readonly unknown[];
}

export interface Pass {
  /** By notebook. */
  readonly notebooks: readonly (readonly PassedCell[])[];
  /** Whether TypeScript was loaded at all. */
  readonly loadsTypeScript: boolean;
  readonly warnings: readonly string[];
}

/** Not a text to compile: code that the process executes before the next cell. */
export const between = (code: string): string => `//between\n${code}`;

const module = async (name: string): Promise<string> => JSON.stringify(await buildModule(name));

/** The first cell imports Stagebook: after it the compiler is repaired. A cell with errors leaves the declarations as they were. */
const driver = `
const { readFileSync, writeFileSync } = require("node:fs");
const path = require("node:path");
const { CachedCompiler } = require(${await module("notebook/tslab/compiled/cached-compiler")});
const { RecordFile } = require(${await module("notebook/tslab/compiled/record-file")});
const { describeInstallation } = require(${await module("notebook/tslab/compiled/installation")});
const { loadTslab } = require(${await module("notebook/tslab/lazy-tslab")});
const { installRepairs } = require(${await module("notebook/tslab/repairs/install")});
const { readCompiler, declaredParamsIn } = require(${await module("notebook/tslab/compiler")});
const { sequences, cache, choice } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const warnings = [];
const folder = process.cwd();
function compilerOf(notebook) {
  const { createConverter, loadTypeScript, files } = loadTslab(folder);
  if (cache !== undefined) {
    const file = new RecordFile(cache, describeInstallation(Object.values(files), { notebook, choice }), (text) => warnings.push(text));
    const cached = new CachedCompiler({ createConverter, loadTypeScript, file, folder, reloadsJson: true });
    return { converter: cached.converter, cells: cached };
  }
  const converter = createConverter();
  const compiler = readCompiler(converter);
  return { converter, cells: { change: (install) => void install(compiler), declaredParams: (source) => declaredParamsIn(compiler, source) } };
}
const notebooks = sequences.map((sequence, at) => {
  const { converter, cells } = compilerOf("n" + at + ".ipynb");
  let declarations = "";
  let isRepaired = false;
  const results = [];
  for (const cell of sequence) {
    if (cell.startsWith("//between\\n")) {
      eval(cell);
      continue;
    }
    let converted;
    try {
      converted = converter.convert(declarations, cell);
    } catch (error) {
      results.push({ converted: "threw " + error.message.split("\\n")[0], params: [] });
      continue;
    }
    if (!isRepaired)
      installRepairs({ compiler: cells, kernel: { copies: [] }, notebook: folder + "/n.ipynb", names: new Map(), warn: (text) => warnings.push(text) }, choice);
    isRepaired = true;
    if (converted.diagnostics.length === 0) declarations = converted.declOutput ?? "";
    results.push({ converted, params: [...cells.declaredParams(cell)] });
  }
  converter.close();
  return results;
});
const loadsTypeScript = Object.keys(require.cache).some((file) => file.includes("typescript-for-tslab"));
writeFileSync(process.argv[3], JSON.stringify({ notebooks, loadsTypeScript, warnings }));
process.exit(0);
`;

/** `cache`: the folder of what earlier passes compiled; without it tslab's converter compiles everything. */
export function compilePass(folder: string, sequences: readonly Sequence[], cache?: string, choice?: string): Pass {
  const files = mkdtempSync(join(tmpdir(), "stagebook-passes-"));
  const [script, input, output] = ["driver.cjs", "input.json", "output.json"].map((name) => join(files, name)) as [string, string, string]; // prettier-ignore
  try {
    writeFileSync(script, driver);
    writeFileSync(input, JSON.stringify({ sequences, cache, choice }));
    const { status, stderr } = spawnSync(process.execPath, [...nodeFlags, script, input, output], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: undefined, VITEST: undefined },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`the pass ended with ${status}: ${stderr.slice(-2000)}`);
    return JSON.parse(readFileSync(output, "utf8")) as Pass;
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
}
