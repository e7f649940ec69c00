/** A closure that reaches objects of packages is used again for as long as a new walk would find the same, and no longer. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { afterAll, expect, test } from "vitest";
import { findClosure, keepIfSame, type Closure } from "../../../kernel-lib/src/key/code/closure";
import { createLiveScopes } from "../../../kernel-lib/src/scopes/live-scopes";
import { createNotebookFolder } from "../../rig/kernel/notebook-folder";

const kit = `
exports.Schema = class Schema {
  constructor(def) { this.def = def; this.check = (value) => [def, value]; this._cached = undefined; }
  parse(value) { return (this._cached ??= [value]); }
};
exports.Lazy = class Lazy { constructor(x) { this.x = x; }
  get parse() { const parse = (value) => [this.x, value]; Object.defineProperty(this, "parse", { value: parse, configurable: true, writable: true }); return parse; } };
exports.Other = class Other extends exports.Schema {};
exports.List = class List extends Map {};
exports.Bag = class Bag extends Set {};
exports.Stamp = class Stamp extends Date {};
exports.Hidden = class Hidden { #x; constructor(x) { this.#x = x; } set(x) { this.#x = x; } };
exports.variable = (first) => { let x = first; return { get: () => x, set: (next) => { x = next; } }; };
exports.prepared = (given) => { given ??= {}; given.isReady = true; return () => given; };
exports.wrap = (value) => () => value;
exports.bind = (value) => exports.wrap.bind(null, value);
exports.create = (x) => Object.create({ read() { return this.x; } }, { x: { value: x, writable: true, enumerable: true }, get: { value: () => x } });
exports.memoize = (f) => { const memoized = (x) => { if (!memoized.cache.has(x)) memoized.cache.set(x, f(x)); return memoized.cache.get(x); }; memoized.cache = new Map(); return memoized; };
exports.counted = (f) => { let calls = 0; return () => { calls++; return f(calls); }; };
`;
const folder = createNotebookFolder({
  "package.json": "{}",
  "node_modules/kit/package.json": `{ "name": "kit", "version": "1.2.3" }`,
  "node_modules/kit/index.js": kit,
  "node_modules/late/package.json": `{ "name": "late", "version": "1.0.0" }`,
  "node_modules/late/index.js": "exports.late = 1;",
});
afterAll(() => {
  folder.remove();
});
const scopes = createLiveScopes(() => undefined);
const own = createRequire(join(folder.path, "cell.js"));

interface Held {
  /** Of the function that holds what the code returns. */
  readonly closure: () => Closure;
  readonly act: (code: string) => void;
}

/** A function that holds what the code returns; `given` is what it may pass to the package. */
function hold(code: string): Held {
  const run = runInThisContext(
    `(function (require) { const kit = require("kit"); const given = { a: 1, b: { c: [1, 2] } }; const it = (() => { ${code} })(); return { fn: () => it, act: (code) => eval(code) }; })`,
  ) as (require: NodeJS.Require) => { fn: () => unknown; act: (code: string) => void };
  const { fn, act } = run(own);
  return { closure: () => findClosure(fn, "a", scopes), act };
}

const digests = ({ parts }: Closure): string =>
  JSON.stringify(parts.map((part) => ("digest" in part ? part.digest : part.name)));

/** As at the next plan. */
function holds(closure: Closure): boolean {
  scopes.forget();
  return closure.stillHolds?.() === true;
}

