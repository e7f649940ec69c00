/** The latest deliberate act wins: a value set in the sidebar when cells are executed again and kernels restart. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { StagebookEvent, View } from "stagebook/protocol";
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

  test("[P11] a changed default wins, and is logged", async () => {
    await setLimit(8);
    const events = await notebook.during(() =>
      notebook.cell("limit", `const limit = param("limit", 6, { min: 0, max: 10 });`),
    );
    expect(notebook.view.params.limit).toMatchObject({ value: 6, overridden: false });
    expect(logged(events)).toEqual([expect.stringMatching(/^info .*limit.*6.*8/)]);
  });

  test("[P11] a value outside new limits is dropped with a warning", async () => {
    await setLimit(9);
    const events = await notebook.during(() =>
      notebook.cell("limit", `const limit = param("limit", 5, { min: 0, max: 8 });`),
    );
    expect(notebook.view.params.limit).toMatchObject({ value: 5, overridden: false });
    expect(logged(events)).toEqual([expect.stringMatching(/^warn .*limit.*9.*must be <= 8/)]);
  });

  test("[P11] a value set back to the default is not an override", async () => {
    await setLimit(7);
    await setLimit(5);
    expect(notebook.view.params.limit).toMatchObject({ value: 5, overridden: false });
    await notebook.cell("limit", `const limit = param("limit", 3, { min: 0, max: 8 });`);
    expect(notebook.view.params.limit).toMatchObject({ value: 3 });
  });

  describe("after a restart of the kernel", () => {
    const more = {
      changed: `const changed = param("changed", 5);`,
      later: `const later = param("later", 5);`,
      kinds: `const when = param("when", new Date(0)); const table = param("table", new Map([["a", 1]]));`,
    };
    const afterwards = { ...more, changed: more.changed.replace("5", "6"), later: more.later.replace("5", "4") };
    let values: View["params"];
    let kinds: string;
    beforeAll(async () => {
      await notebook.cells({ ...cells, ...more });
      await notebook.kernel.command({ type: "set-params", values: { limit: 8, changed: 8, later: 7 } });
      await notebook.cell("x", `when.set(new Date(86400000)); table.set(new Map([["a", 2]]));`);
      await notebook.cells({ ask: cells.ask, changed: afterwards.changed });
      await notebook.restart();
      expect(await notebook.executed(() => notebook.cells(cells))).toEqual([]);
      await notebook.cells(afterwards);
      // Before each test the values are reset.
      values = structuredClone(notebook.view.params);
      kinds = await notebook.read(`JSON.stringify([limit.value, when.value.getTime(), table.value.get("a")])`);
    });

    test("[P11] it is kept, and Run All runs nothing", () => {
      expect(values.limit).toMatchObject({ value: 8, default: 5, overridden: true });
    });

    test("[P11] a default that was changed wins", () => {
      expect(values.changed).toMatchObject({ value: 6, overridden: false });
    });

    test("[P11] a default changed while the kernel was down wins too", () => {
      expect(values.later).toMatchObject({ value: 4, overridden: false });
    });

    test("[P11] values that JSON cannot represent are kept", () => {
      expect(kinds).toBe("[8,86400000,2]");
    });
  });
});
