/** Streams, each, sweeps and progress in cells of a notebook. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

describe("streams in a notebook", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells({
      import: `import { each } from "stagebook";`,
      count: `const count = param("count", 5, { min: 1, max: 50 });`,
      numbers: `const numbers = stage("numbers", { count }, async function* ({ count }) { ${ran("numbers")} for (let n = 0; n < count; n++) yield n; });`,
      helper: `const square = (n: number) => n * n;`,
      squares: `const squares = each("squares", numbers, (n) => square(n), { workers: 3 });`,
      total: `const total = stage("total", { squares }, async ({ squares }) => { ${ran("total")} let sum = 0; for await (const n of squares) sum += n; return sum; });`,
    });
  });
  afterAll(() => notebook.kernel.stop());

  test("[R6] [R7] [D14] a generator, each and a consumer of the whole stream, each in a cell, in shorthand", async () => {
    const { text } = await notebook.cell("go", "console.log(await total(), (await squares.toArray()).join());");
    expect(text.trim()).toBe("30 0,1,4,9,16");
    expect(["numbers", "squares", "total"].map((name) => notebook.status(name))).toEqual(["fresh", "fresh", "fresh"]);
    expect(notebook.view.stages.squares?.inputs).toMatchObject([{ kind: "stage", name: "numbers" }]);
  });

  test("[D10] [S7] a helper that each calls runs it again; a comment does not", async () => {
    await notebook.cell("helper", `const square = (n: number) => n * n; // as before`);
    await notebook.cell("go", "await total();");
    expect(notebook.kernel.events.filter(({ type }) => type === "run:ended").at(-1)).toMatchObject({ executed: 0 });
    await notebook.cell("helper", `const square = (n: number) => n ** 3;`);
    const { text } = await notebook.cell("go", "console.log(await total());");
    expect(text.trim()).toBe("100");
  });

  test("[D9] an item of the wrong type is a compile error in the cell", async () => {
    expect(await notebook.failing("wrong", `each("wrong", squares, (n: string) => n.length);`)).toMatch(/number.*string|string.*number/); // prettier-ignore
  });

  test("[C2] a sweep is drawn as a chart and a table, and its points are cached", async () => {
    const cell = await notebook.cell("sweep", "const rows = await total.sweep({ count: [1, 2, 3] }); show(rows);");
    const html = String(cell.displays.at(-1)?.["text/html"]);
    expect(html).toContain("<svg");
    expect(html.match(/<tr>/g)).toHaveLength(4);
    await notebook.cell("again", "await total.with({ count: 2 })();");
    expect(notebook.kernel.events.filter(({ type }) => type === "run:ended").at(-1)).toMatchObject({ executed: 0 });
  });

  test("[O6] a long run shows a bar in its cell, updated in place, and leaves nothing", async () => {
    await notebook.cells({
      slow: `const slow = stage("slow", async (context) => {
  for (let n = 1; n <= 125; n++) { context.progress(n, 125); await new Promise((next) => setTimeout(next, 20)); }
  return "done";
});`,
      quick: `const quick = stage("quick", () => 1);`,
    });
    expect((await notebook.cell("run quick", "await quick();")).displays).toEqual([]);
    const cell = await notebook.cell("run slow", "console.log(await slow());");
    const drawn = cell.messages.filter(({ type }) => type.endsWith("display_data"));
    expect(drawn.map(({ type }) => type).slice(0, 2)).toEqual(["display_data", "update_display_data"]);
    const ids = drawn.map(({ content }) => (content.transient as { display_id: string }).display_id);
    expect(new Set(ids).size).toBe(1);
    const html = cell.displays.map((data) => String(data["text/html"]));
    expect(html[0]).toMatch(/<td[^>]*>slow<\/td><td><progress aria-label="slow" max="1" value="0\.\d+">/);
    expect(html[0]).toMatch(/\d+ of 125 · \d+ a second · about \d+(\.\d)? s left/);
    expect(html.at(-1)).toBe("");
    expect(cell.text).toBe("done\n");
  });
});
