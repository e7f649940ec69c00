/** Causes that Run stale must see: recreated handles, what no key counts, obstacles that are gone, results under other values. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StaleNotebook } from "../../rig/kernel/stale-notebook";

let notebook: StaleNotebook;
beforeAll(async () => {
  notebook = await StaleNotebook.open({});
});
afterAll(() => notebook.kernel.stop());

describe("a handle that a cell recreates", () => {
  const callback = (handle: string, text: string): string =>
    ({
      resource: `const r = resource("db", () => ({ ask: () => "${text}" }));`,
      computed: `const makeComputed = (text: string) => computed(() => text); const c = makeComputed("${text}");`,
      select: `const part = rows.select((row) => row["${text}"]);`,
      overrides: `const other = chosen.with({ deep: { a: { b: { c: { d: { e: { f: { g: "${text}" } } } } } } } });`,
    })[handle] as string;
  test.each([
    ["resource", `const s = stage("s", { r, n }, ({ r, n }) => r.ask() + n);`],
    ["computed", `const s = stage("s", { c, n }, ({ c, n }) => c + n);`],
    ["select", `const s = stage("s", { part, n }, ({ part, n }) => part + n);`],
    ["overrides", `const s = stage("s", { other, n }, ({ other, n }) => other + n);`],
  ])("[U2] %s: the cells that use it are executed", async (handle, uses) => {
    await notebook.begin({
      imports: `import { stage, param, computed, resource } from "stagebook";`,
      n: `const n = param("n", 1); const deep = param("deep", {} as any);`,
      rows: `const rows = stage("rows", () => ({ old: "old", new: "new" }));`,
      chosen: `const chosen = stage("chosen", { deep }, ({ deep }) => (JSON.stringify(deep).includes("old") ? "old" : "new"));`,
      handle: callback(handle, "old"),
      uses,
      shows: `console.log(await s());`,
    });
    expect(notebook.outputs.get("shows")).toBe("old1\n");
    notebook.edit("handle", callback(handle, "new"));
    expect((await notebook.runStale()).executed).toContain("uses");
    await notebook.setParams({ n: 2 });
    await notebook.runStale();
    expect(notebook.outputs.get("shows")).toBe("new2\n");
    // An equal one changes nothing.
    await notebook.run("handle");
    expect((await notebook.runStale()).executed).toEqual([]);
    await notebook.kernel.command({ type: "reset-params" });
  });
});

test("[U2] a stage that failed for something that its key does not count runs when that has changed", async () => {
  const define = (timeoutMs: number): string =>
    `const slow = stage("slow", () => new Promise<string>((done) => setTimeout(() => done("made"), 300)), { timeoutMs: ${timeoutMs} });`;
  await notebook.begin({ define: define(20), shows: `console.log(await slow());` });
  expect(notebook.marked("failed")).toEqual(["define", "shows"]);
  expect((await notebook.runStale()).executed).toEqual([]);
  notebook.edit("define", define(60_000));
  expect(await notebook.runStale()).toMatchObject({ status: "succeeded", executed: ["define", "shows"] });
  expect(notebook.outputs.get("shows")).toBe("made\n");
  expect(notebook.marked("failed")).toEqual([]);
});

describe("results under other parameter values", () => {
  test("[U2] [P1] a cell that shows them is executed when they are stale, and no other", async () => {
    const define = (times: number): string => `const times = stage("times", { v }, ({ v }) => v * ${times});`;
    await notebook.begin({
      v: `const v = param("v", 1); const unread = param("unread", 1);`,
      times: define(2),
      grid: `const grid = [1, 3];`,
      sweep: `console.log((await times.sweep({ v: grid })).map((row) => row.value).join());`,
      use: `console.log(await times.with({ v: 9 })());`,
      apart: `console.log("apart");`,
    });
    expect([notebook.outputs.get("sweep"), notebook.outputs.get("use")]).toEqual(["2,6\n", "18\n"]);
    notebook.edit("times", define(5));
    expect((await notebook.runStale()).executed).toEqual(["times", "sweep", "use"]);
    expect([notebook.outputs.get("sweep"), notebook.outputs.get("use")]).toEqual(["5,15\n", "45\n"]);
    await notebook.setParams({ v: 4 });
    expect((await notebook.runStale()).executed).toEqual([]);
    notebook.edit(
      "times",
      `const times = stage("times", { v }, ({ v }) => { if (v === 3) throw new Error("three"); return v; });`,
    );
    expect((await notebook.runStale()).failedCells).toEqual(["sweep"]);
    expect(notebook.outputs.get("use")).toBe("9\n");
    expect((await notebook.runStale()).executed).toEqual([]);
    notebook.edit("grid", `const grid = [1, 7];`);
    expect((await notebook.runStale()).executed).toEqual(["grid", "sweep"]);
    expect(notebook.outputs.get("sweep")).toBe("1,7\n");
    await notebook.kernel.command({ type: "reset-params" });
  });
});

describe("a cell that did not fail by itself", () => {
  test("[U2] [S14] its name was that of another cell, which is gone: it is executed, and what waits for it", async () => {
    await notebook.begin({
      first: `const one = stage("one", () => "one"); console.log(await one());`,
      second: `const again = stage("one", () => "one"); console.log(await again());`,
      below: `console.log(again.name);`,
    });
    expect(notebook.marked("failed")).toEqual(["second", "below"]);
    expect((await notebook.runStale()).executed).toEqual([]);
    await notebook.remove("first");
    expect(notebook.mark("second")).toEqual({
      id: "second",
      status: "stale",
      reasons: [`no other cell defines stage "one" any more`],
    });
    expect((await notebook.runStale()).executed).toEqual(["second", "below"]);
    expect(notebook.outputs.get("below")).toBe("one\n");
  });

  test.each([
    ["while it waits", `for (const at of [1, 2, 3]) { list.push(at); if (hangs()) await new Promise((next) => setTimeout(next, 600_000)); }`], // prettier-ignore
    ["while it calculates", `for (const at of [1, 2, 3]) { list.push(at); if (hangs()) while (true); }`],
  ])("[U2] [R10] the user has stopped it %s: it is executed, and what waits for it", async (_when, loop) => {
    const begun = join(notebook.kernel.cwd, "begun.txt");
    rmSync(begun, { force: true });
    await notebook.begin({
      imports: `import { stage } from "stagebook"; import fs from "fs"; (globalThis as any).hangs = true;`,
      hangs: `const hangs = () => (globalThis as any).hangs;`,
    });
    notebook.sources.set(
      "made",
      `let list = [] as number[]; fs.writeFileSync("begun.txt", ""); ${loop} console.log(list.length);`,
    );
    const execution = notebook.kernel.start(notebook.sources.get("made") ?? "", { cell: "made" });
    await expect.poll(() => existsSync(begun)).toBe(true);
    notebook.kernel.interrupt();
    await execution.done;
    notebook.sources.set("below", `console.log(list.join());`);
    await notebook.kernel.command({ type: "cells", cells: [...notebook.sources.keys()] as never });
    await notebook.kernel.run(`(globalThis as any).hangs = false;`);
    await notebook.kernel.command({ type: "sync" });
    expect(notebook.mark("made")).toMatchObject({ status: "stale", reasons: ["it was interrupted"] });
    await notebook.runStale();
    expect(notebook.outputs.get("made")).toBe("3\n");
    expect(notebook.marked("failed")).toEqual([]);
  });
});

test("[U2] a cell that could not be compiled, because a cell above had not made its variable, is executed when it has", async () => {
  await notebook.begin({
    w: `const w = param("w", 1);`,
    made: `if (w.value < 5) throw new Error("too small"); const large = w.value * 2;`,
    reads: `console.log(large + 1);`,
    later: `const twice = () => large * 2; console.log(twice());`,
    apart: `console.log(nowhere);`,
  });
  expect(notebook.marked("failed")).toEqual(["made", "reads", "later", "apart"]);
  expect((await notebook.runStale()).executed).toEqual([]);
  await notebook.setParams({ w: 7 });
  expect(await notebook.runStale()).toMatchObject({ status: "succeeded", executed: ["made", "reads", "later"] });
  expect([notebook.outputs.get("reads"), notebook.outputs.get("later")]).toEqual(["15\n", "28\n"]);
  await notebook.kernel.command({ type: "reset-params" });
});

describe("a cell that defines what it calls, whose stage cannot run as it is", () => {
  test.each([
    [
      "an input was renamed",
      `const x = stage("before", () => 3);`,
      `const x = stage("after", () => 3);`,
      `const s = stage("s", { x }, ({ x }) => x + 1);`,
    ],
    ["a parameter was renamed", `const x = param("old", 3);`, `const x = param("new", 3);`, `const s = stage("s", { x }, ({ x }) => x + 1);`], // prettier-ignore
    ["a stage between was renamed", `const x = stage("before", () => 3);`, `const x = stage("after", () => 3);`, `const between = stage("between", { x }, ({ x }) => x); const s = stage("s", { between }, ({ between }) => between + 1);`], // prettier-ignore
    ["an input made it fail", `const x = [3, "bad"] as any[];`, `const x = [3] as any[];`, `const s = stage("s", { x }, ({ x }) => { if (x.includes("bad")) throw new Error("bad"); return x[0] + 1; });`], // prettier-ignore
  ])("[U2] [S14] %s: it is executed, and what is below it is current", async (_what, before, after, defines) => {
    await notebook.begin({
      x: before,
      s: `${defines} console.log(await s());`,
      below: `const below = stage("below", { s }, ({ s }) => s * 2); console.log(await below());`,
    });
    notebook.edit("x", after);
    const { executed, failedCells } = await notebook.runStale();
    // What is below may read an equal value.
    expect([executed.slice(0, 2), failedCells]).toEqual([["x", "s"], []]);
    expect([notebook.outputs.get("s"), notebook.outputs.get("below")]).toEqual(["4\n", "8\n"]);
    expect([...notebook.marked("failed"), ...notebook.marked("stale")]).toEqual([]);
    expect((await notebook.runStale()).executed).toEqual([]);
  });

  test("[U2] one that waits for a stage of another cell which fails is left alone", async () => {
    await notebook.begin({
      bad: `const bad = stage("bad", () => { throw new Error("bad"); });`,
      k: `const k = 1;`,
      s: `const s = stage("s", { bad, k }, ({ k }) => k); console.log(await s());`,
    });
    notebook.edit("k", `const k = 2;`);
    expect(await notebook.runStale()).toMatchObject({ executed: ["k"], failedStages: [] });
  });
});

test("[U2] a cell that loads a result by name is executed when there is a newer one", async () => {
  await notebook.begin({
    z: `const z = param("z", 1);`,
    s: `const s = stage("s", { z }, ({ z }) => z * 2); console.log(await s());`,
    loads: `console.log(await pipeline.load("s"));`,
  });
  await notebook.setParams({ z: 4 });
  expect((await notebook.runStale()).executed).toEqual(["s", "loads"]);
  expect(notebook.outputs.get("loads")).toBe("8\n");
  expect((await notebook.runStale()).executed).toEqual([]);
  await notebook.kernel.command({ type: "reset-params" });
});
