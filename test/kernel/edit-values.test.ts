/** The edit matrix, part three: an outer value of every kind, in another cell and in the stage's own. */
import { describe } from "vitest";
import { testEdits } from "./edit-matrix";
import type { Edit } from "./edit-matrix";

/** A kind of value: one of it, an equal one written in another way, and one that differs. */
const kinds: readonly [kind: string, value: string, equal: string, other: string][] = [
  ["number", "1", "1.0", "2"],
  ["string", `"one"`, `'o' + 'ne'`, `"One"`],
  ["boolean", "true", "!false", "false"],
  ["tuple", `[1, "a"] as const`, `[1, "a"] as [number, string]`, `["a", 1] as const`],
  ["object", "{ x: 1, y: { z: 2 } }", "{ y: { z: 2 }, x: 1 }", "{ x: 1, y: { z: 3 } }"],
  ["array", "[1, 2, 3]", "[1].concat([2, 3])", "[1, 3, 2]"],
  ["array with a hole", "[1, , 3]", "[1, , 3]", "[1, undefined, 3]"],
  ["Date", `new Date("2026-01-01")`, `new Date(Date.UTC(2026, 0, 1))`, `new Date("2026-01-02")`],
  ["Map", `new Map([["k", 1]])`, `new Map().set("k", 1)`, `new Map([["k", 2]])`],
  ["Set", "new Set([1, 2])", "new Set([1, 2, 1])", "new Set([1, 3])"],
  ["bigint", "10n", "5n + 5n", "11n"],
  ["NaN", "NaN", "0 / 0", "0"],
  ["-0", "-0", "0 * -1", "0"],
  ["undefined", "undefined", "void 0", "null"],
  ["typed array", "Float64Array.of(1, 2)", "new Float64Array([1, 2])", "Float32Array.of(1, 2)"],
  ["RegExp", "/a+/g", `new RegExp("a+", "g")`, "/a+/gi"],
  ["function", "() => 1", "()=>1 // one\n", "() => 2"],
  [
    "value below depth 6",
    "{a:{b:{c:{d:{e:{f:{g:1}}}}}}}",
    "{a:{b:{c:{d:{e:{f:{g:1}}}}}}}",
    "{a:{b:{c:{d:{e:{f:{g:2}}}}}}}",
  ],
];

const show = `require("util").inspect(typeof outer === "function" ? (outer as any)() : outer, { depth: 9 })`;

/** The edit runs the reader; an equal value in place of the first one runs nothing. */
const inAnotherCell = kinds.map(([kind, value, equal, other]): Edit => ({
  title: `[S4] an outer ${kind} changed runs its reader, an equal one runs nothing`,
  cells: {
    outer: `const outer: any = ${value};`,
    a: `const a = stage("a", () => ["${kind} in another cell", typeof outer, ${show}]);`,
  },
  edit: { outer: `const outer: any = ${other};` },
  runs: ["a"],
  show: "(await a()).length",
  value: ["3", "3"],
  undo: (notebook) => notebook.cell("outer", `const outer: any = ${equal};`),
}));

const inTheSameCell = kinds.map(([kind, value, equal, other]): Edit => {
  const cell = (given: string): string =>
    `let outer: any = ${given};\nconst a = stage("a", () => ["${kind} in the same cell", typeof outer, ${show}]);`;
  return {
    title: `[S4] an outer ${kind} of the stage's own cell: the same`,
    cells: { a: cell(value) },
    edit: { a: cell(other) },
    runs: ["a"],
    show: "(await a()).length",
    value: ["3", "3"],
    undo: (notebook) => notebook.cell("a", cell(equal)),
  };
});

describe("edits of an outer value", () => {
  testEdits([...inAnotherCell, ...inTheSameCell]);
});
