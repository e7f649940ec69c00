/** `Run stale`, the count on its button, and the marks on the cells. */
import { describe, expect, it } from "vitest";
import type { CellId, CellView, Result } from "stagebook/protocol";
import { emptyView } from "stagebook/protocol";
import { findMark } from "../../../lab-extension/src/cells/cell-marks";
import { markTooltip } from "../../../lab-extension/src/cells/cell-text";
import { describeFailure } from "../../../lab-extension/src/cells/stale-run-text";
import { runStaleCells, StaleRuns } from "../../../lab-extension/src/model/run-stale";
import type { StaleCellsOutcome } from "../../../lab-extension/src/model/run-stale";
import { countStale, isAnyStale, staleCaption, staleLabel } from "../../../lab-extension/src/ui/texts/stale-count";
import type { NotebookState } from "../../../lab-extension/src/tokens";
import { createStage, createView, english } from "../stage/stage-fixture";

type Reply = Partial<Result<"run-stale">>;

/** A notebook of cells a to e whose kernel sends these replies, one after the other. */
class Notebook {
  readonly log: string[] = [];
  /** The cells that each command said to be executed already. */
  readonly done: (readonly string[])[] = [];
  edited: string[] = [];
  fails: string | null = null;

  constructor(private readonly replies: Reply[]) {}

  run(): Promise<StaleCellsOutcome> {
    return runStaleCells({
      runStages: (executed) => {
        this.log.push("stages");
        this.done.push([...executed].sort());
        return Promise.resolve({
          status: "succeeded",
          executed: 0,
          cells: [],
          failed: [],
          notRun: 0,
          ...this.replies.shift(),
        });
      },
      order: () => cells("a", "b", "c", "d", "e"),
      edited: () => cells(...this.edited),
      execute: (cell) => {
        this.log.push(cell);
        this.edited = this.edited.filter((id) => id !== cell);
        return Promise.resolve(cell !== this.fails);
      },
    });
  }
}

