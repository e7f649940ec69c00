/** Cells in every style: shorthand everywhere, the import in any cell, two notebooks in a folder, no cell ids. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startKernel } from "../../rig/kernel/kernel-rig";
import { Notebook, openNotebook, ran } from "../../rig/kernel/notebook";

let one: Notebook;
beforeAll(async () => (one = await openNotebook()));
afterAll(() => one.kernel.stop());

describe("cells of every style", () => {
  let notebook: Notebook;
  beforeAll(() => (notebook = one));

  test("[D14] shorthand works in every object literal, and no other code is changed", async () => {
    await notebook.cells({
      names: `const one = 1; const two = 2; const make = (object: object) => object;`,
      objects: `const objects = [{ one }, { ...{ two }, one }, make({ two }), { deep: { one, list: [{ two }] } }];`,
      inner: `const inner = () => ({ one, two });\nclass Pair { both = { one, two }; }`,
      shadow: `const shadow = ((one: number) => ({ one, two }))(10);`,
      patterns: `const { one: first, ...others } = { one, two };\nconst taken = (({ one }: { one: number }) => one)({ one: 7 });`,
      texts: "const text = `${JSON.stringify({ one })} { two }`; // { one }",
      async: `const later = await Promise.resolve({ one, two });`,
    });
    expect(
      await notebook.read("JSON.stringify([objects, inner(), new Pair(), shadow, first, others, taken, text, later])"),
    ).toBe(
      JSON.stringify([
        [{ one: 1 }, { two: 2, one: 1 }, { two: 2 }, { deep: { one: 1, list: [{ two: 2 }] } }],
        { one: 1, two: 2 },
        { both: { one: 1, two: 2 } },
        { one: 10, two: 2 },
        1,
        { two: 2 },
        7,
        `{"one":1} { two }`,
        { one: 1, two: 2 },
      ]),
    );
  });

  test("[D14] a shorthand name that a later cell redefines is read at the time of use", async () => {
    await notebook.cells({ v: `let now = "old";`, f: `const read = () => ({ now });`, w: `now = "new";` });
    expect(await notebook.read("read().now")).toBe("new");
  });

  test("[D14] an error in a cell still names the line that the author wrote", async () => {
    await notebook.cells({
      two: `const two = 2;`,
      row: `const rowOf = (n: number) => n;`,
      fails: `const fails = stage("fails", { two }, ({ two }) => {\n  // a comment\n  const rows = [{ two, row: rowOf }];\n  if (rows.length > 0) throw new Error("here");\n  return 1;\n});`,
    });
    expect(await notebook.failing("x", "await fails();")).toMatch(/"fails" \(cell \[\d+\], line 4\)/);
  });

  test("[D14] cells that cannot be compiled, or are empty, do no harm", async () => {
    expect(await notebook.failing("x", "const = 5;")).not.toBe("");
    expect((await notebook.cell("y", "")).text).toBe("");
    expect((await notebook.cell("z", "// only a comment")).text).toBe("");
    await notebook.cells({ one: "const one = 1;", two: "const two = 2;" });
    expect(await notebook.read("one + two")).toBe("3");
  });

  test("[D14] cells without ids, as from a console, define and run stages", async () => {
    await notebook.cell("one", "const one = 1;");
    await notebook.kernel.run(
      `const loose = stage("loose", { one }, ({ one }) => { ${ran("loose")} return one + 41; });`,
    );
    expect(
      await notebook.executed(async () => {
        expect(await notebook.read("await loose()")).toBe("42");
      }),
    ).toEqual(["loose"]);
    expect(notebook.view.stages.loose?.cell).toBeNull();
  });
});

describe("two notebooks in one folder", () => {
  let two: Notebook;
  beforeAll(async () => (two = await one.openBeside("two.ipynb")));
  afterAll(() => two.kernel.stop());

  test("[C19] equal stages share a result; each notebook has its own parameters and histories", async () => {
    const cells = {
      n: `const n = param("n", 2);`,
      a: `const a = stage("a", { n }, ({ n }) => { ${ran("a")} return n * 21; });`,
    };
    await one.cells(cells);
    await one.cell("x", "n.set(3); await a(); n.set(2); await a(); n.set(3);");
    await two.cells(cells);
    expect(await two.read("n.value")).toBe("2");
    expect(
      await two.executed(async () => {
        expect(await two.read("await a()")).toBe("42");
      }),
    ).toEqual([]);
    expect(await two.read("(await a.history()).length")).toBe("1");
    expect(await one.read("(await a.history()).length")).toBe("2");
  });

  test("[C21] stages of the same name in two notebooks do not affect each other", async () => {
    await one.cell("same", `const same = stage("same", () => { ${ran("same")} return "of one"; });`);
    await two.cell("same", `const same = stage("same", () => { ${ran("same")} return "of two"; });`);
    expect([await one.read("await same()"), await two.read("await same()")]).toEqual(["of one", "of two"]);
    expect(await one.executed(() => one.cell("x", "await same();"))).toEqual([]);
    expect(await one.read(`await pipeline.load("same")`)).toBe("of one");
  });
});

describe("the cell that imports Stagebook", () => {
  let notebook: Notebook;
  afterEach(() => notebook.kernel.stop());

  test("[D14] it can define and run stages itself, and follow other cells", async () => {
    notebook = new Notebook(await startKernel());
    await notebook.kernel.run("const before = 1;", { cell: "plain" });
    const count = (await notebook.kernel.run("const before2 = 2;", { cell: "plain2" })).executionCount ?? 0;
    const cell = await notebook.cell(
      "import",
      `import { stage } from "stagebook";\nconst a = stage("a", () => { console.log("from a"); return 6; });\nconsole.log(await a());\na`,
    );
    expect(cell.stdout).toMatch(/^from a\n6\na · fresh/);
    expect(notebook.view.stages.a).toMatchObject({ cell: "import", status: "fresh" });
    expect(notebook.view.cells.import?.status).toBe("fresh");
    const text = await notebook.failing("twin", `const twin = stage("a", () => 7);`);
    expect(text).toContain(`cell [${count + 1}]`);
  });

  test("[R9] it is marked failed when it throws after the import", async () => {
    notebook = new Notebook(await startKernel());
    await notebook.failing(
      "import",
      `import { stage } from "stagebook";\nconst a = stage("a", () => 1);\nthrow new Error("later");`,
    );
    expect(notebook.view.cells.import?.status).toBe("failed");
    await notebook.cell("next", `import { stage } from "stagebook";\nconst b = stage("b", () => 2);`);
    expect(await notebook.read("await b()")).toBe("2");
  });
});
