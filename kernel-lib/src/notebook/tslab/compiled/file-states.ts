/**
 * The state of files and folders that the compiler looked at: what is written down about them, and whether that still holds. Used by
 * look-ups.ts.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";

// The originals: this is loaded before reads are observed.
const { lstatSync, readFileSync, readdirSync, statSync } = fs;
const realpathSync = fs.realpathSync.native;

/** A file or folder that was changed so recently may change again without a new time: its content is compared then. */
const SETTLED_MS = 2000n;
const NS_PER_MS = 1_000_000n;

/** `state`: its size, times and number. `settled`: false while these may stay the same although the content changes. */
export interface PathState {
  readonly state: string;
  readonly isFile: boolean;
  readonly isFolder: boolean;
  readonly settled: boolean;
}

/** Undefined for a path that does not exist. */
export function stateOf(file: string): PathState | undefined {
  let stats: fs.BigIntStats | undefined;
  try {
    stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch {
    // A file where a folder is expected, or a folder that may not be searched: for the compiler it does not exist.
  }
  if (!stats) return undefined;
  const { size, mtimeNs, ctimeNs, ino } = stats;
  const changedNs = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  return {
    state: `${size} ${mtimeNs} ${ctimeNs} ${ino}`,
    isFile: stats.isFile(),
    isFolder: stats.isDirectory(),
    settled: BigInt(Date.now()) - changedNs / NS_PER_MS > SETTLED_MS,
  };
}

/** Whether there is anything at this path, a link to something missing included. */
export function isEntry(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** The names of the folders in a folder, as the compiler lists them: links to folders count. */
export function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(
        (entry) => entry.isDirectory() || (entry.isSymbolicLink() && stateOf(`${folder}/${entry.name}`)?.isFolder),
      )
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Of a text as the compiler reads it. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** Of the text of a file; undefined when it cannot be read. */
export function digestOfFile(file: string): string | undefined {
  try {
    // Without the mark that editors on Windows put in front, as the compiler reads it.
    return digestOf(readFileSync(file, "utf8").replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
}

/** The path without links; undefined when it does not exist. */
export function realPathOf(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}
