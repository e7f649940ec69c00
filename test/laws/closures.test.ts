/** What counts of the functions that a body reaches: each written once, once more equally, and once with one thing changed. */
import { expect, test } from "vitest";
import { createScript } from "../run/script";

type Body = () => unknown;

interface Case {
  readonly title: string;
  /** Ends with `return` of the stage's function; VALUE stands for what is changed. */
  readonly code: string;
  readonly before: string;
  readonly after: string;
  /** What the stage returns; once where the change must not run it. */
  readonly gives: readonly [unknown] | readonly [unknown, unknown];
}

/** A function of code that no other has: what vitest does to test files does not reach it. */
function make(code: string): Body {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- as a cell is compiled
  return (new Function(code) as () => Body)();
}

const cases: readonly Case[] = [
  {
    title: "an inherited method",
    code: `class Base { unit() { return VALUE; } } class Derived extends Base { label() { return "in " + this.unit(); } }
      return () => new Derived().label();`,
    before: `"km"`,
    after: `"mi"`,
    gives: ["in km", "in mi"],
  },
  {
    title: "a method inherited over three classes, of an instance made before",
    code: `class A { n() { return VALUE; } } class B extends A {} class C extends B {} const it = new C(); return () => it.n();`,
    before: "1",
    after: "2",
    gives: [1, 2],
  },
  {
    title: "a base class replaced alone: the old class still extends the old one",
    code: `let Base = class { n() { return 1; } }; class Derived extends Base {} ; VALUE; return () => new Derived().n();`,
    before: "0",
    after: "Base = class { n() { return 2; } }",
    gives: [1],
  },
  {
    title: "a static field",
    code: `class Rate { static eur = VALUE; static to(x) { return x * Rate.eur; } } return () => Rate.to(10);`,
    before: "2",
    after: "3",
    gives: [20, 30],
  },
  {
    title: "a static method that another class inherits",
    code: `class Base { static zero() { return VALUE; } } class Derived extends Base {} return () => Derived.zero();`,
    before: "0",
    after: "-0",
    gives: [0, -0],
  },
  {
    title: "a static block",
    code: `class Table { static size; static { this.size = VALUE; } } return () => Table.size;`,
    before: "4",
    after: "5",
    gives: [4, 5],
  },
  {
    title: "a getter of a class",
    code: `class Circle { r = 2; get area() { return this.r * VALUE; } } return () => new Circle().area;`,
    before: "3",
    after: "3.14",
    gives: [6, 6.28],
  },
  {
    title: "a getter that a class inherits, on an instance made before",
    code: `class Base { get kind() { return VALUE; } } class Derived extends Base {} const it = new Derived(); return () => it.kind;`,
    before: `"a"`,
    after: `"b"`,
    gives: ["a", "b"],
  },
  {
    title: "a method under a symbol",
    code: `class Row { *[Symbol.iterator]() { yield VALUE; } } return () => [...new Row()];`,
    before: "1",
    after: "2",
    gives: [[1], [2]],
  },
  {
    title: "a private field's initial value",
    code: `class Secret { #n = VALUE; read() { return this.#n; } } return () => new Secret().read();`,
    before: "1",
    after: "2",
    gives: [1, 2],
  },
  {
    title: "a private method",
    code: `class Secret { #n() { return VALUE; } read() { return this.#n(); } } return () => new Secret().read();`,
    before: "1",
    after: "2",
    gives: [1, 2],
  },
  {
    title: "an argument of a bound function",
    code: `const add = (a, b) => a + b; const plus = add.bind(null, VALUE); return () => plus(1);`,
    before: "1",
    after: "2",
    gives: [2, 3],
  },
  {
    title: "the `this` of a bound function",
    code: `function label() { return this.unit; } const it = label.bind({ unit: VALUE }); return () => it();`,
    before: `"km"`,
    after: `"mi"`,
    gives: ["km", "mi"],
  },
  {
    title: "the target of a function bound twice",
    code: `const f = (a, b, c) => VALUE; const g = f.bind(null, 1).bind(null, 2); return () => g(4);`,
    before: "a + b + c",
    after: "a * b * c",
    gives: [7, 8],
  },
  {
    title: "a bound method as the stage's function",
    code: `const owner = { n: VALUE, read() { return this.n; } }; return owner.read.bind(owner);`,
    before: "1",
    after: "2",
    gives: [1, 2],
  },
  {
    title: "a partial application of the user's own",
    code: `const partial = (f, ...first) => (...rest) => f(...first, ...rest); const g = partial((a, b) => a - b, VALUE); return () => g(1);`,
    before: "5",
    after: "6",
    gives: [4, 5],
  },
  {
    title: "a variable of a loop",
    code: `const made = []; for (let i = VALUE; i < 9; i++) made.push(() => i); return made[0];`,
    before: "1",
    after: "2",
    gives: [1, 2],
  },
  {
    title: "the other rounds of a loop do not count",
    code: `const made = []; for (const i of [1, VALUE]) made.push(() => i); return made[0];`,
    before: "5",
    after: "6",
    gives: [1],
  },
  {
    title: "what a factory of factories captured",
    code: `const outer = (a) => (b) => () => a + b; return outer(VALUE)(1);`,
    before: "1",
    after: "2",
    gives: [2, 3],
  },
  {
    title: "functions that call each other",
    code: `const even = (n) => n === 0 ? VALUE : odd(n - 1); const odd = (n) => n === 0 ? "odd" : even(n - 1); return () => even(4);`,
    before: `"even"`,
    after: `"EVEN"`,
    gives: ["even", "EVEN"],
  },
  {
    title: "a function that calls itself",
    code: `function power(n) { return n === 0 ? 1 : VALUE * power(n - 1); } return () => power(3);`,
    before: "2",
    after: "3",
    gives: [8, 27],
  },
  {
    title: "a default parameter",
    code: `const f = (n, by = VALUE) => n * by; return () => f(2);`,
    before: "2",
    after: "3",
    gives: [4, 6],
  },
  {
    title: "a value that a default parameter names",
    code: `const standard = { by: VALUE }; const f = (n, { by } = standard) => n * by; return () => f(2);`,
    before: "2",
    after: "3",
    gives: [4, 6],
  },
  {
    title: "an object's methods that use `this`",
    code: `const model = { slope: VALUE, at(x) { return this.slope * x; }, fit(x) { return this.at(x) + 1; } }; return () => model.fit(2);`,
    before: "2",
    after: "3",
    gives: [5, 7],
  },
  {
    title: "another method of the object, called through `this`",
    code: `const model = { at(x) { return VALUE; }, fit(x) { return this.at(x); } }; return () => model.fit(2);`,
    before: "x",
    after: "-x",
    gives: [2, -2],
  },
  {
    title: "an async function",
    code: `const read = async () => VALUE; return async () => (await read()) + 1;`,
    before: "1",
    after: "2",
    gives: [2, 3],
  },
  {
    title: "a generator, and an async one",
    code: `function* some() { yield VALUE; } async function* more() { yield* some(); }
      return async () => { const all = []; for await (const one of more()) all.push(one); return all; };`,
    before: "1",
    after: "2",
    gives: [[1], [2]],
  },
  {
    title: "sync becomes async",
    code: `const f = VALUE; return async () => typeof f().then;`,
    before: "() => 1",
    after: "async () => 1",
    gives: ["undefined", "function"],
  },
  {
    title: "a tagged template's function",
    code: "const tag = ([text]) => VALUE; return () => tag`x`;",
    before: "text",
    after: "text + text",
    gives: ["x", "xx"],
  },
  {
    title: "a regular expression's flags",
    code: `const pattern = VALUE; return () => pattern.test("A");`,
    before: "/a/",
    after: "/a/i",
    gives: [false, true],
  },
  {
    title: "a function deep in data, in a Map in an array",
    code: `const table = [new Map([["f", { run: () => VALUE }]])]; return () => table[0].get("f").run();`,
    before: "1",
    after: "2",
    gives: [1, 2],
  },
  {
    title: "a value that only a helper's nested function reads",
    code: `const limit = VALUE; const keep = (list) => list.filter((n) => ((m) => m < limit)(n)); return () => keep([1, 2, 3]);`,
    before: "3",
    after: "2",
    gives: [[1, 2], [1]],
  },
  {
    title: "an own property of a function",
    code: `const f = () => f.unit; f.unit = VALUE; return () => f();`,
    before: `"a"`,
    after: `"b"`,
    gives: ["a", "b"],
  },
  {
    title: "a closure shared by two helpers",
    code: `const makeCounter = () => { let n = VALUE; return { read: () => n, twice: () => 2 * n }; };
      const { read, twice } = makeCounter(); return () => read() + twice();`,
    before: "1",
    after: "2",
    gives: [3, 6],
  },
  {
    title: "a name that an inner function shadows does not count",
    code: `const n = VALUE; const f = (n) => n; return () => f(1);`,
    before: "5",
    after: "6",
    gives: [1],
  },
  {
    title: "a helper's name and its comments do not count",
    code: `VALUE; return () => half(8);`,
    before: "const half = (n) => n / 2",
    after: "/* a half */ const divided = (n) => n / 2; const half = divided",
    gives: [4],
  },
];

test.each(cases.map((each) => [each.title, each] as const))(
  "[S4] %s",
  async (_title, { code, before, after, gives }) => {
    const { p, log } = createScript();
    const define = (value: string): (() => Promise<unknown>) => p.stage("a", make(code.replace("VALUE", () => value)));
    expect(await define(before)()).toEqual(gives[0]);
    expect(log()).toEqual(["a running", "a succeeded"]);
    // Written once more: other functions, the same code on the same values.
    expect(await define(before)()).toEqual(gives[0]);
    expect(log()).toEqual(["a cached"]);
    const changed = define(after);
    const { rows } = await p.plan();
    expect(rows).toMatchObject([{ action: gives.length === 2 ? "run" : "fresh" }]);
    expect(await changed()).toEqual(gives.at(-1));
    expect(log()).toEqual(gives.length === 2 ? ["a running", "a succeeded"] : ["a cached"]);
    expect(await define(before)()).toEqual(gives[0]);
    expect(log()).toEqual(["a cached"]);
  },
);
