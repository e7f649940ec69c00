/** Where the walk stops at packages, and what it says of what it cannot see. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { digestAnything, findClosure, type Closure } from "../../../kernel-lib/src/key/code/closure";
import type { AnyFunction } from "../../../kernel-lib/src/key/scopes";
import { createLiveScopes } from "../../../kernel-lib/src/scopes/live-scopes";
import { createNotebookFolder, type NotebookFolder } from "../../rig/kernel/notebook-folder";

const scopes = createLiveScopes(() => undefined);
let folder: NotebookFolder | undefined;
afterEach(() => folder?.remove());

/** Executes code as a cell, with the modules of a folder. */
function execute(code: string, files: Readonly<Record<string, string>> = {}): AnyFunction {
  folder = createNotebookFolder({ "package.json": "{}", ...files });
  const own = createRequire(join(folder.path, "cell.js"));
  return (runInThisContext(`(function (require) { ${code} })`) as (require: NodeJS.Require) => AnyFunction)(own);
}

function closureOf(fn: AnyFunction): Closure {
  scopes.forget();
  return findClosure(fn, "a", scopes);
}

const digests = ({ parts }: Closure): string =>
  JSON.stringify(parts.map((part) => ("digest" in part ? part.digest : part.name)));
const untracked = (fn: AnyFunction): readonly string[] =>
  closureOf(fn).untracked.map(({ name, why }) => `${name}: ${why}`);

const kit = (source: string): Readonly<Record<string, string>> => ({
  "node_modules/kit/package.json": `{ "name": "kit", "version": "1.2.3" }`,
  "node_modules/kit/index.js": source,
});

test.each([
  ["a generator", "return function* () { yield 1; };"],
  ["an async generator", "return async function* () { yield 1; };"],
  ["a generator that calls another one", "function* inner() { yield 1; } return function* () { yield* inner(); };"],
])("[S4] %s is tracked completely", (_what, code) => {
  expect(untracked(execute(code))).toEqual([]);
});

test.each([
  ["a local one", { "x.mjs": `export * as inner from "./y.mjs";`, "y.mjs": "export const two = 2; export let late;" }],
  [
    "one of a package",
    {
      ...kit(""),
      "node_modules/kit/index.mjs": `export * as inner from "./y.mjs";`,
      "node_modules/kit/y.mjs": "export const f = () => 2;",
    },
  ],
])("[S4] a namespace of an ES module has a digest: %s", (_what, files) => {
  const path = "x.mjs" in files ? "./x.mjs" : "kit/index.mjs";
  const fn = execute(`const { inner } = require(${JSON.stringify(path)}); return () => inner;`, files);
  expect(untracked(fn)).toEqual([]);
  expect(digestAnything((fn as () => unknown)(), scopes)).toMatch(/^[0-9a-f]{64}$/);
});

test.each([
  [
    "whose content is in a WeakMap",
    "const all = new WeakMap(); exports.Box = class Box { constructor(x) { all.set(this, x); } };",
    /^it: .*class Box.* not visible$/,
  ],
  [
    "with private fields that a method changes",
    "exports.Box = class Box { #x; y = 1; constructor(x) { this.#x = x; } put(x) { this.#x.y = x; } };",
    /^it: private fields of Box$/,
  ],
  [
    "in the memory of WebAssembly",
    "exports.Box = class Box { constructor() { this.__wbg_ptr = 1114112; } };",
    /^it: a handle into the memory of WebAssembly/,
  ],
])("[S4] an instance of a package %s is listed as untracked", (_what, source, text) => {
  const fn = execute(`const { Box } = require("kit"); const it = new Box(1); return () => it;`, kit(source));
  expect(untracked(fn)).toEqual([expect.stringMatching(text)]);
});

