/** What the engine needs from outside. The composition root gives the real ones. */
import type { CellId, EventBody } from "../../protocol";
import type { Scopes } from "../../key/scopes";
import type { SavedParams } from "../../store/memory/saved-params";
import type { Store } from "../../store/store";
import type { RunOverrides } from "./run-overrides";

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export interface EnginePorts {
  readonly store: Store;
  readonly savedParams: SavedParams;
  readonly scopes: Scopes;
  readonly clock: Clock;
  /** What the command line wants of every run. */
  readonly runOverrides: RunOverrides;
  readonly emit: (event: EventBody) => void;
  /** The name under which results are kept for this notebook or script. */
  readonly notebook: string;
  /** Where relative file paths begin. */
  readonly folder: string;
  /** Whether the notebook still has the cell. */
  readonly aliveCell: (cell: CellId) => boolean;
  /** The cell as a person knows it: `cell [3]`. */
  readonly labelOf: (cell: CellId) => string;
}
