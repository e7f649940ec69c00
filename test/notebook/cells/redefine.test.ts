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

  describe("[S14] a name twice in one cell is an error that names the cell", () => {
    const twice: readonly (readonly [string, string])[] = [
      [
        "two stages",
        `const d1 = stage("dup", () => 1), d2 = stage("dup", () => 2); console.log(await d1(), await d2());`,
      ],
      ["two parameters", `const d1 = param("dup", 1); const d2 = param("dup", 2);`],
      ["two of each", `const d1 = each("dup", [1], (n) => n); const d2 = each("dup", [2], (n) => n);`],
      ["a stage and an each", `const d1 = stage("dup", () => 1); const d2 = each("dup", [1], (n) => n);`],
      ["one stage in a loop", `const all: any[] = []; for (const n of [1, 2]) all.push(stage("dup", () => n));`],
      ["a function called twice", `const add = (n: number) => stage("dup", () => n); const d1 = add(1), d2 = add(2);`],
      ["after an await", `const d1 = stage("dup", () => 1); await d1(); const d2 = stage("dup", () => 2);`],
    ];
    test.each(twice)("%s", async (_, code) => {
      await notebook.cell("each", `import { each } from "stagebook";`);
      const { executionCount = 0 } = await notebook.cell("count", "1;");
      const text = await notebook.failing("dup", code);
      expect(text).toContain("name-taken");
      expect(text).toMatch(/(stage|parameter) "dup" is defined twice in cell \[(\d+)\]/);
      expect(text).toContain(`cell [${executionCount + 1}]`);
      await notebook.cell("dup", "1;");
      expect(notebook.status("dup")).toBeUndefined();
    });

    test("the first definition stays, as after any error, and the corrected cell replaces it", async () => {
      await notebook.failing("dup", `const d1 = stage("dup", () => 1); const d2 = stage("dup", () => 2);`);
      expect(await notebook.read("await d1()")).toBe("1");
      await notebook.cell("dup", `const d1 = stage("dup", () => 3);`);
      expect(await notebook.read("await d1()")).toBe("3");
    });

    test("a cell that failed half way defines its names again", async () => {
      const cell = `const half = stage("half", () => 1); if (stopsHalfWay) throw new Error("stop"); const half2 = stage("half2", () => 2);`;
      await notebook.cell("flag", `let stopsHalfWay = true;`);
      expect(await notebook.failing("half", cell)).toContain("stop");
      await notebook.cell("flag", `let stopsHalfWay = false;`);
      await notebook.cell("half", cell);
      await notebook.cell("half", cell);
      expect(await notebook.read("(await half()) + (await half2())")).toBe("3");
    });

    test("the same for a cell without an id, as other front ends send it", async () => {
      const run = (code: string): Promise<{ readonly ok: boolean; readonly text: string }> => notebook.kernel.run(code);
      const twice = await run(`const d1 = stage("anon", () => 1), d2 = stage("anon", () => 2);`);
      expect(twice.ok).toBe(false);
      expect(twice.text).toContain('stage "anon" is defined twice in one cell');
      expect((await run(`const d1 = stage("anon", () => 3);`)).ok).toBe(true);
      expect((await run(`const d1 = stage("anon", () => 4);`)).ok).toBe(true);
      expect(await notebook.read("await d1()")).toBe("4");
    });

    test("a function of a stage that defines one may be executed again", async () => {
      const cell = `const outer = stage("outer", async () => await stage("inner", () => 1)()); await outer.run({ force: true }); await outer.run({ force: true });`;
      await notebook.cell("nested", cell);
      expect(await notebook.read("await outer()")).toBe("1");
    });

    test("a callback may define again what its cell defined, once the cell is over", async () => {
      const cell = `const redo = (n: number) => stage("later", () => n); const later = redo(1);
        const redone = new Promise((resolve) => setTimeout(() => resolve(redo(2)), 10));`;
      await notebook.cell("later", cell);
      await notebook.cell("wait", "await redone;");
      expect(await notebook.read("await later()")).toBe("2");
    });

    test("a pipeline of its own may define a name again, also within a cell", async () => {
      const cell = `const own = createPipeline({ store: "memory" }); own.stage("x", () => 1); await own.run(); own.stage("x", () => 2); await own.run();`;
      await notebook.cell("own", `import { createPipeline } from "stagebook"; ${cell}`);
      expect(await notebook.read(`await own.load("x")`)).toBe("2");
    });
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
