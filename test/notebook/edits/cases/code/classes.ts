/** Edits of classes. */
import type { Edit } from "../../runner/edit";

export const classes: readonly Edit[] = [
  {
    id: "method",
    rows: ["S4"],
    kind: "a method of a class",
    cells: {
      model: `class Box { constructor(readonly n: number) {} area() { return this.n * this.n; } }`,
      a: `const a = stage("a", () => new Box(3).area());`,
    },
    edit: { model: `class Box { constructor(readonly n: number) {} area() { return this.n * 4; } }` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["9", "12"],
  },
  {
    id: "inherited-method",
    rows: ["S4"],
    kind: "an inherited method",
    cells: {
      model: `class Base { speak() { return "base"; } }\nclass Derived extends Base { shout() { return this.speak() + "!"; } }`,
      a: `const a = stage("a", () => new Derived().shout());`,
    },
    edit: {
      model: `class Base { speak() { return "BASE"; } }\nclass Derived extends Base { shout() { return this.speak() + "!"; } }`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"base!"`, `"BASE!"`],
  },
  {
    id: "base-alone",
    rows: ["S4"],
    kind: "a base class redefined alone: the old class still extends the old base",
    cells: {
      base: `class Root { hello() { return "old"; } }`,
      derived: `class Leaf extends Root { twice() { return this.hello() + this.hello(); } }`,
      a: `const a = stage("a", () => new Leaf().twice());`,
    },
    edit: { base: `class Root { hello() { return "new"; } }` },
    mustRun: [],
    mustNotRun: ["a"],
    value: [`"oldold"`, `"oldold"`],
  },
  {
    id: "static-field",
    rows: ["S4"],
    kind: "a static field that a static getter reads",
    cells: {
      model: `class Rate { static base = 5; static get doubled() { return this.base * 2; } }`,
      a: `const a = stage("a", () => Rate.doubled);`,
    },
    edit: { model: `class Rate { static base = 6; static get doubled() { return this.base * 2; } }` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["10", "12"],
  },
  {
    id: "field-initializer",
    rows: ["S4"],
    kind: "a helper in a field's initializer",
    cells: {
      model: `const seed = () => 4;\nclass Counter { n = seed(); #step = 1; next() { return this.n + this.#step; } }`,
      a: `const a = stage("a", () => new Counter().next());`,
    },
    edit: {
      model: `const seed = () => 5;\nclass Counter { n = seed(); #step = 1; next() { return this.n + this.#step; } }`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["5", "6"],
  },
  {
    id: "class-comment",
    rows: ["S7"],
    kind: "comments, formatting and types in a class",
    cells: {
      model: "class Plain { n = 1; get() { return this.n; } }",
      a: `const a = stage("a", () => new Plain().get() + 0.31);`,
    },
    edit: {
      model: `class Plain { /** One. */
  readonly n: number = 1;

  get(): number {
    return this.n; // it
  }
 }`,
    },
    mustRun: [],
    mustNotRun: ["a"],
    value: ["1.31", "1.31"],
  },
  {
    id: "constructor",
    rows: ["S4"],
    kind: "a constructor",
    cells: {
      model: "class Made { n: number; constructor() { this.n = 1; } }",
      a: `const a = stage("a", () => new Made().n + 0.32);`,
    },
    edit: { model: "class Made { n: number; constructor() { this.n = 2; } }" },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.32", "2.32"],
  },
  {
    id: "private-method",
    rows: ["S4"],
    kind: "a private method and a private field",
    cells: {
      model: "class Safe2 { #n = 1; #twice() { return this.#n * 2; } get() { return this.#twice(); } }",
      a: `const a = stage("a", () => new Safe2().get() + 0.33);`,
    },
    edit: { model: "class Safe2 { #n = 1; #twice() { return this.#n * 3; } get() { return this.#twice(); } }" },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["2.33", "3.33"],
  },
  {
    id: "setter",
    rows: ["S4"],
    kind: "a setter",
    cells: {
      model: "class Dial { v = 0; set to(n: number) { this.v = n + 1; } }",
      a: `const a = stage("a", () => { const d = new Dial(); d.to = 1; return d.v + 0.34; });`,
    },
    edit: { model: "class Dial { v = 0; set to(n: number) { this.v = n + 2; } }" },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["2.34", "3.34"],
  },
  {
    id: "static-method",
    rows: ["S4"],
    kind: "a static method",
    cells: {
      model: `class Fmt { static of(n: number) { return "#" + n; } }`,
      a: `const a = stage("a", () => Fmt.of(35));`,
    },
    edit: { model: `class Fmt { static of(n: number) { return "@" + n; } }` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"#35"`, `"@35"`],
  },
  {
    id: "static-block",
    rows: ["S4"],
    kind: "a static block",
    cells: {
      model: "class Init { static n: number; static { this.n = 1; } }",
      a: `const a = stage("a", () => Init.n + 0.5);`,
    },
    edit: { model: "class Init { static n: number; static { this.n = 2; } }" },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.5", "2.5"],
  },
  {
    id: "static-inherited",
    rows: ["S4"],
    kind: "a static method of the base class",
    cells: {
      model: `class SBase { static k() { return 1; } }
class SDerived extends SBase {}`,
      a: `const a = stage("a", () => SDerived.k() + 0.37);`,
    },
    edit: {
      model: `class SBase { static k() { return 2; } }
class SDerived extends SBase {}`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.37", "2.37"],
  },
  {
    id: "super",
    rows: ["S4"],
    kind: "a method of the base class called through `super`",
    cells: {
      model: `class P1 { m() { return 1; } }
class P2 extends P1 { override m() { return super.m() + 0.38; } }`,
      a: `const a = stage("a", () => new P2().m());`,
    },
    edit: {
      model: `class P1 { m() { return 2; } }
class P2 extends P1 { override m() { return super.m() + 0.38; } }`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.38", "2.38"],
  },
  {
    id: "symbol-method",
    rows: ["S4"],
    kind: "the iterator of a class",
    cells: {
      model: "class Range { *[Symbol.iterator]() { yield 1; yield 39; } }",
      a: `const a = stage("a", () => [...new Range()]);`,
    },
    edit: { model: "class Range { *[Symbol.iterator]() { yield 1; yield 40; } }" },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["[1,39]", "[1,40]"],
  },
  {
    id: "to-string",
    rows: ["S4"],
    kind: "`toString`, which a template calls",
    cells: {
      model: `class Named { toString() { return "n41"; } }`,
      a: `const a = stage("a", () => \`\${new Named()}\`);`,
    },
    edit: { model: `class Named { toString() { return "n42"; } }` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"n41"`, `"n42"`],
  },
  {
    id: "mixin",
    rows: ["S4"],
    kind: "a class made by a function",
    cells: {
      model: `const mix = (Base: any): any => class extends Base { m() { return 1; } };
const Mixed = mix(Object);`,
      a: `const a = stage("a", () => new Mixed().m() + 0.43);`,
    },
    edit: {
      model: `const mix = (Base: any): any => class extends Base { m() { return 2; } };
const Mixed = mix(Object);`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.43", "2.43"],
  },
  {
    id: "method-outer",
    rows: ["S4"],
    kind: "an outer variable that a method reads",
    cells: {
      model: `const unit44 = 1;
class Reader { get() { return unit44; } }`,
      a: `const a = stage("a", () => new Reader().get() + 0.44);`,
    },
    edit: {
      model: `const unit44 = 2;
class Reader { get() { return unit44; } }`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.44", "2.44"],
  },
  {
    id: "base-and-derived",
    rows: ["S4"],
    kind: "a base class redefined, and the class that extends it executed again",
    cells: {
      base: `class Root2 { hi() { return "old"; } }`,
      derived: "class Leaf2 extends Root2 { twice() { return this.hi() + this.hi(); } }",
      a: `const a = stage("a", () => new Leaf2().twice() + ".");`,
    },
    edit: {
      base: `class Root2 { hi() { return "new"; } }`,
      derived: "class Leaf2 extends Root2 { twice() { return this.hi() + this.hi(); } }",
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"oldold."`, `"newnew."`],
  },
  {
    id: "class-beside",
    rows: ["S17"],
    kind: "another class of the same cell",
    cells: {
      model: `class Used { m() { return 1; } }
class Idle { m() { return 1; } }`,
      a: `const a = stage("a", () => new Used().m() + 0.46);`,
    },
    edit: {
      model: `class Used { m() { return 1; } }
class Idle { m() { return 2; } }`,
    },
    mustRun: [],
    mustNotRun: ["a"],
    value: ["1.46", "1.46"],
  },
  {
    id: "extends-map",
    rows: ["S4"],
    kind: "what an instance of a class that extends Map holds",
    cells: {
      model: `class OwnMap extends Map<string, number> {}\nconst held = new OwnMap([["k", 1]]);`,
      a: `const a = stage("a", () => held.get("k")! + 0.25);`,
    },
    edit: { model: `class OwnMap extends Map<string, number> {}\nconst held = new OwnMap([["k", 2]]);` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.25", "2.25"],
  },
  {
    id: "extends-set",
    rows: ["S4"],
    kind: "what an instance of a class that extends Set holds",
    cells: {
      model: `class OwnSet extends Set<number> {}\nconst held = new OwnSet([1]);`,
      a: `const a = stage("a", () => [...held, 91]);`,
    },
    edit: { model: `class OwnSet extends Set<number> {}\nconst held = new OwnSet([2]);` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["[1,91]", "[2,91]"],
  },
  {
    id: "extends-date",
    rows: ["S4"],
    kind: "what an instance of a class that extends Date holds",
    cells: {
      model: `class OwnDate extends Date {}\nconst held = new OwnDate(1);`,
      a: `const a = stage("a", () => held.getTime() + 0.75);`,
    },
    edit: { model: `class OwnDate extends Date {}\nconst held = new OwnDate(2);` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.75", "2.75"],
  },
  {
    id: "extends-regexp",
    rows: ["S4"],
    kind: "what an instance of a class that extends RegExp holds",
    cells: {
      model: `class OwnRegExp extends RegExp {}\nconst held = new OwnRegExp("x");`,
      a: `const a = stage("a", () => held.test("x") + ".");`,
    },
    edit: { model: `class OwnRegExp extends RegExp {}\nconst held = new OwnRegExp("y");` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"true."`, `"false."`],
  },
  {
    id: "symbol-field",
    rows: ["S4"],
    kind: "a field under a symbol of an instance",
    cells: {
      model: `class Keyed { [key: symbol]: number }\nconst keyed = new Keyed(); keyed[Symbol.for("k")] = 1;`,
      a: `const a = stage("a", () => keyed[Symbol.for("k")] + 0.25);`,
    },
    edit: { model: `class Keyed { [key: symbol]: number }\nconst keyed = new Keyed(); keyed[Symbol.for("k")] = 2;` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.25", "2.25"],
  },
  {
    id: "symbol-property",
    rows: ["S4"],
    kind: "a property under a symbol of a function",
    cells: {
      model: `const marked: any = () => 1; marked[Symbol.for("k")] = 1;`,
      a: `const a = stage("a", () => marked[Symbol.for("k")] + 0.5);`,
    },
    edit: { model: `const marked: any = () => 1; marked[Symbol.for("k")] = 2;` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["1.5", "2.5"],
  },
];
