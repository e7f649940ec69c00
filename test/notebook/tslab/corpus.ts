/** Cells of every kind, compiled in order by stock tslab and by tslab with its repairs: what differs is found. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeFlags } from "../../../.dev/lib/project.mjs";
import { buildModule } from "../../rig/built";
import { createNotebookFolder, repository } from "../../rig/kernel/notebook-folder";
import { createRandom } from "../../rig/random";

/** The cells of one notebook, in order. */
export type Sequence = readonly string[];

/** What the compiler says of one cell. */
export interface Compiled {
  readonly cell: string;
  readonly diagnostics: readonly string[];
  readonly output: string;
  readonly awaits: boolean;
  /** The names that later cells know. */
  readonly names: readonly string[];
}

/** Of the quickstart and the gallery. */
export function galleryCells(): readonly Sequence[] {
  const folder = join(repository, "notebooks");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ipynb") && !name.includes("checkpoint")); // prettier-ignore
  return files.sort().map((name) => {
    const { cells } = JSON.parse(readFileSync(join(folder, name), "utf8")) as {
      readonly cells: readonly { readonly cell_type: string; readonly source: string | readonly string[] }[];
    };
    return cells.filter(({ cell_type: type }) => type === "code").map(({ source }) => [source].flat().join(""));
  });
}

/** Statements, right and wrong, over the variables of the cells before. `NAME` is a new name, `OLD` one of before, `N` a number. */
const TEMPLATES = [
  "const NAME = N;",
  "let NAME: string = OLD;",
  "const NAME = [OLD, N];",
  "const NAME = { a: OLD, b: 'N' }; NAME.a;",
  "const { a: NAME = N } = { a: OLD };",
  "function NAME(x: number, y = N) { return x + y; }",
  "const NAME = (x: number) => x * N; NAME('wrong');",
  "class NAME { value = N; get twice() { return this.value * 2; } } new NAME().twice",
  "interface NAME { x: number } const of_NAME: NAME = { x: N };",
  "type NAME = { kind: 'a'; n: number } | { kind: 'b' };",
  "enum NAME { A = N, B }",
  "abstract class NAME { abstract run(): number }",
  "import * as NAME from 'node:path'; NAME.join('a', 'N');",
  "import { readFileSync as NAME } from 'node:fs';",
  "import { map as NAME, of } from 'rxjs'; of(N).pipe(NAME((x) => x + 1));",
  "import { nothing as NAME } from 'rxjs';",
  "import NAME from 'no-such-package';",
  "const NAME = await Promise.resolve(N);",
  "const NAME = async () => { await null; return OLD; };",
  "for (const x of [1, N]) console.log(x, OLD);",
  "if (OLD) { const inner = N; inner; } else { await null; }",
  "OLD;",
  "OLD = N;",
  "missing_NAME;",
  "const NAME: number = 'N';",
  "const NAME = <T extends object>(x: T) => ({ ...x, n: N }); NAME(4);",
  "const NAME = stage('NAME', () => N);",
  "const NAME = stage('NAME', { n: param('p_NAME', N) }, ({ n }) => n + 1); NAME;",
  "const NAME = new Map<string, number>([['a', N]]); NAME.get(OLD);",
  "declare const NAME: unique symbol;",
  "label_NAME: for (;;) break label_NAME;",
  "const NAME = `${OLD} and ${N}`; NAME.length",
  "try { throw OLD; } catch (error) { console.log(error.message); }",
  "const NAME = function* () { yield N; }; [...NAME()];",
  "var NAME = N, other_NAME = OLD;",
  "@((c: any) => c) class NAME {}",
  "(x: number) => x;",
  "const NAME = ;",
  "/** Doc. */ type NAME = number",
  "const NAME = (OLD as any)?.deep?.path ?? N;",
];

