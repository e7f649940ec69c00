/** Misuse in cells of a real kernel: refused where it is written, with code and advice; wrong types before anything runs. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

describe("misuse", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells({
      words: `const words = stage("words", () => ["a", "b"]);`,
      limit: `const limit = param("limit", 3);\nconst mode = param("mode", "fast", { choices: ["fast", "slow"] });`,
      foreign: `const foreign = createPipeline({ store: "memory" }).stage("foreign", () => 1);`,
      revoked: `const gone = Proxy.revocable({} as any, {}); gone.revoke();\nconst goneFn = Proxy.revocable(() => 1, {}); goneFn.revoke();`,
    });
  });
  afterAll(() => notebook.kernel.stop());

  test.each([
    [`stage("", () => 1);`, "(name)", /name of a stage is empty/],
    [`stage("__proto__", () => 1);`, "(name)", /is reserved/],
    [`stage(undefined as any, () => 1);`, "(name)", /name of a stage/],
    [`stage("x", 5 as any);`, "(stage-function)", /"x" has no function/],
    [`stage("x", Math.max as any);`, "(stage-function)", /is a built-in function/],
    [`stage("x", goneFn.proxy as any);`, "(stage-function)", /a proxy/],
    [`stage("x", words as any);`, "(stage-function)", /is the stage "words"/],
    [`stage("x", () => 1, { cahce: false } as any);`, "(stage-options)", /unknown option "cahce"/],
    [
      `stage("x", { limit }, () => 1, { logged: ["limt"] });`,
      "(stage-options)",
      /"limt", which is not one of its inputs/,
    ],
    [`stage("x", { foreign }, () => 1);`, "(foreign-input)", /another pipeline/],
    [`stage("x", { words: words() as any }, () => 1);`, "(input-promise)", /Pass the stage itself/],
    [`stage("x", { a: [{ b: Promise.resolve(1) as any }] }, () => 1);`, "(input-promise)", /a\.0\.b/],
    [`stage("x", { gone: gone.proxy }, () => 1);`, "(input-proxy)", /input gone is a proxy/],
    [`param("x", new WeakMap() as any);`, "(not-keyable)", /a WeakMap/],
    [`await stage("x", { m: new Map([["w", new WeakMap()]]) } as any, () => 1)();`, "(not-keyable)", /m\.get\("w"\)/],
  ])("[Y1] [Y2] %s is refused: %s", async (code, error, message) => {
    const text = await notebook.failing("wrong", code);
    expect(text).toMatch(message);
    expect(text).toContain(error);
    expect(text, "advice, a line of its own").toMatch(/^StagebookError: .+\n {2}.{8,}/m);
    expect(text, "no frames of the library").not.toMatch(/kernel-lib|node_modules/);
    expect(await notebook.read("JSON.stringify(await words())")).toBe(`["a","b"]`);
    await notebook.cell("wrong", "1;");
    expect(Object.keys(notebook.view.stages)).toEqual(["words"]);
  });

  test.each([
    ["a missing input", `stage("w", { words }, ({ words, limit }) => 1);`, /'limit' does not exist/],
    ["a misspelled input", `stage("w", { words }, ({ wrods }) => 1);`, /'wrods' does not exist/],
    ["a mistyped input", `stage("w", { limit }, ({ limit }) => limit.toUpperCase());`, /'toUpperCase' does not exist/],
    ["an annotation that does not fit", `stage("w", { limit }, ({ limit }: { limit: string }) => 1);`, /'string'/],
    ["a single input of the wrong type", `stage("w", limit, (n) => n.length);`, /'length' does not exist/],
    ["a tuple in another order", `stage("w", [limit, words], ([a, b]) => a.length);`, /'length' does not exist/],
    ["a nested input", `stage("w", { a: { b: [limit] } }, ({ a }) => a.b[0].length);`, /'length' does not exist/],
    ["the call of a stage", `stage("w", { words: words() }, ({ words }) => words.length);`, /PassTheStageItself/],
    ["an output that does not exist", `stage("w", { a: words.output("nope") }, () => 1);`, /"nope"/],
    [
      "a selection of a property that does not exist",
      `stage("w", { a: words.select((all) => all.nope) }, () => 1);`,
      /'nope'/,
    ],
    [
      "an input function called with a wrong argument",
      `stage("w", { f: (n: number) => n }, ({ f }) => f("a"));`,
      /'number'/,
    ],
    ["an unknown option", `stage("w", () => 1, { cahce: false });`, /'cahce' does not exist/],
    ["a stage called with arguments", `words(5);`, /Expected 0 arguments/],
    ["the output assigned to another type", `const n: number = await words();`, /not assignable to type 'number'/],
    ["a parameter set to another type", `limit.set("ten");`, /'string'.*'number'/],
    ["a parameter set to a value that is not a choice", `mode.set("medium");`, /"medium".*"fast" \| "slow"/],
    ["limits of another type", `param("p", 5, { min: "a" });`, /'string'.*'number'/],
    ["choices of another type", `param("p", "a", { choices: [1, 2] });`, /'number'.*'string'/],
    ["a parameter assigned", `limit.value = 4;`, /read-only/],
  ])("[D9] %s is a compile error: %s", async (_what, code, message) => {
    expect(await notebook.failing("wrong", code)).toMatch(message);
    expect(Object.keys(notebook.view.stages)).toEqual(["words"]);
  });
});
