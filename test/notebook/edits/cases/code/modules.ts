/** Edits of local modules: what is loaded counts, not what is on disk. */
import type { Edit } from "../../runner/edit";
import type { Notebook } from "../../../../rig/kernel/notebook";

const script = (by: number): string => `exports.half = (n) => part(n) / ${by};\nfunction part(n) { return n + 1; }\n`;
const constants = (rate: number, idle: number): string =>
  `export const RATE = ${rate};\nexport const IDLE = ${idle};\n`;
const shape = (by: number): string => `export class Shape { area() { return side(this) * ${by}; } }
const side = (_shape: Shape) => factor;\nconst factor = 2;\n`;
const cellModule = (by: number): string => `/** @module forms */\nexport const form = (n: number) => n * ${by};`;

/** The modules that the rows import, beside the notebook. */
export function writeModules(notebook: Notebook): void {
  notebook.write("rates.ts", `export const rate = () => 2;`);
  notebook.write("taxes.ts", `export const tax = () => 2;`);
  notebook.write("duties.ts", `export const tax = () => 2;`);
  notebook.write("inner.ts", `export const inner = () => 2;`);
  notebook.write("outer.ts", `import { inner } from "./inner";\nexport const outer = () => inner() * 1.01;`);
  notebook.write("script.js", script(2));
  notebook.write("constants.ts", constants(1, 1));
  notebook.write("shape.ts", shape(1));
}

/** Writes a module and imports it again. */
const reload = (name: string, content: string, code: string) => async (notebook: Notebook) => {
  notebook.write(name, content);
  await notebook.cell("lib", code);
};

