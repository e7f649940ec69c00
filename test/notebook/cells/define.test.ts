/** Definitions as notebook cells: one stage per cell, with shorthand inputs. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

describe("stages defined in cells", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
  });
  afterAll(() => notebook.kernel.stop());

  test("[D1] a plain and an async function become stages with one call", async () => {
    await notebook.cells({
      plain: `const plain = stage("plain", () => { ${ran("plain")} return 1; });`,
      later: `const later = stage("later", async () => { ${ran("later")} await null; return 2; });`,
    });
    expect(
      await notebook.executed(async () => {
        expect(await notebook.read("JSON.stringify([await plain(), await later()])")).toBe("[1,2]");
      }),
    ).toEqual(["later", "plain"]);
  });

  test("[D1] stage.fn called directly returns the same value and runs nothing", async () => {
    await notebook.cell("sum", `const sum = stage("sum", { n: 4 }, ({ n }) => n + 1);`);
    expect(
      await notebook.executed(async () => {
        expect(await notebook.read("sum.fn({ n: 4 })")).toBe("5");
      }),
    ).toEqual([]);
    expect(await notebook.read("await sum()")).toBe("5");
  });

  test("[D14] a stage, a parameter and a file of earlier cells are inputs in shorthand", async () => {
    notebook.write("numbers.json", "[1, 2, 3, 4, 5]");
    await notebook.cells({
      min: `const min = param("min", 3);`,
      src: `const src = file("numbers.json");`,
      numbers: `const numbers = stage("numbers", { src }, async ({ src }) => { ${ran("numbers")} return src.json<number[]>(); });`,
      strong: `const strong = stage("strong", { numbers, min }, ({ numbers, min }) => { ${ran("strong")} return numbers.filter((n) => n >= min); });`,
    });
    expect(
      await notebook.executed(async () => {
        expect(await notebook.read("JSON.stringify(await strong())")).toBe("[3,4,5]");
      }),
    ).toEqual(["numbers", "strong"]);
  });

  test("[D4] reading a stage by name makes an edge, and no longer reading it removes the edge", async () => {
    const edges = (): string[] =>
      (notebook.view.stages.reader?.inputs ?? []).map((input) => `${input.kind} ${input.name}`);
    await notebook.cells({
      base: `const base = stage("base", () => { ${ran("base")} return 20; });`,
      reader: `const reader = stage("reader", async () => { ${ran("reader")} return (await base()) + 1; });`,
    });
    expect(edges()).toEqual(["stage base"]);
    expect(
      await notebook.executed(async () => {
        expect(await notebook.read("await reader()")).toBe("21");
      }),
    ).toEqual(["base", "reader"]);

    await notebook.cell("reader", `const reader = stage("reader", async () => 22);`);
    expect(edges()).toEqual([]);
  });

  test("[D4] a stage read in a helper of another cell is an edge", async () => {
    await notebook.cells({
      deep: `const deep = stage("deep", () => 5);`,
      fetchDeep: `const fetchDeep = async () => (await deep()) * 2;`,
      viaHelper: `const viaHelper = stage("viaHelper", async () => (await fetchDeep()) + 1);`,
    });
    expect(notebook.view.stages.viaHelper?.inputs.map((input) => input.name)).toEqual(["deep"]);
    expect(await notebook.read("await viaHelper()")).toBe("11");
  });

  test("[S18] a local name or a parameter that shadows a stage adds no edge", async () => {
    await notebook.cells({
      shadowed: `const shadowed = stage("shadowed", () => 1);`,
      local: `const local = stage("local", () => { const shadowed = 2; return [1].map((shadowed) => shadowed).length + shadowed; });`,
    });
    expect(notebook.view.stages.local?.inputs).toEqual([]);
    expect(await notebook.executed(() => notebook.cell("x", "local.fn();"))).toEqual([]);
  });

  test.each(["0", `""`, "null", "false"])("[D6] %s is a value as an input and as an output", async (value) => {
    await notebook.cells({
      empty: `const empty = stage("empty", () => (${value}) as any);`,
      sees: `const sees = stage("sees", { empty, constant: ${value} as any, list: [${value} as any] }, (inputs) => inputs);`,
    });
    expect(await notebook.read("JSON.stringify(await sees())")).toBe(
      `{"constant":${value},"empty":${value},"list":[${value}]}`,
    );
  });

  test("[D6] a single input and a tuple of inputs reach the function in the same form", async () => {
    await notebook.cells({
      one: `const one = stage("one", () => 1);`,
      single: `const single = stage("single", one, (value) => value + 1);`,
      pair: `const pair = stage("pair", [one, single, "x"] as const, ([a, b, c]) => [a, b, c]);`,
    });
    expect(await notebook.read("JSON.stringify(await pair())")).toBe(`[1,2,"x"]`);
  });

  test("[D8] the ancestor shared in a diamond runs once", async () => {
    await notebook.cells({
      top: `const top1 = stage("top1", async () => { ${ran("top1")} await null; return 2; });`,
      left: `const left = stage("left", { top1 }, ({ top1 }) => { ${ran("left")} return top1 * 10; });`,
      right: `const right = stage("right", { top1 }, ({ top1 }) => { ${ran("right")} return top1 * 100; });`,
      bottom: `const bottom = stage("bottom", { left, right }, ({ left, right }) => { ${ran("bottom")} return left + right; });`,
    });
    expect(
      await notebook.executed(async () => {
        expect(await notebook.read("await bottom()")).toBe("220");
      }),
    ).toEqual(["bottom", "left", "right", "top1"]);
  });

  test("[D13] of six stages, calling one runs only its ancestors", async () => {
    const six = ["s1", "s2", "s3", "s4", "s5", "s6"];
    const inputs: Record<string, string> = { s1: "", s2: "s1", s3: "s2", s4: "s1", s5: "s3, s4", s6: "" };
    for (const name of six)
      await notebook.cell(
        name,
        `const ${name} = stage("${name}", { ${inputs[name]} }, (inputs) => { ${ran(name)} return ["${name}", inputs]; });`,
      );
    expect(await notebook.executed(() => notebook.cell("run", "await s3();"))).toEqual(["s1", "s2", "s3"]);
    expect(await notebook.executed(() => notebook.cell("run", "await s5();"))).toEqual(["s4", "s5"]);
    expect(notebook.status("s6")).toBe("new");
  });
});
