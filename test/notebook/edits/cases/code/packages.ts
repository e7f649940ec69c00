/** Edits of packages, which count by name and version; linked workspace packages count by the loaded code. */
import { symlinkSync } from "node:fs";
import { APART_CELL } from "../../runner/edit";
import type { Cells, Edit } from "../../runner/edit";
import type { Notebook } from "../../../../rig/kernel/notebook";

const manifest = (name: string, version: string): string => JSON.stringify({ name, version, main: "index.js" });
const linked = (by: number): string => `exports.grow = (n) => step(n) * ${by};\nconst step = (n) => n + 1;\n`;

/** The packages that the rows import, in the folder of the notebook. */
export function writePackages(notebook: Notebook): void {
  for (const name of ["pocket", "beside"]) {
    notebook.write(`node_modules/${name}/package.json`, manifest(name, "1.0.0"));
    notebook.write(
      `node_modules/${name}/index.js`,
      `exports.size = (n) => n * 2;\nexports.wrap = (f) => (n) => f(n);\n`,
    );
  }
  notebook.write("workspace/linked/package.json", manifest("linked", "0.0.0"));
  const code = notebook.write("workspace/linked/index.js", linked(2));
  const modules = notebook.write("node_modules/.keep", "").replace(/\.keep$/, "");
  symlinkSync(code.replace(/[\\/]index\.js$/, ""), `${modules}linked`, "junction");
}

/** A new kernel in the same folder, with these cells executed. */
const restart = (cells: Cells) => async (notebook: Notebook) => {
  await notebook.restart();
  await notebook.cells({ ...cells, ...APART_CELL });
};

/** Writes a file and starts a new kernel, which loads it. */
const writeAndRestart = (name: string, content: string, cells: Cells) => async (notebook: Notebook) => {
  notebook.write(name, content);
  await restart(cells)(notebook);
};

const bumped: Cells = {
  a: `import { size } from "pocket";\nconst a = stage("a", () => size(71));`,
  b: `const b = stage("b", () => 71.5);`,
};
const other: Cells = { a: `import { size } from "pocket";\nconst a = stage("a", () => size(72));` };
const afresh: Cells = { a: `const a = stage("a", () => 73);`, b: `const b = stage("b", { a }, ({ a }) => a + 0.5);` };
const reloaded: Cells = { a: `import { grow } from "linked";\nconst a = stage("a", () => grow(74));` };

export const packages: readonly Edit[] = [
  {
    id: "package-version",
    rows: ["S10"],
    kind: "the version of a package, in a new kernel",
    cells: bumped,
    edit: writeAndRestart("node_modules/pocket/package.json", manifest("pocket", "1.0.1"), bumped),
    mustRun: ["a"],
    mustNotRun: ["b"],
    value: ["142", "142"],
    undo: writeAndRestart("node_modules/pocket/package.json", manifest("pocket", "1.0.0"), bumped),
  },
  {
    id: "package-other",
    rows: ["S10", "S17"],
    kind: "the version of a package that the stage does not use, in a new kernel",
    cells: other,
    edit: writeAndRestart("node_modules/beside/package.json", manifest("beside", "1.0.1"), other),
    mustRun: [],
    mustNotRun: ["a"],
    value: ["144", "144"],
  },
  {
    id: "package-callback",
    rows: ["S4"],
    kind: "a function of one's own that a package's function holds",
    cells: {
      help: `import { wrap } from "pocket";\nconst held = wrap((n: number) => n + 0.75);`,
      a: `const a = stage("a", () => held(1));`,
    },
    edit: { help: `import { wrap } from "pocket";\nconst held = wrap((n: number) => n + 5.75);` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.75", "6.75"],
  },
  {
    id: "package-member",
    rows: ["S4"],
    kind: "the same function taken from another package",
    cells: { a: `import { size } from "pocket";\nconst a = stage("a", () => size(76));` },
    edit: { a: `import { size } from "beside";\nconst a = stage("a", () => size(76));` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["152", "152"],
  },
  {
    id: "linked-on-disk",
    rows: ["S4"],
    kind: "a linked workspace package edited on disk alone: the loaded code still runs",
    cells: { a: `import { grow } from "linked";\nconst a = stage("a", () => grow(1) + 0.77);` },
    edit: (notebook) => void notebook.write("workspace/linked/index.js", linked(3)),
    mustRun: [],
    mustNotRun: ["a"],
    value: ["4.77", "4.77"],
    undo: (notebook) => void notebook.write("workspace/linked/index.js", linked(2)),
  },
  {
    id: "linked-loaded",
    rows: ["S4"],
    kind: "a linked workspace package edited, its version kept, in a new kernel",
    cells: reloaded,
    edit: writeAndRestart("workspace/linked/index.js", linked(3), reloaded),
    mustRun: ["a"],
    mustNotRun: [],
    value: ["150", "225"],
    undo: writeAndRestart("workspace/linked/index.js", linked(2), reloaded),
  },
  {
    id: "restart",
    rows: ["C1", "S17"],
    kind: "a new kernel, and all cells executed again",
    cells: afresh,
    edit: restart(afresh),
    mustRun: [],
    mustNotRun: ["a", "b"],
    show: "await b()",
    value: ["73.5", "73.5"],
  },
];
