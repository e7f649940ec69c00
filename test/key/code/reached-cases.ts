/** Objects that a stage may depend on: internal data of built-in classes, symbols, private fields, prototypes, globals. */
import type { Case } from "./changed-code";

const changed = (title: string, code: string, gives: Case["gives"] = [1, 2], before = "1", after = "2"): Case => ({
  title,
  code,
  before,
  after,
  gives,
});

export const builtinCases: readonly Case[] = [
  changed("Map", `class M extends Map {} const it = new M([["a", VALUE]]); return () => it.get("a");`),
  changed("Set", `class M extends Set {} const it = new M([VALUE]); return () => [...it][0];`),
  changed("Date", `class M extends Date {} const it = new M(VALUE); return () => it.getTime();`),
  changed("RegExp", `class M extends RegExp {} const it = new M("aVALUE"); return () => it.source;`, ["a1", "a2"]),
  changed("Number", `class M extends Number {} const it = new M(VALUE); return () => it.valueOf();`),
  changed("Boolean", `class M extends Boolean {} const it = new M(VALUE > 1); return () => it.valueOf();`, [
    false,
    true,
  ]),
  changed("Array", `class M extends Array {} const it = M.of(VALUE); return () => it[0];`),
  changed("Uint8Array", `class M extends Uint8Array {} const it = M.of(VALUE); return () => it[0];`),
  changed(
    "ArrayBuffer",
    `class M extends ArrayBuffer {} const it = new M(8); new Uint8Array(it)[0] = VALUE; return () => new Uint8Array(it)[0];`,
  ),
  changed(
    "Error: its message and properties, not its stack",
    `class M extends Error { code = VALUE; } const it = new M("x"); return () => it.code;`,
  ),
  changed(
    "a function in a Map",
    `class M extends Map {} const it = new M([["f", () => VALUE]]); return () => it.get("f")();`,
  ),
];

/** Whose state their own methods tell; they cannot be copied into a worker thread. */
export const stateCases: readonly Case[] = [
  changed("Headers", `class M extends Headers {} const it = new M({ a: "VALUE" }); return () => it.get("a");`, [
    "1",
    "2",
  ]),
  changed("Headers themselves", `const it = new Headers({ a: "VALUE" }); return () => it.get("a");`, ["1", "2"]),
  changed("URLSearchParams", `const it = new URLSearchParams("a=VALUE"); return () => it.get("a");`, ["1", "2"]),
  changed("FormData", `const it = new FormData(); it.append("a", "VALUE"); return () => it.get("a");`, ["1", "2"]),
  changed("Request", `const it = new Request("http://a.test/VALUE"); return () => it.url;`, [
    "http://a.test/1",
    "http://a.test/2",
  ]),
  changed("Response", `const it = new Response(null, { status: 20VALUE }); return () => it.status;`, [201, 202]),
  changed(
    "TextDecoder",
    `const it = new TextDecoder("VALUE"); return () => it.encoding;`,
    ["utf-8", "utf-16le"],
    "utf-8",
    "utf-16le",
  ),
  changed(
    "Intl.NumberFormat",
    `const it = new Intl.NumberFormat("en", { minimumFractionDigits: VALUE }); return () => it.format(1);`,
    ["1.0", "1.00"],
  ),
  changed(
    "Intl.Collator",
    `const it = new Intl.Collator("VALUE"); return () => it.resolvedOptions().locale;`,
    ["de", "sv"],
    "de",
    "sv",
  ),
  changed("Intl.Locale", `const it = new Intl.Locale("VALUE"); return () => it.language;`, ["de", "sv"], "de", "sv"),
];

