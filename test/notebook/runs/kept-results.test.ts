/** Results over time: up to date, restored by an edit back, after a restart, by parameter set; what is cached at all. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { log } from "../../rig/kernel/event-log";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

const cells = {
  limit: `const limit = param("limit", 1);`,
  helper: `const shift = (n: number) => n + 100;`,
  base: `const base = stage("base", () => { ${ran("base")} return [1, 2, 3]; });`,
  scaled: `const scaled = stage("scaled", { base, limit }, ({ base, limit }) => { ${ran("scaled")} return base.map((n) => shift(n) * limit); });`,
  total: `const total = stage("total", { scaled }, ({ scaled }) => { ${ran("total")} return scaled.reduce((sum, n) => sum + n, 0); });`,
  nothing: `const nothing = stage("nothing", () => { ${ran("nothing")} return undefined; });`,
  nil: `const nil = stage("nil", () => { ${ran("nil")} return null; });`,
  apart: `const apart = stage("apart", () => { ${ran("apart")} return "apart"; });`,
};
const all = ["apart", "base", "nil", "nothing", "scaled", "total"];

describe("stored results", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells(cells);
  });
  afterAll(() => notebook.kernel.stop());

  // Each test starts with the cells above, limit 1, and every stage fresh.
  beforeEach(async () => {
    await (notebook.status("total") === undefined ? notebook.cells(cells) : notebook.cell("helper", cells.helper));
    await setLimit(1);
    await runAll();
  });

  const runAll = () => notebook.executed(() => notebook.cell("run", "await pipeline.run();"));
  const setLimit = (value: number) => notebook.kernel.command({ type: "set-params", values: { limit: value } });

  test("[S12] an up-to-date target runs nothing", async () => {
    await notebook.kernel.command({ type: "clear" });
    expect(await runAll()).toEqual(all);
    expect(await runAll()).toEqual([]);
    const events = await notebook.during(() => notebook.cell("run", "await total();"));
    expect(log(events)).toEqual(["base cached", "scaled cached", "total cached"]);
  });

  test("[S6] a → b → a: the third run executes nothing", async () => {
    await notebook.kernel.command({ type: "clear" });
    await runAll();
    await setLimit(2);
    expect(await runAll()).toEqual(["scaled", "total"]);
    await setLimit(1);
    expect(notebook.status("total")).toBe("fresh");
    expect(await runAll()).toEqual([]);
    expect(await notebook.read("await total()")).toBe("306");
  });

  test("[C2] n parameter sets are n stored results", async () => {
    await notebook.kernel.command({ type: "clear" });
    for (const limit of [1, 2, 3]) {
      await setLimit(limit);
      await runAll();
    }
    const rows = JSON.parse(
      await notebook.read("JSON.stringify((await total.history()).map((row) => row.params))"),
    ) as unknown[];
    expect(rows).toHaveLength(3);
    expect(rows).toEqual(expect.arrayContaining([{ limit: "1" }, { limit: "2" }, { limit: "3" }]));
    for (const limit of [1, 2, 3]) {
      await setLimit(limit);
      expect(await runAll()).toEqual([]);
    }
  });

  test("[C10] null and undefined are cached", async () => {
    expect(await notebook.read("[await nothing(), await nil()]")).toBe("[ undefined, null ]");
    expect(notebook.status("nothing")).toBe("fresh");
  });

  test("[C1] [D11] in a new kernel a result is read by name, stages are fresh once defined, and Run All runs nothing", async () => {
    await notebook.restart();
    // Without the cells that define them.
    expect(await notebook.read(`await pipeline.load("total")`)).toBe("306");
    expect(await notebook.failing("x", `await pipeline.load("never");`)).toMatch(/no-result/);
    expect(
      await notebook.executed(async () => {
        await notebook.cells(cells);
        expect(all.map((name) => notebook.status(name))).toEqual(all.map(() => "fresh"));
        await notebook.cell("run", "await pipeline.run();");
        expect(await notebook.read("[await total(), await nothing(), await nil()]")).toBe("[ 306, undefined, null ]");
      }),
    ).toEqual([]);
  });

  test("[S17] on a cold start, unrelated stages do not run", async () => {
    await notebook.cells(cells);
    await notebook.kernel.command({ type: "clear" });
    expect(all.map((name) => notebook.status(name))).toEqual(all.map(() => "new"));
    expect(await notebook.executed(() => notebook.cell("run", "await total();"))).toEqual(["base", "scaled", "total"]);
    expect(["apart", "nil"].map((name) => notebook.status(name))).toEqual(["new", "new"]);
  });

  test("[S13] all of it within one kernel session: edit, run, edit back, run", async () => {
    await notebook.cell("helper", `const shift = (n: number) => n + 200;`);
    expect(await runAll()).toEqual(["scaled", "total"]);
    await notebook.cell("helper", cells.helper);
    expect(await runAll()).toEqual([]);
  });

  test("[C15] force executes the target alone", async () => {
    expect(await notebook.executed(() => notebook.cell("run", "await total.run({ force: true });"))).toEqual(["total"]);
  });

  test("[C14] cache: false executes at each call", async () => {
    await notebook.cell(
      "fleeting",
      `const fleeting = stage("fleeting", () => { ${ran("fleeting")} return 1; }, { cache: false });`,
    );
    expect(await notebook.executed(() => notebook.cell("run", "await fleeting(); await fleeting();"))).toEqual([
      "fleeting",
      "fleeting",
    ]);
  });

  test("[Y4] a value changed by one consumer is unchanged for the next", async () => {
    await notebook.cell("x", "const taken = await base(); taken.push(9);");
    expect(await notebook.read("JSON.stringify(await base())")).toBe("[1,2,3]");
  });
});
