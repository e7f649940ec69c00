/** The edit matrix, part two: helpers, imports, classes, closures. */
import { describe } from "vitest";
import { testEdits } from "./edit-matrix";

describe("edits of what a stage calls", () => {
  testEdits([
    {
      title: "[D10] a helper in the same cell",
      cells: { a: `const double = (n: number) => n * 2;\nconst a = stage("a", () => double(4));` },
      edit: { a: `const double = (n: number) => n * 3;\nconst a = stage("a", () => double(4));` },
      runs: ["a"],
      value: ["8", "12"],
    },
    {
      title: "[D10] a helper in an earlier cell runs its callers only",
      cells: {
        help: `const half = (n: number) => n / 2; const other = (n: number) => n - 1;`,
        a: `const a = stage("a", () => half(8));`,
        b: `const b = stage("b", () => other(8));`,
      },
      edit: { help: `const half = (n: number) => n / 4; const other = (n: number) => n - 1;` },
      runs: ["a"],
      show: "[await a(), await b()]",
      value: ["[4,7]", "[2,7]"],
    },
    {
      title: "[D10] a helper redefined in a cell after the stage",
      cells: { help: `let late = () => "first";`, a: `const a = stage("a", () => late() + "!");` },
      edit: { later: `late = () => "second";` },
      runs: ["a"],
      value: [`"first!"`, `"second!"`],
    },
    {
      title: "[S2] a helper two levels down, in another cell",
      cells: {
        deep: `function toUnit(text: string) { return text + " km"; }`,
        middle: `function label(n: number) { return toUnit(String(n)); }`,
        a: `const a = stage("a", () => label(3));`,
      },
      edit: { deep: `function toUnit(text: string) { return text + " mi"; }` },
      runs: ["a"],
      value: [`"3 km"`, `"3 mi"`],
    },
    {
      title: "[S7] a comment in a helper keeps the key",
      cells: { help: `function third(n: number) { return n / 3; }`, a: `const a = stage("a", () => third(9));` },
      edit: { help: `/** A third. */\nfunction third(n: number) {\n  // exactly\n  return n / 3;\n}` },
      runs: [],
      value: ["3", "3"],
    },
    {
      title: "[S7] a helper moved to another cell keeps the key",
      cells: { help: `const plus = (n: number) => n + 7;`, a: `const a = stage("a", () => plus(1));` },
      edit: { help: `1;`, moved: `const plus = (n: number) => n + 7;`, a: `const a = stage("a", () => plus(1));` },
      runs: [],
      value: ["8", "8"],
    },
    {
      title: "[S7] a helper moved into the stage's cell keeps the key",
      cells: { help: `const plus2 = (n: number) => n + 8;`, a: `const a = stage("a", () => plus2(1));` },
      edit: { help: `1;`, a: `const plus2 = (n: number) => n + 8;\nconst a = stage("a", () => plus2(1));` },
      runs: [],
      value: ["9", "9"],
    },
    {
      title: "[S7] a helper renamed where it is called too keeps the key",
      cells: { help: `const oldName = (n: number) => n + 9;`, a: `const a = stage("a", () => oldName(1));` },
      edit: { help: `const newName = (n: number) => n + 9;`, a: `const a = stage("a", () => newName(1));` },
      runs: [],
      value: ["10", "10"],
    },
    {
      title: "[D10] a helper of the same name that calls itself",
      cells: {
        help: `function fac(n: number): number { return n < 2 ? 1 : n * fac(n - 1); }`,
        a: `const a = stage("a", () => fac(4));`,
      },
      edit: { help: `function fac(n: number): number { return n < 2 ? 1 : n + fac(n - 1); }` },
      runs: ["a"],
      value: ["24", "10"],
    },
    {
      title: "[D10] two helpers that call each other",
      cells: {
        help: `function even(n: number): boolean { return n === 0 || odd(n - 1); }\nfunction odd(n: number): boolean { return n !== 0 && even(n - 1); }`,
        a: `const a = stage("a", () => [even(4), odd(4)]);`,
      },
      edit: {
        help: `function even(n: number): boolean { return n === 0 || odd(n - 1); }\nfunction odd(n: number): boolean { return n === 1; }`,
      },
      runs: ["a"],
      value: ["[true,false]", "[false,false]"],
    },
    {
      title: "[D10] a default parameter of a helper",
      cells: { help: `const grow = (n: number, by = 10) => n + by;`, a: `const a = stage("a", () => grow(1));` },
      edit: { help: `const grow = (n: number, by = 20) => n + by;` },
      runs: ["a"],
      value: ["11", "21"],
    },
    {
      title: "[D10] a helper used in a default parameter",
      cells: {
        help: `const start = () => 1;\nconst from = (n = start()) => n;`,
        a: `const a = stage("a", () => from());`,
      },
      edit: { help: `const start = () => 2;\nconst from = (n = start()) => n;` },
      runs: ["a"],
      value: ["1", "2"],
    },
    {
      title: "[D10] a helper passed to map",
      cells: { help: `const square = (n: number) => n * n;`, a: `const a = stage("a", () => [1, 2, 3].map(square));` },
      edit: { help: `const square = (n: number) => n ** 3;` },
      runs: ["a"],
      value: ["[1,4,9]", "[1,8,27]"],
    },
    {
      title: "[D10] an async helper and a generator",
      cells: {
        help: `async function wait() { return "w1"; }\nfunction* count() { yield 1; yield 2; }`,
        a: `const a = stage("a", async () => [await wait(), ...count()]);`,
      },
      edit: { help: `async function wait() { return "w1"; }\nfunction* count() { yield 1; yield 3; }` },
      runs: ["a"],
      value: [`["w1",1,2]`, `["w1",1,3]`],
    },
    {
      title: "[D10] a member of an import: join becomes resolve",
      cells: { a: `import * as path from "path";\nconst a = stage("a", () => path.join("/x", "/y"));` },
      edit: { a: `import * as path from "path";\nconst a = stage("a", () => path.resolve("/x", "/y"));` },
      runs: ["a"],
      value: [`"/x/y"`, `"/y"`],
    },
    {
      title: "[S7] an import written in another way, or in another cell, keeps the key",
      cells: {
        lib: `import * as fs from "fs";\nimport path2 from "path";`,
        a: `const a = stage("a", () => [fs.existsSync("/nowhere"), path2.basename("/a/b")]);`,
      },
      edit: {
        lib: `1;`,
        a: `import fs from "fs";\nimport { basename } from "path";\nconst a = stage("a", () => [fs.existsSync("/nowhere"), basename("/a/b")]);`,
      },
      runs: [],
      value: [`[false,"b"]`, `[false,"b"]`],
    },
    {
      title: "[S4] another function under the name of an import",
      cells: { a: `import { dirname as part } from "path";\nconst a = stage("a", () => part("/a/b"));` },
      edit: { a: `import { basename as part } from "path";\nconst a = stage("a", () => part("/a/b"));` },
      runs: ["a"],
      value: [`"/a"`, `"b"`],
    },
    {
      title: "[S4] a constant of a module",
      cells: { a: `import * as os from "os";\nconst a = stage("a", () => os.constants.signals.SIGINT);` },
      edit: { a: `import * as os from "os";\nconst a = stage("a", () => os.constants.signals.SIGTERM);` },
      runs: ["a"],
      value: ["2", "15"],
    },
    {
      title: "[S4] a method of a class",
      cells: {
        model: `class Box { constructor(readonly n: number) {} area() { return this.n * this.n; } }`,
        a: `const a = stage("a", () => new Box(3).area());`,
      },
      edit: { model: `class Box { constructor(readonly n: number) {} area() { return this.n * 4; } }` },
      runs: ["a"],
      value: ["9", "12"],
    },
    {
      title: "[S4] an inherited method",
      cells: {
        model: `class Base { speak() { return "base"; } }\nclass Derived extends Base { shout() { return this.speak() + "!"; } }`,
        a: `const a = stage("a", () => new Derived().shout());`,
      },
      edit: {
        model: `class Base { speak() { return "BASE"; } }\nclass Derived extends Base { shout() { return this.speak() + "!"; } }`,
      },
      runs: ["a"],
      value: [`"base!"`, `"BASE!"`],
    },
    {
      title: "[S4] a base class redefined alone: the old class still extends the old base",
      cells: {
        base: `class Root { hello() { return "old"; } }`,
        derived: `class Leaf extends Root { twice() { return this.hello() + this.hello(); } }`,
        a: `const a = stage("a", () => new Leaf().twice());`,
      },
      edit: { base: `class Root { hello() { return "new"; } }` },
      runs: [],
      value: [`"oldold"`, `"oldold"`],
    },
    {
      title: "[S4] a static field and a getter",
      cells: {
        model: `class Rate { static base = 5; static get doubled() { return this.base * 2; } }`,
        a: `const a = stage("a", () => Rate.doubled);`,
      },
      edit: { model: `class Rate { static base = 6; static get doubled() { return this.base * 2; } }` },
      runs: ["a"],
      value: ["10", "12"],
    },
    {
      title: "[S4] a field initialiser that uses a helper",
      cells: {
        model: `const seed = () => 4;\nclass Counter { n = seed(); #step = 1; next() { return this.n + this.#step; } }`,
        a: `const a = stage("a", () => new Counter().next());`,
      },
      edit: {
        model: `const seed = () => 5;\nclass Counter { n = seed(); #step = 1; next() { return this.n + this.#step; } }`,
      },
      runs: ["a"],
      value: ["5", "6"],
    },
    {
      title: "[S4] an argument of a bound function",
      cells: {
        help: `const add = (x: number, y: number) => x + y;\nconst bound = add.bind(null, 10);`,
        a: `const a = stage("a", () => bound(1));`,
      },
      edit: { help: `const add = (x: number, y: number) => x + y;\nconst bound = add.bind(null, 20);` },
      runs: ["a"],
      value: ["11", "21"],
    },
    {
      title: "[S4] the value that a factory's function captured",
      cells: {
        help: `const makeScale = (factor: number) => (n: number) => n * factor;\nconst scaled = makeScale(2);`,
        a: `const a = stage("a", () => scaled(5));`,
      },
      edit: { help: `const makeScale = (factor: number) => (n: number) => n * factor;\nconst scaled = makeScale(3);` },
      runs: ["a"],
      value: ["10", "15"],
    },
    {
      title: "[S4] stages defined in a loop: each captures its own variable",
      cells: { loop: `for (const [name, n] of [["one", 1], ["two", 2]] as const) stage(name, () => n * 111);` },
      edit: { loop: `for (const [name, n] of [["one", 1], ["two", 3]] as const) stage(name, () => n * 111);` },
      runs: ["two"],
      show: `[await pipeline.load("one"), await pipeline.load("two")]`,
      value: ["[111,222]", "[111,333]"],
    },
    {
      title: "[S4] a function in an object, in a Map, and as a property of a function",
      cells: {
        help: `const tools = { f: () => 1 };\nconst table = new Map([["g", () => 2]]);\nconst h = Object.assign(() => 3, { extra: () => 4 });`,
        a: `const a = stage("a", () => [tools.f(), table.get("g")!(), h(), h.extra()]);`,
        b: `const b = stage("b", () => tools.f() * 1000);`,
      },
      edit: {
        help: `const tools = { f: () => 1 };\nconst table = new Map([["g", () => 20]]);\nconst h = Object.assign(() => 3, { extra: () => 40 });`,
      },
      runs: ["a"],
      value: ["[1,2,3,4]", "[1,20,3,40]"],
    },
    {
      title: "[S4] an enum",
      cells: { help: `enum Level { Low = 1, High = 2 }`, a: `const a = stage("a", () => Level.High + 100);` },
      edit: { help: `enum Level { Low = 1, High = 7 }` },
      runs: ["a"],
      value: ["102", "107"],
    },
    {
      title: "[S4] an instance of the user's own class",
      cells: {
        model: `class Unit { constructor(readonly n: number) {} show() { return "u" + this.n; } }\nconst unit = new Unit(1);`,
        a: `const a = stage("a", () => unit.show());`,
      },
      edit: {
        model: `class Unit { constructor(readonly n: number) {} show() { return "u" + this.n; } }\nconst unit = new Unit(2);`,
      },
      runs: ["a"],
      value: [`"u1"`, `"u2"`],
    },
    {
      title: "[S4] a private field, and a private static one",
      cells: {
        safe: `class Safe { static #by = 10; #n: number; constructor(n: number) { this.#n = n; } static set(by: number) { Safe.#by = by; } get() { return this.#n * Safe.#by; } }`,
        it: `const safe = new Safe(1);`,
        a: `const a = stage("a", () => safe.get());`,
        b: `const b = stage("b", () => new Safe(3).get());`,
      },
      edit: { it: `const safe = new Safe(2);\nSafe.set(20);` },
      runs: ["a", "b"],
      show: "[await a(), await b()]",
      value: ["[10,30]", "[40,60]"],
    },
    {
      title: "[S4] what an instance of a class that extends Map holds",
      cells: {
        rates: `class Rates extends Map<string, number> {}\nconst rates = new Rates([["eur", 1]]);`,
        a: `const a = stage("a", () => rates.get("eur"));`,
      },
      edit: { rates2: `rates.set("eur", 2);` },
      runs: ["a"],
      value: ["1", "2"],
    },
    {
      title: "[S7] an error of the user's own class made again in another line runs nothing",
      cells: {
        wrong: `class Wrong extends Error {}\nconst wrong = new Wrong("no");`,
        a: `const a = stage("a", () => wrong.message);`,
      },
      edit: { wrong: `\n\nclass Wrong extends Error {}\n\nconst wrong = new Wrong("no");` },
      runs: [],
      value: [`"no"`, `"no"`],
    },
  ]);
});
