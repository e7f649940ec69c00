/**
 * Fingerprints of cells (the field `marks` of records): what a notebook's cells can be recognized by when its file has moved: the random ids that Jupyter gives to cells, or, where a file has
 * none (nbformat before 4.5) or hand-written ones (`cell-1`), the source text. Pure; used by the kernel and by the page.
 */

/** A cell as it is in the file. */
export interface CellText {
  /** Absent before nbformat 4.5. */
  readonly id?: string;
  readonly source: string;
}

/** A notebook with more cells is recognized by the first ones. */
const MAX_FINGERPRINTS = 1000;

/** One fingerprint per cell that can be recognized, each once. Cells without an id and without a source have none. */
export function fingerprintsOf(cells: readonly CellText[]): readonly string[] {
  const fingerprints = new Set<string>();
  for (const { id, source } of cells) {
    if (id !== undefined && isRandom(id)) fingerprints.add(id);
    else if (source.trim() !== "") fingerprints.add(`${SOURCE}${hashOf(source)}`);
    if (fingerprints.size >= MAX_FINGERPRINTS) break;
  }
  return [...fingerprints];
}

/** Whether a fingerprint is the random id of a cell: no other cell has it, except in a copy. */
export function isRandomId(fingerprint: string): boolean {
  return !fingerprint.startsWith(SOURCE);
}

/** Begins the fingerprint of a source text. No cell id contains it. */
const SOURCE = "=";

/** Jupyter's ids are UUIDs, or 8 hex digits of one. */
function isRandom(id: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^[0-9a-f]{8,64}$/i.test(id);
}

/** 53 bits (cyrb53, public domain): the page has no synchronous sha256. */
function hashOf(text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}
