/** Which cells are stale and why, and which of them Run stale returns. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

const cells = {
  limit: `const limit = param("limit", 1);`,
  mode: `const mode = param("mode", "x");`,
  a: `const a = stage("a", { limit }, ({ limit }) => { ${ran("a")} return limit * 10; });`,
  b: `const b = stage("b", { a }, ({ a }) => { ${ran("b")} return a + 1; });`,
  apart: `const apart = stage("apart", { mode }, ({ mode }) => { ${ran("apart")} return "mode " + mode; });`,
  showB: `console.log("b is", await b());`,
  showApart: `console.log("apart is", await apart());`,
  keep: `const kept = await b();`,
  useKept: `console.log(kept * 2);`,
  readParam: `console.log("limit is", limit.value);`,
  plain: `const unrelated = 1;`,
};

describe("marks on cells", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells(cells);
  });
  afterAll(() => notebook.kernel.stop());

  // Each test starts with the cells above, all of them fresh, whatever the one before has left.
  beforeEach(async () => {
    const added = Object.keys(notebook.view.cells).filter((id) => !(id in cells) && id !== "first" && id !== "x");
    await notebook.cell("x", "1;", { deletedCells: added });
    await notebook.kernel.command({ type: "reset-params" });
    await runStaleCells();
  });

  const stale = (): string[] =>
    Object.values(notebook.view.cells)
      .filter((cell) => cell.status === "stale")
      .map((cell) => cell.id)
      .sort();
  const setParams = (values: { limit?: number; mode?: string }) =>
    notebook.kernel.command({ type: "set-params", values });
  const runStale = () => notebook.kernel.command({ type: "run-stale" });

  /** Like the page: runs the stages, then executes the returned cells in the order of the notebook, until none is left. */
  async function runStaleCells(): Promise<string[]> {
    const done: string[] = [];
    for (;;) {
      const { cells: returned } = await runStale();
      const next = Object.keys(cells).filter((id) => returned.includes(id as never) && !done.includes(id));
      if (next.length === 0) return done;
      for (const id of next) {
        await notebook.cell(id, cells[id as keyof typeof cells]);
        done.push(id);
      }
    }
  }

  test("[U2] after Run All no cell is stale", () => {
    expect(stale()).toEqual([]);
    expect(Object.keys(cells).map((id) => notebook.view.cells[id]?.status)).toEqual(
      Object.keys(cells).map(() => "fresh"),
    );
  });

  test("[U2] a parameter change marks the cells of stale stages and the cells that showed them, and no others", async () => {
    await setParams({ limit: 2 });
    expect(stale()).toEqual(["a", "b", "keep", "readParam", "showB"]);
    expect(notebook.view.cells.a?.reasons.join()).toContain("limit 1 → 2");
    expect(notebook.view.cells.showB?.reasons.join()).toMatch(/^b is /);
    expect(notebook.view.cells.readParam?.reasons).toEqual(["parameter limit changed"]);
  });

  test("[U2] Run stale runs the stale stages and returns the cells to execute, without those that define stages", async () => {
    await setParams({ limit: 3 });
    const lines = notebook.kernel.iopub.length;
    let reply: Awaited<ReturnType<typeof runStale>> | undefined;
    expect(
      await notebook.executed(async () => {
        reply = await runStale();
      }),
    ).toEqual(["a", "b"]);
    expect(reply).toMatchObject({ status: "succeeded", executed: 2, notRun: 0 });
    expect([...(reply?.cells ?? [])].sort()).toEqual(["keep", "readParam", "showB"]);
    expect(stale()).toEqual(["keep", "readParam", "showB"]);
    expect(notebook.view.cells.showB?.reasons).toEqual(["b has a new result"]);
    expect(
      notebook.kernel.iopub
        .slice(lines)
        .filter(({ type, content }) => type === "stream" && /b is/.test(String(content.text))),
    ).toEqual([]);
  });

  test("[U2] executing them makes the readers of their variables stale, and then nothing is left", async () => {
    await setParams({ limit: 4 });
    await runStale();
    expect(
      await notebook.executed(async () => {
        expect(await runStaleCells()).toEqual(["showB", "keep", "readParam", "useKept"]);
      }),
    ).toEqual([]);
    expect(stale()).toEqual([]);
    expect(await notebook.read("kept")).toBe("41");
  });

  test("[U2] the parameter changed back runs nothing, and the same cells are executed", async () => {
    await setParams({ limit: 5 });
    await runStaleCells();
    await setParams({ limit: 1 });
    expect(stale()).toEqual(["keep", "readParam", "showB"]);
    expect(
      await notebook.executed(async () => {
        expect(await runStaleCells()).toEqual(["showB", "keep", "readParam", "useKept"]);
      }),
    ).toEqual([]);
    expect(stale()).toEqual([]);
  });

  test("[U2] a parameter changed and changed back before Run stale: no cell is stale", async () => {
    await setParams({ limit: 3 });
    await setParams({ limit: 1 });
    expect(stale()).toEqual([]);
    expect(await runStale()).toEqual({ status: "succeeded", executed: 0, cells: [], failed: [], notRun: 0 });
  });

  test("[U2] another parameter marks its own readers only", async () => {
    await setParams({ mode: "y" });
    expect(stale()).toEqual(["apart", "showApart"]);
    expect(await runStaleCells()).toEqual(["showApart"]);
  });

  test("[U2] a variable reassigned to an equal value marks nothing; to another value, its readers", async () => {
    await notebook.cell("data", `let data = [1, 2];`);
    await notebook.cell("reader", `console.log(data.length);`);
    await notebook.cell("data", `let data = [1, 2];`);
    expect(stale()).toEqual([]);
    await notebook.cell("data", `let data = [1, 2, 3];`);
    expect(stale()).toEqual(["reader"]);
    expect(notebook.view.cells.reader?.reasons).toEqual(["variable data changed"]);
    await notebook.cell("reader", `console.log(data.length);`);
    expect(stale()).toEqual([]);
  });

  test("[U2] an edited helper marks the cells of its callers and those that showed them", async () => {
    await notebook.cells({
      helper: `const decorate = (text: string) => "<" + text + ">";`,
      decorated: `const decorated = stage("decorated", () => decorate("x"));`,
      showDecorated: `console.log(await decorated());`,
    });
    expect(stale()).toEqual([]);
    await notebook.cell("helper", `const decorate = (text: string) => "[" + text + "]";`);
    expect(stale()).toEqual(["decorated", "showDecorated"]);
    expect([...(await runStale()).cells]).toEqual(["showDecorated"]);
    await notebook.cell("showDecorated", `console.log(await decorated());`);
    expect(stale()).toEqual([]);
  });

  test("[U2] an upstream stage that returns an equal value leaves the cells of its downstream stages unmarked", async () => {
    await notebook.cells({
      list: `const list = stage("list", () => [1, 2, 3]);`,
      length: `const length = stage("length", { list }, ({ list }) => list.length);`,
      showLength: `console.log(await length());`,
    });
    await notebook.cell("list", `const list = stage("list", () => [3, 2, 1]);`);
    expect(stale()).toEqual(["length", "list", "showLength"]);
    expect([...(await runStale()).cells]).toEqual([]);
    expect(stale()).toEqual([]);
  });

  test("[U2] a failed stage: its cell and those downstream are marked, and Run stale reports what did not run", async () => {
    await notebook.cells({
      risky: `const risky = stage("risky", { limit }, ({ limit }) => { if (limit === 7) throw new Error("seven"); return limit; });`,
      after: `const after = stage("after", { risky }, ({ risky }) => risky + 0.5);`,
      showAfter: `console.log(await after());`,
    });
    await setParams({ limit: 7 });
    const reply = await runStale();
    expect(reply.status).toBe("failed");
    expect(reply.notRun).toBeGreaterThan(0);
    expect(notebook.view.cells.risky?.status).toBe("failed");
    expect(stale()).toEqual(expect.arrayContaining(["after", "showAfter"]));
    expect(reply.cells).not.toContain("showAfter");
    await setParams({ limit: 1 });
    await runStaleCells();
    expect(stale()).toEqual([]);
  });

  test("[U2] a deleted cell is no longer marked", async () => {
    await notebook.cells({ showAgain: `console.log(await b());`, showTwice: `console.log(await b(), await b());` });
    await notebook.cell("x", "1;", { deletedCells: ["showAgain", "showTwice"] });
    expect(notebook.view.cells.showAgain).toBeUndefined();
    await setParams({ limit: 6 });
    const { cells: returned } = await runStale();
    expect(returned).toContain("showB");
    expect(returned).not.toContain("showAgain");
  });
});
