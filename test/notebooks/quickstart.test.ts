/** The tutorial, run cell by cell by a real tslab kernel: it works, and what it says about itself is true. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { executed } from "../rig/kernel/event-log";
import type { Execution, MimeBundle } from "../rig/kernel/execution";
import { startKernel } from "../rig/kernel/kernel-rig";
import type { Kernel } from "../rig/kernel/kernel-rig";
import { decodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder, repository, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { part } from "../rig/part";

const text = readFileSync(join(repository, "notebooks", "quickstart.ipynb"), "utf8");
const cells = decodeNotebook(text);
const stages = ["a", "b", "c", "quakes", "recent", "strong", "summary", "activity", "land", "worldMap"];

type Values = { readonly [name: string]: number | string | boolean };

describe("the quickstart notebook", () => {
  let kernel: Kernel;
  let folder: NotebookFolder;
  const executions = new Map<string, Execution>();
  /** How many events there were before the test's own. */
  let before = 0;
  /** What each cell showed the first time. */
  let first: readonly string[] = [];

  beforeAll(async () => {
    // With all types, as for a user.
    folder = createNotebookFolder({}, { hasNodeTypes: true });
    kernel = await startKernel({ cwd: folder.path, notebook: "quickstart.ipynb" });
    await runAll();
    first = cells.map(({ id }) => shown(id));
  });
  afterEach(async () => {
    await settled();
    before = kernel.events.length;
  });
  afterAll(async () => {
    await kernel.stop();
    folder.remove();
  });

  async function runCell(id: string, change: (source: string) => string = (source) => source): Promise<Execution> {
    const source = change(sourceOf(id));
    const execution = await kernel.run(source, { cell: id });
    executions.set(id, execution);
    return execution;
  }

  async function runAll(): Promise<void> {
    executions.clear();
    for (const { id } of cells) await runCell(id);
    await settled();
  }

  /** Until all that has happened is known on this side. */
  async function settled(): Promise<void> {
    await kernel.command({ type: "sync" });
  }

  /** What the button `Run stale` does: the kernel's part and the page's. Returns the stages that ran and the cells executed, sorted. */
  async function runStale(): Promise<{ readonly executed: readonly string[]; readonly cells: readonly string[] }> {
    const from = kernel.events.length;
    const reply = await kernel.command({ type: "run-stale" });
    for (const { id } of cells)
      if (reply.cells.some((cell) => cell === id)) expect((await runCell(id)).text).not.toContain("rror");
    await settled();
    expect(staleCells()).toEqual([]);
    expect(Object.values(kernel.view.stages).map(({ status }) => status)).toEqual(stages.map(() => "fresh"));
    return { executed: executed(kernel.events.slice(from)).sort(), cells: [...reply.cells].sort() };
  }

  const set = (values: Values): Promise<null> => kernel.command({ type: "set-params", values });
  const ran = (): readonly string[] => executed(kernel.events.slice(before));
  const withStatus = (status: string): readonly string[] =>
    stages.filter((name) => kernel.view.stages[name]?.status === status);
  const staleCells = (): readonly string[] =>
    cells.map(({ id }) => id).filter((id) => kernel.view.cells[id]?.status === "stale");
  /** Without the bar that is shown while a stage runs long, on a slow machine, and emptied when it has ended. */
  const displaysOf = (id: string): readonly MimeBundle[] =>
    (executions.get(id)?.displays ?? []).filter(
      ({ "text/html": html }) => html !== "" && !/<progress/.test(String(html)),
    );

  const shown = (id: string): string => (executions.get(id)?.stdout ?? "") + JSON.stringify(displaysOf(id));

  const countDots = (id: string): number => {
    const svg = String(displaysOf(id)[0]?.["image/svg+xml"]);
    return (
      svg
        .split("<g")
        .find((group) => group.includes('fill="crimson"'))
        ?.match(/<circle/g)?.length ?? 0
    );
  };

  test("[D14] every cell runs, one stage a cell, in shorthand", () => {
    const failed = cells
      .filter(({ id }) => !executions.get(id)?.ok)
      .map(({ id }) => `${id}: ${executions.get(id)?.text ?? "not run"}`);
    expect(failed).toEqual([]);
    expect(
      cells
        .filter(({ source }) => /= stage\(/.test(source))
        .map(({ source }) => source.match(/= stage\(\s*"(\w+)"/)?.[1]),
    ).toEqual(stages);
    expect(cells.filter(({ source }) => (source.match(/= (stage|param)\(/g) ?? []).length > 1)).toEqual([]);
  });

  test("[D14] every cell shows what it made, and no cell warns", () => {
    const silent = cells.filter(({ id }) => shown(id) === "[]").map(({ source }) => source);
    expect(silent.filter((source) => source.split("\n").some((line) => !line.startsWith("import ")))).toEqual([]);
    expect([...executions.values()].map(({ stderr }) => stderr).join("")).toBe("");
    expect(kernel.view.log.filter(({ level }) => level !== "info")).toEqual([]);
    expect(stages.filter((name) => kernel.view.stages[name]?.untracked.length)).toEqual([]);
  });

  test("[D13] the first time each stage's function runs once, then every stage is fresh", () => {
    expect(executed(kernel.events)).toEqual(stages);
    expect(withStatus("fresh")).toEqual(stages);
    expect(kernel.view.cells).toMatchObject(Object.fromEntries(cells.map(({ id }) => [id, { status: "fresh" }])));
  });

  test("[S12] running all cells again executes no stage", async () => {
    await runAll();
    expect(ran()).toEqual([]);
    expect(cells.map(({ id }) => shown(id))).toEqual(first);
  });

  test("[S3] another minMagnitude makes stale what depends on it, and Run stale runs exactly that", async () => {
    await set({ minMagnitude: 5 });
    expect(withStatus("stale")).toEqual(["strong"]);
    expect(withStatus("pending")).toEqual(["summary", "worldMap"]);
    expect(kernel.view.stages.strong?.reasons.map((reason) => reason.text)).toEqual(["minMagnitude 4.5 → 5"]);
    // The last four show the state of the pipeline.
    const states = ["why", "stage", "plan", "graph"];
    expect(staleCells()).toEqual(["min-magnitude", "strong", "summary", "world-map", ...states]);
    expect((await runCell("why")).displays[0]?.["text/plain"]).toBe("strong is stale: minMagnitude 4.5 → 5");
    expect(ran()).toEqual([]);
    expect(await runStale()).toEqual({
      executed: ["strong", "summary", "worldMap"],
      // The plan is as it was: every stage is fresh. The graph shows the new value.
      cells: ["graph", "min-magnitude", "stage", "strong", "summary", "why", "world-map"],
    });
    expect(shown("min-magnitude")).toContain("minMagnitude = 5 (default 4.5)");
    expect(countDots("world-map")).toBe(30);
  });

  test("[S6] the old minMagnitude again executes no stage and shows the old map", async () => {
    await set({ minMagnitude: 4.5 });
    expect(await runStale()).toEqual({
      executed: [],
      cells: ["graph", "min-magnitude", "stage", "strong", "summary", "world-map"],
    });
    expect(countDots("world-map")).toBe(72);
    expect(cells.map(({ id }) => shown(id))).toEqual(first);
  });

  const edits: readonly { readonly values: Values; readonly executed: readonly string[] }[] = [
    { values: { times: 25 }, executed: ["c"] },
    { values: { groupBy: "day" }, executed: ["summary"] },
    { values: { withBlasts: true }, executed: ["activity", "recent", "strong", "worldMap"] },
    {
      values: { since: "2018-02-04T00:00:00.000Z" },
      executed: ["activity", "recent", "strong", "summary", "worldMap"],
    },
  ];
  test.each(part(edits, 1))("[S3] $values runs exactly what the notebook says", async ({ values, executed }) => {
    await set(values);
    expect((await runStale()).executed).toEqual(executed);
    await kernel.command({ type: "reset-params" });
    expect((await runStale()).executed).toEqual([]);
  });

  test.each([
    ["D10", "6371", "6378", "kilometres", ["activity", "worldMap"]],
    ["S1", "500", "300", "activity", ["activity", "worldMap"]],
    ["S8", "Number(mag)", "Number(mag) * 1", "to-row", ["quakes"]],
  ])(
    "[%s] %s → %s in the cell of %s runs only what that changes, and undoing it nothing",
    async (_row, from, to, cell, executed) => {
      await runCell(cell, (source) => source.replace(from, to));
      await runStale();
      expect([...ran()].sort()).toEqual(executed);
      await runCell(cell);
      await runStale();
      expect([...ran()].sort(), "after the undo").toEqual(executed);
    },
  );

  test("[S7] a comment in a cell runs nothing", async () => {
    await runCell("kilometres", (source) =>
      source.replace("const radians", "// degrees to radians\n  const   radians"),
    );
    expect(withStatus("fresh")).toEqual(stages);
    expect(await runStale()).toEqual({ executed: [], cells: [] });
  });

  test("[C1] after a restart of the kernel all cells show the same, and no stage is executed", async () => {
    await kernel.restart();
    await runAll();
    expect(executed(kernel.events)).toEqual([]);
    expect(cells.map(({ id }) => shown(id))).toEqual(first);
    expect(withStatus("fresh")).toEqual(stages);
  });
});

describe("the file of the quickstart notebook", () => {
  const notebook = JSON.parse(text) as {
    cells: Record<string, unknown>[];
    metadata: unknown;
    nbformat: number;
    nbformat_minor: number;
  };

  test("[D14] it is for the tslab kernel and holds no output", () => {
    expect(notebook).toMatchObject({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { name: "tslab", language: "typescript" } },
    });
    for (const cell of notebook.cells.filter(({ cell_type }) => cell_type === "code"))
      expect(cell).toMatchObject({ outputs: [], execution_count: null });
  });

  test("[D14] cells have readable, unique ids", () => {
    const ids = notebook.cells.map(({ id }) => String(id));
    expect(ids.filter((id) => !/^[a-z][a-z-]*$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("[D14] the import stands alone in the first code cell", () => {
    expect(cells[0]?.source).toMatch(/^import \{ [\w, ]+ \} from "stagebook";$/);
  });
});

function sourceOf(id: string): string {
  return cells.find((cell) => cell.id === id)?.source ?? "";
}
