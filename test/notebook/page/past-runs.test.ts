/** Past runs: their list, and the pipeline as it was then, also from an earlier kernel. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyView, reduceAll } from "stagebook/protocol";
import type { RunRowView, StagebookEvent, View } from "stagebook/protocol";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

const cells = {
  limit: `const limit = param("limit", 1);`,
  a: `const a = stage("a", { limit }, ({ limit }, { log }) => { ${ran("a")} log.info("a ran", { limit }); return limit * 10; });`,
  b: `const b = stage("b", { a }, ({ a }) => { ${ran("b")} if (a > 50) throw new Error("too much"); return a + 1; }, { description: "one more" });`,
  showB: `console.log("b is", await b());`,
};

describe("past runs", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells(cells);
  });
  afterAll(() => notebook.kernel.stop());

  const runs = async (before = 0, limit = 100) => notebook.kernel.command({ type: "runs", before, limit });
  const eventsOf = async (run: RunRowView | undefined): Promise<readonly StagebookEvent[]> =>
    (await notebook.kernel.command({ type: "run-events", run: run?.id ?? "", from: 0, limit: 5000 })).events;
  const setLimit = (limit: number) => notebook.kernel.command({ type: "set-params", values: { limit } });
  const statuses = ({ stages }: View) => Object.values(stages).map(({ name, status }) => `${name} ${status}`);

  test("[O5] the events of a run rebuild the pipeline, its parameters and its log as they were", async () => {
    const [first] = (await runs()).rows;
    expect(first).toMatchObject({ targets: ["b"], status: "succeeded", executed: 2, params: {}, source: "cell" });
    await setLimit(2);
    await notebook.kernel.command({ type: "run-stale" });
    await notebook.cell("b", `const b = stage("b", { a }, ({ a }) => { ${ran("b")} return a + 2; });`);
    const [second] = (await runs()).rows;
    expect(second).toMatchObject({ status: "succeeded", executed: 2, params: { limit: "2" }, source: "page" });

    const then = reduceAll(emptyView, await eventsOf(first));
    expect(statuses(then)).toEqual(["a fresh", "b fresh"]);
    expect(then.params.limit?.value).toBe(1);
    expect(then.stages.a).toMatchObject({ inputs: [{ name: "limit" }] });
    expect(then.stages.b).toMatchObject({ description: "one more", inputs: [{ name: "a" }] });
    expect(then.log.map(({ message }) => message)).toContain("a ran");
    expect(then.runs.map(({ id }) => id)).toEqual([first?.id]);
    expect(reduceAll(emptyView, await eventsOf(second)).params.limit?.value).toBe(2);
  });

  test("[O5] the first events rebuild the pipeline as it was when the run began", async () => {
    await notebook.cells(cells);
    await setLimit(1);
    await notebook.cell("showB", cells.showB);
    await setLimit(3);
    await notebook.kernel.command({ type: "run-stale" });
    const [latest] = (await runs()).rows;
    const events = await eventsOf(latest);
    const began = reduceAll(
      emptyView,
      events.filter(({ seq }) => seq === 0),
    );
    expect(statuses(began)).toEqual(["a stale", "b pending"]);
    expect(began.stages.a?.reasons.map(({ text }) => text)).toEqual(["limit 1 → 3"]);
  });

  test("[O5] a run that finds everything fresh is not listed; one that fails is, with its error", async () => {
    await setLimit(1);
    await notebook.cells(cells);
    const before = (await runs()).rows.length;
    await notebook.cell("showB", cells.showB);
    expect((await runs()).rows).toHaveLength(before);
    await setLimit(6);
    await notebook.failing("showB", cells.showB);
    const { rows } = await runs();
    expect(rows).toHaveLength(before + 1);
    expect(rows[0]).toMatchObject({ status: "failed", error: { message: "too much", stage: "b" } });
    const then = reduceAll(emptyView, await eventsOf(rows[0]));
    expect(then.stages.b).toMatchObject({ status: "failed", error: { message: "too much" } });
  });

  test("[O5] runs and events come in parts", async () => {
    const { rows } = await runs();
    expect((await runs(1, 1)).rows.map(({ id }) => id)).toEqual([rows[1]?.id]);
    expect((await runs(0, 1)).more).toBe(true);
    expect((await runs(0, rows.length)).more).toBe(false);
    const events = await eventsOf(rows[0]);
    const part = await notebook.kernel.command({ type: "run-events", run: rows[0]?.id ?? "", from: 2, limit: 3 });
    expect(part).toEqual({ events: events.slice(2, 5), total: events.length });
    expect(await notebook.kernel.command({ type: "run-events", run: "none", from: 0, limit: 9 })).toEqual({
      events: [],
      total: 0,
    });
  });

  test("[O5] a later kernel lists them too, and continues the list", async () => {
    await setLimit(1);
    const { rows } = await runs();
    await notebook.restart();
    expect((await runs()).rows).toEqual(rows);
    await notebook.cells(cells);
    await notebook.kernel.command({ type: "set-params", values: { limit: 4 } });
    await notebook.kernel.command({ type: "run-stale" });
    expect((await runs()).rows.slice(1)).toEqual(rows);
  });

  test("[O5] a stage that runs in its defining cell has its inputs in the recorded run", async () => {
    await notebook.cell(
      "d",
      `const d = stage("d", { limit }, ({ limit }) => { ${ran("d")} return limit / 2; });\nawait d();`,
    );
    const [latest] = (await runs()).rows;
    const then = reduceAll(emptyView, await eventsOf(latest));
    expect(then.stages.d).toMatchObject({ status: "fresh", inputs: [{ kind: "param", name: "limit" }] });
  });

  test("[U2] Run stale of chosen cells runs their stages and returns only these cells", async () => {
    await setLimit(1);
    await notebook.cells({
      ...cells,
      c: `const c = stage("c", { limit }, ({ limit }) => { ${ran("c")} return -limit; });`,
      showC: `console.log(await c());`,
    });
    await setLimit(5);
    const executed = await notebook.executed(async () => {
      const { cells: toExecute, notRun } = await notebook.kernel.command({
        type: "run-stale",
        cells: ["showC" as never],
      });
      expect({ toExecute, notRun }).toEqual({ toExecute: ["showC"], notRun: 0 });
    });
    expect(executed).toEqual(["c"]);
    expect(notebook.status("b")).toBe("pending");
  });
});
