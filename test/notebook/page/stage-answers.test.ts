/** The commands about one stage: previews by kind, the earlier code, restored parameters, pins, log lines of earlier runs. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

describe("answers about a stage", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells({
      params: `const limit = param("limit", 3); const mode = param("mode", "slow"); const opts = param("opts", { a: [1, "x"] });
const day = param("day", new Date("2026-01-02T03:04:05.000Z")); const rough = param("rough", new Map([[1, 2]]));`,
      helper: `const grow = (n: number): number => {\n  const twice = n * 2;\n  return twice + 1;\n};`,
      a: `const a = stage("a", { limit, mode, opts, day, rough }, ({ limit, mode }, { log }) => { ${ran("a")} log.info("made", { limit, mode }); return grow(limit); });`,
      kinds: `const rows = stage("rows", () => [{ i: 1, word: "x" }, { i: 2, word: "x" }]);
const floats = stage("floats", () => Float64Array.of(1, 2, 3));
const stream = stage("stream", async function* () { for (let i = 0; i < 500; i++) yield { i }; });
const svg = stage("svg", () => "<svg xmlns='http://www.w3.org/2000/svg'></svg>");`,
    });
    await notebook.cell("x", "await a(); await pipeline.run();");
  });
  afterAll(() => notebook.kernel.stop());

  const history = async () => (await notebook.kernel.command({ type: "history", stage: "a" })).rows;

  test.each([
    [
      "rows",
      {
        kind: "rows",
        count: 2,
        columns: [
          { name: "i", type: "number" },
          { name: "word", top: { count: 2 } },
        ],
      },
    ],
    ["floats", { kind: "numbers", type: "Float64Array", count: 3, figures: { min: 1, max: 3, mean: 2 } }],
    ["stream", { kind: "rows", count: 500, sampled: 100 }],
    ["svg", { kind: "image", mime: "image/svg+xml" }],
    ["a", { kind: "text" }],
  ])("[U1] preview shows the output of %s by its kind", async (stage, picture) => {
    expect((await notebook.kernel.command({ type: "preview", stage })).picture).toMatchObject(picture);
  });

  test("[O8] explain returns the changed code before and after, line by line", async () => {
    expect((await notebook.kernel.command({ type: "explain", stage: "a" })).before).toEqual([]);
    await notebook.cell(
      "helper",
      `const grow = (n: number): number => {\n  const twice = n * 3;\n  return twice + 1;\n};`,
    );
    const { before, parts } = await notebook.kernel.command({ type: "explain", stage: "a" });
    expect(before.map(({ kind, name }) => `${kind} ${name}`)).toEqual(["helper grow"]);
    const was = before[0]?.text.split("\n") ?? [];
    const now = parts.find((part) => part.name === "grow")?.text.split("\n") ?? [];
    expect(was.filter((line) => !now.includes(line))).toEqual([expect.stringContaining("n * 2")]);
    expect(now.filter((line) => !was.includes(line))).toEqual([expect.stringContaining("n * 3")]);
    await notebook.cell("x", "await a();");
  });

  test("[P8] restore sets the parameters of a stored result, which is current again without a run", async () => {
    const [first] = await history();
    await notebook.kernel.command({
      type: "set-params",
      values: { limit: 8, mode: 'odd "word"', opts: { a: [], b: null }, day: "2025-05-06T00:00:00.000Z" },
    });
    await notebook.cell("x", "await a();");
    const [second] = await history();
    const executed = await notebook.executed(async () => {
      const back = await notebook.kernel.command({ type: "restore", stage: "a", key: first?.key ?? "" });
      expect(back).toEqual({ changed: ["day", "limit", "mode", "opts"], missing: [] });
      expect(notebook.status("a")).toBe("fresh");
      expect(notebook.view.stages.a?.result?.key).toBe(first?.key);
      await notebook.kernel.command({ type: "restore", stage: "a", key: second?.key ?? "" });
      expect(notebook.view.params.mode?.value).toBe('odd "word"');
      expect(notebook.view.params.opts?.value).toEqual({ a: [], b: null });
      expect(notebook.view.stages.a?.result?.key).toBe(second?.key);
      await notebook.cell("x", "await a();");
    });
    expect(executed).toEqual([]);
    expect((await notebook.kernel.command({ type: "preview", stage: "a", key: first?.key })).text).toBe("10");
  });

  test("[P8] the restored result is previewed, in a later kernel too, and nothing counts as changed", async () => {
    const define = `const n = param("n", 1); const double = stage("double", { n }, ({ n }) => n * 2);`;
    await notebook.cell("double", define);
    await notebook.cell("x", "await double(); n.set(5); await double();");
    const { rows } = await notebook.kernel.command({ type: "history", stage: "double" });
    await notebook.kernel.command({ type: "restore", stage: "double", key: rows[1]?.key ?? "" });
    for (const later of [false, true]) {
      if (later) {
        await notebook.restart();
        await notebook.cell("double", define);
      }
      expect((await notebook.kernel.command({ type: "preview", stage: "double" })).text).toBe("2");
      expect((await notebook.kernel.command({ type: "explain", stage: "double" })).before).toEqual([]);
    }
    await notebook.cell(
      "params",
      `const limit = param("limit", 3); const mode = param("mode", "slow"); const opts = param("opts", { a: [1, "x"] });
const day = param("day", new Date("2026-01-02T03:04:05.000Z")); const rough = param("rough", new Map([[1, 2]]));`,
    );
    await notebook.cell(
      "helper",
      `const grow = (n: number): number => {\n  const twice = n * 3;\n  return twice + 1;\n};`,
    );
    await notebook.cell(
      "a",
      `const a = stage("a", { limit, mode, opts, day, rough }, ({ limit, mode }, { log }) => { ${ran("a")} log.info("made", { limit, mode }); return grow(limit); });`,
    );
  });

  test("[P8] restore refuses a value of which only the text was stored, and changes nothing", async () => {
    const [current] = await history();
    await notebook.cell("set", `rough.set(new Map([[5, 6]])); limit.set(1);`);
    await notebook.cell("x", "await a();");
    await notebook.cell(
      "params",
      `const limit = param("limit", 3); const mode = param("mode", "slow"); const opts = param("opts", { a: [1, "x"] });
const day = param("day", new Date("2026-01-02T03:04:05.000Z")); const rough = param("rough", new Map([[7, 8]]));`,
    );
    const before = notebook.view.params;
    await expect(notebook.kernel.command({ type: "restore", stage: "a", key: current?.key ?? "" })).rejects.toThrow(
      /"rough" was Map.*only this text was stored/,
    );
    expect(notebook.view.params).toEqual(before);
  });

  test("[C14] a pinned result is marked in the history, until it is unpinned", async () => {
    const [first, second] = await history();
    expect(first?.pinned).toBe(false);
    await notebook.kernel.command({ type: "pin", stage: "a", key: second?.key ?? "", pinned: true });
    expect((await history()).map((row) => row.pinned)).toContain(true);
    expect(await notebook.read("(await a.history()).filter((row) => row.pinned).length")).toBe("1");
    await notebook.kernel.command({ type: "pin", stage: "a", key: second?.key ?? "", pinned: false });
    expect((await history()).map((row) => row.pinned)).not.toContain(true);
  });

  test("[O3] the log lines of the run that computed a result are available in a later kernel", async () => {
    const rows = await history();
    const { run } = rows.at(-1) ?? {};
    await notebook.restart();
    await notebook.cell("stage", `const a = stage("a", () => 1);`);
    const { records, more } = await notebook.kernel.command({ type: "log", before: 0, limit: 100, run });
    expect(more).toBe(false);
    expect(records.filter((record) => record.stage === "a")).toMatchObject([
      { level: "info", message: "made", run, fields: { limit: 3, mode: "slow" } },
    ]);
    const none = { type: "log", before: 0, limit: 100, run: "unknown" } as const;
    expect(await notebook.kernel.command(none)).toEqual({ records: [], more: false });
  });
});
