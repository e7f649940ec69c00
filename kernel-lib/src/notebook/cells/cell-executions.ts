/** Cells from their real start to their end: what they print, which came first, whether they failed. */
import type { CellId } from "../../protocol";
import { enterActivity, findActivity, withinActivity, type Activity } from "../../run/state/activity";
import { rememberCellLines } from "../../run/cell-lines";
import { RunningStage } from "../../run/running";
import type { NotebookCells } from "./cells";
import type { ShowInCell } from "./cell-progress";
import type { CompiledCell } from "../tslab/compiled-cell";
import type { PipelineInternals } from "../pipeline-internals";
import type { TslabKernel, WriteDisplay, WriteStream, ZmqMessage } from "../tslab/tslab";

const PROMISE_TEXT = "Promise: add await to see its value";

/** One execution of a cell's source. `count`: the number in its prompt. */
export interface Execution extends Pick<Activity, "write" | "display"> {
  readonly count: number;
  readonly source: string;
  readonly show: ShowInCell;
}

export class CellExecutions {
  private adopted: { readonly message: ZmqMessage; readonly cell: CellId } | undefined;
  private adoptedFailed = false;
  private adoptedCell: CellId | undefined;
  private lastValue: object | undefined;
  /** The cell that executes now: cells never overlap. */
  isDeclaring = false;
  private count = 1;
  private source = "";
  /** Of the cell that executes now. */
  private output: { readonly cell: CellId | null; readonly show: ShowInCell } | undefined;

  constructor(
    private readonly internals: PipelineInternals,
    private readonly cells: NotebookCells,
  ) {}

  /** The cell that is under way while Stagebook is imported. */
  adopt(request: TslabKernel): void {
    const cell = cellOf(request.message.metadata);
    enterActivity({ ...this.activityOf(cell), ...outputsOf(request.writeStream, request.writeDisplay) });
    this.output = { cell, show: updater(request.writeDisplay) };
    if (!cell) return;
    this.adopted = { message: request.message, cell };
    this.cells.begin(cell, 1);
    this.adoptedCell = cell;
  }

  /** The cell's code is known and about to run. */
  compiled(code: CompiledCell): string {
    const { cell } = findActivity();
    if (cell) this.cells.compiled(cell, code);
    const script = `cell [${this.count}]`;
    rememberCellLines(script, this.source, code.code);
    return script;
  }

  /** Where a run that the cell started may show how far it is. */
  outputOf(cell: CellId | null): ShowInCell | undefined {
    return this.output?.cell === cell ? this.output.show : undefined;
  }

  keepLastValue(value: object): void {
    this.lastValue = value;
  }

  /** A message on its way out: the adopted cell's reply says whether it failed. */
  replied({ header, parent, content }: ZmqMessage): void {
    if (header.msg_type === "execute_reply" && parent === this.adopted?.message.header)
      this.adoptedFailed = content.status !== "ok";
  }

  /** A request that is no longer under way. */
  ended(message: ZmqMessage): void {
    if (message !== this.adopted?.message) return;
    this.cells.end(this.adopted.cell, !this.adoptedFailed);
    this.adopted = undefined;
  }

  /** What a cell's code is part of, from the request on. */
  activityOf(cell: CellId | null): Activity {
    return { cell, source: "cell", ...(cell ? { observe: (read) => this.cells.observe(cell, read) } : {}) };
  }

  /**
   * One cell from its real start to its end. tslab throws its execution count when the cell failed, and forgets the names that the
   * cell declared: `declare` compiles the cell once more, without running it, so that its stages can still be named.
   */
  async execute(
    { count, source, show, ...outputs }: Execution,
    original: () => Promise<unknown>,
    declare: () => Promise<unknown>,
  ): Promise<unknown> {
    const activity = { ...findActivity(), ...outputs };
    const { cell } = activity;
    // Only now is it known how many cells came before the one that imported Stagebook.
    if (this.adoptedCell) this.cells.recount(this.adoptedCell, count - 1);
    this.adoptedCell = undefined;
    this.count = count;
    this.source = source;
    this.output = { cell, show };
    this.lastValue = undefined;
    if (cell) this.cells.begin(cell, count);
    let ok = false;
    try {
      const result = await withinActivity(activity, original);
      await withinActivity(activity, () => this.printLastValue());
      ok = true;
      return result;
    } catch (failure) {
      const { runsStages } = this.internals.engine.runOverrides;
      if (cell && (!runsStages || this.cells.hasDefined(cell))) await this.declareOnly(declare);
      throw failure;
    } finally {
      if (cell) this.cells.end(cell, ok);
      else this.internals.engine.changed("code");
    }
  }

  private async declareOnly(declare: () => Promise<unknown>): Promise<void> {
    this.isDeclaring = true;
    try {
      await declare();
    } finally {
      this.isDeclaring = false;
    }
  }

  private async printLastValue(): Promise<void> {
    const value = this.lastValue;
    this.lastValue = undefined;
    if (value === undefined) return;
    this.internals.engine.changed("code");
    await this.internals.engine.planned();
    // Node hangs its bookkeeping on promises where every print would show it.
    console.log(value instanceof Promise && !(value instanceof RunningStage) ? PROMISE_TEXT : value);
  }
}

/** What a cell's code writes to. */
export function outputsOf(writeStream: WriteStream, writeDisplay: WriteDisplay): Pick<Activity, "write" | "display"> {
  return {
    write: writeStream,
    display: (bundle) => writeDisplay({ data: bundle, metadata: {}, transient: {} }),
  };
}

/** A display that can be drawn anew. */
export function updater(writeDisplay: WriteDisplay): ShowInCell {
  return (bundle, id, update) => writeDisplay({ data: bundle, metadata: {}, transient: { display_id: id } }, update);
}

/** The cell that a request is of; null for front ends that do not say. */
export function cellOf(metadata: Record<string, unknown>): CellId | null {
  return typeof metadata.cellId === "string" && metadata.cellId !== "" ? (metadata.cellId as CellId) : null;
}
