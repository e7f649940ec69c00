/** Values that can be shipped to a thread and mean the same there, kind by kind; and values that are refused, with their path. */
import net from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { StagebookError } from "stagebook";
import { make, type Case } from "../../key/code/changed-code";
import { closureCases } from "../../key/code/closure-cases";
import { alikeCases, builtinCases, forgetGlobalCases, globalCases, prototypeCases } from "../../key/code/reached-cases";
import { createScript } from "../script";

/** Properties that no copy can have: refused, with the reason. */
const refused = new Map([
  ["a private field", /`it` is an instance of A with the private field #n/],
  ["a private field of a base class, under a name like $", /private field #\$/],
  ["a function in a private field beside a private method", /private field #f/],
  ["a name with a number, beside an assigned name without it", /`count` is assigned by the stage's function/],
  ["a function that the user put under Math", /`Math\.tried` is added to Math/],
  ["a method added to a prototype", /`Array\.prototype\.tried` is added to/],
  ["a constant added to a prototype", /`Array\.prototype\.tried` is added to/],
  ["a member of a prototype taken by a pattern", /`Array\.prototype\.tried` is added to/],
  ["a getter added to a prototype", /`Array\.prototype\.tried` is added to/],
  ["a variable that such a method reads", /`Array\.prototype\.tried` is added to/],
  ["such a method that a helper calls", /`Array\.prototype\.tried` is added to/],
  ["how a bigint is written as JSON", /`BigInt\.prototype\.toJSON` is added to/],
  ["a method of the language that the user replaced", /`String\.prototype\.anchor` is added to/],
  ["a method added to all typed arrays", /`%TypedArray%\.tried` is added to/],
]);

const more: readonly Case[] = (
  [
    ["views of one memory stay views of one memory", `const all = new Float64Array([1, 2, 3]); const data = { all, tail: all.subarray(1) }; return () => { data.all[1] = 7; return [...data.tail]; };`, [7, 3]], // prettier-ignore
    ["an object that two helpers share", `const memo = new Map(); const put = () => memo.set("k", 1); const get = () => memo.get("k"); return () => { put(); return get(); };`, 1], // prettier-ignore
    ["a circle of objects and functions", `const a = { name: "a", me: () => a }; a.self = a; return () => a.me().self === a;`, true], // prettier-ignore
    ["a frozen object", `const it = Object.freeze({ f: () => 1 }); return () => Object.isFrozen(it);`, true],
    ["an accessor of an object", `const it = { n: 4, get half() { return this.n / 2; }, set half(x) { this.n = 2 * x; } }; return () => { it.half = 5; return [it.n, it.half]; };`, [10, 5]], // prettier-ignore
    ["a method under a computed name", `const key = "a" + "b"; const it = { [key](n) { return n + 1; } }; return () => it.ab(1);`, 2], // prettier-ignore
    ["a class with a computed method and a symbol of its own", `const tag = Symbol("tag"); class A { [tag]() { return 1; } static [tag] = 2; } return () => [new A()[tag](), A[tag], tag.description];`, [1, 2, "tag"]], // prettier-ignore
    ["super in methods and constructors", `class A { constructor(n) { this.n = n; } up() { return this.n; } } class B extends A { constructor(n) { super(n * 2); } up() { return super.up() + 1; } } return () => new B(2).up();`, 5], // prettier-ignore
    ["instanceof over the border", `class A {} class B extends A {} const it = new B(); return () => [it instanceof A, it instanceof B, it.constructor === B];`, [true, true, true]], // prettier-ignore
    ["an error of the user's with a cause", `class Odd extends Error { name = "Odd"; } const it = new Odd("x", { cause: 5 }); return () => [it.message, it.name, it.cause, it instanceof Odd];`, ["x", "Odd", 5, true]], // prettier-ignore
    ["Node's modules, whole and by member", `const fs = require("fs"); const { join } = require("path"); const { types } = require("util"); return () => [typeof fs.readFileSync, join("a", "b"), types.isMap(new Map())];`, ["function", "a/b", true]], // prettier-ignore
    ["a package by path", `const rx = require("rxjs"); const { of } = rx; return () => new Promise((done) => of(1, 2).pipe(rx.toArray()).subscribe(done));`, [1, 2]], // prettier-ignore
    ["a module that the function loads", `return () => require("rxjs").lastValueFrom(require("rxjs").of(3));`, 3],
    ["a class of a package, and an instance of one below it", `const { BehaviorSubject } = require("rxjs"); class Mine extends BehaviorSubject { twice() { return this.value * 2; } } return () => new Mine(4).twice();`, 8], // prettier-ignore
    ["Buffer, URL, Date, typed arrays, bigint, -0", `const it = { b: Buffer.from("ab"), d: new Date(5), f: new Float32Array([1.5]), n: 5n, z: -0 }; const url = new URL("https://a.b/c?d=1"); return () => [it.b.toString("hex"), it.d.getTime(), it.f[0], it.n, Object.is(it.z, -0), url.searchParams.get("d")];`, ["6162", 5, 1.5, 5n, true, "1"]], // prettier-ignore
    ["an object without a prototype", `const it = Object.assign(Object.create(null), { f: () => 1 }); return () => [Object.getPrototypeOf(it), it.f()];`, [null, 1]], // prettier-ignore
    ["a hidden and a read-only property", `const it = Object.defineProperty({}, "f", { value: () => 2 }); return () => [Object.keys(it), it.f()];`, [[], 2]], // prettier-ignore
    ["functions keep their names and own properties", `function f() {} f.unit = { a: 1 }; const g = () => 1; return () => [f.name, f.unit, g.name, f.length];`, ["f", { a: 1 }, "g", 0]], // prettier-ignore
    ["a strict and a sloppy function", `function sloppy() { return this === globalThis; } function strict() { "use strict"; return this === undefined; } return () => [sloppy(), strict()];`, [true, true]], // prettier-ignore
    ["a chain of two hundred instances", `class Node { constructor(next) { this.next = next; } } let at = null; for (let n = 0; n < 200; n++) at = new Node(at); const head = at; return () => { let n = 0; for (let it = head; it; it = it.next) n++; return n; };`, 200], // prettier-ignore
    ["a holey array with functions and extra properties", `const list = [() => 1, , 3]; list.extra = 4; return () => [list[0](), 1 in list, list.length, list.extra];`, [1, false, 3, 4]], // prettier-ignore
    ["a method taken out of an object", `const { at } = { at(x) { return x + 1; } }; return () => at(1);`, 2],
    ["the environment", `process.env.STAGEBOOK_TRIED = "now"; return () => process.env.STAGEBOOK_TRIED;`, "now"],
    ["a generator's own prototype", `function* g() { yield 1; } g.prototype.extra = () => 5; return () => [g().extra(), [...g()]];`, [5, [1]]], // prettier-ignore
  ] as const
).map(([title, code, gives]) => ({ title, code, before: "", after: "", gives: [gives] }));

describe("kinds", () => {
  const { p } = createScript();
  afterEach(forgetGlobalCases);
  let stages = 0;
  const all = [...closureCases, ...builtinCases, ...prototypeCases, ...alikeCases, ...globalCases, ...more];
  test.each(all.map((each) => [each.title, each] as const))("[R4] %s", async (title, { code, before, gives }) => {
    const fn = make(code.replace("VALUE", () => before));
    const why = refused.get(title);
    const result = p.stage(`kind ${stages++}`, fn, { worker: true, cache: false })();
    if (why)
      await expect(result).rejects.toMatchObject({ code: "not-shippable", message: expect.stringMatching(why) as string }); // prettier-ignore
    else expect(await result).toEqual(gives[0]);
  });
});

const server = net.createServer();
const globals = globalThis as Record<string, unknown>;

const refusals: readonly (readonly [what: string, fn: () => unknown, message: RegExp])[] = [
  ["a captured variable that is assigned", make("let n = 0; return () => { n = 1; return n; };"), /`n` is assigned by/],
  ["one that a helper counts up", make("let n = 0; const next = () => ++n; return () => next();"), /`n` is assigned by next/], // prettier-ignore
  ["one that a pattern assigns", make("let a, b; return () => { [a, b] = [1, 2]; return a; };"), /`a` is assigned/],
  ["one that a loop assigns", make("let n; return () => { for (n of [1]); return n; };"), /`n` is assigned/],
  ["an object of the web", make('const it = new Headers({ a: "1" }); return () => it.get("a");'), /`it`.*Headers/],
  ["a proxy", make("const it = { deep: new Proxy({}, {}) }; return () => it.deep.x;"), /`it\.deep` is a proxy/],
  ["a WeakMap", make("const cache = new WeakMap(); return () => cache.has({});"), /`cache` is a WeakMap/],
  ["a WeakSet and a WeakRef", make("const it = [new WeakRef({})]; return () => it.length;"), /`it\[0\]` is a WeakRef/],
  ["a promise", make("const it = { ready: Promise.resolve(1) }; return () => it.ready;"), /`it\.ready` is a promise/],
  [
    "a generator under way",
    make("const it = (function* () { yield 1; })(); return () => it.next();"),
    /`it` is a generator/,
  ],
  ["a socket", () => server.listening, /`server` is an object of Node \(Server\)/],
  ["a stream", make(`const { Readable } = require("stream"); const client = { in: Readable.from([1]) }; return () => client.in;`), /`client\.in` is an object of Node \(Readable\)/], // prettier-ignore
  ["shared memory", make("const it = new SharedArrayBuffer(8); return () => it.byteLength;"), /`it` is shared memory/],
  ["an arrow function with an outer this", make("const it = { n: 1, f() { return () => this.n; } }; const g = it.f(); return () => g();"), /`g` is an arrow function that uses the `this`/], // prettier-ignore
  ["an arrow function with outer arguments", make("const g = (function () { return () => arguments[0]; })(1); return () => g();"), /uses the `arguments` of its enclosing function/], // prettier-ignore
  [
    "a global of the user's",
    make("return () => stagebookTried;"),
    /`stagebookTried` is a global variable of the kernel/,
  ],
  [
    "a global by globalThis",
    make("return () => globalThis.stagebookTried;"),
    /`globalThis\.stagebookTried` is a global/,
  ],
  ["a function that a package made", make(`const { debounceTime } = require("rxjs"); const it = debounceTime(5); return () => it;`), /`it` is a function created by rxjs@\S+, /], // prettier-ignore
  ["a map in the depths", make("const rows = [{ cell: new Map([['k', { ref: new WeakMap() }]]) }]; return () => rows.length;"), /`rows\[0\]\.cell entry 0\.ref` is a WeakMap/], // prettier-ignore
  ["a field under a name that is worked out", make(`const key = "a" + 1; class A { [key] = 1; } return () => new A();`), /a class with a computed field name/], // prettier-ignore
];

test.each(refusals)("[R4] refused: %s", async (_what, fn, message) => {
  globals.stagebookTried = 5;
  try {
    const { p } = createScript();
    const error = (await p.stage("body", fn, { worker: true })().then(() => undefined, (e: unknown) => e)) as StagebookError; // prettier-ignore
    expect(error.code).toBe("not-shippable");
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^stage "body"/);
    expect(error.advice).toMatch(/\w\.$/);
  } finally {
    delete globals.stagebookTried;
  }
});
