/** Files and folders of a disk store whose place is taken by something else. Used by verification. */
import type { Dirent, Stats } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../../protocol";
import type { DurableFiles } from "../../files/durable-files";
import { codeOf, isAbsent } from "../../records/store-error";
import type { StorePaths } from "../folder";

/** Something that no reader can use. */
export interface Misplaced {
  readonly path: string;
  /** What is there instead, in words. */
  readonly what: string;
  /** It holds nothing that could be lost: a link that leads nowhere, a pipe, an empty folder. */
  readonly isEmpty: boolean;
}

/** A place of the layout: a file, or a folder with places of one kind in it. Names that start with a dot are temporary. */
type Place = "file" | "link" | "anything" | { readonly each: Place };

const filesIn: Place = { each: "file" };

/** Inspects every place. An unreadable folder is in the list too, and does not end the inspection. */
export async function findMisplaced(files: DurableFiles, paths: StorePaths): Promise<readonly Misplaced[]> {
  const found: Misplaced[] = [];
  const inspect = async (path: string, place: Place): Promise<void> => {
    const problem = await problemAt(path, place, files);
    if (problem) found.push({ path, ...problem });
    if (problem || typeof place === "string") return;
    const entries = await files.entries(path).catch((error: unknown) => unreadable(error));
    if (typeof entries === "string") found.push({ path, what: entries, isEmpty: false });
    else
      for (const entry of entries)
        if (!entry.name.startsWith(".") && !isInPlace(entry, place.each))
          await inspect(join(path, entry.name), place.each);
  };
  for (const [path, place] of placesOf(paths)) await inspect(path, place);
  // Encoded names have no dots: a file with one is of an older form. Values of other users are theirs to verify.
  const owners = await files.list(paths.params()).catch(() => []);
  for (const owner of owners.filter((name) => !name.includes(".")))
    if (!(await isForbidden(join(paths.params(), owner), files))) await inspect(join(paths.params(), owner), { each: filesIn }); // prettier-ignore
  return found;
}

/** What the folder itself says of nearly all that stands in it: nothing else has to be asked. */
function isInPlace(entry: Dirent, place: Place): boolean {
  return place === "anything" || (place === "file" && entry.isFile());
}

async function isForbidden(folder: string, files: DurableFiles): Promise<boolean> {
  try {
    await files.list(folder);
    return false;
  } catch (error) {
    return isPermission(error);
  }
}

function isPermission(error: unknown): boolean {
  return ["EACCES", "EPERM"].includes(codeOf(error));
}

function placesOf(paths: StorePaths): readonly (readonly [string, Place])[] {
  return [
    [paths.format(), "file"],
    [paths.ignore(), "file"],
    [paths.evicted(), "file"],
    ...[paths.entries(), paths.liveFolder(), paths.claims(), paths.holds(), paths.pins(), paths.runs(), paths.notebooks()].map((folder) => [folder, filesIn] as const), // prettier-ignore
    ...[paths.blobs(), paths.heads()].map((folder) => [folder, { each: filesIn }] as const),
    [paths.latestFolder(), { each: { each: "link" } }],
    [paths.scratch(), { each: "anything" }],
  ];
}

/** Undefined when it is what it should be, or does not exist. */
async function problemAt(
  path: string,
  place: Place,
  files: DurableFiles,
): Promise<{ readonly what: string; readonly isEmpty: boolean } | undefined> {
  const own = place === "anything" ? undefined : await statOf(() => files.fs.lstat(path));
  if (own === undefined) return undefined;
  if (!isStats(own)) return { what: unreadable(own), isEmpty: false };
  // Its target may have been removed.
  if (place === "link" && !own.isDirectory()) return undefined;
  const target = own.isSymbolicLink() ? await statOf(() => files.fs.stat(path)) : own;
  if (target === undefined) return { what: "a link that leads nowhere stands in its place", isEmpty: true };
  if (!isStats(target)) {
    const isLoop = codeOf(target) === "ELOOP";
    return isLoop ? { what: "a link that leads in a circle stands in its place", isEmpty: true } : { what: unreadable(target), isEmpty: false }; // prettier-ignore
  }
  const kind = kindOf(target);
  if (typeof place === "string" && kind === "folder") {
    const isEmpty = !own.isSymbolicLink() && (await files.list(path).catch(() => ["?"])).length === 0;
    return { what: `a folder where a ${place} should be`, isEmpty };
  }
  if (place === "file") return kind === "file" ? undefined : { what: `${kind} where a file should be`, isEmpty: true }; // prettier-ignore
  if (kind === "file") return { what: "a file where a folder should be", isEmpty: target.size === 0 };
  return kind === "folder" ? undefined : { what: `${kind} where a folder should be`, isEmpty: true };
}

function kindOf(stat: Stats): string {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "folder";
  if (stat.isFIFO()) return "a named pipe";
  return stat.isSocket() ? "a socket" : "a device";
}

/** The error when it cannot be looked at; undefined when it does not exist. */
async function statOf(stat: () => Promise<Stats>): Promise<Stats | Error | undefined> {
  try {
    return await stat();
  } catch (error) {
    return isAbsent(error) ? undefined : (error as Error);
  }
}

function isStats(value: Stats | Error): value is Stats {
  return !(value instanceof Error);
}

function unreadable(error: unknown): string {
  const why =
    codeOf(error) === "EACCES" || codeOf(error) === "EPERM" ? `no permission, ${codeOf(error)}` : messageOf(error);
  return `cannot be read (${why})`;
}
