/** The memory of a notebook from one visit to the next, in the browser. Used by NotebookModels and NotebookModel. */
import { get, set } from "idb-keyval";
import type { LogRecord, View } from "stagebook/protocol";

export interface Remembered {
  /** Without its log. */
  readonly view: View;
  /** The last REMEMBERED_LINES lines. */
  readonly log: readonly LogRecord[];
  /** Epoch milliseconds: the user has cleared the log lines up to this time. */
  readonly clearedAt: number;
  /** The stage selected in the graph. */
  readonly selected: string | null;
}

export const REMEMBERED_LINES = 1000;

export interface Memory {
  /** Null when nothing is stored for the notebook. Never rejects. */
  load(path: string): Promise<Remembered | null>;
  /** Never rejects. */
  save(path: string, remembered: Remembered): Promise<void>;
}

/** Stored in the browser's database, by notebook path. */
export const browserMemory: Memory = {
  async load(path) {
    try {
      return decode(await get<unknown>(keyOf(path)));
    } catch (cause) {
      // A private window may have no database: then nothing is remembered, and everything else works.
      console.warn("stagebook: cannot read the remembered state of", path, cause);
      return null;
    }
  },
  async save(path, remembered) {
    try {
      await set(keyOf(path), { format: FORMAT, ...remembered });
    } catch (cause) {
      console.warn("stagebook: cannot remember", path, cause);
    }
  },
};

/** Incremented whenever View or Remembered change: data in another format is ignored. */
const FORMAT = 1;

function keyOf(path: string): string {
  return `stagebook:notebook:${path}`;
}

function decode(data: unknown): Remembered | null {
  if (typeof data !== "object" || data === null) return null;
  return (data as { readonly format?: unknown }).format === FORMAT ? (data as Remembered) : null;
}
