/** The interfaces that panels and other extensions read: one model per open notebook, and which of them is current. */
import { Token } from "@lumino/coreutils";
import type { Observable } from "rxjs";
import type { CellId, Command, CommandType, LogRecord, Result, RunId, RunRowView, View } from "stagebook/protocol";
import type { CollapsedGroups } from "./model/collapsed-groups";
import type { CachedValueSearch } from "./model/params/cached-values";
import type { FoldedGroups } from "./model/params/folded-groups";
import type { ForecastSource } from "./model/params/forecast-source";
import type { ParamDrafts } from "./model/params/param-drafts";
import type { UnreadLines } from "./model/log/unread-lines";

/** The source of a notebook's view. */
export type Connection =
  /** The kernel has not loaded Stagebook, or there is no kernel: the page says how to begin. */
  | "absent"
  /** The page has asked a kernel with Stagebook for its state. */
  | "connecting"
  /** The view is the kernel's current state. */
  | "live"
  /** The kernel has stopped, is restarting or does not answer. */
  | "lost"
  /** The kernel has another version of the protocol; `problem` says what to update. */
  | "incompatible"
  /** A past run is shown: nothing can be changed until the page returns to the current state. */
  | "past";

/** The moment of a past run that is shown. */
export interface PastView {
  readonly run: RunRowView;
  /** From 0, the start of the run, to `steps - 1`, its end. */
  readonly step: number;
  readonly steps: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** False when the run has too many events: only the first ones were fetched. */
  readonly isWhole: boolean;
}

/** What the panels show of one notebook. Immutable: replaced with each change, so compare by identity. */
export interface NotebookState {
  readonly view: View;
  readonly connection: Connection;
  /** True while `view` is the last one the page remembers, not the kernel's: shown grayed. */
  readonly remembered: boolean;
  /** The stage selected in the graph. */
  readonly selected: string | null;
  /** The cells that were edited in the page after they ran: stale, which the kernel cannot know. */
  readonly edited?: readonly CellId[];
  readonly problem?: string;
  /** Exactly while the connection is `past`. */
  readonly past?: PastView;
}

/** The log lines of one notebook in the page, oldest first. */
export interface LogStore {
  readonly records$: Observable<readonly LogRecord[]>;
  getRecords(): readonly LogRecord[];
  /** Inserts older lines in order of time, each once. Returns how many were new. */
  addEarlier(records: readonly LogRecord[]): number;
  /** Empties the page's list; the kernel keeps its own. */
  clear(): void;
}

/** All state of one notebook, and the actions on it. Lives as long as the notebook panel. */
export interface NotebookModel {
  /** Relative to the server's root. */
  readonly path: string;
  /** What the browser keeps for this notebook it keeps under this key: the same after a rename, another one for a copy. */
  readonly key: string;
  /** Replays the current value; emits at most once per animation frame, and before the promise of a command settles. */
  readonly state$: Observable<NotebookState>;
  getState(): NotebookState;
  /** The current state, also while a past run is shown in `state$`. */
  readonly live$: Observable<NotebookState>;
  readonly log: LogStore;
  /** The log lines that the user has not seen. */
  readonly unread: UnreadLines;
  /** The values in the parameter form that the kernel does not have yet. */
  readonly drafts: ParamDrafts;
  /** The folded groups of the form. */
  readonly foldedParams: FoldedGroups;
  /** What those values would run. */
  readonly forecast: ForecastSource;
  /** The parameter values under which every stage is cached. */
  readonly cachedValues: CachedValueSearch;
  /** The collapsed groups of the graph. */
  readonly groups: CollapsedGroups;
  select(stage: string | null): void;
  /** Scrolls the cell into view and selects it. False when the notebook has no such cell. */
  showCell(cell: CellId): boolean;
  /** Writes an option, `name: value`, into the definition of a stage in the cell. False when there is none that can be edited. */
  setStageOption(cell: CellId, stage: string, code: string): boolean;
  /** Rejects with an Error whose message can be shown to the user. While a past run is shown, only queries are allowed. */
  send<T extends CommandType>(command: Extract<Command, { readonly type: T }>): Promise<Result<T>>;
  /**
   * Runs the stale stages, then executes the stale cells in document order, each at most once. With `above`, only what
   * concerns the cells above that one. False when something failed or was stopped: the user has been notified.
   */
  runStale(above?: CellId): Promise<boolean>;
  /** Shows the end of a past run. Rejects with an Error whose message can be shown to the user. */
  showRun(run: RunId): Promise<void>;
  /** Shows another moment of the past run. */
  showStep(step: number): void;
  /** Returns from a past run to the current state. */
  showCurrent(): void;
}

/** The open notebooks, and the one that the sidebar shows. */
export interface StagebookTracker {
  /** Replays the current model. Null while no notebook is open. */
  readonly current$: Observable<NotebookModel | null>;
  getCurrent(): NotebookModel | null;
}

export const StagebookTracker = new Token<StagebookTracker>(
  "jupyterlab-stagebook:StagebookTracker",
  "The Stagebook model of each open notebook.",
);
