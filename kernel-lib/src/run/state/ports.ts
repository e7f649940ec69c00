/** What the engine needs from outside. The composition root provides the real adapters. */
import type { CellId, EventBody } from "../../protocol";
import type { Scopes } from "../../key/scopes";
import type { NotebookIdentity } from "../../store/notebooks/notebook-identity";
import type { SavedParams } from "../../store/notebooks/saved-params";
import type { SecretKeySource } from "../../secrets/secret-key";
import type { Store } from "../../store/store";
import type { Log, ReportStoreProblem } from "./logger";
import type { RunOverrides } from "./run-overrides";

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export interface EnginePorts {
  readonly store: Store;
  readonly savedParams: SavedParams;
  /** Under which secrets are digested. */
  readonly secretKey: SecretKeySource;
  readonly scopes: Scopes;
  readonly clock: Clock;
  /** The overrides that apply to the code that is executing now: the command line executes cells first for planning, then for running. */
  readonly overrides: () => RunOverrides;
  readonly emitAll: (events: readonly EventBody[]) => void;
  readonly log: Log;
  readonly reportStoreProblem: ReportStoreProblem;
  /** Under whose id results are kept. */
  readonly notebook: NotebookIdentity;
  /** How many records of results are kept in memory at least. */
  readonly rememberedResults: number;
  /** The share of cache hits that are computed again and compared while the kernel is idle, from 0 to 1. */
  readonly auditShare: number;
  /** Absolute: relative file paths start here. */
  readonly folder: string;
  /** Whether the notebook still has the cell. */
  readonly aliveCell: (cell: CellId) => boolean;
  /** The cell's label for the user: `cell [3]`. */
  readonly labelOf: (cell: CellId) => string;
}
