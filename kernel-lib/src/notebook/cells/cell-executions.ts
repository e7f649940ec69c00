/** The executions of cells, from their real start to their end: their output, their number, whether they failed. */
import type { CellId } from "../../protocol";
import {
  enterActivity,
  findActivity,
  withinActivity,
  type Activity,
  type CellExecution,
} from "../../run/state/activity";
import { rememberCellLines } from "../../run/cell-lines";
import { RunningStage } from "../../run/running";
import type { NotebookCells } from "./cells";
import type { TableData } from "../../table/table-data";
import type { ShownTables } from "./shown-tables";
import type { ShowInCell } from "./cell-progress";
import type { CompiledCell } from "../tslab/compiled-cell";
import type { PipelineInternals } from "../pipeline-internals";
import type { CellCompiler } from "../tslab/compiler";
import type { TslabKernel, WriteDisplay, WriteStream, ZmqMessage } from "../tslab/tslab";

const PROMISE_TEXT = "Promise: add await to see its value";

/** One execution of a cell's source. */
export interface Execution extends Pick<Activity, "write" | "display"> {
  /** The number in its prompt. */
  readonly count: number;
  readonly source: string;
  readonly show: ShowInCell;
}

export class CellExecutions {
  /** The cell that imports Stagebook, until its request ends. */
  private adopted:
    { readonly message: ZmqMessage; readonly cell: CellId | null; readonly activity: Activity } | undefined;
  private adoptedFailed = false;
  /** The same cell, until its number is known. */
  private adoptedCell: CellId | undefined;
  /** To be printed at the end of the cell. */
  private lastValue: object | undefined;
  // Of the current cell: cells never overlap.
  private count = 1;
  private source = "";
  private output: { readonly cell: CellId | null; readonly show: ShowInCell } | undefined;

  constructor(
    private readonly internals: PipelineInternals,
    private readonly cells: NotebookCells,
    private readonly shownTables: ShownTables,
    private readonly compiler: Pick<CellCompiler, "declaredParams"> | undefined,
  ) {}

  /** Takes over the cell that is being executed while Stagebook is imported. */
  adopt(request: TslabKernel): void {
    const cell = cellOf(request.message.metadata);
    const activity = { ...this.activityOf(cell), ...outputsOf(request.writeStream, request.writeDisplay) };
    enterActivity(activity);
    if (activity.execution) this.readParams(activity.execution, String(request.message.content.code));
    this.output = { cell, show: updater(request.writeDisplay) };
    this.adopted = { message: request.message, cell, activity };
    if (!cell) return;
    this.cells.begin(cell, 1);
    this.adoptedCell = cell;
  }

  /** The cell's code is about to be executed. Returns the name of its script in stack traces. */
  compiled(code: CompiledCell): string {
    const { cell, execution } = findActivity();
    if (cell) this.cells.compiled(cell, code);
    if (execution) this.readParams(execution, this.source);
    const script = `cell [${this.count}]`;
    rememberCellLines(script, this.source, code.code);
    return script;
  }

  /** Read when the cell defines its first parameter: most cells define none. */
  private readParams(execution: CellExecution, source: string): void {
    let params: ReturnType<CellCompiler["declaredParams"]> | undefined;
    execution.declaredParam = (name) =>
      (params ??= this.compiler?.declaredParams(source) ?? new Map<string, never>()).get(name);
  }

  /** The output in which a run that the cell started shows its progress; undefined once another cell is being executed. */
  outputOf(cell: CellId | null): ShowInCell | undefined {
    return this.output?.cell === cell ? this.output.show : undefined;
  }

  /** The user has stopped the cell that is being executed. */
  interrupted(): void {
    if (this.output?.cell) this.cells.interrupt(this.output.cell);
  }

  /** Prints the value at the end of the cell, once the plan is current. */
  keepLastValue(value: object): void {
    this.lastValue = value;
  }

  /** An outgoing message: the reply to the adopted cell says whether it failed. */
  replied({ header, parent, content }: ZmqMessage): void {
    if (header.msg_type === "execute_reply" && parent === this.adopted?.message.header)
      this.adoptedFailed = content.status !== "ok";
  }

  /** A request has ended. */
  ended(message: ZmqMessage): void {
    if (message !== this.adopted?.message) return;
    const { cell, activity } = this.adopted;
    if (activity.execution) endExecution(activity.execution);
    if (cell) this.cells.end(cell, !this.adoptedFailed);
    this.adopted = undefined;
  }

  /** The activity of a cell, from its request on. */
  activityOf(cell: CellId | null): Activity {
    const execution: CellExecution = { pipeline: this.internals.engine, isOver: false };
    const keepTable = (table: TableData): string => this.shownTables.keep(cell, table);
    return {
      cell,
      execution,
      source: "cell",
      keepTable,
      ...(cell ? { observe: (read) => this.cells.observe(cell, read) } : {}),
    };
  }

  /**
   * Executes one cell with `original`. tslab throws its execution count when the cell fails, and forgets the names that the cell
   * declared: `declare` compiles it again without executing it, so that later cells can still refer to its stages by name.
   */
  async execute(
    { count, source, show, ...outputs }: Execution,
    original: () => Promise<unknown>,
    declare: () => Promise<unknown>,
  ): Promise<unknown> {
    const activity = { ...findActivity(), ...outputs };
    const { cell } = activity;
    // The number of the importing cell is known only now.
    if (this.adoptedCell) this.cells.recount(this.adoptedCell, count - 1);
    this.adoptedCell = undefined;
    this.count = count;
    this.source = source;
    this.output = { cell, show };
    this.lastValue = undefined;
    if (cell) this.cells.begin(cell, count, source);
    if (cell) this.shownTables.begin(cell);
    let ok = false;
    try {
      const result = await withinActivity(activity, original);
      await withinActivity(activity, () => this.printLastValue());
      ok = true;
      return result;
    } catch (failure) {
      const { runsStages } = this.internals.engine.runOverrides;
      if (cell && (!runsStages || this.cells.hasDefined(cell))) await declare();
      throw failure;
    } finally {
      if (activity.execution) endExecution(activity.execution);
      if (cell) this.cells.end(cell, ok);
      else this.internals.engine.changed("code");
    }
  }

  private async printLastValue(): Promise<void> {
    const value = this.lastValue;
    this.lastValue = undefined;
    if (value === undefined) return;
    this.internals.engine.changed("code");
    await this.internals.engine.planned();
    // Node attaches async bookkeeping to promises, and would print it.
    console.log(value instanceof Promise && !(value instanceof RunningStage) ? PROMISE_TEXT : value);
  }
}

function endExecution(execution: CellExecution): void {
  execution.isOver = true;
  execution.declaredParam = undefined;
}

/** The output functions of a cell. */
export function outputsOf(writeStream: WriteStream, writeDisplay: WriteDisplay): Pick<Activity, "write" | "display"> {
  return {
    write: writeStream,
    display: (bundle, id, update) =>
      writeDisplay({ data: bundle, metadata: {}, transient: id === undefined ? {} : { display_id: id } }, update),
  };
}

/** A display that can be updated in place. */
export function updater(writeDisplay: WriteDisplay): ShowInCell {
  return (bundle, id, update) => writeDisplay({ data: bundle, metadata: {}, transient: { display_id: id } }, update);
}

/** The cell that a request executes; null when the front end does not send it. */
export function cellOf(metadata: Record<string, unknown>): CellId | null {
  return typeof metadata.cellId === "string" && metadata.cellId !== "" ? (metadata.cellId as CellId) : null;
}
