/** What cannot be tracked is named, never silently skipped; what changes while a stage runs is not stored. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

/** A stage is reported as running a moment before its function is called. */
const letGo = (name: string): string =>
  `while (!(globalThis as any).${name}) await new Promise((next) => setImmediate(next));\n(globalThis as any).${name}();`;

describe("what cannot be tracked", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    notebook.countsExecutions = false;
  });
  afterAll(() => notebook.kernel.stop());

  test.each([
    ["a global of the user", "", `() => (globalThis as any).mine`, "mine"],
    ["a proxy", `const trap = new Proxy({}, {});`, `() => (trap as any).x`, "trap"],
    ["a promise", `const pending = Promise.resolve(1);`, `async () => await pending`, "pending"],
    ["a generator object", `const steps = (function* () { yield 1; })();`, `() => steps.next().value`, "steps"],
    [
      "an instance of a class that extends Promise",
      `class Later extends Promise<number> {}\nconst later = Later.resolve(1);`,
      `async () => await later`,
      "later",
    ],
    ["a WeakMap", `const weak = new WeakMap();`, `() => weak.has({})`, "weak"],
    [
      "the `this` that an arrow function captured",
      `class Tool { constructor(readonly k: number) {} make() { return () => this.k; } }\nconst tool = new Tool(1).make();`,
      `() => tool()`,
      "this",
    ],
    ["the environment as a whole", "", `() => Object.keys(process.env).length`, "process.env"],
    ["a computed variable of the environment", `const which = "HOME";`, `() => process.env[which]`, "process.env"],
    ["eval", `const hiddenByEval = 1;`, `() => eval("1 + 1")`, "eval"],
    [
      "an import by a computed name",
      `const which = "path";`,
      `async () => (await import(which)).sep`,
      /import|require/,
    ],
    [
      "a variable that the stage assigns",
      `let counter = 0;`,
      `() => { counter = counter + 1; return counter; }`,
      "counter",
    ],
  ])("[S4] %s is flagged by name", async (kind, outer, fn, name) => {
    await notebook.cell("outer", outer);
    await notebook.cell("a", `const a = stage("a", ${fn}, { description: "${kind}" });`);
    expect(notebook.view.stages.a?.untracked.join("; ")).toMatch(name);
    const warnings = notebook.view.log.filter((line) => line.stage === "a" && line.level === "warn");
    expect(warnings.map((line) => line.message).join("; ")).toMatch(name);
    expect(await notebook.read("JSON.stringify((await a.plan()).rows[0])")).toMatch(name);
  });

  test.each([
    ["built-ins", `() => Math.max(1, 2) + JSON.stringify({ x: parseInt("3", 10) }).length + Date.now()`],
    ["a literal require", `() => require("util").inspect(1)`],
    ["a literal import", `async () => (await import("util")).inspect(1)`],
    ["fetch and timers", `async () => { await new Promise((next) => setTimeout(next, 1)); return typeof fetch; }`],
    [
      "variables of the environment taken by a pattern",
      `() => { const { HOME, LANG: lang } = process.env; return [HOME, lang]; }`,
    ],
    ["console and process", `() => { console.log(process.cwd()); return process.argv.length; }`],
  ])("[S4] %s have no flag", async (_kind, fn) => {
    await notebook.cell("a", `const a = stage("a", ${fn});`);
    expect(notebook.view.stages.a?.untracked).toEqual([]);
  });

  test("[S1] a helper redefined while the stage runs: the value is returned, not stored", async () => {
    await notebook.cells({
      outer: `let factor = (n: number) => n * 2;`,
      b: `const b = stage("b", async () => { const first = factor(1); await new Promise((go) => ((globalThis as any).go = go)); return [first, factor(1)]; });`,
    });
    const run = notebook.kernel.command({ type: "run", targets: ["b"] });
    await notebook.kernel.until((_events, view) => view.stages.b?.status === "running", "b runs");
    await notebook.cell("x", `factor = (n: number) => n * 3; ${letGo("go")}`);
    expect(await run).toEqual({ status: "succeeded", executed: 1 });
    await notebook.settled();
    expect(notebook.status("b")).toBe("stale");
    expect(notebook.events.findLast((event) => event.type === "stage:succeeded")).toMatchObject({
      stage: "b",
      stored: false,
    });
    expect(notebook.view.log.some((line) => line.stage === "b" && /changed while it ran/.test(line.message))).toBe(
      true,
    );
  });

  test("[S1] a stage redefined while it runs: the new definition is not fresh", async () => {
    const define = (text: string): string =>
      `const c = stage("c", async () => { await new Promise((go) => ((globalThis as any).goC = go)); return "${text}"; });`;
    await notebook.cell("c", define("old"));
    const run = notebook.kernel.command({ type: "run", targets: ["c"] });
    await notebook.kernel.until((_events, view) => view.stages.c?.status === "running", "c runs");
    await notebook.cell("c", define("new"));
    await notebook.cell("x", letGo("goC"));
    await run;
    await notebook.settled();
    expect(notebook.status("c")).toBe("stale");
    const asked = notebook.kernel.run("console.log(await c());", { cell: "x" });
    await notebook.kernel.until((_events, view) => view.stages.c?.status === "running", "c runs again");
    const { kernel } = notebook;
    await kernel.command({ type: "cancel" });
    expect((await asked).ok).toBe(false);
  });

  test("[D12] a stage reads its own earlier output without a false cycle", async () => {
    await notebook.cells({
      n: `const n = param("n", 1);`,
      sum: `const sum = stage("sum", { n }, async ({ n }, { previous }) => ((await previous<number>()) ?? 0) + n);`,
    });
    expect(await notebook.read("await sum()")).toBe("1");
    await notebook.cell("x", "n.set(10);");
    expect(await notebook.read("await sum()")).toBe("11");
    expect(notebook.view.stages.sum?.inputs.map((input) => input.name)).toEqual(["n"]);
  });

  test.each([
    ["a function in the output", `() => ({ model: { fn: () => 1 } })`, "model.fn"],
    ["an instance of a class in the output", `() => { class Model {} return { list: [new Model()] }; }`, "list[0]"],
  ])("[Y1] %s is refused with its path", async (_kind, fn, path) => {
    await notebook.cell("bad", `const bad = stage("bad", (${fn}) as any);`);
    const text = await notebook.failing("x", "await bad();");
    expect(text).toContain(path);
    expect(text).toContain(`"bad"`);
    expect(notebook.status("bad")).toBe("failed");
  });

  test("[Y1] an input without a canonical form is named, and nothing runs", async () => {
    await notebook.cell(
      "bad",
      `const bad = stage("bad", { tools: { f: new WeakMap() } }, () => { ${ran("bad")} return 1; });`,
    );
    expect(
      await notebook.executed(async () => {
        expect(await notebook.failing("x", "await bad();")).toContain("tools.f");
      }),
    ).toEqual([]);
  });

  test.each([
    [`stage("", () => 1)`, "name"],
    [`stage(5 as any, () => 1)`, "name"],
    [`stage("x", { a: 1 } as any, 5 as any)`, "stage-function"],
    [`stage("x", () => 1, { cahce: false } as any)`, "stage-options"],
    [`param("x", undefined as any)`, "param-value"],
    [`param("x", "text", { min: 1 } as any)`, "param-options"],
    [`param("x", 5, { min: 10, max: 1 })`, "param-options"],
    [`file("")`, "file-path"],
    [`createPipeline({ stor: "x" } as any)`, "pipeline-options"],
  ])("[Y1] %s is refused at definition, with a code and advice", async (code, expected) => {
    const cell = await notebook.cell(
      "x",
      `try { ${code}; console.log("accepted"); } catch (error) { console.log(error.code, error.advice.length > 5); }`,
    );
    expect(cell.stdout).toBe(`${expected} true\n`);
  });
});