describe("run stale", () => {
  it("[U2] stale cells are executed one at a time in document order, with the stages before each", async () => {
    const notebook = new Notebook([{ cells: cells("d", "b") }, { cells: cells("d") }, {}]);
    expect(await notebook.run()).toEqual(succeeded("b", "d"));
    expect(notebook.log).toEqual(["stages", "b", "stages", "d", "stages"]);
  });

  it("[U2] with nothing stale no cell is touched", async () => {
    const notebook = new Notebook([{}]);
    expect(await notebook.run()).toEqual(succeeded());
    expect(notebook.log).toEqual(["stages"]);
  });

  it("a cell that another cell makes stale is executed too, also above it", async () => {
    const notebook = new Notebook([{ cells: cells("c") }, { cells: cells("a", "e") }, { cells: cells("e") }, {}]);
    expect(await notebook.run()).toMatchObject({ executed: ["c", "a", "e"] });
  });

  it("each cell is executed once, even if it stays stale forever", async () => {
    const notebook = new Notebook(Array.from({ length: 9 }, () => ({ cells: cells("a", "b") })));
    expect(await notebook.run()).toEqual(succeeded("a", "b"));
  });

  it("a cell is executed again after one above it that became stale later, and so on until none is left", async () => {
    const notebook = new Notebook([{ cells: cells("c") }, ...Array.from({ length: 9 }, () => ({ cells: cells("a", "c", "b") }))]); // prettier-ignore
    expect(await notebook.run()).toEqual(succeeded("c", "a", "b", "c"));
  });

  it("the kernel receives the cells that are not to be executed again", async () => {
    const notebook = new Notebook([{ cells: cells("c") }, { cells: cells("a") }, { cells: cells("c") }, {}]);
    await notebook.run();
    expect(notebook.done).toEqual([[], ["c"], ["a"], ["a", "c"]]);
  });

  it("cells that are stale forever are executed no more often than there are cells", async () => {
    const replies = [cells("e"), cells("d"), cells("c"), cells("b"), cells("a")].map((stale) => ({ cells: stale }));
    const notebook = new Notebook([...replies, ...Array.from({ length: 99 }, () => ({ cells: cells("a", "b", "c", "d", "e") }))]); // prettier-ignore
    const { executed } = await notebook.run();
    expect(executed).toEqual(["e", "d", "c", "b", "a", "b", "c", "d", "e"]);
  });

  it("an edited cell is executed before any stage runs with its old code", async () => {
    const notebook = new Notebook([{ cells: cells("c") }, {}]);
    notebook.edited = ["d", "b"];
    expect(await notebook.run()).toEqual(succeeded("b", "d", "c"));
    expect(notebook.log).toEqual(["b", "d", "stages", "c", "stages"]);
  });

  it("an edited cell that is stale afterwards is executed once more", async () => {
    const notebook = new Notebook([{ cells: cells("a", "b") }, { cells: cells("b") }, { cells: cells("b") }]);
    notebook.edited = ["b"];
    expect(await notebook.run()).toMatchObject({ executed: ["b", "a", "b"] });
  });

  it("an edited cell that fails is reported, and everything else is run", async () => {
    const notebook = new Notebook([{ cells: cells("e") }, {}]);
    notebook.edited = ["a", "b", "c"];
    notebook.fails = "b";
    expect(await notebook.run()).toEqual({
      ...succeeded("a", "b", "c", "e"),
      status: "failed",
      failedCells: ["b"],
    });
    expect(notebook.log).toEqual(["a", "b", "c", "stages", "e", "stages"]);
  });

  it("a cell that is not in this notebook is left out", async () => {
    expect(await new Notebook([{ cells: cells("z", "c") }, {}]).run()).toMatchObject({ executed: ["c"] });
  });

  it("a failed cell is executed once, and the other stale cells are still executed", async () => {
    const notebook = new Notebook([
      { cells: cells("a", "b", "d") },
      { cells: cells("b", "d") },
      { cells: cells("d") },
      {},
    ]);
    notebook.fails = "b";
    expect(await notebook.run()).toEqual({ ...succeeded("a", "b", "d"), status: "failed", failedCells: ["b"] });
  });

  it("a failed stage leaves the cells that do not depend on it to be executed, and is named", async () => {
    const replies: Reply[] = [{ status: "failed", failed: ["x"], cells: cells("a"), notRun: 3 }, { notRun: 3 }];
    expect(await new Notebook(replies).run()).toEqual({
      ...succeeded("a"),
      status: "failed",
      failedStages: ["x"],
      notRun: 3,
    });
  });

  it("a cancelled run ends it before any cell", async () => {
    expect(await new Notebook([{ status: "cancelled", cells: cells("a") }]).run()).toEqual({
      ...succeeded(),
      status: "cancelled",
    });
  });

  it("the notice names the first failed stage, how many more failures there are, and what is still stale", () => {
    const failed = createStage("x", {
      status: "failed",
      error: { code: "Error", message: "no rows", cell: "c" as CellId },
    });
    const outcome = { ...succeeded(), status: "failed", failedStages: ["x"], notRun: 2 } as const;
    const describe = (change: Partial<StaleCellsOutcome>) =>
      describeFailure({ ...outcome, ...change }, createView([failed]), english);
    expect(describe({})).toEqual({
      text: 'Run stale: stage "x" failed (2 stages are still stale): no rows',
      cell: "c",
    });
    // The cell of the stage fails with it.
    expect(describe({ failedCells: cells("c"), notRun: 0 }).text).toBe('Run stale: stage "x" failed: no rows');
    expect(describe({ failedCells: cells("c", "d"), notRun: 0 }).text).toContain("(1 more failure)");
    expect(describe({ failedStages: [], failedCells: cells("d"), notRun: 0 })).toEqual({
      text: "Run stale: a cell failed.",
      cell: "d",
    });
  });

  it("auto-run reports a failure once, and again after it was fixed or when it is another one", async () => {
    const reported: string[] = [];
    let reply: Reply = {};
    let message = "no rows";
    const runs = new StaleRuns({
      page: {
        path: "a.ipynb",
        order: () => [],
        edited: () => [],
        execute: () => Promise.resolve(true),
        showCell: () => true,
        setStageOption: () => true,
      },
      runStages: () =>
        Promise.resolve({ status: "succeeded", executed: 0, cells: [], failed: [], notRun: 0, ...reply }),
      hasRun: () => true,
      failureOf: () => message,
      report: ({ status }) => void reported.push(status),
    });
    const failing: Reply = { status: "failed", failed: ["x"] };
    for (const next of [failing, failing, {}, failing, failing]) {
      reply = next;
      await runs.runAutomatically();
    }
    expect(reported).toEqual(["failed", "succeeded", "failed"]);
    message = "no columns";
    await runs.runAutomatically();
    await runs.run();
    expect(reported.slice(3)).toEqual(["failed", "failed"]);
  });
});

