/** What a pipeline shows to the notebook layer and nobody else. Given by the composition root. */
import type { EventBus } from "../events/bus";
import type { Scopes } from "../key/scopes";
import type { CellId, LogRecord } from "../protocol";
import type { Engine } from "../run/engine";

export interface PipelineInternals {
  readonly engine: Engine;
  readonly bus: EventBus;
  readonly scopes: Scopes;
  /** The name under which results and runs are kept. */
  readonly notebook: string;
  /** Whether a value is this pipeline itself. */
  readonly isPipeline: (value: unknown) => boolean;
  readonly logLines: () => readonly LogRecord[];
  /** When the record of every run so far is in the store. */
  readonly runsWritten: () => Promise<void>;
  /** Who knows the notebook's cells; none do until a notebook says so. */
  setCells(cells: CellTracking): void;
  cells(): CellTracking;
}

export interface CellTracking {
  isAlive(cell: CellId): boolean;
  labelOf(cell: CellId): string;
  /** The variables that a cell which did not get to its end would have made. */
  unmadeBy(cell: CellId): readonly string[];
}