export const prototypeCases: readonly Case[] = [
  changed(
    "a symbol on an instance",
    `class A {} const it = new A(); it[Symbol.for("x")] = VALUE; return () => it[Symbol.for("x")];`,
  ),
  changed(
    "a symbol on a function",
    `const f = () => f[Symbol.for("x")]; f[Symbol.for("x")] = VALUE; return () => f();`,
  ),
  changed(
    "a method put under a symbol of a prototype",
    `class A {} A.prototype[Symbol.iterator] = function* () { yield VALUE; }; return () => [...new A()][0];`,
  ),
  changed(
    "a method under a computed symbol",
    `const key = VALUE; class A { [key]() { return "it"; } } return () => typeof new A()[Symbol.for("1")];`,
    ["function", "undefined"],
    `Symbol.for("1")`,
    `Symbol.for("2")`,
  ),
  changed(
    "a private field",
    `class A { #n; constructor(n) { this.#n = n; } get() { return this.#n; } } const it = new A(VALUE); return () => it.get();`,
  ),
  changed(
    "a private field of a base class, under a name like $",
    `class A { #$; constructor(n) { this.#$ = n; } get() { return this.#$; } } class B extends A {} const it = new B(VALUE); return () => it.get();`,
  ),
  changed(
    "a function in a private field beside a private method",
    `class A { #f; constructor(f) { this.#f = f; } #twice() { return 2 * this.#f(); } get() { return this.#twice(); } } const it = new A(() => VALUE); return () => it.get();`,
    [2, 4],
  ),
  changed(
    "a private static field",
    `class A { static #n = 0; static set(n) { this.#n = n; } static get() { return A.#n; } } A.set(VALUE); const { get } = A; return () => get();`,
  ),
  changed(
    "what an object inherits from another",
    `class A { n = VALUE; } const it = Object.create(new A()); return () => it.n;`,
  ),
  changed(
    "what an object inherits from a plain one",
    `const it = Object.create({ get: () => VALUE }); return () => it.get();`,
  ),
  changed(
    "a prototype that is a plain object",
    `function F() {} F.prototype = { get() { return VALUE; } }; const it = new F(); return () => it.get();`,
  ),
  changed(
    "a base class of the old kind",
    `function Base() {} Base.prototype.get = () => VALUE; function F() {} F.prototype = Object.create(Base.prototype); F.prototype.constructor = F; return () => new F().get();`,
  ),
  changed(
    "the same, of an instance made before",
    `function Base() {} Base.prototype.get = () => VALUE; function F() {} F.prototype = Object.create(Base.prototype); F.prototype.constructor = F; const it = new F(); return () => it.get();`,
  ),
  changed(
    "a mixin below a class",
    `class A {} Object.setPrototypeOf(A.prototype, { get() { return VALUE; } }); return () => new A().get();`,
  ),
  changed("a property of a bound function", `const f = (() => 1).bind(null); f.unit = VALUE; return () => f.unit;`),
];

const owner = `const o = { n: 5, get() { "use strict"; return this ? this.n : 0; } };`;

export const alikeCases: readonly Case[] = [
  changed("a method called without its object", `${owner} return () => VALUE();`, [0, 5], "(0, o.get)", "o.get"),
  changed(
    "an optional chain in brackets",
    `const o = null; return () => { try { return VALUE ?? "none"; } catch { return "threw"; } };`,
    ["none", "threw"],
    "o?.a.b",
    "(o?.a).b",
  ),
  changed("a number too large", `return () => VALUE === null;`, [false, true], "1e999", "null"),
  changed(
    "a name with a number, beside an assigned name without it",
    `let count_1 = VALUE; let count = 0; return () => { count = 0; return count_1; };`,
  ),
];

const env = `process.env.STAGEBOOK_TRIED = "VALUE";`;

/** They leave `STAGEBOOK_TRIED` in the environment `Math.tried` and members of prototypes behind: see `forgetGlobalCases`. */
export const globalCases: readonly Case[] = [
  changed("optional", `${env} return () => process.env?.STAGEBOOK_TRIED;`, ["1", "2"]),
  changed("by way of globalThis", `${env} return () => globalThis.process.env.STAGEBOOK_TRIED;`, ["1", "2"]),
  changed("by way of an alias of env", `${env} const { env } = process; return () => env.STAGEBOOK_TRIED;`, ["1", "2"]),
  changed(
    "by way of an alias of process",
    `${env} const it = require("process"); return () => it.env.STAGEBOOK_TRIED;`,
    ["1", "2"],
  ),
  changed("a function that the user put under Math", `Math.tried = () => VALUE; return () => Math.tried();`),
  changed("a method added to a prototype", `Array.prototype.tried = () => VALUE; return () => [].tried();`),
  changed("a constant added to a prototype", `Array.prototype.tried = VALUE; return () => []["tried"];`),
  changed("a member of a prototype taken by a pattern", `Array.prototype.tried = VALUE; return () => { const { tried } = []; return tried; };`), // prettier-ignore
  changed("a getter added to a prototype", `Object.defineProperty(Array.prototype, "tried", { get: () => VALUE, configurable: true }); return () => [].tried;`), // prettier-ignore
  changed("a variable that such a method reads", `const unit = VALUE; Array.prototype.tried = () => unit; return () => [].tried();`), // prettier-ignore
  changed("such a method that a helper calls", `Array.prototype.tried = () => VALUE; const helper = (list) => list.tried(); return () => helper([]);`), // prettier-ignore
  changed("how a bigint is written as JSON", `BigInt.prototype.toJSON = () => VALUE; return () => JSON.stringify([5n]);`, ["[1]", "[2]"]), // prettier-ignore
  changed("a method of the language that the user replaced", `String.prototype.anchor = () => VALUE; return () => "".anchor();`), // prettier-ignore
  changed("a method added to all typed arrays", `Object.getPrototypeOf(Uint8Array).prototype.tried = () => VALUE; return () => new Uint8Array().tried();`), // prettier-ignore
];

const { anchor } = String.prototype as unknown as { anchor: unknown };

export function forgetGlobalCases(): void {
  delete process.env.STAGEBOOK_TRIED;
  const typed = Object.getPrototypeOf(Uint8Array) as { prototype: object };
  for (const owner of [Math, Array.prototype, typed.prototype]) Reflect.deleteProperty(owner, "tried");
  Reflect.deleteProperty(BigInt.prototype, "toJSON");
  Object.defineProperty(String.prototype, "anchor", { value: anchor, configurable: true, writable: true });
}
