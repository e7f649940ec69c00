/** What a row of the edit matrix is. The rows are data: the tests do them, the README and the report list them. */
import type { Notebook } from "../../rig/kernel/notebook";

/** Code by cell id, in the order of the notebook. */
export type Cells = { readonly [cell: string]: string };

/** One kind of edit. */
export interface Edit {
  /** Names the row, once in the matrix. */
  readonly id: string;
  /** The rows of the list of features that it belongs to. */
  readonly rows: readonly string[];
  /** What is edited, in plain words. */
  readonly kind: string;
  readonly cells: Cells;
  /** Cells that are executed again with other code, or something done outside of the notebook. */
  readonly edit: Cells | ((notebook: Notebook) => unknown);
  /** The stages whose bodies must run after the edit. */
  readonly mustRun: readonly string[];
  /** All other stages of the row, as they are named after the edit. */
  readonly mustNotRun: readonly string[];
  /** What is asked for, as an expression. Default: `await a()`. */
  readonly show?: string;
  /** Its value before and after, as JSON: an old result is never given for a new one. */
  readonly value: readonly [before: string, after: string];
  /** How the edit is undone. Default: all cells are executed as they were. */
  readonly undo?: (notebook: Notebook) => unknown;
  /** What runs when it is undone. Default: nothing, the old results are still there. */
  readonly undoRuns?: readonly string[];
}

/** Rows that share a kernel. */
export interface EditGroup {
  readonly title: string;
  readonly edits: readonly Edit[];
  /** Puts files in the folder before the first cell is executed. */
  readonly prepare?: (notebook: Notebook) => void;
}

/** What a row gave in a real kernel: after the edit, and after the way back. */
export interface Outcome {
  readonly id: string;
  /** The stages whose bodies ran after the edit. */
  readonly ran: readonly string[];
  /** How often an old result was given for a new one. */
  readonly wrongFresh: number;
  /** Bodies that ran without need. */
  readonly needless: number;
  /** Why the row could not be judged. */
  readonly failure?: string;
}

/** A stage that each row has besides its own; nothing that is edited concerns it. */
export const APART = "apart";

/** Defines it, in a cell of its own. */
export const APART_CELL: Cells = { [APART]: `stage("${APART}", () => "of no concern");` };
