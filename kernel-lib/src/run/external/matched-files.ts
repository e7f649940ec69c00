/** The files of a folder or glob as one input: which ones match now, and their digests. Called by `external-inputs.ts`. */
import fs from "node:fs/promises";
import path from "node:path";
import { digestOf } from "../../key/digest";
import { formatCount, formatSize, type Digest } from "../../protocol";
import { forEachParallel } from "../../store/concurrency";
import type { FilePattern } from "./file-pattern";
import { findFiles } from "./file-walk";
import type { Files, FileState } from "./files";

/** A file that matches. */
export interface MatchedFile {
  /** As `file` would name it: relative to the notebook, or absolute if the pattern is. */
  readonly path: string;
  /** Its path below the folder in which the search began. */
  readonly below: string;
  readonly state: FileState;
}

/** The files that match a pattern at one moment. */
export interface MatchedFiles {
  /** Of the paths below the folder and the contents: it is the same for a folder that was moved as a whole. */
  readonly digest: Digest;
  /** `3 files, 1.2 MB`, `no files`. */
  readonly text: string;
  /** In order of the UTF-16 code units of their paths. */
  readonly files: readonly MatchedFile[];
  /** Why the search failed: a folder cannot be read. */
  readonly error?: NodeJS.ErrnoException;
  /** The folder in which the search began, if it does not exist. */
  readonly missing?: string;
}

/** How many files are checked in parallel. */
const PARALLEL = 32;

export async function matchFiles(files: Files, pattern: string): Promise<MatchedFiles> {
  const { base, below } = await placeOf(files, pattern);
  const root = files.resolve(base);
  try {
    const found =
      typeof below === "string" ? [below] : await findFiles(root, below, (folder) => files.watch.looked(folder));
    const matched = await statesOf(files, base, found);
    const missing = found.length === 0 && !(await exists(root)) ? { missing: base } : {};
    return { ...describe(matched), ...missing };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const text = `unreadable (${code})`;
    return { digest: digestOf(text), text, files: [], error: error as NodeJS.ErrnoException };
  }
}

/** Where to search and for what; a text is the one file. What exists under the name as it is written comes before what it means as a glob. */
async function placeOf(
  files: Files,
  pattern: string,
): Promise<{ readonly base: string; readonly below: FilePattern | string }> {
  const literal = path.posix.normalize(pattern).replace(/(?<=.)\/$/, "");
  const stat = await fs.stat(files.resolve(literal)).catch(() => undefined);
  if (stat?.isFile()) return { base: path.posix.dirname(literal), below: path.posix.basename(literal) };
  // Most notebooks have no such input.
  const { parseGlob, wholeFolder } = await import("./file-pattern");
  const glob = stat ? undefined : parseGlob(pattern);
  return glob ? { base: path.posix.normalize(glob.base || "."), below: glob } : { base: literal, below: wholeFolder };
}

async function statesOf(files: Files, base: string, found: readonly string[]): Promise<readonly MatchedFile[]> {
  const matched: MatchedFile[] = [];
  await forEachParallel(found.entries(), PARALLEL, async ([at, below]) => {
    const name = path.posix.join(base, below);
    matched[at] = { path: name, below, state: await files.state(name) };
  });
  return matched;
}

function describe(files: readonly MatchedFile[]): Pick<MatchedFiles, "digest" | "text" | "files"> {
  const size = files.reduce((sum, { state }) => sum + (state.sizeBytes ?? 0), 0);
  const count = `${formatCount(files.length)} ${files.length === 1 ? "file" : "files"}`;
  return {
    digest: digestOf(JSON.stringify(files.map(({ below, state }) => [below, state.digest]))),
    text: files.length === 0 ? "no files" : `${count}, ${formatSize(size)}`,
    files,
  };
}

async function exists(folder: string): Promise<boolean> {
  return fs.stat(folder).then(
    () => true,
    () => false,
  );
}
