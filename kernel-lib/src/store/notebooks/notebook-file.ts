/** The file of a notebook or script: where it is, and what it is recognized by. Synchronous: it is read when a kernel starts. */
import fs from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { fingerprintsOf, type CellText, type NotebookPlace, type NotebookSighting } from "../../protocol";

/** A file above this size is recognized by its path and inode alone: reading it would delay the start of the kernel. */
const MAX_READ_BYTES = 64 * 1024 * 1024;

/** Reads what identifies a file. `base`: the folder in which the store lies, if it is one; places below it have paths relative to it. */
export function sightFile(file: string, base: string | undefined): NotebookSighting {
  const real = realPathOf(file);
  const stat = fs.statSync(real, { throwIfNoEntry: false, bigint: true });
  const isNotebook = path.extname(real) === ".ipynb";
  const exists = stat?.isFile() === true;
  const identity = exists ? identityOf(stat) : undefined;
  return {
    place: { ...placeOf(real, base), ...(identity !== undefined && { file: identity }) },
    name: path.basename(real),
    exists,
    isScript: !isNotebook,
    marks: exists && stat.size <= MAX_READ_BYTES ? readFingerprints(real, isNotebook) : [],
  };
}

/** The path of a place, if it can be on this machine. */
export function pathOfPlace({ host, path: file }: NotebookPlace, base: string | undefined): string | undefined {
  if (host === "") return base === undefined ? undefined : path.resolve(base, file);
  return host === hostname() ? file : undefined;
}

function placeOf(real: string, base: string | undefined): NotebookPlace {
  const relative = base === undefined ? ".." : path.relative(realPathOf(base), real);
  const isBelow = !path.isAbsolute(relative) && relative.split(path.sep)[0] !== "..";
  // With the folder of the store its notebooks may move, or be mounted elsewhere.
  return isBelow ? { host: "", path: relative.split(path.sep).join("/") } : { host: hostname(), path: real };
}

function realPathOf(file: string): string {
  try {
    return fs.realpathSync.native(file);
  } catch {
    const folder = path.dirname(file);
    return folder === file ? file : path.join(realPathOf(folder), path.basename(file));
  }
}

/** Undefined where the file system does not keep the time of creation: an inode number is used again for another file. */
function identityOf({ dev, ino, birthtimeNs, ctimeNs }: fs.BigIntStats): string | undefined {
  const isKept = birthtimeNs > 0n && birthtimeNs <= ctimeNs;
  return isKept ? `${dev.toString(36)}-${ino.toString(36)}-${birthtimeNs.toString(36)}` : undefined;
}

function readFingerprints(file: string, isNotebook: boolean): readonly string[] {
  try {
    const text = fs.readFileSync(file, "utf8");
    return isNotebook ? fingerprintsOf(cellsIn(text)) : fingerprintsOf([{ source: text }]);
  } catch {
    // Unreadable, or not JSON while it is being written: the path and the inode have to suffice.
    return [];
  }
}

function cellsIn(text: string): readonly CellText[] {
  const { cells } = JSON.parse(text) as { readonly cells?: unknown };
  if (!Array.isArray(cells)) return [];
  return cells.flatMap((cell: unknown) => {
    const { id, source } = (cell ?? {}) as { readonly id?: unknown; readonly source?: unknown };
    const text = Array.isArray(source) ? source.join("") : source;
    if (typeof text !== "string") return [];
    return [{ source: text, ...(typeof id === "string" && { id }) }];
  });
}
