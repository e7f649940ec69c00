/** The parts of a pipeline that the notebook layer and the command line use. Provided by the composition root, not public. */
import type { EventBus } from "../events/bus";
import type { Scopes } from "../key/scopes";
import type { CellId, LogRecord } from "../protocol";
import type { Engine } from "../run/engine";
import type { NotebookIdentity } from "../store/notebooks/notebook-identity";

export interface PipelineInternals {
  readonly engine: Engine;
  readonly bus: EventBus;
  readonly scopes: Scopes;
  /** Under whose id results and runs are stored. */
  readonly notebook: NotebookIdentity;
  /** Whether a value is this pipeline itself. */
  readonly isPipeline: (value: unknown) => boolean;
  /** The log lines of this process, oldest first. */
  readonly logLines: () => readonly LogRecord[];
  /** Resolves once the record of every run so far is in the store. */
  readonly runsWritten: () => Promise<void>;
  /** Sets the tracking of the notebook's cells. Until then there are no cells. */
  setCells(cells: CellTracking): void;
  cells(): CellTracking;
}

/** What the rest of Stagebook needs to know about the notebook's cells. */
export interface CellTracking {
  /** False once the notebook has deleted the cell. */
  isAlive(cell: CellId): boolean;
  /** `cell [3]`, for messages. */
  labelOf(cell: CellId): string;
  /** The variables that a failed cell would have assigned and did not. */
  missingVariables(cell: CellId): readonly string[];
}
