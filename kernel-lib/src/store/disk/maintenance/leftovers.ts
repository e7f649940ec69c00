/** The sweep of a disk store: removes files that killed processes left behind, and restores those that they had set aside. */
import { basename, join } from "node:path";
import type { DurableFiles } from "../../files/durable-files";
import { isLeft, leftoverOf, originalOf } from "../../files/temporary-names";
import { maintenanceKey } from "../../maintenance/maintenance-lock";
import { runOfLine } from "../../maintenance/run-choices";
import { decodeHeadRow } from "../../records/entry-record";
import { isAbsent, isDiskFull, isMisplaced } from "../../records/store-error";
import type { ClaimFiles } from "../claim-files";
import type { StorePaths } from "../folder";
import type { DiskLive } from "../live";
import type { Protection } from "../protection";
import type { ScratchFiles } from "../stage-files";

export interface SweepContext {
  readonly files: DurableFiles;
  readonly paths: StorePaths;
  readonly live: DiskLive;
  readonly claimFiles: ClaimFiles;
  readonly protection: Protection;
  readonly scratch: ScratchFiles;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Returns the number of files and folders. */
export async function removeLeftovers(context: SweepContext): Promise<number> {
  const { files, live, claimFiles, protection, scratch } = context;
  let swept = 0;
  for (const { path: folder, restore } of await foldersOf(context)) {
    for (const name of await namesIn(files, folder)) {
      if (name.startsWith(".") && (await sweepFile(join(folder, name), name, restore, context))) swept++;
    }
  }
  swept += (await claimFiles.sweep()) + (await protection.sweep()) + (await scratch.sweep());
  // Running maintenance reads there what was committed meanwhile, also by processes that have ended since.
  return (await claimFiles.isTaken(maintenanceKey)) ? swept : swept + (await live.sweep());
}

/** A folder, and how a file in it that was set aside gets its name back. */
interface SweptFolder {
  readonly path: string;
  readonly restore: (aside: string) => Promise<void>;
}

async function sweepFile(
  path: string,
  name: string,
  restore: SweptFolder["restore"],
  { files, now }: SweepContext,
): Promise<boolean> {
  const leftover = leftoverOf(name);
  if (!leftover) return false;
  try {
    const { mtimeMs } = await files.fs.lstat(path);
    if (!isLeft(leftover.tag, now() - mtimeMs)) return false;
    await (leftover.isAside ? restore(path) : files.remove(path));
    return true;
  } catch (error) {
    // Its process has finished it, another process is sweeping too, or there is no space for what has to be written first.
    if (isAbsent(error) || isDiskFull(error)) return false;
    throw error;
  }
}

async function foldersOf({ files, paths }: SweepContext): Promise<readonly SweptFolder[]> {
  const namesOf = (folder: string): Promise<readonly string[]> => namesIn(files, folder);
  const restore = (aside: string): Promise<void> => files.restore(aside);
  const below = async (folder: string): Promise<readonly string[]> =>
    (await namesOf(folder)).map((name) => join(folder, name));
  const owners = await below(paths.params());
  const plain = [paths.folder, paths.entries(), paths.claims(), paths.pins(), paths.blobs(), paths.notebooks()];
  for (const parent of [paths.blobs(), paths.latestFolder(), paths.params(), ...owners])
    plain.push(...(await below(parent)));
  const histories = (await namesOf(paths.heads())).map((notebook) => ({
    path: join(paths.heads(), notebook),
    restore: (aside: string) => files.mergeBack(aside, isRowIn(paths, notebook, originalOf(basename(aside)) ?? "")),
  }));
  const runs = { path: paths.runs(), restore: (aside: string) => files.mergeBack(aside, isRowOfRun(files, paths)) };
  return [...plain.map((path) => ({ path, restore })), ...histories, runs];
}

/** Accepts the undamaged rows of a history. */
function isRowIn(paths: StorePaths, notebook: string, stage: string): (line: string) => boolean {
  const { subject } = paths.headAt(notebook, stage);
  return (line) => decodeHeadRow(subject, line) !== undefined;
}

/** Accepts the rows of runs whose record has not been removed. */
function isRowOfRun(files: DurableFiles, paths: StorePaths): (line: string) => Promise<boolean> {
  return async (line) => {
    const name = runOfLine(line);
    return name !== undefined && files.exists(join(paths.runs(), `${name}.ndjson`));
  };
}

/** Anything may have the name of a folder; a file there holds no leftovers. */
async function namesIn(files: DurableFiles, folder: string): Promise<readonly string[]> {
  try {
    return await files.list(folder);
  } catch (error) {
    if (isMisplaced(error)) return [];
    throw error;
  }
}
