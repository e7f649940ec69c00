/** Tables in a real kernel: of stages and of `show`, of every library; pages, statistics and files over the wire. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TABLE_MIME, type ShownTable } from "stagebook/protocol";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

describe("tables", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells({
      libraries: `import * as arrow from "apache-arrow"; import * as aq from "arquero"; import { DuckDBInstance } from "@duckdb/node-api";`,
      duckdb: `const instance = await DuckDBInstance.create(); const connection = await instance.connect();
const query = async (sql: string): Promise<any> => connection.runAndReadAll(sql);`,
      stages: `const rows = stage("rows", () => { ${ran("rows")} return Array.from({ length: 5000 }, (_, n) => ({ n, word: n % 2 ? "odd" : "even", at: new Date(n * 864e5) })); });
const table = stage("table", () => { ${ran("table")} return arrow.tableFromArrays({ n: Int32Array.from([3, 1, 2]), city: ["Bern", null, "Ulm"] }); });
const frame = stage("frame", { table }, ({ table }) => { ${ran("frame")} return aq.table({ n: [...table.getChild("n")!], big: [1n, 2n, 3n] }); });
const inThread = stage("inThread", { table, frame }, ({ table, frame }) => { return { rows: table.numRows, isTable: typeof table.toArray === "function", frame, part: table.slice(1) }; }, { worker: true });
const stream = stage("stream", async function* () { for (let i = 0; i < 300; i++) yield { i }; });
const text = stage("text", () => "no table");`,
      all: `await Promise.all([rows(), inThread(), stream(), text()]);`,
    });
  });
  afterAll(() => notebook.kernel.stop());

  const page = (source: { stage?: string; shown?: string }, more = {}) =>
    notebook.kernel.command({ type: "table", from: 0, limit: 3, ...source, ...more });
  const shownBy = async (code: string): Promise<ShownTable | undefined> => {
    const { displays } = await notebook.cell("show", code);
    return displays[0]?.[TABLE_MIME] as ShownTable | undefined;
  };

  test("[U6] pages of a stage's rows are sorted and filtered, and tell how many pass", async () => {
    expect(await page({ stage: "rows" })).toMatchObject({
      total: 5000,
      count: 5000,
      columns: [{ name: "n", type: "number", decimals: 0 }, { name: "word", type: "string" }, { name: "at", type: "Date" }], // prettier-ignore
      rows: [[0, "even", "1970-01-01"], [1, "odd", "1970-01-02"], [2, "even", "1970-01-03"]], // prettier-ignore
    });
    const filters = [{ column: 1, is: "=", value: "odd" } as const, { column: 0, is: "<", value: "100" } as const];
    const sorted = await page({ stage: "rows" }, { filters, sort: { column: 0, descending: true }, from: 48 });
    expect(sorted).toMatchObject({ count: 50, from: 48, rows: [[3, "odd", "1970-01-04"], [1, "odd", "1970-01-02"]] }); // prettier-ignore
  });

  test("[U6] statistics of columns", async () => {
    const { columns } = await notebook.kernel.command({ type: "table-summary", stage: "rows", columns: [0, 1] });
    expect(columns[0]).toMatchObject({ min: 0, max: 4999, mean: 2499.5, missing: 0 });
    expect(columns[1]).toMatchObject({ distinct: 2, top: [{ text: "even", count: 2500 }, { text: "odd", count: 2500 }] }); // prettier-ignore
  });

  test("[C3] tables of apache-arrow and arquero are results, here and in threads, and are found again by a new kernel", async () => {
    expect((await page({ stage: "table" }, { sort: { column: 0, descending: false } })).rows).toEqual([[1, null], [2, "Ulm"], [3, "Bern"]]); // prettier-ignore
    expect((await page({ stage: "frame" })).rows).toEqual([[3, "1"], [1, "2"], [2, "3"]]); // prettier-ignore
    expect(await notebook.read("JSON.stringify([(await inThread()).rows, (await inThread()).isTable, (await inThread()).frame.numRows(), (await inThread()).part instanceof arrow.Table])")).toBe("[3,true,3,true]"); // prettier-ignore
    expect(notebook.view.stages.table?.result?.summary).toBe("3 rows");
    expect((await notebook.kernel.command({ type: "preview", stage: "table" })).picture).toMatchObject({ kind: "rows", count: 3 }); // prettier-ignore
    expect(await notebook.read("(await table()) instanceof arrow.Table")).toBe("true");
    expect(await notebook.read("(globalThis as any).ran.filter((one: string) => one === 'table').length")).toBe("1");
  });

  test("[U6] a stream is a table of its items; what is not a table is refused", async () => {
    expect(await page({ stage: "stream" }, { from: 298 })).toMatchObject({ total: 300, rows: [[298], [299]] });
    await expect(page({ stage: "text" })).rejects.toMatchObject({ error: { code: "no-table" } });
    await expect(page({})).rejects.toMatchObject({ error: { code: "command" } });
    await expect(page({ stage: "rows" }, { sort: { column: 9, descending: true } })).rejects.toMatchObject({ error: { code: "table-column" } }); // prettier-ignore
    await expect(page({ stage: "rows" }, { filters: [{ column: 0, is: "about", value: "1" }] })).rejects.toMatchObject({ error: { code: "command" } }); // prettier-ignore
  });

  test.each([
    ["rows", "show([{ a: 2.123456789012, at: new Date(0) }, { a: 1 }])", [[1, null], [2.123456789012, "1970-01-01"]]], // prettier-ignore
    ["an arrow table", "show(arrow.tableFromArrays({ a: Float64Array.of(2, 1) }))", [[1], [2]]],
    ["an arquero table", "show(aq.table({ a: [2, 1] }))", [[1], [2]]],
    ["a result of DuckDB", "show(await query('select unnest([2, 1]) as a'))", [[1], [2]]],
  ])(
    "[U6] show displays %s for every program, and with an id by which the page reads all rows",
    async (_, code, sorted) => {
      const { displays } = await notebook.cell("show", code);
      expect(displays[0]?.["text/html"]).toContain("<th>a</th>");
      expect(displays[0]?.["text/html"]).not.toContain("2.123456789012");
      const { table } = displays[0]?.[TABLE_MIME] as ShownTable;
      expect((await page({ shown: table }, { sort: { column: 0, descending: false } })).rows).toEqual(sorted);
    },
  );

  test("[U6] a shown table has one name however often its cell is executed, and its rows are those of the last time", async () => {
    const before = await shownBy("show([{ a: 1 }])");
    const after = await shownBy("show([{ a: 2 }])");
    expect(after?.table).toBe(before?.table);
    const shown = after?.table ?? "";
    expect((await page({ shown })).rows).toEqual([[2]]);
    await shownBy("console.log(1)");
    await expect(page({ shown })).rejects.toMatchObject({ error: { code: "table-gone" } });
  });

  test("[U6] the selected rows are saved in full beside the notebook, and no file is replaced by accident", async () => {
    const save = (format: "csv" | "json" | "parquet", more = {}) =>
      notebook.kernel.command({ type: "table-save", stage: "rows", path: `out/few.${format}`, format, ...more });
    const few = { filters: [{ column: 0, is: "<", value: "2" }], sort: { column: 0, descending: true } };
    const { path, rows } = await save("csv", few);
    expect(rows).toBe(2);
    expect(readFileSync(path, "utf8")).toBe("n,word,at\n1,odd,1970-01-02\n0,even,1970-01-01\n");
    await expect(save("csv", few)).rejects.toMatchObject({ error: { code: "table-exists" } });
    expect((await save("csv", { overwrite: true })).rows).toBe(5000);
    expect(JSON.parse(readFileSync((await save("json", few)).path, "utf8"))).toEqual([
      { n: 1, word: "odd", at: "1970-01-02T00:00:00.000Z" },
      { n: 0, word: "even", at: "1970-01-01T00:00:00.000Z" },
    ]);
    const parquet = await save("parquet", few);
    const sql = `select typeof(n), n, word, typeof("at") from '${parquet.path}'`;
    await notebook.cell("read", `const read = JSON.stringify((await query(${JSON.stringify(sql)})).getRowsJson());`);
    const read = await notebook.read("read");
    expect(JSON.parse(read)).toEqual([["BIGINT", "1", "odd", "TIMESTAMP"], ["BIGINT", "0", "even", "TIMESTAMP"]]); // prettier-ignore
    expect(existsSync(join(path, "..", "few.parquet.json"))).toBe(false);
  });
});
