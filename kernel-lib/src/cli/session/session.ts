/** A notebook or script that the command has opened: its cells, and the pipelines that they make. */
import type { KernelMessage } from "../../notebook/tslab/headless-kernel";
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import type { RunOverrides } from "../../run/state/run-overrides";

/** How a cell, or a script as a whole, ended. `stopped`: it needs a result that is not there, while no body may run. */
export interface CellReport {
  readonly id: string;
  /** For people: `cell [3]`, `report.ts`. */
  readonly label: string;
  /** The number in its prompt. */
  readonly count: number | null;
  readonly status: "ok" | "failed" | "stopped";
  /** The stages whose results it asked for in vain. */
  readonly stages: readonly string[];
  /** What a failed cell printed last. */
  readonly error?: string;
}

/** What a session tells while it executes. */
export interface SessionListener {
  cellStarted(cell: string, nth: number, of: number): void;
  /** `cell` is null for a script. */
  output(cell: string | null, message: KernelMessage): void;
  cellEnded(report: CellReport): void;
  opened(internals: PipelineInternals): void;
}

export interface Session {
  /** The name under which results are kept. */
  readonly name: string;
  readonly runOverrides: RunOverrides;
  /** All source text. */
  readonly source: string;
  /** Those that define something. */
  pipelines(): readonly PipelineInternals[];
  /** Executes all cells in order, up to the first that fails; when no body may run, all of them. */
  execute(): Promise<readonly CellReport[]>;
  /** Stops what is under way. */
  interrupt(): void;
  /** Throws UsageError `save-script` where there are no outputs to save. */
  checkSave(): void;
  /** Writes the notebook file with the outputs of the last execution. */
  save(file: string): void;
  close(): Promise<void>;
}
