/** What the page remembers of a notebook from one visit to the next. Used by NotebookStore. */
import { get, set } from "idb-keyval";
import type { LogRecord, View } from "stagebook/protocol";

export interface Remembered {
  /** Without its log. */
  readonly view: View;
  /** The last REMEMBERED_LINES lines. */
  readonly log: readonly LogRecord[];
  /** Epoch milliseconds: log lines up to it were cleared away. */
  readonly clearedAt: number;
  /** The stage chosen in the DAG. */
  readonly selected: string | null;
}

export const REMEMBERED_LINES = 1000;

export interface Memory {
  /** Null when nothing is known of the notebook. Never rejects. */
  load(path: string): Promise<Remembered | null>;
  /** Never rejects. */
  save(path: string, remembered: Remembered): Promise<void>;
}

/** In the browser's database, by notebook path. */
export const browserMemory: Memory = {
  async load(path) {
    try {
      return decode(await get<unknown>(keyOf(path)));
    } catch (cause) {
      // A private window may have no database: nothing is remembered then, and all else works.
      console.warn("stagebook: cannot read what was remembered of", path, cause);
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

/** Changes whenever View or Remembered do: what another version wrote is not read. */
const FORMAT = 1;

function keyOf(path: string): string {
  return `stagebook:notebook:${path}`;
}

function decode(data: unknown): Remembered | null {
  if (typeof data !== "object" || data === null) return null;
  return (data as { readonly format?: unknown }).format === FORMAT ? (data as Remembered) : null;
}
