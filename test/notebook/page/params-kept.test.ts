/** The latest deliberate act wins: a value set in the sidebar when cells are executed again and kernels restart. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { StagebookEvent } from "stagebook/protocol";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

const cells = {
  limit: `const limit = param("limit", 5, { min: 0, max: 10 });`,
  a: `const a = stage("a", { limit }, ({ limit }) => { ${ran("a")} return limit * 2; });`,
  ask: `console.log(await a());`,
};

describe("a value set in the sidebar", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells(cells);
  });
  afterAll(() => notebook.kernel.stop());
  // Each test starts with the cells above and no override.
  beforeEach(async () => {
    await notebook.cell("limit", cells.limit);
    await notebook.kernel.command({ type: "reset-params" });
  });

  const setLimit = (value: number) => notebook.kernel.command({ type: "set-params", values: { limit: value } });
  const logged = (events: readonly StagebookEvent[]): string[] =>
    events.flatMap((event) => (event.type === "log:written" ? [`${event.record.level} ${event.record.message}`] : []));

  test("[P11] Run All keeps it", async () => {
    await setLimit(8);
    await notebook.cell("limit", cells.limit);
    await notebook.cell("a", cells.a);
    expect((await notebook.cell("ask", cells.ask)).stdout).toBe("16\n");
    expect(notebook.view.params.limit).toMatchObject({ value: 8, default: 5, overridden: true });
  });

  test("[P11] a change of the description alone keeps it", async () => {
    await setLimit(8);
    await notebook.cell("limit", cells.limit.replace("max: 10", `max: 10, description: "at most"`));
    expect(notebook.view.params.limit).toMatchObject({ value: 8, overridden: true, description: "at most" });
  });

  test("[P11] a kernel restart keeps it, and Run All then runs nothing", async () => {
    await setLimit(8);
    await notebook.cells(cells);
    await notebook.restart();
    const events = await notebook.executed(() => notebook.cells(cells));
    expect(events).toEqual([]);
    expect(notebook.view.params.limit).toMatchObject({ value: 8, default: 5, overridden: true });
    expect(await notebook.read("limit.value")).toBe("8");
  });

  test("[P11] a changed default wins, is logged, and survives a restart", async () => {
    await setLimit(8);
    const events = await notebook.during(() =>
      notebook.cell("limit", `const limit = param("limit", 6, { min: 0, max: 10 });`),
    );
    expect(notebook.view.params.limit).toMatchObject({ value: 6, overridden: false });
    expect(logged(events)).toEqual([expect.stringMatching(/^info .*limit.*6.*8/)]);
    await notebook.restart();
    await notebook.cell("limit", `const limit = param("limit", 6, { min: 0, max: 10 });`);
    expect(notebook.view.params.limit).toMatchObject({ value: 6, overridden: false });
  });

  test("[P11] a value outside new limits is dropped with a warning", async () => {
    await setLimit(9);
    const events = await notebook.during(() =>
      notebook.cell("limit", `const limit = param("limit", 5, { min: 0, max: 8 });`),
    );
    expect(notebook.view.params.limit).toMatchObject({ value: 5, overridden: false });
    expect(logged(events)).toEqual([expect.stringMatching(/^warn .*limit.*9.*must be <= 8/)]);
  });

  test("[P11] a default changed while the kernel was down wins too", async () => {
    await setLimit(7);
    await notebook.restart();
    await notebook.cell("limit", `const limit = param("limit", 4, { min: 0, max: 8 });`);
    expect(notebook.view.params.limit).toMatchObject({ value: 4, overridden: false });
  });

  test("[P11] a value set back to the default is not an override", async () => {
    await setLimit(7);
    await setLimit(5);
    expect(notebook.view.params.limit).toMatchObject({ value: 5, overridden: false });
    await notebook.cell("limit", `const limit = param("limit", 3, { min: 0, max: 8 });`);
    expect(notebook.view.params.limit).toMatchObject({ value: 3 });
  });

  test("[P11] values that JSON cannot represent survive a restart", async () => {
    const defined = `const when = param("when", new Date(0)); const table = param("table", new Map([["a", 1]]));`;
    await notebook.cell("kinds", defined);
    await notebook.cell("x", `when.set(new Date(86400000)); table.set(new Map([["a", 2]]));`);
    await notebook.restart();
    await notebook.cell("kinds", defined);
    expect(await notebook.read(`JSON.stringify([when.value.getTime(), table.value.get("a")])`)).toBe("[86400000,2]");
  });
});