test.each([
  [
    "set by the constructor",
    "exports.Box = class Box { #x; constructor(x) { this.#x = x; } get() { return this.#x; } };",
  ],
  [
    "of a base class",
    "class Base { #x; constructor(x) { this.#x = { x }; } get() { return this.#x; } } exports.Box = class Box extends Base {};",
  ],
  [
    "beside one in which a result is kept",
    "exports.Box = class Box { #x; #text; constructor(x) { this.#x = x; } get() { if (this.#text === undefined) this.#text = `it is ${this.#x}`; return this.#text; } };",
  ],
])("[S4] private fields of an instance of a package count: %s", (_what, source) => {
  const of = (value: number) => execute(`const { Box } = require("kit"); const it = new Box(${value}); return () => it;`, kit(source)); // prettier-ignore
  const [one, again, two] = [of(1), of(1), of(2)];
  (again as () => { get?(): unknown })().get?.();
  expect([one, again, two].map(untracked)).toEqual([[], [], []]);
  const [first, second, third] = [one, again, two].map((fn) => digestAnything((fn as () => unknown)(), scopes));
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

test("[S4] a proxy in the data of a package's instance is listed, and what is beside it counts", () => {
  const source = "exports.Box = class Box { constructor(x) { this.inner = { x, headers: new Proxy({}, {}) }; } };";
  const of = (value: number) => execute(`const { Box } = require("kit"); const it = new Box(${value}); return () => it;`, kit(source)); // prettier-ignore
  const [one, again, two] = [of(1), of(1), of(2)];
  expect(untracked(one)).toEqual([expect.stringMatching(/headers: a proxy$/)]);
  const [first, second, third] = [one, again, two].map((fn) => digests(closureOf(fn)));
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

test.each([
  ["a script", `new (require("node:vm").Script)("2 * 2")`],
  ["a script with a visible property", `Object.assign(new (require("node:vm").Script)("2 * 2"), { x: 1 })`],
  ["a key", `require("node:crypto").createSecretKey(Buffer.from("k"))`],
  ["a hash", `require("node:crypto").createHash("sha256")`],
  ["a histogram", `require("node:perf_hooks").createHistogram()`],
  ["a list of addresses", `new (require("node:net").BlockList)()`],
  ["a resolver", `new (require("node:dns").Resolver)()`],
  ["a serializer", `new (require("node:v8").Serializer)()`],
  ["a resource", `new (require("node:async_hooks").AsyncResource)("x")`],
  ["a storage", `new (require("node:async_hooks").AsyncLocalStorage)()`],
  ["an object of a class of the user's above it", `new (class Own extends require("node:vm").Script {})("2 * 2")`],
])("[S4] an object of Node with content in native code is listed as untracked: %s", (_what, code) => {
  expect(untracked(execute(`const it = ${code}; return () => it;`))).not.toEqual([]);
});

test.each([
  ["an emitter", `new (require("node:events"))()`],
  ["a channel", `require("node:diagnostics_channel").channel("x")`],
  ["the facts about a file", `require("node:fs").statSync("/")`],
  ["an agent", `new (require("node:http").Agent)({ maxSockets: 2 })`],
])("[S4] an object of Node with visible content is not listed: %s", (_what, code) => {
  expect(untracked(execute(`const it = ${code}; return () => it;`))).toEqual([]);
});

test("[S4] an instance of a package without content is not listed", () => {
  const fn = execute(
    `const { Zone } = require("kit"); const it = new Zone(); return () => it;`,
    kit("exports.Zone = class Zone { get name() { return 1; } };"),
  );
  expect(untracked(fn)).toEqual([]);
});

test("[S4] many things behind one object of a package that cannot be tracked are one line, with their number", () => {
  const source =
    "const all = new WeakMap(); class Box { constructor(x) { all.set(this, x); } } exports.Root = class Root { constructor(n) { for (let i = 0; i < n; i++) this[`b${i}`] = new Box(i); } };";
  const many = execute(`const { Root } = require("kit"); const it = new Root(9); return () => it;`, kit(source));
  expect(untracked(many)).toEqual([expect.stringMatching(/^it: 10 things behind it .*, as .*Box.* not visible/)]);
  const few = execute(`const { Root } = require("kit"); const it = new Root(2); return () => it;`, kit(source));
  // The two objects, and the WeakMap of their class.
  expect(untracked(few)).toHaveLength(3);
});

const wasm = `
const code = Uint8Array.of(0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,7,5,1,1,102,0,0,10,6,1,4,0,65,42,11);
const { f } = new WebAssembly.Instance(new WebAssembly.Module(code)).exports;`;

test.each([
  ["directly", "return f;"],
  ["in a function of a package", `return require("kit").wrap(f);`],
])("[S4] a function of WebAssembly is named as such: %s", (_what, code) => {
  const fn = execute(
    `${wasm} const it = (() => { ${code} })(); return () => it;`,
    kit("exports.wrap = (f) => () => f();"),
  );
  expect(untracked(fn)).toEqual([expect.stringMatching(/^it: code of WebAssembly/)]);
});

test("[S4] a package in which more lies behind an object than the walk visits is listed once, and costs no more", () => {
  const chain =
    "exports.chain = (n, f) => { let at = f; for (let i = 0; i < n; i++) { const inner = at; at = () => inner(); } return at; };";
  const long = execute(`const it = require("kit").chain(5_000, () => 1); return () => it;`, kit(chain));
  expect(untracked(long)).toEqual([expect.stringMatching(/more than 1,000 functions and objects of kit@1\.2\.3$/)]);
  const short = execute(`const it = require("kit").chain(500, () => 1); return () => it;`, kit(chain));
  expect(untracked(short)).toEqual([]);
});

/** An object that can be called, as validators are: a function that the package has generated and bound to an instance of its class. */
const callable = `
class Node { constructor(x) { this.x = x; } describe() { return this.x; } }
const other = Array.from({ length: 50 }, (_, at) => new Node(at));
exports.make = (x) => {
  const bound = new Function("return this.x").bind(new Node(x));
  return Object.setPrototypeOf(Object.assign(bound, { x, other }), Node.prototype);
};
const compiler = { x: 1, compile(x) { return [this.x, x]; } };
exports.compile = compiler.compile.bind(compiler);`;

test("[S4] an object of a package that can be called is one part, by what it holds", () => {
  const held = (value: string): AnyFunction =>
    execute(`const it = require("kit").make(${value}); return () => it;`, kit(callable));
  const { parts, untracked } = closureOf(held("1"));
  expect(untracked).toEqual([]);
  expect(parts.length).toBeLessThan(5);
  expect(digests(closureOf(held("1")))).toBe(digests(closureOf(held("1"))));
  expect(digests(closureOf(held("2")))).not.toBe(digests(closureOf(held("1"))));
});

test("[S4] a bound function that a package exports counts by its place", () => {
  const held = execute(`const { compile } = require("kit"); return () => compile;`, kit(callable));
  const { parts, untracked } = closureOf(held);
  expect(untracked).toEqual([]);
  expect(parts.map(({ kind }) => kind)).toEqual(["function", "module"]);
});

test.each([
  [
    "a property that the package adds at the first use",
    "exports.make = (x) => new (class Made { constructor() { this.x = x; } read() { return (this.kept ||= this.x * 2); } })();",
  ],
  [
    "an accessor that replaces itself",
    "class Made { constructor(x) { Object.defineProperty(this, 'x', { configurable: true, get() { Object.defineProperty(this, 'x', { value: x }); return x; } }); } read() { return this.x; } } exports.make = (x) => new Made(x);",
  ],
  ["a counter", "exports.make = (x) => { let calls = 0; const read = () => (calls++, x); return { read }; };"],
  [
    "an object in which it works",
    "exports.make = (x) => { const scratch = {}; return { read: (t = 1) => { scratch.x = x * t; return scratch.x; } }; };",
  ],
])("[S4] %s does not count", (_what, source) => {
  const code = (value: number): string => `const it = require("kit").make(${value}); return () => it.read();`;
  const fn = execute(code(1), kit(source));
  const before = digests(closureOf(fn));
  (fn as () => unknown)();
  expect(digests(closureOf(fn))).toBe(before);
  const other = (runInThisContext(`(function (require) { ${code(2)} })`) as (require: NodeJS.Require) => AnyFunction)(
    createRequire(join(folder?.path ?? "", "cell.js")),
  );
  expect(digests(closureOf(other))).not.toBe(before);
});

test.each([
  [
    "a function that is its own setter",
    "exports.make = () => { let k = 1; const it = (x) => (x === undefined ? k : ((k = x), it)); return it; };",
    "it(5)",
  ],
  [
    "a method of an instance",
    "exports.make = () => new (class Made { k = 1; set(k) { this.k = k; } })();",
    "it.set(5)",
  ],
  [
    "a static member",
    "exports.make = () => { let k = 1; const it = () => k; it.k = (x) => { k = x; }; return it; };",
    "it.k(5)",
  ],
])("[S4] what the user sets through %s counts", (_what, source, set) => {
  const fn = execute(
    `const it = require("kit").make(); const a = () => it; a.change = () => ${set}; return () => [it, a];`,
    kit(source),
  );
  const [it] = (fn as () => [AnyFunction])();
  const before = digestAnything(it, scopes);
  (fn as unknown as () => [unknown, { change(): void }])()[1].change();
  expect(digestAnything(it, scopes)).not.toBe(before);
});

test("[S1] a class extends its real base, whatever the name of the base means now", () => {
  const cells: Record<string, unknown> = {};
  const scopes = createLiveScopes(() => cells);
  const digest = (): string => (scopes.forget(), digests(findClosure(cells.a as AnyFunction, "a", scopes)));
  const run = (code: string): unknown =>
    (runInThisContext(`(function (exports) { ${code} })`) as (cells: object) => unknown)(cells);
  run("exports.scale = 1; class Root {} exports.Root = Root;");
  run("exports.f = () => exports.scale; class Leaf extends exports.Root {} exports.Leaf = Leaf;");
  run("exports.a = () => new exports.Leaf();");
  const before = digest();
  run("class Root { other() {} } exports.Root = Root;");
  expect(digest()).toBe(before);
  run("class Leaf extends exports.Root {} exports.Leaf = Leaf;");
  expect(digest()).not.toBe(before);
});

/** What the compiler makes of `import * as it`. */
const star = (id: string): string => `const it = require("typescript").sys && (() => {
  const compiled = require("typescript").transpile("import * as it from '${id}'; exports.it = it;", { module: 1, esModuleInterop: true, target: 9 });
  const module = { exports: {} };
  new Function("exports", "require", compiled)(module.exports, require);
  return module.exports.it;
})();`;

describe("the object of `import * as`", () => {
  const executeHere = (code: string): AnyFunction =>
    (runInThisContext(`(function (require) { ${code} })`) as (require: NodeJS.Require) => AnyFunction)(
      createRequire(import.meta.url),
    );

  test.each(["fs", "crypto", "path", "lodash"])("[S4] counts as its module: %s", (id) => {
    const { parts, untracked } = closureOf(executeHere(`${star(id)} return () => it;`));
    expect(parts.map(({ kind }) => kind)).toEqual(["function", "module"]);
    expect(untracked).toEqual([]);
  });

  test.each([
    ["has another member", "it.own = 1;"],
    ["has another member in place of one", `Object.defineProperty(it, "join", { value: () => 1 });`],
  ])("[S4] counts with all its members when it %s", (_what, change) => {
    const plain = closureOf(
      executeHere(`const it = { ...require("path"), default: require("path") }; return () => it;`),
    );
    const changed = closureOf(
      executeHere(`const it = { ...require("path"), default: require("path") }; ${change} return () => it;`),
    );
    expect(plain.parts.map(({ kind }) => kind)).toEqual(["function", "module"]);
    expect(digests(changed)).not.toBe(digests(plain));
    expect(changed.parts.map(({ kind }) => kind)).toContain("value");
  });
});
