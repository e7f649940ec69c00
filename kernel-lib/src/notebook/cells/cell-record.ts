/** What is known of one cell from its last execution in this kernel. */
import type { CellId } from "../../protocol";
import type { CellAccess } from "../tslab/compiled-cell";
import type { VariableState } from "./variables";

export interface CellRecord {
  readonly id: CellId;
  /** `[3]` in the notebook. */
  count: number;
  running: boolean;
  ok: boolean;
  readonly source: string;
  /** False when it could not be compiled: what it would read is unknown then. */
  isCompiled: boolean;
  /** The user has stopped it. */
  isInterrupted: boolean;
  /** Names that it could not define: they were those of other cells. */
  readonly taken: TakenName[];
  /** The position of the execution among all executions of cells. */
  readonly sequence: number;
  readonly startedAt: number;
  /** The stages it read, by instance id. */
  readonly stages: Map<string, ReadStage>;
  /** The parameters it read, with the digest of the value. */
  readonly params: Map<string, string>;
  /** The parameters it set, with the digest of the value. */
  readonly setParams: Map<string, string>;
  /** What it printed of the pipeline itself. */
  readonly shown: ShownState[];
  access: CellAccess;
  /** The variables that it read by name, and those that functions in them refer to. */
  reads: ReadonlySet<string>;
  /** The values when it began: of the variables that it read, and of those that it changed in place. */
  found: ReadonlyMap<string, VariableState>;
  /** The values of the variables that it assigned or changed in place, when it ended. */
  left: ReadonlyMap<string, VariableState>;
  changes: InPlaceChanges;
}

/** The variables that a cell's code has changed in place, in this execution or in one before: it may do so again. */
export interface InPlaceChanges {
  readonly code: string;
  readonly names: Set<string>;
}

export interface ReadStage {
  readonly name: string;
  /** Of the output that the cell read; "" when it read an error. */
  readonly digest: string;
}

export interface TakenName {
  /** `stage "rows"`. */
  readonly what: string;
  readonly isFree: () => boolean;
}

/** A state of the pipeline that the cell printed: a stage's status, a plan, the graph. */
export interface ShownState {
  /** `the status of strong`. */
  readonly what: string;
  readonly text: string;
  /** The same text now. */
  readonly now: () => string;
}

const noAccess: CellAccess = { reads: [], captures: [], writes: [], hasEffects: true };

/** The cell begins. `before`: what is known from its execution before this one. */
export function beginRecord(
  id: CellId,
  count: number,
  sequence: number,
  source: string,
  before?: CellRecord,
): CellRecord {
  return {
    id,
    count,
    running: true,
    ok: true,
    source,
    isCompiled: false,
    isInterrupted: false,
    taken: [],
    sequence,
    startedAt: performance.now(),
    stages: new Map(),
    params: new Map(),
    setParams: new Map(),
    shown: [],
    access: noAccess,
    reads: new Set(),
    found: new Map(),
    left: new Map(),
    changes: before?.changes ?? { code: "", names: new Set() },
  };
}