export const modules: readonly Edit[] = [
  {
    id: "module-again",
    rows: ["S4"],
    kind: "a local TypeScript module edited and imported again",
    cells: { lib: `import { rate } from "./rates";`, a: `const a = stage("a", () => rate() * 100);` },
    edit: async (notebook) => {
      notebook.write("rates.ts", `export const rate = () => 3;`);
      await notebook.cell("lib", `import { rate } from "./rates";`);
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["200", "300"],
    undo: async (notebook) => {
      notebook.write("rates.ts", `export const rate = () => 2;`);
      await notebook.cell("lib", `import { rate } from "./rates";`);
    },
  },
  {
    id: "module-on-disk",
    rows: ["S4"],
    kind: "a local module edited on disk alone: the loaded code still runs",
    cells: { lib: `import { tax } from "./taxes";`, a: `const a = stage("a", () => tax() * 100);` },
    edit: (notebook) => void notebook.write("taxes.ts", `export const tax = () => 3;`),
    mustRun: [],
    mustNotRun: ["a"],
    value: ["200", "200"],
    undo: (notebook) => void notebook.write("taxes.ts", `export const tax = () => 2;`),
  },
  {
    id: "module-deep",
    rows: ["S4"],
    kind: "a module that the imported module imports, imported again",
    cells: { lib: `import { outer } from "./outer";`, a: `const a = stage("a", () => outer() * 100);` },
    edit: async (notebook) => {
      notebook.write("inner.ts", `export const inner = () => 3;`);
      await notebook.cell("lib", `import { outer } from "./outer";`);
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["202", "303"],
    undo: async (notebook) => {
      notebook.write("inner.ts", `export const inner = () => 2;`);
      await notebook.cell("lib", `import { outer } from "./outer";`);
    },
  },
  {
    id: "module-script",
    rows: ["S4"],
    kind: "a local JavaScript module edited and imported again",
    cells: { lib: `import { half } from "./script";`, a: `const a = stage("a", () => half(7));` },
    edit: reload("script.js", script(4), `import { half } from "./script";`),
    mustRun: ["a"],
    mustNotRun: [],
    value: ["4", "2"],
    undo: reload("script.js", script(2), `import { half } from "./script";`),
  },
  {
    id: "module-constant",
    rows: ["S4"],
    kind: "a constant of a local module, read as `module.CONST`",
    cells: { lib: `import * as constants from "./constants";`, a: `const a = stage("a", () => constants.RATE * 62);` },
    edit: reload("constants.ts", constants(2, 1), `import * as constants from "./constants";`),
    mustRun: ["a"],
    mustNotRun: [],
    value: ["62", "124"],
    undo: reload("constants.ts", constants(1, 1), `import * as constants from "./constants";`),
  },
  {
    id: "module-unused",
    rows: ["S7"],
    kind: "an export of a local module that the stage does not use",
    cells: { lib: `import { RATE, IDLE } from "./constants";`, a: `const a = stage("a", () => RATE * 63);` },
    edit: reload("constants.ts", constants(1, 2), `import { RATE, IDLE } from "./constants";`),
    mustRun: [],
    mustNotRun: ["a"],
    value: ["63", "63"],
    undo: reload("constants.ts", constants(1, 1), `import { RATE, IDLE } from "./constants";`),
  },
  {
    id: "module-comment",
    rows: ["S7"],
    kind: "comments and formatting in a local module, imported again",
    cells: { lib: `import { RATE as rate64 } from "./constants";`, a: `const a = stage("a", () => rate64 * 64);` },
    edit: reload(
      "constants.ts",
      `// The rates.\n${constants(1, 1).replaceAll("=", " = /* now */ ")}`,
      `import { RATE as rate64 } from "./constants";`,
    ),
    mustRun: [],
    mustNotRun: ["a"],
    value: ["64", "64"],
    undo: reload("constants.ts", constants(1, 1), `import { RATE as rate64 } from "./constants";`),
  },
  {
    id: "module-class",
    rows: ["S4"],
    kind: "a method of a class of a local module",
    cells: { lib: `import { Shape } from "./shape";`, a: `const a = stage("a", () => new Shape().area() * 65);` },
    edit: reload("shape.ts", shape(3), `import { Shape } from "./shape";`),
    mustRun: ["a"],
    mustNotRun: [],
    value: ["130", "390"],
    undo: reload("shape.ts", shape(1), `import { Shape } from "./shape";`),
  },
  {
    id: "module-private",
    rows: ["S4"],
    kind: "a variable of a local module that is not exported",
    cells: { lib: `import { Shape } from "./shape";`, a: `const a = stage("a", () => new Shape().area() * 66);` },
    edit: reload("shape.ts", shape(1).replace("factor = 2", "factor = 4"), `import { Shape } from "./shape";`),
    mustRun: ["a"],
    mustNotRun: [],
    value: ["132", "264"],
    undo: reload("shape.ts", shape(1), `import { Shape } from "./shape";`),
  },
  {
    id: "module-moved",
    rows: ["S7"],
    kind: "a local module given another file name",
    cells: { lib: `import { tax as tax67 } from "./taxes";`, a: `const a = stage("a", () => tax67() * 67);` },
    edit: { lib: `import { tax as tax67 } from "./duties";` },
    mustRun: [],
    mustNotRun: ["a"],
    value: ["134", "134"],
  },
  {
    id: "cell-module",
    rows: ["S4"],
    kind: "a cell that tslab makes a module, executed and imported again",
    cells: { lib: cellModule(2), use: `import { form } from "./forms";`, a: `const a = stage("a", () => form(68));` },
    edit: { lib: cellModule(3), use: `import { form } from "./forms";` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["136", "204"],
  },
  {
    id: "cell-module-alone",
    rows: ["S4"],
    kind: "a cell that tslab makes a module, executed and not imported again: the loaded code still runs",
    cells: { lib: cellModule(2), use: `import { form } from "./forms";`, a: `const a = stage("a", () => form(69));` },
    edit: { lib: cellModule(3) },
    mustRun: [],
    mustNotRun: ["a"],
    value: ["138", "138"],
  },
];
