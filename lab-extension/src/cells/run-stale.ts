/** The loop behind `Run stale`. Pure: the notebook and the kernel are behind the port. Called by NotebookCells. */
import type { CellId, Result } from "stagebook/protocol";

/** The notebook and its kernel, as the loop needs them. */
export interface StaleCellsPort {
  /** Runs the stale stages in the kernel; the reply names the cells to execute again. */
  runStages(): Promise<Result<"run-stale">>;
  /** The notebook's cells in document order. */
  order(): readonly CellId[];
  /** Cells whose text was edited after they ran. */
  edited(): readonly CellId[];
  /** Executes one cell. False when it failed. */
  execute(cell: CellId): Promise<boolean>;
}

export type StaleCellsOutcome =
  | { readonly status: "succeeded"; readonly executed: readonly CellId[] }
  /** A stage failed or the run was cancelled: `notRun` stages were not run. */
  | { readonly status: "stage-failed" | "cancelled"; readonly executed: readonly CellId[]; readonly notRun: number }
  /** The cell failed: `notRun` other stale cells were not run. */
  | {
      readonly status: "cell-failed";
      readonly executed: readonly CellId[];
      readonly cell: CellId;
      readonly notRun: number;
    };

/**
 * Executes the edited cells, so that no stage runs with code that is about to be replaced. Then runs the stale stages,
 * executes the first stale cell in document order, and again, until no stale cell is left; each at most once, and one
 * that is not stale is never touched. One at a time, because a cell may make a later one stale or leave it as it is.
 */
export async function runStaleCells(port: StaleCellsPort): Promise<StaleCellsOutcome> {
  const edited = await executeEdited(port);
  if (edited.status !== "succeeded") return edited;
  const executed: CellId[] = [];
  const all = (): readonly CellId[] => [...edited.executed, ...executed];
  for (;;) {
    const { status, cells, notRun } = await port.runStages();
    if (status !== "succeeded") {
      return { status: status === "failed" ? "stage-failed" : "cancelled", executed: all(), notRun };
    }
    // An edited cell may be here once more: when a cell before it was stale too.
    const stale = new Set([...cells, ...port.edited()]);
    const todo = port.order().filter((cell) => stale.has(cell) && !executed.includes(cell));
    const [next, ...later] = todo;
    if (next === undefined) return { status: "succeeded", executed: all() };
    executed.push(next);
    if (!(await port.execute(next)))
      return { status: "cell-failed", executed: all(), cell: next, notRun: later.length };
  }
}

async function executeEdited(port: StaleCellsPort): Promise<StaleCellsOutcome> {
  const edited = new Set(port.edited());
  const executed: CellId[] = [];
  const todo = port.order().filter((cell) => edited.has(cell));
  for (const cell of todo) {
    executed.push(cell);
    if (await port.execute(cell)) continue;
    return { status: "cell-failed", executed, cell, notRun: todo.length - executed.length };
  }
  return { status: "succeeded", executed };
}