describe("the count on the button", () => {
  it("is the number of stages that would or might run, and the tooltip tells them apart", () => {
    const stages = [
      createStage("a", { action: "run" }),
      createStage("b", { action: "maybe" }),
      createStage("c", { action: "maybe" }),
      createStage("d"),
    ];
    const label = (names: readonly number[]): string =>
      staleLabel(countStale({ view: createView(names.map((index) => stages[index]!)) }), english);
    expect([label([0, 3]), label([0, 1, 2]), label([1]), label([3])]).toEqual([
      "Run stale (1)",
      "Run stale (3)",
      "Run stale (1)",
      "Run stale",
    ]);
    expect(staleCaption(countStale({ view: createView([0, 1, 2].map((index) => stages[index]!)) }), english)).toBe(
      "Run only what is stale: 1 stage, up to 2 more stages",
    );
  });

  it("does not count what failed, what depends on it, and cells that Run stale leaves alone", () => {
    const stages = [
      createStage("a", { action: "run", status: "failed" }),
      createStage("b", { action: "run", status: "blocked" }),
    ];
    const cell: CellView = { id: "a" as CellId, status: "stale", reasons: ["b is blocked"], blocked: true };
    expect(isAnyStale(countStale({ view: { ...createView(stages), cells: { a: cell } } }))).toBe(false);
  });

  it("does not count a stage that is already running, and counts stale cells alone", () => {
    expect(isAnyStale(countStale({ view: createView([createStage("a", { action: "run", status: "running" })]) }))).toBe(
      false,
    );
    const view = { ...emptyView, cells: { a: { id: "a" as CellId, status: "stale", reasons: [] } satisfies CellView } };
    expect(staleLabel(countStale({ view }), english)).toBe("Run stale (1)");
    expect(countStale({ view, edited: cells("a", "b") }).cells).toBe(1);
  });
});

describe("marks", () => {
  const staleCell: CellView = { id: "a" as CellId, status: "stale", reasons: ["minMagnitude 4.5 → 5"] };
  const state = (change: Partial<NotebookState>): NotebookState => ({
    view: { ...emptyView, cells: { a: staleCell } },
    connection: "live",
    remembered: false,
    selected: null,
    ...change,
  });
  const mark = (change: Partial<NotebookState>, id = "a", edited = false, empty = false) =>
    findMark(state(change), { id: id as CellId, isEdited: edited, isEmpty: empty });

  it("a cell has the status and the reasons from the kernel", () => {
    expect(mark({})).toEqual({ status: "stale", edited: false, reasons: ["minMagnitude 4.5 → 5"], caveats: [] });
    expect(mark({ connection: "lost", remembered: true })).toMatchObject({ status: "stale" });
  });

  it("a cell that did not run in this kernel is new, except for an empty one", () => {
    expect(mark({}, "b")).toEqual({ status: "new", edited: false, reasons: [], caveats: [] });
    expect(mark({}, "b", false, true)).toBeNull();
  });

  it("[V8] a fresh cell says why its output may differ when it is computed again", () => {
    const caveats = ["draw: not repeatable: Math.random() (cell [3], line 2)"];
    const cell: CellView = { id: "c" as CellId, status: "fresh", reasons: [], caveats };
    const found = mark({ view: { ...emptyView, cells: { c: cell } } }, "c");
    expect(found).toMatchObject({ status: "fresh", caveats });
    expect(found && markTooltip(found, english)).toBe(
      `Up to date, but may differ when computed again\n• ${caveats.join()}`,
    );
  });

  it("without Stagebook in the kernel no cell has a mark", () => {
    expect(mark({ connection: "absent" })).toBeNull();
    expect(mark({ connection: "absent", remembered: true })).toBeNull();
    expect(mark({ connection: "connecting", remembered: true }, "b")).toBeNull();
  });

  it("a cell that was edited after it ran is stale, and says so before its other reasons", () => {
    const edited = mark({}, "a", true);
    expect(edited).toEqual({ status: "stale", edited: true, reasons: ["minMagnitude 4.5 → 5"], caveats: [] });
    expect(edited && markTooltip(edited, english)).toBe("Edited since last run\n• minMagnitude 4.5 → 5");
    expect(mark({}, "b", true)).toMatchObject({ status: "new" });
  });
});

function succeeded(...executed: readonly string[]): StaleCellsOutcome {
  return { status: "succeeded", executed: cells(...executed), failedStages: [], failedCells: [], notRun: 0 };
}

function cells(...ids: readonly string[]): CellId[] {
  return ids as CellId[];
}