const changes: readonly [what: string, code: string, change: string][] = [
  ["a property of an instance", "return new kit.Schema({ a: 1 });", "it.def = { a: 2 }"],
  ["a property that is added to it", "return new kit.Schema({ a: 1 });", "it.more = 1"],
  ["a property that is removed from it", "return new kit.Schema({ a: 1 });", "delete it.def"],
  ["a method that the user replaces", "return new kit.Schema({ a: 1 });", "it.check = () => 2"],
  ["a method that the class creates at its first use", "return new kit.Lazy(1);", "it.parse(1); it.parse = () => 3"],
  ["its class", "return new kit.Schema({ a: 1 });", "Object.setPrototypeOf(it, kit.Other.prototype)"],
  ["what was given to it", "return new kit.Schema(given);", "given.a = 2"],
  ["what lies deep in that", "return new kit.Schema(given);", "given.b.c.push(3)"],
  ["the order of its properties", "return new kit.Schema({ a: 1, b: 2 });", "delete it.def.a; it.def.a = 1"],
  ["whether one can be seen", "return new kit.Schema({ a: 1 });", "Object.defineProperty(it.def, 'a', { enumerable: false })"], // prettier-ignore
  ["a value that becomes a getter", "return new kit.Schema({ a: 1 });", "Object.defineProperty(it.def, 'a', { get: () => 1 })"], // prettier-ignore
  ["a Map in it", "return new kit.Schema(new Map([[1, { a: 1 }]]));", "it.def.get(1).a = 2"],
  ["the order of a Map", "return new kit.Schema(new Map([[1, 1], [2, 2]]));", "it.def.delete(1); it.def.set(1, 1)"],
  ["a Set in it", "return new kit.Schema(new Set([1]));", "it.def.add(2)"],
  ["a date in it", "return new kit.Schema(new Date(0));", "it.def.setTime(1)"],
  ["a regular expression in it", "return new kit.Schema(/a/);", "it.def.compile('b')"],
  ["a URL in it", "return new kit.Schema(new URL('http://a'));", "it.def.search = '?b'"],
  ["bytes in it", "return new kit.Schema(new Uint8Array(2));", "it.def[0] = 1"],
  ["an error in it", "return new kit.Schema(new Error('a'));", "it.def.message = 'b'"],
  ["a long list in it", "return new kit.Schema(Array.from({ length: 5000 }, (_, at) => at));", "it.def[4999] = 0"],
  ["an instance of the user in it", "return new kit.Schema(new (class { a = 1; })());", "it.def.a = 2"],
  [
    "a private field of one",
    "return new kit.Schema(new (class { #a = 1; set() { this.#a = 2; } })());",
    "it.def.set()",
  ],
  ["an instance that is a Map", "return new kit.List([[1, 1]]);", "it.set(1, 2)"],
  ["an instance that is a Set", "return new kit.Bag([1]);", "it.add(2)"],
  ["an instance that is a date", "return new kit.Stamp(0);", "it.setTime(1)"],
  ["a variable that one of its functions sets", "return kit.variable(1);", "it.set(2)"],
  ["what such a variable holds", "return kit.variable(given);", "given.a = 2"],
  ["what a function was given", "return kit.wrap(given);", "given.b.c[0] = 2"],
  ["what a function was given and prepares", "return kit.prepared(given);", "given.a = 2"],
  ["what a bound function was given", "return kit.bind(given);", "given.a = 2"],
  ["a variable of a function of the user", "let x = 1; given.set = (y) => { x = y; }; return kit.wrap(() => x);", "given.set(2)"], // prettier-ignore
  ["a property of a function", "return Object.assign(kit.wrap(1), { note: 1 });", "it.note = 2"],
  ["an object without a class", "return kit.create(1);", "it.x = 2"],
  ["an entry of a cache", "const m = kit.memoize((x) => x); m.cache.set(1, 1); return m;", "it.cache.set(1, 2)"],
  ["plain data of the user beside it", "return [new kit.Schema({ a: 1 }), given];", "given.a = 2"],
];

test.each(changes)("[S4] a closure is not used again after a change of %s", (_what, code, change) => {
  const made = hold(code);
  const before = made.closure();
  expect(before.untracked).toEqual([]);
  holds(before);
  made.act(change);
  expect(holds(before)).toBe(false);
  expect(digests(made.closure())).not.toBe(digests(before));
});

/** What is read again at each plan, because comparing takes as long or is not possible. */
const always = /bytes|error|long list|of the user in it|private field|bound/;

test.each(changes.filter(([what]) => !always.test(what)))(
  "[P3] it is used again without a change of %s",
  (_what, code) => {
    const before = hold(code).closure();
    expect(holds(before)).toBe(true);
    expect(holds(before)).toBe(true);
  },
);

test.each([
  ["a schema", "return new kit.Schema({ a: 1 });", "it.parse(1)"],
  ["a memoized function", "return kit.memoize((x) => x);", "it(1) + it(2)"],
  ["a function that counts its calls", "return kit.counted((x) => x);", "it() + it()"],
])("[P3] %s that was used makes the closure the same, and it is used again from then on", (_what, code, use) => {
  const made = hold(code);
  const before = made.closure();
  expect(holds(before)).toBe(true);
  made.act(use);
  const kept = holds(before) ? before : keepIfSame(before, made.closure());
  expect(kept).toBe(before);
  expect(holds(kept)).toBe(true);
});

test("[S4] two closures that hold one object both see its change", () => {
  const first = hold("return (kit.shared = new kit.Schema({ a: 1 }));");
  const second = hold("return [kit.shared];");
  const before = [first.closure(), second.closure()];
  expect(before.map(holds)).toEqual([true, true]);
  first.act("it.def.a = 2");
  expect(before.map(holds)).toEqual([false, false]);
});

test("[S4] a closure is read again after a module was loaded, and is the same", () => {
  const made = hold("return new kit.Schema({ a: 1 });");
  const before = made.closure();
  expect(holds(before)).toBe(true);
  own("late");
  expect(holds(before)).toBe(false);
  expect(keepIfSame(before, made.closure())).toBe(before);
  expect(holds(before)).toBe(true);
});

test("[S4] comparing runs no code of the objects", () => {
  const made = hold(
    "return Object.defineProperty(new kit.Schema(1), 'lazy', { enumerable: true, configurable: true, get: kit.wrap(1) });",
  );
  const before = made.closure();
  expect(holds(before)).toBe(true);
  made.act("Object.defineProperty(it, 'def', { get() { throw new Error('called'); } })");
  expect(holds(before)).toBe(false);
});

test("[S4] nor of a proxy among their prototypes", () => {
  const made = hold("return new kit.Schema(given);");
  made.act(
    "Object.setPrototypeOf(it, new Proxy(kit.Schema.prototype, new Proxy({}, { get() { throw new Error('called'); } })))",
  );
  expect(holds(made.closure())).toBe(false);
});
