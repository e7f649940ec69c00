/** Cells that stock tslab refuses or executes wrongly, and what they do with the repair: for each of them, in one kernel of both kinds. */

/** What a cell ends with: its output, as a pattern. */
interface Ends {
  /** Undefined where stock tslab does one or the other. */
  readonly ok?: boolean;
  readonly text: RegExp;
}

export interface RepairCase {
  /** The name of the repair, as in `STAGEBOOK_TSLAB`. */
  readonly repair: string;
  readonly title: string;
  /** Executed first. A list of files with new content comes between cells. */
  readonly before?: readonly (string | Readonly<Record<string, string>>)[];
  readonly cell: string;
  /** In stock tslab, and with the repair. */
  readonly plain: Ends;
  readonly repaired: Ends;
}

const fails = (text: RegExp): Ends => ({ ok: false, text });
const prints = (text: RegExp): Ends => ({ ok: true, text });

/** Packages as they are published today, in the notebook's own node_modules. */
export const packageFiles = {
  "node_modules/only-exports/package.json": JSON.stringify({
    name: "only-exports",
    version: "1.0.0",
    exports: {
      ".": { types: "./out/main.d.ts", default: "./out/main.js" },
      "./part": { types: "./out/part.d.ts", default: "./out/part.js" },
    },
  }),
  "node_modules/only-exports/out/main.js": "exports.twice = (x) => x * 2;",
  "node_modules/only-exports/out/main.d.ts": "export declare function twice(x: number): number;",
  "node_modules/only-exports/out/part.js": "exports.half = (x) => x / 2;",
  "node_modules/only-exports/out/part.d.ts": "export declare function half(x: number): number;",
  "node_modules/only-node/package.json": JSON.stringify({
    name: "only-node",
    version: "1.0.0",
    exports: {
      node: { types: "./node.d.ts", default: "./node.js" },
      default: { types: "./web.d.ts", default: "./web.js" },
    },
  }),
  "node_modules/only-node/node.js": "exports.readHere = () => 'node';",
  "node_modules/only-node/node.d.ts": "export declare function readHere(): string;",
  "node_modules/only-node/web.js": "exports.fetchThere = () => 'web';",
  "node_modules/only-node/web.d.ts": "export declare function fetchThere(): string;",
  "node_modules/esm-only/package.json": JSON.stringify({
    name: "esm-only",
    version: "1.0.0",
    type: "module",
    exports: { ".": { types: "./main.d.ts", default: "./main.js" } },
  }),
  "node_modules/esm-only/main.js": "export const three = 3;",
  "node_modules/esm-only/main.d.ts": "export declare const three: number;",
  "node_modules/outer/package.json": JSON.stringify({ name: "outer", version: "1.0.0", types: "main.d.ts", main: "main.js" }), // prettier-ignore
  "node_modules/outer/main.js": "exports.make = () => ({ size: 2 });",
  "node_modules/outer/main.d.ts": 'import { Inner } from "inner"; export declare function make(): Inner;',
  "node_modules/outer/node_modules/inner/package.json": JSON.stringify({ name: "inner", version: "1.0.0", types: "main.d.ts", main: "main.js" }), // prettier-ignore
  "node_modules/outer/node_modules/inner/main.js": "",
  "node_modules/outer/node_modules/inner/main.d.ts": "export interface Inner { size: number }",
};

const node = Number(process.versions.node.split(".")[0]);

/** Local modules, from before the kernels start: stock tslab stops when a missing one appears. */
export const localFiles = {
  "parts/index.ts": 'export { one } from "./one"; export const all = "all";',
  "parts/one.ts": 'export const one = "one";',
  "parts/deep/index.ts": 'import { one } from "../one"; import { all } from ".."; export const deep = () => one + all;',
  "my.helper.ts": 'export const helper = "helper";',
  "uses-helper.ts":
    'import { helper } from "./my.helper"; export { helper as again } from "./my.helper"; export const used = helper;',
  "view.tsx": 'export const view = "view";',
  "esm.mts": 'export const esm = "esm";',
  "old.cts": 'export const old = "old";',
  "../source/index.ts": 'import { rate } from "./rate"; export const twice = (n: number): number => n * rate;',
  "../source/rate.ts": "export const rate = 2;",
  "uses-source.ts": 'import { twice } from "../source"; export const four = twice(2);',
};

