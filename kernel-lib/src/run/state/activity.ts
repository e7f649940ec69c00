/** The activity that the current chain of async calls belongs to: a cell, the execution of a stage, a command from the page. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { CellId, LogLevel, RunId, RunSource } from "../../protocol";
import type { TableData } from "../../table/table-data";
import type { InputRef } from "../../stage/input";
import type { DeclaredParam } from "../../stage/param";

/** Parameter values that replace the current ones for one use. */
export type Overlay = ReadonlyMap<string, unknown>;
export const noOverlay: Overlay = new Map();

/** What a cell's code read: the cell is stale when it changes. */
export type CellRead =
  /** `id`: of the instance, which differs from the name under other parameter values. `digest` is "" when the stage failed. */
  | { readonly kind: "stage"; readonly name: string; readonly id: string; readonly digest: string }
  | { readonly kind: "param"; readonly name: string }
  | { readonly kind: "set-param"; readonly name: string }
  /** A name that it could not define, because another cell defines it. `isFree`: whether that is no longer so. */
  | { readonly kind: "taken"; readonly what: string; readonly isFree: () => boolean }
  /** A state of the pipeline itself, as text: `what` is what it is called. `now`: the same text later. */
  | { readonly kind: "shown"; readonly what: string; readonly text: string; readonly now: () => string };

/** The execution of a stage's function. */
export interface StageActivity {
  readonly run: RunId;
  readonly stage: string;
  readonly source: RunSource;
  readonly overlay: Overlay;
  /** Logs what the function prints. */
  printed(level: LogLevel, message: string): void;
  /** The output of a stage that the function reads by name. */
  readStage(ref: InputRef & { readonly kind: "stage" }): Promise<unknown>;
  /** Records a read that the function's code does not show. */
  readUnseen(what: string): void;
  /** Records that the function reads a parameter. */
  readParam(name: string): void;
}

/** One execution of a cell. */
export interface CellExecution {
  /** The pipeline whose definitions belong to the cell. */
  readonly pipeline: object;
  /** Callbacks of the cell may still be called. */
  isOver: boolean;
  /** What its source says about the parameters that it defines. */
  declaredParam?: ((name: string) => DeclaredParam | undefined) | undefined;
}

export interface Activity {
  readonly cell: CellId | null;
  /** Absent outside cells. */
  readonly execution?: CellExecution;
  readonly source: RunSource;
  readonly stage?: StageActivity;
  /** Records what the cell reads; absent outside cells. */
  readonly observe?: (read: CellRead) => void;
  /** Writes to the output of the cell or script, also after a later cell has started. Absent outside them. */
  readonly write?: (stream: "stdout" | "stderr", text: string) => void;
  /** Shows a MIME bundle in the cell's own output; `update` replaces the one that was shown with the same id. Absent outside cells. */
  readonly display?: (bundle: Readonly<Record<string, unknown>>, id?: string, update?: boolean) => void;
  /** Keeps a table that is shown, for the page. Returns its id. Absent outside cells. */
  readonly keepTable?: (table: TableData) => string;
}

const current = new AsyncLocalStorage<Activity>();
const outside: Activity = { cell: null, source: "script" };

/** The current activity; outside of everything that of a plain script. */
export function findActivity(): Activity {
  return current.getStore() ?? outside;
}

/** Runs `act`, and everything async that it starts, as part of the activity. */
export function withinActivity<T>(activity: Activity, act: () => T): T {
  return current.run(activity, act);
}

/** Makes the rest of the current synchronous code, and what it awaits, part of the activity. For the cell that imports Stagebook. */
export function enterActivity(activity: Activity): void {
  current.enterWith(activity);
}
