/** The port of a notebook or script that a command has opened: its cells, and the pipelines that they create. */
import type { KernelMessage } from "../../notebook/tslab/headless-kernel";
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import type { Environment } from "../../pipeline-context";
import type { RunOverrides } from "../../run/state/run-overrides";
import type { Refusals } from "./refusals";

/** The end of a cell, or of a script as a whole. `stopped`: it needs a result that does not exist, and no stage may run. */
export interface CellReport {
  readonly id: string;
  /** Human-readable: `cell [3]`, `report.ts`. */
  readonly label: string;
  /** The number in its prompt. */
  readonly count: number | null;
  readonly status: "ok" | "failed" | "stopped";
  /** The stages whose missing results it needed. */
  readonly stages: readonly string[];
  /** The last text that a failed cell printed. */
  readonly error?: string;
}

/** Is notified while a session executes. */
export interface SessionListener {
  cellStarted(cell: string, nth: number, of: number): void;
  /** `cell` is null for a script. */
  output(cell: string | null, message: KernelMessage): void;
  cellEnded(report: CellReport): void;
  opened(internals: PipelineInternals): void;
}

/** What a session takes from its command. */
export interface SessionParts {
  readonly environment: Environment;
  /** Absolute: the working folder of a script. */
  readonly folder: string;
  /** Whether parameter values that were set before are used, and those that cells set are saved. */
  readonly usesSavedParams: boolean;
  /** Where the overrides of the command report refusals. */
  readonly refusals: Refusals;
  readonly listener: SessionListener;
}

export interface Session {
  /** All source text. */
  readonly source: string;
  /** Those that define something. */
  pipelines(): readonly PipelineInternals[];
  /** Executes all cells in order, up to the first that fails; when no stage may run, all of them. Outputs are reported when stages may run. */
  execute(overrides: RunOverrides): Promise<readonly CellReport[]>;
  /** Executes `act` in the context of the session's cells. */
  within<T>(overrides: RunOverrides, act: () => T): T;
  /** Cancels what is in progress. */
  interrupt(): void;
  /**
   * Throws UsageError `save-script` where there are no outputs to save, and `output-input` for a file that is another input of the
   * command. `file`, `inputs`: absolute.
   */
  checkSave(file: string, inputs: readonly string[]): void;
  /**
   * Writes the notebook file with the outputs of the last execution; it may be the notebook itself. Throws StagebookError `output-changed` when
   * that was edited meanwhile, and `output-write`.
   */
  save(file: string): void;
  close(): Promise<void>;
}
