/** `Run stale`: runs the stale stages and executes the stale cells of one notebook. Owned by NotebookModel. */
import type { CellId, Result } from "stagebook/protocol";
import type { NotebookPage } from "./notebook-page";

/** The notebook and its kernel, as the loop needs them. */
export interface StaleCellsPort {
  /** Runs the stale stages in the kernel; the reply names the cells to execute again. */
  runStages(): Promise<Result<"run-stale">>;
  /** The notebook's cells in document order. */
  order(): readonly CellId[];
  /** The cells that were edited after they ran. */
  edited(): readonly CellId[];
  /** Executes one cell. Resolves to false when it failed. */
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

export interface StaleRunsOptions {
  readonly page: NotebookPage;
  /** Runs the stale stages; only those that concern `cells`, if passed. */
  readonly runStages: (cells?: readonly CellId[]) => Promise<Result<"run-stale">>;
  /** Whether the kernel has run this cell. */
  readonly hasRun: (cell: CellId) => boolean;
  /** Shows the user how it ended. */
  readonly report: (outcome: StaleCellsOutcome) => void;
}

/** The runs of one notebook, one at a time. */
export class StaleRuns {
  private current: { readonly done: Promise<boolean>; readonly above: CellId | undefined } | null = null;

  constructor(private readonly options: StaleRunsOptions) {}

  /** A call while the same run is in flight joins it; a different one follows it. False when something failed or was stopped. */
  async run(above?: CellId): Promise<boolean> {
    while (this.current && this.current.above !== above) await this.current.done.catch(() => false);
    this.current ??= {
      above,
      done: this.runOnce(above).finally(() => {
        this.current = null;
      }),
    };
    return this.current.done;
  }

  private async runOnce(above?: CellId): Promise<boolean> {
    const { page, runStages, hasRun, report } = this.options;
    const order = (): readonly CellId[] => cellsAbove(page.order(), above);
    const outcome = await runStaleCells({
      runStages: () => runStages(above === undefined ? undefined : order()),
      order,
      edited: () => page.edited().filter((cell) => hasRun(cell) && order().includes(cell)),
      execute: (cell) => page.execute(cell),
    });
    report(outcome);
    return outcome.status === "succeeded";
  }
}

/** All cells without `above`; none when that cell no longer exists. */
function cellsAbove(order: readonly CellId[], above: CellId | undefined): readonly CellId[] {
  return above === undefined ? order : order.slice(0, Math.max(0, order.indexOf(above)));
}

/**
 * Executes the edited cells first, so that no stage runs with code that is about to be replaced. Then runs the stale stages
 * and executes the first stale cell in document order, repeatedly, until no stale cell is left. Each cell is executed at most
 * once, and a cell that is not stale is never touched. One at a time, because a cell may make a later one stale or fresh.
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
    // An edited cell is executed a second time if a cell before it was stale too.
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
