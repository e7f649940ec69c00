/** Objects that a stage depends on count in its key: internal data of built-in classes, symbols, private fields, prototypes, globals. */
import { afterEach, describe, expect, test } from "vitest";
import { orHeavy } from "../../rig/part";
import { createScript } from "../../run/script";
import { make, testChangedCode } from "./changed-code";
import { alikeCases, builtinCases, forgetGlobalCases, globalCases, prototypeCases, stateCases } from "./reached-cases";

/** The links of a chain. */
const depth = orHeavy(300, 1500);

describe("instances of classes that extend a built-in", () => testChangedCode(builtinCases));
describe("objects of the web and of Intl", () => testChangedCode(stateCases));

describe("symbols, private fields, prototypes", () => testChangedCode(prototypeCases));

describe("code that looks the same", () => testChangedCode(alikeCases));

describe("globals and environment variables", () => {
  afterEach(forgetGlobalCases);
  testChangedCode(globalCases);
});

test("[S4] a missing name, a base class and a symbol that change after the stage was defined count", async () => {
  const late = "stagebookTriedLate";
  const { p } = createScript();
  const change = make(`
    const helper = () => helper.unit ?? helper[Symbol.for("unit")] ?? 1;
    return { body: () => [typeof ${late}, helper()], helper };`) as unknown as { body: () => unknown; helper: object };
  const a = p.stage("a", change.body);
  expect(await a()).toEqual(["undefined", 1]);
  Object.assign(change.helper, { [Symbol.for("unit")]: 2 });
  expect(await a()).toEqual(["undefined", 2]);
  Reflect.deleteProperty(change.helper, Symbol.for("unit"));
  expect(await a()).toEqual(["undefined", 1]);
  Object.setPrototypeOf(
    change.helper,
    Object.assign(() => 1, { unit: 3 }),
  );
  expect(await a()).toEqual(["undefined", 3]);
  try {
    Reflect.set(globalThis, late, 5);
    expect((await a.plan()).rows).toMatchObject([{ action: "run", untracked: [`${late}: a global variable`] }]);
    expect(await a()).toEqual(["number", 3]);
  } finally {
    Reflect.deleteProperty(globalThis, late);
  }
});

test.each([
  ["a computed name of the environment", `const key = "HOME"; return () => process.env[key];`, "process.env"],
  [
    "the environment taken apart",
    `return () => { const { HOME, ...rest } = process.env; return rest; };`,
    "process.env",
  ],
  ["the environment in a value", `const all = { env: process.env }; return () => all.env.HOME;`, "all.env"],
  ["the environment by a module", `return () => require("process").env.HOME;`, `import "process"`],
  ["the process handed on", `return () => { const { env } = process; return env.HOME; };`, "process"],
  ["a global by `global`", `return () => global.tried;`, "globalThis.tried"],
  ["a global by an alias", `const it = globalThis; return () => it.tried;`, "globalThis.tried"],
  ["a global by an optional chain", `return () => globalThis?.tried;`, "globalThis.tried"],
  ["a global by a computed name", `const key = "tried"; return () => globalThis[key];`, "globalThis"],
  ["globals taken apart", `return () => { const { tried } = globalThis; return tried; };`, "globalThis"],
  ["code made of text", `return () => new Function("return 1")();`, "Function"],
  ["a module loaded by import()", `return () => import("./tried.mjs");`, `import "./tried.mjs"`],
  ["a hash under way", `const it = require("crypto").createHash("sha1"); return () => it.copy().digest("hex");`, "it"],
  ["a variable that a pattern assigns", `let it; return () => { [it] = [1]; return it; };`, "it"],
  ["one that an object's pattern assigns", `let it; return () => { ({ a: it = 2 } = {}); return it; };`, "it"],
  ["one that takes the rest", `let it; return () => { [, ...it] = [1, 2]; return it; };`, "it"],
  ["a promise of a class of its own", `class P extends Promise {} const it = P.resolve(1); return () => it;`, "it"],
])("[Y7] %s is listed", async (_what, code, name) => {
  const { p } = createScript();
  p.stage("a", make(code));
  const [row] = (await p.plan()).rows;
  expect(row?.untracked?.map((each) => each.slice(0, each.indexOf(": ")))).toContain(name);
});

test.each([
  ["what a process is", `return () => [process.platform, process.argv.length, process.cwd()].length;`],
  ["built-ins by way of globalThis", `return () => globalThis.Math.max(1, globalThis.structuredClone(2));`],
  ["Function as a class", `return () => (() => 1) instanceof Function && Function.prototype.call.length;`],
  ["a method of the environment", `return () => process.env.hasOwnProperty("STAGEBOOK_TRIED");`],
  ["a literal variable of the environment", `return () => process.env.STAGEBOOK_TRIED ?? "none";`],
  [
    "an emitter",
    `const { EventEmitter } = require("events"); const it = new EventEmitter(); return () => it.emit("x");`,
  ],
])("[Y7] %s is not listed", async (_what, code) => {
  const { p } = createScript();
  const a = p.stage("a", make(code));
  expect((await p.plan()).rows).toEqual([{ stage: "a", action: "run", reasons: ["never run"] }]);
  await a();
});

test.each([
  [
    "instances",
    (inner: unknown) =>
      new (class Link {
        constructor(public next: unknown) {}
      })(inner),
  ],
  ["functions", (inner: unknown) => () => inner],
  ["bound functions", (inner: unknown) => ((it: unknown) => it).bind(null, inner)],
])(`[P5] a change at the end of a chain of ${depth} %s is seen, and a rebuilt chain is equal`, async (_what, link) => {
  const chainOf = (end: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => link(inner), end);
  const { p } = createScript();
  let chain = chainOf(1);
  const a = p.stage("a", () => typeof chain);
  await a();
  const actionNow = async (): Promise<string | undefined> => (await p.plan()).rows[0]?.action;
  expect(await actionNow()).toBe("fresh");
  chain = chainOf(2);
  expect(await actionNow()).toBe("run");
  chain = chainOf(1);
  expect(await actionNow()).toBe("fresh");
});
