/** `Run stale`: runs the stale stages and executes the stale cells of one notebook. Owned by NotebookModel. */
import type { CellId, Result } from "stagebook/protocol";
import type { NotebookPage } from "./notebook-page";

/** The notebook and its kernel, as the loop needs them. */
export interface StaleCellsPort {
  /** Runs the stale stages in the kernel; the reply names the cells to execute again, without those that are `executed` already. */
  runStages(executed: readonly CellId[]): Promise<Result<"run-stale">>;
  /** The notebook's cells in document order. */
  order(): readonly CellId[];
  /** The cells that were edited after they ran. */
  edited(): readonly CellId[];
  /** Executes one cell. Resolves to false when it failed. */
  execute(cell: CellId): Promise<boolean>;
}

/** `failed`: something failed; everything that does not depend on it was run. */
export interface StaleCellsOutcome {
  readonly status: "succeeded" | "failed" | "cancelled";
  readonly executed: readonly CellId[];
  /** Names of the stages that failed. */
  readonly failedStages: readonly string[];
  readonly failedCells: readonly CellId[];
  /** How many stages are still stale. */
  readonly notRun: number;
}

export interface StaleRunsOptions {
  readonly page: NotebookPage;
  /** Runs the stale stages; only those that concern `cells`, if passed. */
  readonly runStages: (executed: readonly CellId[], cells?: readonly CellId[]) => Promise<Result<"run-stale">>;
  /** Whether the kernel has run this cell. */
  readonly hasRun: (cell: CellId) => boolean;
  /** The message of a stage that failed. */
  readonly failureOf: (stage: string) => string | undefined;
  /** Shows the user how it ended. */
  readonly report: (outcome: StaleCellsOutcome) => void;
}

/** The runs of one notebook, one at a time. */
export class StaleRuns {
  private current: { readonly done: Promise<boolean>; readonly above: CellId | undefined } | null = null;
  /** The failures of the last run, as they were shown to the user. */
  private shown: ReadonlySet<string> = new Set();

  constructor(private readonly options: StaleRunsOptions) {}

  /** A call while the same run is in flight joins it; a different one follows it. False when something failed or was stopped. */
  run(above?: CellId): Promise<boolean> {
    return this.start(above, (outcome) => this.options.report(outcome));
  }

  /** The same for auto-run: what fails in the same way run after run is reported once. */
  runAutomatically(): Promise<boolean> {
    return this.start(undefined, (outcome, known) => {
      const isNew = this.failuresOf(outcome).some((failure) => !known.has(failure));
      if (outcome.status !== "failed" || isNew) this.options.report(outcome);
    });
  }

  private async start(
    above: CellId | undefined,
    report: (outcome: StaleCellsOutcome, known: ReadonlySet<string>) => void,
  ): Promise<boolean> {
    while (this.current && this.current.above !== above) await this.current.done.catch(() => false);
    this.current ??= {
      above,
      done: this.runOnce(report, above).finally(() => {
        this.current = null;
      }),
    };
    return this.current.done;
  }

  private async runOnce(
    report: (outcome: StaleCellsOutcome, known: ReadonlySet<string>) => void,
    above?: CellId,
  ): Promise<boolean> {
    const { page, runStages, hasRun } = this.options;
    const order = (): readonly CellId[] => cellsAbove(page.order(), above);
    const outcome = await runStaleCells({
      runStages: (executed) => runStages(executed, above === undefined ? undefined : order()),
      order,
      edited: () => page.edited().filter((cell) => hasRun(cell) && order().includes(cell)),
      execute: (cell) => page.execute(cell),
    });
    const known = this.shown;
    this.shown = new Set(this.failuresOf(outcome));
    report(outcome, known);
    return outcome.status === "succeeded";
  }

  private failuresOf({ failedStages, failedCells }: StaleCellsOutcome): readonly string[] {
    return [
      ...failedStages.map((stage) => `stage ${stage}: ${this.options.failureOf(stage) ?? ""}`),
      ...failedCells.map((cell) => `cell ${cell}`),
    ];
  }
}

/** All cells without `above`; none when that cell no longer exists. */
function cellsAbove(order: readonly CellId[], above: CellId | undefined): readonly CellId[] {
  return above === undefined ? order : order.slice(0, Math.max(0, order.indexOf(above)));
}

/**
 * Executes the edited cells first, so that no stage runs with code that is about to be replaced. Then runs the stale stages
 * and executes the first stale cell in document order, repeatedly, until no stale cell is left. A cell that is not stale is never
 * touched. One at a time, because a cell may make a later one stale or fresh. A cell that stays stale is not executed again, unless
 * one above it had its first execution since: that happens at most as often as there are cells. What fails stops only what depends
 * on it, which the kernel knows: it does not list those cells.
 */
export async function runStaleCells(port: StaleCellsPort): Promise<StaleCellsOutcome> {
  const failedStages = new Set<string>();
  const failedCells = new Set<CellId>();
  const execute = async (cell: CellId): Promise<void> => {
    if (await port.execute(cell)) failedCells.delete(cell);
    else failedCells.add(cell);
  };
  const edited = new Set(port.edited());
  const first = port.order().filter((cell) => edited.has(cell));
  for (const cell of first) await execute(cell);
  const executed: CellId[] = [];
  const done = new Set<CellId>();
  for (;;) {
    const { status, cells, failed, notRun } = await port.runStages([...done]);
    for (const stage of failed) failedStages.add(stage);
    // An edited cell is executed a second time if a cell before it was stale too.
    const stale = new Set([...cells, ...port.edited()]);
    const order = port.order();
    const next = order.find((cell) => stale.has(cell) && !done.has(cell));
    const isCancelled = status === "cancelled";
    if (isCancelled || next === undefined) {
      const hasFailed = failedStages.size + failedCells.size > 0;
      return {
        status: isCancelled ? "cancelled" : hasFailed ? "failed" : "succeeded",
        executed: [...first, ...executed],
        failedStages: [...failedStages],
        failedCells: [...failedCells],
        notRun,
      };
    }
    if (!executed.includes(next)) for (const below of order.slice(order.indexOf(next))) done.delete(below);
    executed.push(next);
    done.add(next);
    await execute(next);
  }
}