/** `count` cells in notebooks of twenty. */
export function generatedCells(seed: number, count: number): readonly Sequence[] {
  const random = createRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  return Array.from({ length: Math.ceil(count / 20) }, (_, notebook) => {
    const names = ["first"];
    const cells = ["import { param, stage } from 'stagebook'; const first: any = 1;"];
    while (cells.length < 20 && notebook * 20 + cells.length < count) {
      const name = random() < 0.15 ? pick(names) : `v${cells.length}`;
      const statements = Array.from({ length: 1 + Math.floor(random() * 2) }, () => pick(TEMPLATES));
      const text = statements.map((each, at) => each.replaceAll("NAME", at === 0 ? name : `${name}_${at}`)).join("\n");
      cells.push(text.replaceAll("OLD", () => pick(names)).replace(/\bN\b/g, () => String(Math.floor(random() * 9))));
      names.push(name);
    }
    return cells;
  });
}

/** `STAGEBOOK_TSLAB` as in a kernel. Each cell is compiled, none executed; a cell with errors leaves the declarations as they were. */
const driver = `
const { readFileSync, writeFileSync } = require("node:fs");
const { createConverter } = require(${JSON.stringify(join(repository, "node_modules", "tslab", "dist", "converter.js"))});
const { readCompiler } = require(${JSON.stringify(await buildModule("notebook/tslab/compiler"))});
const { installRepairs } = require(${JSON.stringify(await buildModule("notebook/tslab/repairs/install"))});
const converter = createConverter({ isJS: false, isBrowser: false });
const warnings = [];
const compiler = readCompiler(converter);
const target = { compiler: { change: (install) => install(compiler) }, kernel: { copies: [] }, notebook: process.cwd() + "/n.ipynb", names: new Map(), warn: (text) => warnings.push(text) };
installRepairs(target, process.env.STAGEBOOK_TSLAB);
const results = JSON.parse(readFileSync(process.argv[2], "utf8")).flatMap((cells) => {
  let declarations = "";
  return cells.map((cell) => {
    let converted;
    try {
      converted = converter.convert(declarations, cell);
    } catch (error) {
      return { cell, diagnostics: ["threw " + error.message.split("\\n")[0]], output: "", awaits: false, names: [] };
    }
    const diagnostics = converted.diagnostics.map(({ start, messageText, code }) => start.line + ":" + start.character + " " + code + " " + messageText);
    if (diagnostics.length === 0) declarations = converted.declOutput ?? "";
    const names = [...declarations.matchAll(/^(?:declare )?(?:abstract )?(?:let|const|var|function|class|interface|type|enum|namespace) ([\\w$]+)/gm)].map(([, name]) => name).sort();
    return { cell, diagnostics, output: converted.output ?? "", awaits: converted.hasToplevelAwait === true, names };
  });
});
writeFileSync(process.argv[3], JSON.stringify({ results, warnings }));
process.exit(0);
`;

/** Compiles all cells in a process of its own. `choice`: of `STAGEBOOK_TSLAB`. */
export function compileCells(sequences: readonly Sequence[], choice: string): readonly Compiled[] {
  const folder = createNotebookFolder();
  const files = mkdtempSync(join(tmpdir(), "stagebook-corpus-"));
  const [script, cells, results] = ["driver.cjs", "cells.json", "results.json"].map((name) => join(files, name)) as [string, string, string]; // prettier-ignore
  try {
    writeFileSync(script, driver);
    writeFileSync(cells, JSON.stringify(sequences));
    const { status, stderr } = spawnSync(process.execPath, [...nodeFlags, script, cells, results], {
      cwd: folder.path,
      env: { ...process.env, NODE_OPTIONS: undefined, VITEST: undefined, STAGEBOOK_TSLAB: choice },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`the compiler ended with ${status}: ${stderr.slice(-2000)}`);
    const found = JSON.parse(readFileSync(results, "utf8")) as {
      results: readonly Compiled[];
      warnings: readonly string[];
    };
    if (found.warnings.length > 0) throw new Error(found.warnings.join("\n"));
    return found.results;
  } finally {
    folder.remove();
    rmSync(files, { recursive: true, force: true });
  }
}

/** The cells that differ, with both results. */
export function differences(sequences: readonly Sequence[]): readonly (readonly [Compiled, Compiled | undefined])[] {
  const repaired = compileCells(sequences, "");
  return compileCells(sequences, "plain").flatMap((plain, at) =>
    JSON.stringify(plain) === JSON.stringify(repaired[at]) ? [] : [[plain, repaired[at]] as const],
  );
}
