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
 * Runs the stale stages, executes the first stale cell in document order, and again, until no stale cell is left. Each
 * cell is executed at most once; one that is not stale is never touched. One at a time, because a cell may make a later
 * one stale or leave it as it is.
 */
export async function runStaleCells(port: StaleCellsPort): Promise<StaleCellsOutcome> {
  const executed: CellId[] = [];
  for (;;) {
    const { status, cells, notRun } = await port.runStages();
    if (status !== "succeeded") return { status: status === "failed" ? "stage-failed" : "cancelled", executed, notRun };
    const stale = new Set([...cells, ...port.edited()]);
    const todo = port.order().filter((cell) => stale.has(cell) && !executed.includes(cell));
    const [next, ...later] = todo;
    if (next === undefined) return { status: "succeeded", executed };
    executed.push(next);
    if (!(await port.execute(next))) return { status: "cell-failed", executed, cell: next, notRun: later.length };
  }
}
