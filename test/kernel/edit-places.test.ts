/** The edit matrix, part five: values changed in place, where a name really leads, and local modules. */
import { describe } from "vitest";
import { testEdits } from "./edit-matrix";
import type { Notebook } from "./notebook";

const cell = (code: string) => (notebook: Notebook) => notebook.cell("x", code);

describe("edits in place", () => {
  testEdits(
    [
      {
        title: "[S4] an outer array changed in place",
        cells: { data: `const list = [1, 2, 3];`, a: `const a = stage("a", () => list.length * 1.5);` },
        edit: cell("list.push(4);"),
        runs: ["a"],
        value: ["4.5", "6"],
        undo: cell("list.pop();"),
      },
      {
        title: "[S4] an outer Map and a Date changed in place",
        cells: {
          data: `const table = new Map([["k", { n: 1 }]]); const day = new Date(0);`,
          a: `const a = stage("a", () => [table.get("k")!.n, "map"]);`,
          b: `const b = stage("b", () => [day.getTime(), "date"]);`,
        },
        edit: cell(`table.get("k")!.n = 2; day.setTime(5);`),
        runs: ["a", "b"],
        show: "[await a(), await b()]",
        value: [`[[1,"map"],[0,"date"]]`, `[[2,"map"],[5,"date"]]`],
        undo: cell(`table.get("k")!.n = 1; day.setTime(0);`),
      },
      {
        title: "[S4] a static field set from a later cell",
        cells: { model: `class Fee { static rate = 5; }`, a: `const a = stage("a", () => Fee.rate + 0.5);` },
        edit: cell("Fee.rate = 6;"),
        runs: ["a"],
        value: ["5.5", "6.5"],
        undo: cell("Fee.rate = 5;"),
      },
      {
        title: "[S4] a method replaced on the prototype",
        cells: {
          model: `class Dog { say() { return "wau"; } }`,
          a: `const a = stage("a", () => new Dog().say());`,
        },
        edit: cell(`(globalThis as any).oldSay = Dog.prototype.say; Dog.prototype.say = () => "miau";`),
        runs: ["a"],
        value: [`"wau"`, `"miau"`],
        undo: cell(`Dog.prototype.say = (globalThis as any).oldSay;`),
      },
      {
        title: "[S4] an instance keeps the class that it was made with",
        cells: {
          model: `class Lamp { shine() { return "yellow"; } }`,
          made: `const lamp = new Lamp();`,
          a: `const a = stage("a", () => lamp.shine());`,
        },
        edit: { model: `class Lamp { shine() { return "blue"; } }` },
        runs: [],
        value: [`"yellow"`, `"yellow"`],
      },
      {
        title: "[S4] a getter of an outer object",
        cells: {
          data: `let inner = 1; const holder = { get x() { return inner; } };`,
          a: `const a = stage("a", () => holder.x * 1000);`,
        },
        edit: { data: `let inner = 2; const holder = { get x() { return inner; } };` },
        runs: ["a"],
        value: ["1000", "2000"],
      },
      {
        title: "[S4] a getter of an instance, redefined",
        cells: {
          data: `class Thing {} const thing = Object.defineProperty(new Thing(), "x", { get: () => 5, enumerable: true }) as any;`,
          a: `const a = stage("a", () => thing.x + 0.0625);`,
        },
        edit: {
          data: `class Thing {} const thing = Object.defineProperty(new Thing(), "x", { get: () => 6, enumerable: true }) as any;`,
        },
        runs: ["a"],
        value: ["5.0625", "6.0625"],
      },
      {
        title: "[S4] a variable of the stage's cell: a later cell's assignment does not reach it",
        cells: { a: `let own = 1;\nconst a = stage("a", () => own + 0.125);` },
        edit: cell("own = 2;"),
        runs: [],
        value: ["1.125", "1.125"],
      },
      {
        title: "[S4] a variable of another cell assigned from a third",
        cells: { data: `let shared = 1;`, a: `const a = stage("a", () => shared + 0.25);` },
        edit: cell("shared = 2;"),
        runs: ["a"],
        value: ["1.25", "2.25"],
        undo: cell("shared = 1;"),
      },
      {
        title: "[S4] a block's own variable is not the notebook's of the same name",
        cells: {
          data: `const hidden = 1;`,
          a: `let a: any; { const hidden = 10; a = stage("a", () => hidden * 3); }`,
        },
        edit: { data: `const hidden = 2;` },
        runs: [],
        value: ["30", "30"],
      },
      {
        title: "[S4] functions made by one factory differ by what they captured, stages too",
        cells: {
          help: `const tag = (name: string, n: number) => stage(name, () => ["tag", n]);`,
          a: `const a = tag("a", 1); const b = tag("b", 2);`,
        },
        edit: { a: `const a = tag("a", 1); const b = tag("b", 3);` },
        runs: ["b"],
        show: "[await a(), await b()]",
        value: [`[["tag",1],["tag",2]]`, `[["tag",1],["tag",3]]`],
      },
      {
        title: "[S4] a view of a typed array: the bytes outside of it do not count",
        cells: {
          data: `const buffer = new ArrayBuffer(8); const view = new Uint8Array(buffer, 0, 4);`,
          a: `const a = stage("a", () => ["view", ...view]);`,
        },
        edit: cell("new Uint8Array(buffer)[6] = 1;"),
        runs: [],
        value: [`["view",0,0,0,0]`, `["view",0,0,0,0]`],
      },
      {
        title: "[S4] an element of a typed array",
        cells: {
          data: `const floats = new Float32Array(4);`,
          a: `const a = stage("a", () => ["floats", ...floats]);`,
        },
        edit: cell("floats[2] = 1;"),
        runs: ["a"],
        value: [`["floats",0,0,0,0]`, `["floats",0,0,1,0]`],
        undo: cell("floats[2] = 0;"),
      },
      {
        title: "[S18] a parameter of the function shadows a notebook's stage: no edge",
        cells: {
          s: `const item = stage("item", () => 1);`,
          a: `const a = stage("a", () => [5, 6].map((item) => item + 0.75));`,
        },
        edit: { s: `const item = stage("item", () => 2);` },
        runs: ["item"],
        value: ["[5.75,6.75]", "[5.75,6.75]"],
      },
      {
        title: "[S4] a local module edited and imported again",
        cells: { lib: `import { rate } from "./rates";`, a: `const a = stage("a", () => rate() * 100);` },
        edit: async (notebook) => {
          notebook.write("rates.ts", `export const rate = () => 3;`);
          await notebook.cell("lib", `import { rate } from "./rates";`);
        },
        runs: ["a"],
        value: ["200", "300"],
        undo: async (notebook) => {
          notebook.write("rates.ts", `export const rate = () => 2;`);
          await notebook.cell("lib", `import { rate } from "./rates";`);
        },
      },
      {
        title: "[S4] a local module edited on disk and not imported again: the loaded code still runs",
        cells: { lib: `import { tax } from "./taxes";`, a: `const a = stage("a", () => tax() * 100);` },
        edit: (notebook) => void notebook.write("taxes.ts", `export const tax = () => 3;`),
        runs: [],
        value: ["200", "200"],
        undo: (notebook) => void notebook.write("taxes.ts", `export const tax = () => 2;`),
      },
      {
        title: "[S4] a module that the imported module imports",
        cells: { lib: `import { outer } from "./outer";`, a: `const a = stage("a", () => outer() * 100);` },
        edit: async (notebook) => {
          notebook.write("inner.ts", `export const inner = () => 3;`);
          await notebook.cell("lib", `import { outer } from "./outer";`);
        },
        runs: ["a"],
        value: ["202", "303"],
        undo: async (notebook) => {
          notebook.write("inner.ts", `export const inner = () => 2;`);
          await notebook.cell("lib", `import { outer } from "./outer";`);
        },
      },
    ],
    (notebook) => {
      notebook.write("rates.ts", `export const rate = () => 2;`);
      notebook.write("taxes.ts", `export const tax = () => 2;`);
      notebook.write("inner.ts", `export const inner = () => 2;`);
      notebook.write("outer.ts", `import { inner } from "./inner";\nexport const outer = () => inner() * 1.01;`);
    },
  );
});
