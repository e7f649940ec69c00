/** Edits of what functions capture or are bound to. */
import type { Edit } from "../../runner/edit";

export const closures: readonly Edit[] = [
  {
    id: "bound-argument",
    rows: ["S4"],
    kind: "a bound argument of a function",
    cells: {
      help: `const add = (x: number, y: number) => x + y;\nconst bound = add.bind(null, 10);`,
      a: `const a = stage("a", () => bound(1));`,
    },
    edit: { help: `const add = (x: number, y: number) => x + y;\nconst bound = add.bind(null, 20);` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["11", "21"],
  },
  {
    id: "factory-value",
    rows: ["S4"],
    kind: "the value that a factory's function captured",
    cells: {
      help: `const makeScale = (factor: number) => (n: number) => n * factor;\nconst scaled = makeScale(2);`,
      a: `const a = stage("a", () => scaled(5));`,
    },
    edit: { help: `const makeScale = (factor: number) => (n: number) => n * factor;\nconst scaled = makeScale(3);` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["10", "15"],
  },
  {
    id: "loop-stages",
    rows: ["S4"],
    kind: "one pass of the loop that defines the stages",
    cells: { loop: `for (const [name, n] of [["one", 1], ["two", 2]] as const) stage(name, () => n * 111);` },
    edit: { loop: `for (const [name, n] of [["one", 1], ["two", 3]] as const) stage(name, () => n * 111);` },
    mustRun: ["two"],
    mustNotRun: ["one"],
    show: `[await pipeline.load("one"), await pipeline.load("two")]`,
    value: ["[111,222]", "[111,333]"],
  },
  {
    id: "functions-in-values",
    rows: ["S4"],
    kind: "a function in a Map and one that is a function's property, beside one in an object",
    cells: {
      help: `const tools = { f: () => 1 };\nconst table = new Map([["g", () => 2]]);\nconst h = Object.assign(() => 3, { extra: () => 4 });`,
      a: `const a = stage("a", () => [tools.f(), table.get("g")!(), h(), h.extra()]);`,
      b: `const b = stage("b", () => tools.f() * 1000);`,
    },
    edit: {
      help: `const tools = { f: () => 1 };\nconst table = new Map([["g", () => 20]]);\nconst h = Object.assign(() => 3, { extra: () => 40 });`,
    },
    mustRun: ["a"],
    mustNotRun: ["b"],
    value: ["[1,2,3,4]", "[1,20,3,40]"],
  },
  {
    id: "enum",
    rows: ["S4"],
    kind: "a member of an enum",
    cells: { help: `enum Level { Low = 1, High = 2 }`, a: `const a = stage("a", () => Level.High + 100);` },
    edit: { help: `enum Level { Low = 1, High = 7 }` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["102", "107"],
  },
  {
    id: "instance",
    rows: ["S4"],
    kind: "an instance of the user's own class",
    cells: {
      model: `class Unit { constructor(readonly n: number) {} show() { return "u" + this.n; } }\nconst unit = new Unit(1);`,
      a: `const a = stage("a", () => unit.show());`,
    },
    edit: {
      model: `class Unit { constructor(readonly n: number) {} show() { return "u" + this.n; } }\nconst unit = new Unit(2);`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"u1"`, `"u2"`],
  },
  {
    id: "bound-this",
    rows: ["S4"],
    kind: "the `this` of a bound function",
    cells: {
      help: `function getX(this: any) { return this.x + 0.11; }
const getter = getX.bind({ x: 1 });`,
      a: `const a = stage("a", () => getter());`,
    },
    edit: {
      help: `function getX(this: any) { return this.x + 0.11; }
const getter = getX.bind({ x: 2 });`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.11", "2.11"],
  },
  {
    id: "bound-target",
    rows: ["S4"],
    kind: "the code of a bound function",
    cells: {
      help: `const times = function (x: number, y: number) { return x * y; };
const bound2 = times.bind(null, 3);`,
      a: `const a = stage("a", () => bound2(5));`,
    },
    edit: {
      help: `const times = function (x: number, y: number) { return x ** y; };
const bound2 = times.bind(null, 3);`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["15", "243"],
  },
  {
    id: "partial",
    rows: ["S4"],
    kind: "the function inside a partial one",
    cells: {
      help: `const partial = (f: (x: number, y: number) => number, x: number) => (y: number) => f(x, y);
const plus12 = partial((x, y) => x + y, 12);`,
      a: `const a = stage("a", () => plus12(0.5));`,
    },
    edit: {
      help: `const partial = (f: (x: number, y: number) => number, x: number) => (y: number) => f(x, y);
const plus12 = partial((x, y) => x - y, 12);`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["12.5", "11.5"],
  },
  {
    id: "factory-deep",
    rows: ["S4"],
    kind: "a value captured two factories up",
    cells: {
      help: `const outerF = (x: number) => (y: number) => (z: number) => [x, y, z];
const made = outerF(1)(2);`,
      a: `const a = stage("a", () => made(3));`,
    },
    edit: {
      help: `const outerF = (x: number) => (y: number) => (z: number) => [x, y, z];
const made = outerF(9)(2);`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["[1,2,3]", "[9,2,3]"],
  },
  {
    id: "factory-code",
    rows: ["S4"],
    kind: "the code of a factory",
    cells: {
      help: `const maker = (n: number) => { const m = n + 1; return () => m; };
const product = maker(1);`,
      a: `const a = stage("a", () => product() + 0.13);`,
    },
    edit: {
      help: `const maker = (n: number) => { const m = n + 2; return () => m; };
const product = maker(1);`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["2.13", "3.13"],
  },
  {
    id: "factory-unused",
    rows: ["S4"],
    kind: "a value that the factory was given and its function does not use",
    cells: {
      help: `const keep = (label: string, n: number) => () => n + 0.5;
const kept = keep("one", 1);`,
      a: `const a = stage("a", () => kept());`,
    },
    edit: {
      help: `const keep = (label: string, n: number) => () => n + 0.5;
const kept = keep("two", 1);`,
    },
    mustRun: [],
    mustNotRun: ["a"],
    value: ["1.5", "1.5"],
  },
  {
    id: "loop-let",
    rows: ["S4"],
    kind: "one pass of a `for (let …)` loop that defines the stages",
    cells: {
      loop: `const steps2 = [1, 2];
for (let i = 0; i < 2; i++) { const by = steps2[i]; stage("s" + i, () => by * 1.15 + i); }`,
    },
    edit: {
      loop: `const steps2 = [1, 4];
for (let i = 0; i < 2; i++) { const by = steps2[i]; stage("s" + i, () => by * 1.15 + i); }`,
    },
    mustRun: ["s1"],
    mustNotRun: ["s0"],
    show: `[await pipeline.load("s0"), await pipeline.load("s1")]`,
    value: ["[1.15,3.3]", "[1.15,5.6]"],
  },
  {
    id: "arrow-arguments",
    rows: ["S4"],
    kind: "the `arguments` that an arrow function captured",
    cells: {
      help: `function pack(..._all: number[]) { return () => arguments[0] * 18.5; }
const packed = pack(1);`,
      a: `const a = stage("a", () => packed());`,
    },
    edit: {
      help: `function pack(..._all: number[]) { return () => arguments[0] * 18.5; }
const packed = pack(2);`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["18.5", "37"],
  },
  {
    id: "captured-object",
    rows: ["S4"],
    kind: "an object that a function captured, changed in place",
    cells: {
      help: `const open18 = (state: { n: number }) => ({ state, read: () => state.n + 0.19 });
const box18 = open18({ n: 1 }); const read18 = box18.read;`,
      a: `const a = stage("a", () => read18());`,
    },
    edit: (notebook) => notebook.cell("x", "box18.state.n = 2;"),
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.19", "2.19"],
    undo: (notebook) => notebook.cell("x", "box18.state.n = 1;"),
  },
  {
    id: "stage-function",
    rows: ["S1"],
    kind: "a stage function defined apart from the stage",
    cells: {
      help: "const work = () => { (globalThis as any).ran.push(0); return 1.21; };",
      a: `const a = stage("a", work);`,
    },
    edit: {
      help: "const work = () => { (globalThis as any).ran.push(0); return 1.22; };",
      a: `const a = stage("a", work);`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.21", "1.22"],
  },
  {
    id: "stage-function-bound",
    rows: ["S4"],
    kind: "a stage function that is bound",
    cells: {
      help: "function task(this: { n: number }) { (globalThis as any).ran.push(0); return this.n + 0.23; }",
      a: `const a = stage("a", task.bind({ n: 1 }));`,
    },
    edit: { a: `const a = stage("a", task.bind({ n: 2 }));` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.23", "2.23"],
  },
];
