/** A row of the edit matrix. The rows are data: the tests execute them, the documents and the report list them. */
import type { Notebook } from "../../../rig/kernel/notebook";

/** Code by cell id, in the order of the notebook. */
export type Cells = { readonly [cell: string]: string };

/** One kind of edit. */
export interface Edit {
  /** Unique in the matrix. */
  readonly id: string;
  /** The ids of the features that it proves. */
  readonly rows: readonly string[];
  /** What is edited, in plain words. */
  readonly kind: string;
  readonly cells: Cells;
  /** Cells that are executed with other code, or an action outside the notebook. */
  readonly edit: Cells | ((notebook: Notebook) => unknown);
  /** The stages that must be executed after the edit. */
  readonly mustRun: readonly string[];
  /** All other stages of the row, by their names after the edit. */
  readonly mustNotRun: readonly string[];
  /** The expression whose value is compared. Default: `await a()`. */
  readonly show?: string;
  /** The value before and after the edit, as JSON: an outdated result is never returned. */
  readonly value: readonly [before: string, after: string];
  /** How the edit is undone. Default: all cells are executed as they were. */
  readonly undo?: (notebook: Notebook) => unknown;
  /** The stages that must be executed after the undo. Default: none, the earlier results are still stored. */
  readonly undoRuns?: readonly string[];
}

/** Rows of one kind. */
export interface EditGroup {
  readonly title: string;
  readonly edits: readonly Edit[];
  /** Writes files into the folder before the first cell is executed. */
  readonly prepare?: (notebook: Notebook) => void;
}

/** The result of a row in a real kernel: after the edit, and after the undo. */
export interface Outcome {
  readonly id: string;
  /** The stages that were executed after the edit. */
  readonly ran: readonly string[];
  /** How often an outdated result was returned. */
  readonly wrongFresh: number;
  /** How many executions were unnecessary. */
  readonly needless: number;
  /** Why the row could not be judged. */
  readonly failure?: string;
}

/** A stage that every row has besides its own; no edit affects it. */
export const APART = "apart";

/** Its definition, in a cell of its own. */
export const APART_CELL: Cells = { [APART]: `stage("${APART}", () => "of no concern");` };
