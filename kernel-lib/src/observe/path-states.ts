/** The state of files and folders on disk. Runs the original functions: these reads are never observed. */
import fs from "node:fs";
import path from "node:path";
import { digestContent } from "../key/digest";
import { silently } from "./silence";

// The originals: this is loaded before the wrappers are installed.
const { readFileSync, statSync, lstatSync, readdirSync, readlinkSync } = fs;
// Without the cache and the calls of other functions that the JavaScript version has.
const realpathSync = fs.realpathSync.native;

/** Changed if anything about the file differs; undefined for a path that does not exist. */
export function stampOf(file: string): string | undefined {
  return attempt(() => {
    const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
    return stats && `${stats.size} ${Number(stats.ino)} ${stats.mtimeNs} ${stats.ctimeNs}`;
  });
}

/** The digest of a file's content; undefined for a path that does not exist. */
export function contentOf(file: string): string | undefined {
  return attempt(() => digestContent(readFileSync(file)));
}

/** `file`, `folder`, `link` (to something missing), `other`; undefined for what does not exist. */
export function typeOf(file: string): string | undefined {
  return attempt(() => {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats) return stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "other";
    return lstatSync(file, { throwIfNoEntry: false }) && "link";
  });
}

/** Whether two paths of folders, one of them perhaps through links, lead to the same one. */
export function isSameFolder(one: string, other: string): boolean {
  return one === other || realPathOf(one) === (realPathOf(other) ?? "");
}

const realPathOf = (file: string): string | undefined => attempt(() => realpathSync(file));

/** The names and types in a folder, sorted, one a line; undefined for a folder that does not exist. */
export function listingOf(folder: string): string | undefined {
  return attempt(() => {
    const names = readdirSync(folder, { withFileTypes: true }).map(
      (entry) => `${entry.isDirectory() ? "folder" : entry.isSymbolicLink() ? "link" : "file"} ${entry.name}`,
    );
    return names.sort().join("\n");
  });
}

/** Where a path leads: the target of the link itself, and the last one of all links in it, relative to the path's folder. */
export function resolvedTarget(file: string): string | undefined {
  return attempt(() => {
    const direct = lstatSync(file).isSymbolicLink() ? readlinkSync(file) : "";
    return `${direct} → ${path
      .relative(realpathSync(path.dirname(file)), realpathSync(file))
      .split(path.sep)
      .join("/")}`;
  });
}

/** All files in a folder, however deep. */
export function filesBelow(folder: string): readonly string[] {
  return entriesOf(folder).flatMap((entry) => {
    const inner = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(inner) : [inner];
  });
}

/** In epoch milliseconds; undefined for what does not exist. */
export function modifiedMs(file: string): number | undefined {
  return silently(() => statSync(file, { throwIfNoEntry: false }))?.mtimeMs;
}

/** Whether a path is the file that the stats are about. */
export function sameFile(file: string, { dev, ino }: fs.StatsBase<number | bigint>): boolean {
  const stats = silently(() => statSync(file, { bigint: true, throwIfNoEntry: false }));
  return stats !== undefined && stats.ino === BigInt(ino) && stats.dev === BigInt(dev);
}

/** All folders in a folder, however deep. */
export function foldersBelow(folder: string): readonly string[] {
  return entriesOf(folder).flatMap((entry) => {
    const inner = path.join(folder, entry.name);
    return entry.isDirectory() ? [inner, ...foldersBelow(inner)] : [];
  });
}

/** The value of a field of a file's stats, as text; undefined for what does not exist. */
export function statField(file: string, field: string): string | undefined {
  return attempt(() => {
    const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
    if (!stats) return undefined;
    const exact = /time(Ms|Ns)?$/.test(field) ? `${field.replace(/(Ms|Ns)$/, "")}Ns` : field;
    return String(Reflect.get(stats, exact));
  });
}

/** An error is a state too: the execution gets the same one. */
function attempt(read: () => string | undefined): string | undefined {
  try {
    return silently(read);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? undefined : `error ${code}`;
  }
}

/** None if the folder cannot be listed. */
function entriesOf(folder: string): readonly fs.Dirent[] {
  try {
    return silently(() => readdirSync(folder, { withFileTypes: true }));
  } catch {
    // The execution gets the error itself.
    return [];
  }
}
