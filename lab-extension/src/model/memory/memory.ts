/** The memory of a notebook from one visit to the next, in the browser. Used by NotebookModels and NotebookModel. */
import { get, set } from "idb-keyval";
import { isRemembered, type Remembered } from "./remembered-shape";

export type { Remembered } from "./remembered-shape";

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