export const repairCases: readonly RepairCase[] = [
  {
    repair: "package-types",
    title: "a package whose types are in exports",
    cell: 'import { twice } from "only-exports"; twice(4)',
    plain: fails(/Cannot find module 'only-exports'/),
    repaired: prints(/^8$/),
  },
  {
    repair: "package-types",
    title: "a part of such a package",
    cell: 'import { half } from "only-exports/part"; half(4)',
    plain: fails(/Cannot find module/),
    repaired: prints(/^2$/),
  },
  {
    repair: "package-types",
    title: "its types are checked",
    cell: 'import { twice } from "only-exports"; twice("4")',
    plain: fails(/Cannot find module/),
    repaired: fails(/^1:45 - Argument of type 'string' is not assignable to parameter of type 'number'/),
  },
  {
    repair: "package-types",
    title: "the side of a package that is for Node.js",
    cell: 'import { readHere } from "only-node"; readHere()',
    plain: fails(/Cannot find module/),
    repaired: prints(/^node$/),
  },
  {
    repair: "package-types",
    title: "an ES module with types in exports",
    cell: 'import { three } from "esm-only"; three',
    plain: fails(/Cannot find module/),
    repaired: prints(/^3$/),
  },
  {
    repair: "library-types",
    title: "methods of arrays",
    cell: "[3, 1].toSorted().with(0, 5).toSpliced(1, 1).toReversed().findLast((x) => x > 1)",
    plain: fails(/'toSorted' does not exist/),
    repaired: prints(/^5$/),
  },
  {
    repair: "library-types",
    title: "methods of typed arrays",
    cell: "new Float64Array([3, 1]).toSorted().with(0, 5).findLast((x) => x > 1)",
    plain: fails(/'toSorted' does not exist/),
    repaired: prints(/^3$/),
  },
  {
    repair: "library-types",
    title: "beside the whole default library",
    cell: '[new Error("a", { cause: 1 }).cause, "ab".at(-1), Object.hasOwn({ a: 1 }, "a"), [1].findLast((x) => x > 0), /b/d.hasIndices].join()',
    plain: fails(/'findLast' does not exist/),
    repaired: prints(/^'?1,b,true,1,true'?$/),
  },
  {
    repair: "library-types",
    title: "well-formed texts",
    cell: '"a".isWellFormed()',
    plain: fails(/'isWellFormed' does not exist/),
    repaired: prints(/^true$/),
  },
  {
    repair: "library-types",
    title: "Object.groupBy, where Node.js has it",
    cell: 'Object.groupBy([1, 2, 3], (x) => (x > 1 ? "large" : "small")).large?.length',
    plain: fails(/'groupBy' does not exist/),
    repaired: node >= 21 ? prints(/^2$/) : fails(/'groupBy' does not exist/),
  },
  {
    repair: "library-types",
    title: "methods of sets, where Node.js has them",
    cell: "new Set([1, 2]).union(new Set([3])).size",
    plain: fails(/'union' does not exist/),
    repaired: node >= 22 ? prints(/^3$/) : fails(/'union' does not exist/),
  },
  {
    repair: "library-types",
    title: "methods of iterators, where Node.js has them",
    cell: "[1, 2, 3].values().filter((x) => x > 1).toArray().length + Iterator.from(new Set([1])).map((x) => x + 1).toArray().length",
    plain: fails(/'filter' does not exist/),
    repaired: node >= 22 ? prints(/^3$/) : fails(/'filter' does not exist/),
  },
  {
    repair: "library-types",
    title: "Promise.withResolvers and Array.fromAsync, where Node.js has them",
    cell: "const { promise, resolve } = Promise.withResolvers<number>(); resolve(1); (await Array.fromAsync([promise, 2])).length",
    plain: fails(/'withResolvers' does not exist/),
    repaired: node >= 22 ? prints(/^2$/) : fails(/'withResolvers' does not exist/),
  },
  {
    repair: "library-types",
    title: "a method that no version has is refused",
    cell: "[1].toShuffled()",
    plain: fails(/'toShuffled' does not exist/),
    repaired: fails(/'toShuffled' does not exist/),
  },
  {
    repair: "inferred-types",
    title: "a type of a package of a package",
    before: ['import { make } from "outer"; const outside = make();'],
    cell: "outside.size.toFixed(1)",
    plain: fails(/Cannot find name 'outside'/),
    repaired: prints(/^2\.0$/),
  },
  {
    repair: "inferred-types",
    title: "a type of a package of a package is checked",
    before: ['import { make } from "outer"; const outside2 = make();'],
    cell: "const wrong: string = outside2.size;",
    plain: fails(/Cannot find name 'outside2'/),
    repaired: fails(/'number' is not assignable to type 'string'/),
  },
  {
    repair: "inferred-types",
    title: "what Node.js takes from a package of its own",
    before: ['const sent = new Headers({ a: "b" });'],
    cell: 'sent.get("a")',
    plain: { text: /b|Cannot find name 'sent'/ },
    repaired: prints(/^b$/),
  },
  {
    repair: "inferred-types",
    title: "a class within a function",
    before: ["const local = (() => { class Local { x = 1; private y = 2; } return new Local(); })();"],
    cell: "local.x",
    plain: fails(/Cannot find name 'local'/),
    repaired: prints(/^1$/),
  },
  {
    repair: "inferred-types",
    title: "a class expression with private members",
    before: ["const Hiding = class { private n = 7; get() { return this.n; } };"],
    cell: "new Hiding().get()",
    plain: fails(/Cannot find name 'Hiding'/),
    repaired: prints(/^7$/),
  },
  {
    repair: "inferred-types",
    title: "an interface within a function, whose name means something else in a later cell",
    before: [
      "function measured() { interface Size { wide: number } return { wide: 5 } as Size; }",
      "interface Size { high: string }",
    ],
    cell: "measured().wide",
    plain: fails(/Cannot find name 'measured'/),
    repaired: prints(/^5$/),
  },
  {
    repair: "inferred-types",
    title: "a type parameter stays one",
    before: ["const twiceOf = <T,>(x: T) => [x, x];"],
    cell: 'const pairs: number[] = twiceOf("a");',
    plain: fails(/'string' is not assignable to type 'number'/),
    repaired: fails(/'string' is not assignable to type 'number'/),
  },
  {
    repair: "await-anywhere",
    title: "await in front of a parenthesis",
    before: ["const five = async () => 5;"],
    cell: "await (five())",
    plain: fails(/await is not defined/),
    repaired: prints(/^5$/),
  },
  {
    repair: "await-anywhere",
    title: "its value has its type",
    before: ["const five = async () => 5;"],
    cell: "const text: string = await (five());",
    plain: fails(/'number' is not assignable to type 'string'/),
    repaired: fails(/'number' is not assignable to type 'string'/),
  },
  {
    repair: "await-anywhere",
    title: "for await as the only one",
    cell: "for await (const x of [1, Promise.resolve(2)]) console.log(x)",
    plain: fails(/SyntaxError/),
    repaired: prints(/^1\n2$/),
  },
  {
    repair: "await-anywhere",
    title: "await inside other expressions",
    before: ["const five = async () => 5;"],
    cell: "for (const x of await (Promise.resolve([1]))) console.log(`${await (five())} ${x}`)",
    plain: fails(/await is not defined/),
    repaired: prints(/^5 1$/),
  },
  {
    repair: "await-anywhere",
    title: "await in front of a parenthesis, beside a variable of an imported type",
    before: ['import { of } from "rxjs"; const one$ = of(1); const later = async () => one$;'],
    cell: "await (later()); const same$ = one$; same$ === one$",
    plain: fails(/Paths must either both be absolute or both be relative/),
    repaired: prints(/^true$/),
  },
  {
    repair: "await-anywhere",
    title: "await in a function that is not async stays an error",
    cell: "function wrong() { return await (5); }",
    plain: fails(/Cannot find name 'await'/),
    repaired: fails(/Cannot find name 'await'/),
  },
  {
    repair: "namespaces",
    title: "a namespace in later cells",
    before: ["namespace Geo { export const radius = 6371; export type Point = [number, number]; }", "Geo.radius;"],
    cell: "const point: Geo.Point = [Geo.radius, 0]; point[0]",
    plain: fails(/Cannot find (name|namespace) 'Geo'/),
    repaired: prints(/^6371$/),
  },
  {
    repair: "namespaces",
    title: "a namespace that was defined again",
    before: [
      "namespace Unit { export const size = 1; }",
      "Unit.size;",
      "namespace Unit { export const other = 2; }",
      "1;",
    ],
    cell: "Unit.size",
    plain: fails(/Cannot find name 'Unit'/),
    repaired: fails(/'size' does not exist/),
  },
  {
    repair: "namespaces",
    title: "declare global",
    before: ["declare global { interface Array<T> { mine?: T } }", "1;"],
    cell: "const own: number[] = []; own.mine = 4; own.mine",
    plain: fails(/'mine' does not exist/),
    repaired: prints(/^4$/),
  },
  {
    repair: "one-program",
    title: "a name with two underscores",
    before: ["const __mine = 4;"],
    cell: "__mine",
    plain: fails(/Cannot find name '__mine'/),
    repaired: prints(/^4$/),
  },
  {
    repair: "one-program",
    title: "the same cell again",
    before: ["const again = [1]; again.length", "const again = [1]; again.length"],
    cell: "const again = [1]; again.length",
    plain: prints(/^1$/),
    repaired: prints(/^1$/),
  },
  {
    repair: "export-modifier",
    title: "export in front of declarations",
    cell: "export const a = 1; export function f() { return a; } export type T = number; export default class C {} f()",
    plain: fails(/Cannot redeclare exported variable/),
    repaired: prints(/^1$/),
  },
  {
    repair: "export-modifier",
    title: "they are known in later cells",
    before: ["export const kept = 1; export enum Kind { A = 7 } export interface Row { x: number }"],
    cell: "const row: Row = { x: kept + Kind.A }; row.x",
    plain: fails(/Cannot find name/),
    repaired: prints(/^8$/),
  },
  {
    repair: "export-modifier",
    title: "a list of exports leaves the values alone",
    before: ["const listed = 5;", "export { listed };"],
    cell: "listed",
    plain: prints(/^$/),
    repaired: prints(/^5$/),
  },
  {
    repair: "export-modifier",
    title: "positions of errors stay",
    cell: 'export const a = 1;\nexport const b: number = "x";',
    plain: fails(/Cannot redeclare/),
    repaired: fails(/^2:14 - Type 'string' is not assignable to type 'number'\.$/),
  },
  {
    repair: "plain-messages",
    title: "using",
    cell: "const a = 1;\nusing file = open();",
    plain: fails(/Unexpected keyword or identifier/),
    repaired: fails(/^2:1 - `using` is newer than tslab's TypeScript 5\.0\. Write `const x = …; try \{ … \} finally/),
  },
  {
    repair: "plain-messages",
    title: "await using",
    cell: "await using file = open();",
    plain: fails(/';' expected/),
    repaired: fails(/^1:1 - `using` is newer[^\n]*$/),
  },
  {
    repair: "plain-messages",
    title: "import attributes",
    cell: 'import data from "./data.json" with { type: "json" };\nconst wrong: string = 1;',
    plain: fails(/';' expected[^]*'\(' expected/),
    repaired: fails(
      /^1:18 - Cannot find module[^\n]*\n1:32 - Import attributes are newer[^\n]*\n2:7 - Type 'number' is not assignable/,
    ),
  },
  {
    repair: "plain-messages",
    title: "the same words in a text are no fault",
    cell: "const text = `\nusing x = 1;`; const wrong: number = text;",
    plain: fails(/^2:22 - Type 'string' is not assignable to type 'number'\.$/),
    repaired: fails(/^2:22 - Type 'string' is not assignable to type 'number'\.$/),
  },
  {
    repair: "cell-names",
    title: "__dirname and __filename",
    cell: 'import path from "node:path"; `${path.relative(process.cwd(), __dirname)}|${path.basename(__filename)}`',
    plain: fails(/__dirname is not defined/),
    repaired: prints(/^\|notebook\.ipynb$/),
  },
  {
    repair: "cell-names",
    title: "import.meta",
    cell: "[import.meta.url.slice(0, 8), import.meta.url.endsWith('notebook.ipynb'), import.meta.dirname === process.cwd(), import.meta.filename.endsWith('notebook.ipynb')].join()",
    plain: fails(/import\.meta/),
    repaired: prints(/^file:\/\/\/,true,true,true$/),
  },
  {
    repair: "cell-names",
    title: "import.meta as a value, and its resolve",
    cell: 'const { dirname } = import.meta; [dirname === process.cwd(), import.meta.resolve("rxjs").startsWith("file://"), { __dirname }.__dirname === dirname].join()',
    plain: fails(/import\.meta/),
    repaired: prints(/^true,true,true$/),
  },
  {
    repair: "cell-names",
    title: "a variable with that name is the user's own",
    before: ['let __dirname = "mine";'],
    cell: "const inner = () => { const __filename = 'own'; return __dirname + __filename; }; inner()",
    plain: fails(/__dirname is not defined/),
    repaired: prints(/^mineown$/),
  },
  {
    repair: "circular-modules",
    title: "two local modules that import each other",
    before: [
      {
        "even.ts":
          'import { odd } from "./odd"; export const even = (n: number): boolean => n === 0 || odd(n - 1); export const two = 2;',
        "odd.ts":
          'import { even } from "./even"; export const odd = (n: number): boolean => n !== 0 && even(n - 1); export default class Odd { static three = 3; }',
      },
    ],
    cell: 'import Odd, { odd } from "./odd"; import { even, two } from "./even"; [odd(3), even(3), two, Odd.three].join()',
    plain: fails(/Maximum call stack size/),
    repaired: prints(/^true,false,2,3$/),
  },
  {
    repair: "circular-modules",
    title: "a local module that throws is executed again by the next import",
    before: [
      { "once.ts": '(globalThis as any).loads = ((globalThis as any).loads ?? 0) + 1; if ((globalThis as any).loads === 1) throw new Error("first"); export const loads = (globalThis as any).loads;' }, // prettier-ignore
      'import { loads } from "./once"; loads',
    ],
    cell: 'import { loads } from "./once"; loads',
    plain: prints(/^2$/),
    repaired: prints(/^2$/),
  },
  {
    repair: "local-modules",
    title: "a folder with an index, and a module in it that imports the folder",
    cell: 'import { one, all } from "./parts"; import { deep } from "./parts/deep"; [one, all, deep()].join()',
    plain: fails(/Cannot find module/),
    repaired: prints(/^one,all,oneall$/),
  },
  {
    repair: "local-modules",
    title: "a name with a dot, imported by a cell, by a module and while a cell is executed",
    cell: 'import { helper } from "./my.helper"; import { used, again } from "./uses-helper"; [helper, used, again, (await import("./my.helper")).helper].join()',
    plain: fails(/Cannot find module/),
    repaired: prints(/^helper,helper,helper,helper$/),
  },
  {
    repair: "local-modules",
    title: ".tsx, .mts and .cts files",
    cell: 'import { view } from "./view"; import { esm } from "./esm.mjs"; import { old } from "./old.cjs"; [view, esm, old].join()',
    plain: fails(/Cannot find module/),
    repaired: prints(/^view,esm,old$/),
  },
  {
    repair: "local-modules",
    title: "modules beside the notebook's folder",
    cell: 'import { twice } from "../source"; import { rate } from "../source/rate"; import { four } from "./uses-source"; [twice(3), rate, four].join()',
    plain: fails(/is not under 'rootDir'/),
    repaired: prints(/^6,2,4$/),
  },
  {
    repair: "changed-files",
    title: "a JSON file that was edited",
    before: [
      { "edited.json": '{ "a": 1 }' },
      'import edited from "./edited.json"; edited.a',
      { "edited.json": '{ "a": 2 }' },
    ],
    cell: 'import edited from "./edited.json"; edited.a',
    plain: prints(/^1$/),
    repaired: prints(/^2$/),
  },
  {
    repair: "changed-files",
    title: "its types follow at once, although the compiler has not noticed the edit yet",
    before: [
      { "typed.json": '{ "a": 1 }' },
      'import typed from "./typed.json"; typed.a',
      { "typed.json": '{ "b": [5] }' },
    ],
    cell: 'import typed from "./typed.json"; typed.b[0]',
    plain: fails(/'b' does not exist|rebuildTimer/),
    repaired: prints(/^5$/),
  },
  {
    repair: "changed-files",
    title: "a local module that imports it",
    before: [
      {
        "part.json": '{ "a": 1 }',
        "whole.ts": 'import part from "./part.json"; export const whole = () => part.a * 10;',
      },
      'import { whole } from "./whole"; whole()',
      { "part.json": '{ "a": 2 }' },
    ],
    cell: 'import { whole } from "./whole"; whole()',
    // After a change like the one before stock tslab executes nothing any more.
    plain: { text: /^10$|rebuildTimer/ },
    repaired: prints(/^20$/),
  },
  {
    repair: "circular-modules",
    title: "one of them, edited",
    before: [
      {
        "ping.ts":
          'import { pong } from "./pong"; export const ping = (n: number): string => n === 0 ? "a" : pong(n - 1);',
        "pong.ts":
          'import { ping } from "./ping"; export const pong = (n: number): string => n === 0 ? "b" : ping(n - 1);',
      },
      'import { ping } from "./ping"; ping(1)',
      {
        "pong.ts":
          'import { ping } from "./ping"; export const pong = (n: number): string => n === 0 ? "c" : ping(n - 1);',
      },
    ],
    cell: 'import { ping } from "./ping"; ping(1)',
    // After a change like the one before stock tslab executes nothing any more.
    plain: { text: /Maximum call stack size|rebuildTimer/ },
    repaired: prints(/^c$/),
  },
  {
    repair: "local-modules",
    title: "one beside the notebook's folder, edited",
    before: ['import { twice } from "../source"; twice(3)', { "../source/rate.ts": "export const rate = 20;" }],
    cell: 'import { twice } from "../source"; twice(3)',
    plain: fails(/rootDir|rebuildTimer/),
    repaired: prints(/^60$/),
  },
];
