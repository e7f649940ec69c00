/** The memory of a notebook from one visit to the next, in the browser. Used by NotebookModels and NotebookModel. */
import { get, set } from "idb-keyval";
import type { LogRecord, View } from "stagebook/protocol";
import { isRemembered } from "./remembered-shape";

export interface Remembered {
  /** Without its log. */
  readonly view: View;
  /** The last REMEMBERED_LINES lines. */
  readonly log: readonly LogRecord[];
  /** Epoch milliseconds: the user has cleared the log lines up to this time. */
  readonly clearedAt: number;
  /** Epoch milliseconds: the user has seen the log lines up to this time. Absent in what earlier versions stored. */
  readonly readAt?: number;
  /** The stage selected in the graph. */
  readonly selected: string | null;
  /** The kernel's id of the notebook; null while it has none. */
  readonly uid: string | null;
}

export const REMEMBERED_LINES = 1000;

export interface Memory {
  /** Null when nothing is stored for the notebook with this key, see KnownNotebooks. Never rejects. */
  load(key: string): Promise<Remembered | null>;
  /** Never rejects. */
  save(key: string, remembered: Remembered): Promise<void>;
}

/** Stored in the browser's database. */
export const browserMemory: Memory = {
  async load(key) {
    try {
      return decode(await get<unknown>(nameOf(key)));
    } catch (cause) {
      // A private window may have no database: then nothing is remembered, and everything else works.
      console.warn("stagebook: cannot read the remembered state of", key, cause);
      return null;
    }
  },
  async save(key, remembered) {
    try {
      await set(nameOf(key), { format: FORMAT, ...remembered });
    } catch (cause) {
      console.warn("stagebook: cannot remember", key, cause);
    }
  },
};

/** Incremented whenever View or Remembered change: data in another format, or of another shape, is ignored. */
const FORMAT = 2;

function nameOf(key: string): string {
  return `stagebook:notebook:${key}`;
}

/** Null for anything that this version did not write. */
export function decode(data: unknown): Remembered | null {
  const isOurs = typeof data === "object" && data !== null && (data as { readonly format?: unknown }).format === FORMAT;
  return isOurs && isRemembered(data) ? data : null;
}
