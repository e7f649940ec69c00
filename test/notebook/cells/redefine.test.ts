/** Cells executed again, renamed, deleted; a name in two cells; inputs that cannot work. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

describe("cells executed again", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
  });
  afterAll(() => notebook.kernel.stop());

  test("[D3] an identical re-execution keeps one node and runs nothing", async () => {
    const cell = `const again = stage("again", () => { ${ran("again")} return 1; });`;
    await notebook.cell("again", cell);
    expect(await notebook.executed(() => notebook.cell("run", "await again();"))).toEqual(["again"]);
    expect(
      await notebook.executed(async () => {
        await notebook.cell("again", cell);
        await notebook.cell("run", "await again();");
      }),
    ).toEqual([]);
    expect(await notebook.read("pipeline.graph().nodes.filter((name) => name === 'again').length")).toBe("1");
  });

  test("[D3] a re-executed cell leaves no stale closure: downstream stages use the new function", async () => {
    await notebook.cells({
      source: `const source = stage("source", () => "old");`,
      below: `const below = stage("below", { source }, ({ source }) => source + "!");`,
    });
    expect(await notebook.read("await below()")).toBe("old!");
    await notebook.cell("source", `const source = stage("source", () => "new");`);
    expect(await notebook.read("await below()")).toBe("new!");
  });

  test("[S14] a stage renamed in its cell leaves one node and keeps its result", async () => {
    await notebook.cell("name", `const kept = stage("before", () => { ${ran("before")} return "kept"; });`);
    await notebook.cell("run", "await kept();");
    expect(
      await notebook.executed(async () => {
        await notebook.cell("name", `const kept = stage("after", () => { ${ran("before")} return "kept"; });`);
        expect(await notebook.read("await kept()")).toBe("kept");
      }),
    ).toEqual([]);
    expect(notebook.status("before")).toBeUndefined();
    expect(notebook.status("after")).toBe("fresh");
  });

  test("[S14] a deleted cell removes its stage and its parameter", async () => {
    await notebook.cells({
      gone: `const goneParam = param("goneParam", 1); const gone = stage("gone", () => 1);`,
      needs: `const needs = stage("needs", { gone }, ({ gone }) => gone);`,
    });
    await notebook.cell("run", "1;", { deletedCells: ["gone"] });
    expect(notebook.status("gone")).toBeUndefined();
    expect(notebook.view.params.goneParam).toBeUndefined();
    expect(notebook.view.cells.gone).toBeUndefined();
    expect(notebook.status("needs")).toBe("blocked");
    expect(await notebook.failing("run", "await needs();")).toMatch(/needs.*gone/);
    await notebook.cell("run", "1;", { deletedCells: ["needs"] });
  });

  test("[S14] producer and consumer can swap roles", async () => {
    await notebook.cells({
      p: `let p = stage("p", () => 1); let q: any;`,
      q: `q = stage("q", { p }, ({ p }) => p + 1);`,
    });
    expect(await notebook.read("await q()")).toBe("2");
    await notebook.cell("q", `q = stage("q", () => 10);`);
    await notebook.cell("p2", `const p3 = stage("p3", { q }, ({ q }) => q + 1);`);
    expect(await notebook.read("await p3()")).toBe("11");
  });

  test("[S14] a name in two live cells is an error that names both cells", async () => {
    await notebook.cells({ one: `const twin = stage("twin", () => 1);`, filler: `1;` });
    const count = (await notebook.cell("one", `const twin = stage("twin", () => 1);`)).executionCount ?? 0;
    const text = await notebook.failing("two", `const twin2 = stage("twin", () => 2);`);
    expect(text).toContain(`"twin"`);
    expect(text).toContain(`[${count}]`);
    expect(text).toContain(`[${count + 1}]`);
    expect(text).toContain("name-taken");
    expect(await notebook.read("await twin()")).toBe("1");
  });

  test("[S14] a name can move to another cell when the first is deleted", async () => {
    await notebook.cell("first-owner", `const moved = stage("moved", () => 1);`);
    await notebook.cell("second-owner", `const moved = stage("moved", () => 2);`, { deletedCells: ["first-owner"] });
    expect(notebook.view.stages.moved?.cell).toBe("second-owner");
    expect(await notebook.read("await moved()")).toBe("2");
  });

  test("[S14] a name can move to another cell when the first is executed without it", async () => {
    await notebook.cell("left-behind", `const wandering = stage("wandering", () => 1);`);
    expect(await notebook.failing("new-home", `const wandering2 = stage("wandering", () => 2);`)).toContain(
      "name-taken",
    );
    await notebook.cell("left-behind", `const nothing = 1;`);
    expect(notebook.status("wandering")).toBeUndefined();
    await notebook.cell("new-home", `const wandering2 = stage("wandering", () => 2);`);
    expect(notebook.view.stages.wandering?.cell).toBe("new-home");
    expect(await notebook.read("await wandering2()")).toBe("2");
  });

  test("[S14] a stage removed from a cell that defines others is removed; its dependents report it", async () => {
    await notebook.cells({
      both: `const staying = stage("staying", () => 1);\nconst leaving = stage("leaving", () => 2);`,
      reads: `const reads = stage("reads", { leaving }, ({ leaving }) => leaving);`,
    });
    await notebook.cell("run", "await reads();");
    await notebook.cell("both", `const staying = stage("staying", () => 1);`);
    expect(notebook.status("leaving")).toBeUndefined();
    expect(await notebook.read("pipeline.graph().nodes.includes('leaving')")).toBe("false");
    expect(notebook.status("reads")).toBe("blocked");
    expect(notebook.reasons("reads").join()).toMatch(/depends on "leaving", which no cell defines any more/);
    expect(await notebook.failing("run", "await reads();")).toMatch(/stage-unknown/);
    await notebook.cell("run", "1;", { deletedCells: ["reads", "both"] });
  });

  test("[S14] a parameter in two live cells is an error that names both cells", async () => {
    await notebook.cell("p-one", `const twinParam = param("twinParam", 1);`);
    const text = await notebook.failing("p-two", `const twinParam2 = param("twinParam", 2);`);
    expect(text).toMatch(
      /parameter "twinParam" is defined in two cells: \[\d+\] and \[\d+\]|"twinParam".*\[\d+\].*\[\d+\]/,
    );
    expect(text).toContain("name-taken");
    expect(await notebook.read("twinParam.value")).toBe("1");
  });

  test("[S15] a cycle is an error that names its path, and nothing runs", async () => {
    await notebook.cells({
      ping: `const ping = stage("ping", () => 1);`,
      pong: `const pong = stage("pong", { ping }, ({ ping }) => { ${ran("pong")} return ping + 1; });`,
    });
    await notebook.cell(
      "ping",
      `const ping = stage("ping", { pong }, ({ pong }) => { ${ran("ping")} return pong + 1; });`,
    );
    expect(
      await notebook.executed(async () => {
        expect(await notebook.failing("run", "await ping();")).toMatch(/ping → pong → ping|pong → ping → pong/);
      }),
    ).toEqual([]);
    expect(notebook.status("ping")).toBe("blocked");
    await notebook.cell("ping", `const ping = stage("ping", () => { ${ran("ping")} return 1; });`);
    expect(await notebook.read("await pong()")).toBe("2");
  });

  test("[S15] a cycle elsewhere does not prevent other stages from running", async () => {
    await notebook.cells({
      ring: `let ring1: any; let ring2: any; ring1 = stage("ring1", async () => await ring2()); ring2 = stage("ring2", async () => await ring1());`,
      apart: `const apart = stage("apart", () => { ${ran("apart")} return "fine"; });`,
    });
    expect(await notebook.read("await apart()")).toBe("fine");
    await notebook.cell("run", "1;", { deletedCells: ["ring"] });
  });

  test("[D9] inputs of the wrong type are a compile error in the cell", async () => {
    await notebook.cells({
      words: `const words = stage("words", () => ["a", "b"]);`,
      limit: `const limit = param("limit", 3);`,
    });
    const wrong = async (code: string): Promise<string> => notebook.failing("wrong", code);
    expect(await wrong(`stage("w1", { words }, ({ words }) => words.toFixed(2));`)).toMatch(/toFixed.*does not exist/);
    expect(await wrong(`stage("w2", { words }, ({ wrods }) => 1);`)).toMatch(/wrods.*does not exist/);
    expect(await wrong(`stage("w3", { limit }, ({ limit }) => limit.length);`)).toMatch(/length.*does not exist/);
    expect(await wrong(`limit.set("ten");`)).toMatch(/string.*not assignable.*number/);
    expect(await wrong(`const n: number = await words();`)).toMatch(/not assignable.*number/);
    expect(Object.keys(notebook.view.stages)).not.toContain("w1");
  });

  test("[D9] passing the call of a stage instead of the stage is an error that says so", async () => {
    const text = await notebook.failing("wrong", `stage("w4", { words: words() as any }, ({ words }) => words);`);
    expect(text).toContain("Pass the stage itself");
  });
});
