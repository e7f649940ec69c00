/** Edits of values of every kind: read from outside the stage, passed as a constant input, passed as a parameter. */
import type { Edit } from "../../runner/edit";

/** A kind of value: an example, an equal value written differently, and a different value. */
type Kind = readonly [kind: string, value: string, equal: string, other: string];

const kinds: readonly Kind[] = [
  ["number", "1", "1.0", "2"],
  ["string", `"one"`, `'o' + 'ne'`, `"One"`],
  ["boolean", "true", "!false", "false"],
  ["tuple", `[1, "a"] as const`, `[1, "a"] as [number, string]`, `["a", 1] as const`],
  ["object", "{ x: 1, y: { z: 2 } }", `{ "x": 1, y: Object.fromEntries([["z", 2]]) }`, "{ x: 1, y: { z: 3 } }"],
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

/** Kinds that are tested as outer values only. */
const rarer: readonly Kind[] = [
  ["number, then the same as text", "1", "2 - 1", `"1"`],
  [
    "Map, then in another order",
    `new Map([["x", 1], ["y", 2]])`,
    `new Map([["x", 1]]).set("y", 2)`,
    `new Map([["y", 2], ["x", 1]])`,
  ],
  ["Set, then in another order", "new Set([1, 2])", "new Set([1, 2, 1])", "new Set([2, 1])"],
  ["ArrayBuffer", "Uint8Array.of(1).buffer", "new Uint8Array([1]).buffer", "Uint8Array.of(2).buffer"],
  ["Buffer", `Buffer.from("one")`, `Buffer.from([111, 110, 101])`, `Buffer.from("two")`],
  ["Error", `new TypeError("one")`, `new TypeError("o" + "ne")`, `new TypeError("two")`],
  ["symbol", `Symbol.for("one")`, `Symbol.for("o" + "ne")`, `Symbol.for("two")`],
  ["value under a symbol", `{ [Symbol.for("k")]: 1 }`, `{ [Symbol.for("k")]: 2 - 1 }`, `{ [Symbol.for("k")]: 2 }`],
  [
    "object without a prototype",
    "Object.assign(Object.create(null), { x: 1 })",
    "Object.assign(Object.create(null), { x: 2 - 1 })",
    "Object.assign(Object.create(null), { x: 2 })",
  ],
  ["property that is undefined", "{ x: undefined }", "{ x: void 0 }", "{}"],
  [
    "object in a circle",
    "(() => { const o: any = { n: 1 }; o.self = o; return o; })()",
    "(() => { const o: any = { n: 2 - 1 }; o.self = o; return o; })()",
    "(() => { const o: any = { n: 2 }; o.self = o; return o; })()",
  ],
  [
    "large array",
    "Array.from({ length: 100_000 }, (_, i) => i)",
    "[...Array(100_000).keys()]",
    "Array.from({ length: 100_000 }, (_, i) => (i === 99_999 ? 0 : i))",
  ],
];

/** Not possible as the value of a parameter. */
const noParameter = new Set(["undefined"]);

/** The values of a parameter are of one kind. The order of their properties is that of the default. */
const ofOneKind = ([kind, value, equal, other]: Kind): Kind => [
  kind,
  value,
  kind === "object" ? "{ y: { z: 2 }, x: 1 }" : equal,
  kind === "typed array" ? "Float64Array.of(1, 3)" : other,
];

const shown = `require("util").inspect(typeof outer === "function" ? (outer as any)() : outer, { depth: 9, maxArrayLength: 3 })`;

/** A row: the different value runs the reader, and an equal one in place of the first runs nothing. */
interface Way {
  readonly id: string;
  readonly rows: readonly string[];
  readonly kind: string;
  readonly cells: (value: string) => { readonly [cell: string]: string };
  /** The code that changes the value. Default: the cells. */
  readonly change?: (value: string) => { readonly [cell: string]: string };
}

function editOf({ id, rows, kind, cells, change = cells }: Way, [, value, equal, other]: Kind): Edit {
  return {
    id,
    rows,
    kind,
    cells: cells(value),
    edit: change(other),
    mustRun: ["a"],
    mustNotRun: [],
    show: "(await a()).length",
    value: ["3", "3"],
    undo: (notebook) => notebook.cells(change(equal)),
  };
}

const idOf = (kind: string): string => kind.replace(/\W+/g, "-").toLowerCase();

const inAnotherCell = [...kinds, ...rarer].map((kind) =>
  editOf(
    {
      id: `outer-${idOf(kind[0])}`,
      rows: ["S4"],
      kind: `an outer ${kind[0]}, and back by an equal one written in another way`,
      cells: (value) => ({
        outer: `const outer: any = ${value};`,
        a: `const a = stage("a", () => ["${kind[0]} in another cell", typeof outer, ${shown}]);`,
      }),
      change: (value) => ({ outer: `const outer: any = ${value};` }),
    },
    kind,
  ),
);

const inTheSameCell = kinds.map((kind) =>
  editOf(
    {
      id: `own-${idOf(kind[0])}`,
      rows: ["S4"],
      kind: `an outer ${kind[0]} of the stage's own cell: the same`,
      cells: (value) => ({
        a: `let outer: any = ${value};\nconst a = stage("a", () => ["${kind[0]} in the same cell", typeof outer, ${shown}]);`,
      }),
    },
    kind,
  ),
);

const asConstants = kinds.map((kind) =>
  editOf(
    {
      id: `input-${idOf(kind[0])}`,
      rows: ["P5", "D6"],
      kind: `a constant input, ${kind[0]}: the same`,
      cells: (value) => ({
        a: `const a = stage("a", { outer: (${value}) as any }, ({ outer }) => ["${kind[0]} as input", typeof outer, ${shown}]);`,
      }),
    },
    kind,
  ),
);

const asParameters = kinds
  .filter(([kind]) => !noParameter.has(kind))
  .map(ofOneKind)
  .map((kind) =>
    editOf(
      {
        id: `parameter-${idOf(kind[0])}`,
        rows: ["P5", "S3"],
        kind: `a parameter, ${kind[0]}: the same`,
        cells: (value) => ({
          outer: `const outer = param("outer", (${value}) as any);`,
          a: `const a = stage("a", { outer }, ({ outer }) => ["${kind[0]} as parameter", typeof outer, ${shown}]);`,
        }),
        change: (value) => ({ run: `outer.set((${value}) as any);` }),
      },
      kind,
    ),
  );

export const outerValues: readonly Edit[] = [...inAnotherCell, ...inTheSameCell];

export const inputValues: readonly Edit[] = [...asConstants, ...asParameters];
