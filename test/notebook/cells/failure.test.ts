/** Stages that throw: what is marked, reported and kept. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StagebookEvent } from "stagebook/protocol";
import { log } from "../../rig/kernel/event-log";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

const cells = {
  start: `const start = stage("start", () => { ${ran("start")} return 1; });`,
  bad: `const bad = stage("bad", { start }, ({ start }) => {
  ${ran("bad")}
  if (start) throw new TypeError("no such column");
  return start;
});`,
  below: `const below = stage("below", { bad }, ({ bad }) => { ${ran("below")} return bad; });`,
  last: `const last = stage("last", { below }, ({ below }) => { ${ran("last")} return below; });`,
  apart: `const apart = stage("apart", async () => { ${ran("apart")} await new Promise((done) => setTimeout(done, 100)); return "apart"; });`,
};
const fixed = cells.bad.replace("if (start) throw", "if (!start) throw");

describe("a stage that throws", () => {
  let notebook: Notebook;
  let events: readonly StagebookEvent[];
  let text: string;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells(cells);
    events = await notebook.during(async () => {
      text = await notebook.failing("run", "await pipeline.run();");
    });
  });
  afterAll(() => notebook.kernel.stop());

  test("[R9] it stops its dependents, and independent work finishes", () => {
    expect(log(events).sort()).toEqual([
      "apart running",
      "apart succeeded",
      "bad failed",
      "bad running",
      "below blocked",
      "last blocked",
      "start running",
      "start succeeded",
    ]);
  });

  test("[Y3] the run is reported failed, with the error", () => {
    const ended = events.filter((event) => event.type === "run:ended");
    expect(ended).toHaveLength(1);
    expect(ended[0]).toMatchObject({ status: "failed", executed: 3, error: { stage: "bad" } });
    expect(notebook.view.runs.at(-1)).toMatchObject({ status: "failed" });
  });

  test("[R9] it and its dependents are marked, with the reason", () => {
    const { view } = notebook;
    expect(["start", "bad", "below", "last", "apart"].map((name) => view.stages[name]?.status)).toEqual([
      "fresh",
      "failed",
      "blocked",
      "blocked",
      "fresh",
    ]);
    expect(view.stages.bad?.error).toMatchObject({
      code: "TypeError",
      message: "no such column",
      cell: "bad",
      line: 3,
    });
    expect(notebook.reasons("below")).toEqual(["bad failed"]);
    expect(view.cells.bad?.status).toBe("failed");
    expect(view.cells.below?.status).toBe("stale");
    expect(view.cells.apart?.status).toBe("fresh");
  });

  test("[R9] the caller receives the error with stage, cell and line, only its own frames, and advice", async () => {
    expect(text).toMatch(/stage "bad" \(cell \[\d+\], line 3\) failed: no such column/);
    expect(text).toContain("Fix the stage and run again.");
    expect(text).toContain("TypeError: no such column");
    expect(text).not.toMatch(/node_modules|node:internal|kernel-lib|tslab/);
    const code = `try { await last(); } catch (error) { console.log(error instanceof StagebookError, error.code, error.stage, error.cell, error.cause.name, error.advice.length > 0); }`;
    expect((await notebook.cell("catch", code)).stdout).toBe("true stage-failed bad bad TypeError true\n");
  });

  test("[R9] the error is in the log with its stage, cell and run", () => {
    const started = events.find((event) => event.type === "run:started");
    const records = events.flatMap((event) => (event.type === "log:written" ? [event.record] : []));
    expect(records).toEqual([
      expect.objectContaining({ level: "error", stage: "bad", cell: "bad", run: started?.run, source: "stagebook" }),
    ]);
    expect(records[0]?.message).toContain("no such column");
  });

  test("[S16] a failure is not cached: the next call runs only the failed stage", async () => {
    expect(await notebook.executed(() => notebook.failing("run", "await last();"))).toEqual(["bad"]);
  });

  test("[S16] after a restart the ancestors are still cached, and a retry runs only what failed", async () => {
    await notebook.restart();
    await notebook.cells(cells);
    expect(await notebook.executed(() => notebook.failing("run", "await pipeline.run();"))).toEqual(["bad"]);
    await notebook.cell("bad", fixed);
    expect(await notebook.executed(() => notebook.cell("run", "await pipeline.run();"))).toEqual([
      "bad",
      "below",
      "last",
    ]);
    expect(notebook.status("last")).toBe("fresh");
  });

  test("[R9] a failing stage does not stop one that is running at the same time", async () => {
    await notebook.cells({
      ...cells,
      bad: fixed,
      quick: `const quick = stage("quick", async () => { ${ran("quick")} throw new Error("quick"); });`,
      long: `const long = stage("long", async ({ signal }) => { ${ran("long")} await new Promise((done) => setTimeout(done, 200)); return signal.aborted; });`,
    });
    await notebook.failing("run", "await pipeline.run();");
    expect(await notebook.read("await long.load()")).toBe("false");
    await notebook.cell("run", "1;", { deletedCells: ["quick", "long"] });
  });

  test.each([
    ["a text", `throw "just text"`, "just text"],
    ["undefined", "throw undefined", "threw undefined"],
    ["an object", "throw { a: 1 }", "threw { a: 1 }"],
    ["a bigint", "throw 5n", "threw 5n"],
    ["an object without prototype", "throw Object.assign(Object.create(null), { why: 1 })", "threw { why: 1 }"],
    ["an error with a number as its stack", `throw Object.assign(new Error("kept"), { stack: 7 })`, "kept"],
    ["an error with a code alone", `throw Object.assign(new Error(""), { code: "ECONNREFUSED" })`, "ECONNREFUSED"],
    ["a frozen error", `throw Object.freeze(new Error("frozen"))`, "frozen"],
    ["a rejected promise", `return Promise.reject(new Error("rejected"))`, "rejected"],
  ])("[R9] %s thrown is a failure like any other", async (_kind, statement, expected) => {
    await notebook.cell("odd", `const odd = stage("odd", (): any => { ${statement}; });`);
    const text = await notebook.failing("run", "await odd();");
    expect(text).toContain(expected);
    expect(text).not.toMatch(/node_modules|node:internal|kernel-lib|tslab/);
    expect(notebook.status("odd")).toBe("failed");
  });

  test.each([
    ["a frozen error", `Object.freeze(new Error("frozen"))`, "Error: frozen"],
    ["a chain of causes", `new Error("outer", { cause: Object.freeze(new TypeError("inner")) })`, "TypeError: inner"],
    ["an error with a number as its stack", `Object.assign(new Error("kept"), { stack: 7 })`, "Error: kept"],
    ["a bigint", "5n", "5n"],
  ])(
    "[R9] %s thrown by a cell itself is printed with the frames of the cell alone",
    async (_kind, thrown, expected) => {
      for (const code of [`throw ${thrown};`, `await 1; throw ${thrown};`]) {
        const text = await notebook.failing("own", code);
        expect(text).toContain(expected);
        expect(text).not.toMatch(/node_modules|node:internal|node:vm|kernel-lib|tslab/);
      }
    },
  );
});

describe("a cell that throws outside of any stage", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cell("import", 'import { stage } from "stagebook";');
    notebook.write("throws.ts", 'export const one = 1;\nif (one) throw new Error("of the module");');
  });
  afterAll(() => notebook.kernel.stop());

  // Node prints the line that threw above the message: a wrapper in Stagebook, or a file of Node, is none of the user's.
  test.each([
    ["a missing file", 'import fs from "node:fs"; fs.readFileSync("missing.txt");', /^Error: ENOENT: no such file/],
    ["a missing module", 'require("./missing");', /^Error: Cannot find module/],
    [
      "a program that fails",
      'require("node:child_process").execSync("exit 3", { stdio: "ignore" });',
      /^Error: Command failed/,
    ],
    [
      "a local module",
      'import { one } from "./throws";',
      /throws\.js:\d+\n +throw new Error\("of the module"\);\n +\^\n+Error: of the module/,
    ],
    [
      "the cell itself",
      'throw new Error("of the cell");',
      /^cell \[\d+\]:\d+\nthrow new Error\("of the cell"\);\n\^\n+Error: of the cell/,
    ],
  ])("[R9] %s: the line that is shown is the user's, or none", async (_, code, shown) => {
    const text = await notebook.failing("throws", code);
    expect(text).toMatch(shown);
    expect(text).not.toMatch(/kernel-lib|node:internal|node:child_process:|tslab/);
  });
});
