/** What the panels see of a notebook: one model per notebook panel, and which of them is current. */
import { Token } from "@lumino/coreutils";
import type { Observable } from "rxjs";
import type { CellId, Command, CommandType, LogRecord, Result, RunId, RunRowView, View } from "stagebook/protocol";

/** Where a notebook's view comes from. */
export type Connection =
  /** The kernel has no Stagebook (or there is no kernel): the page says how to begin. */
  | "absent"
  /** A kernel with Stagebook is being asked for its state. */
  | "connecting"
  /** The view is the kernel's. */
  | "live"
  /** The kernel died, restarts or does not answer. */
  | "lost"
  /** The kernel speaks another version of the protocol; `problem` says what to do. */
  | "incompatible"
  /** A run that is over is looked at: nothing can be changed until the page goes back to now. */
  | "past";

/** Which moment of a run that is over is looked at. */
export interface PastView {
  readonly run: RunRowView;
  /** From 0, the moment when the run began, to `steps - 1`, when it ended. */
  readonly step: number;
  readonly steps: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** False for a run of so many events that only the first ones are here. */
  readonly isWhole: boolean;
}

/** What is shown of one notebook. Replaced whole at each change; compare by identity. */
export interface NotebookState {
  readonly view: View;
  readonly connection: Connection;
  /** True while `view` is the last one remembered from before, not the kernel's: shown greyed. */
  readonly remembered: boolean;
  /** The stage chosen in the DAG. */
  readonly selected: string | null;
  /** Cells that were edited in the page after they ran: stale, which the kernel cannot know. */
  readonly edited?: readonly CellId[];
  readonly problem?: string;
  /** While the connection is `past`. */
  readonly past?: PastView;
}

/** All log lines that the page has of one notebook, oldest first. */
export interface LogStore {
  readonly records$: Observable<readonly LogRecord[]>;
  getRecords(): readonly LogRecord[];
  /** Puts older lines where they belong in time, each once. Returns how many were not here yet. */
  addEarlier(records: readonly LogRecord[]): number;
  /** Empties the page's list; the kernel keeps its own. */
  clear(): void;
}

/** One notebook as it is now: its kernel's state, and what can be asked of it. Lives as long as the notebook panel. */
export interface LiveModel {
  /** Relative to the server's root. */
  readonly path: string;
  /** Replays the current state; emits at most once per animation frame, and before a command's reply is handed on. */
  readonly state$: Observable<NotebookState>;
  getState(): NotebookState;
  readonly log: LogStore;
  select(stage: string | null): void;
  /** Scrolls the cell into view and selects it. False when the notebook has no such cell. */
  showCell(cell: CellId): boolean;
  /** Rejects with an Error whose message is fit for the user. */
  send<T extends CommandType>(command: Extract<Command, { readonly type: T }>): Promise<Result<T>>;
  /**
   * Runs stale stages, then executes the stale cells in document order, each at most once. With `above` only what concerns
   * the cells above that one. False when something failed or was stopped: it is told.
   */
  runStale(above?: CellId): Promise<boolean>;
}

/** One notebook, now or as it was in a run that is over. */
export interface NotebookModel extends LiveModel {
  /** Shows a run that is over, as it ended. Rejects with an Error whose message is fit for the user. */
  lookAt(run: RunId): Promise<void>;
  /** Shows another moment of it. */
  lookAtStep(step: number): void;
  backToNow(): void;
}

/** The notebooks that are open, and the one that the sidebar shows. */
export interface StagebookTracker {
  /** Null while no notebook is open. */
  readonly current$: Observable<NotebookModel | null>;
  getCurrent(): NotebookModel | null;
}

export const StagebookTracker = new Token<StagebookTracker>(
  "jupyterlab-stagebook:StagebookTracker",
  "The Stagebook model of each open notebook.",
);
