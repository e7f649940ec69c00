/** The sweep of a disk store: removes files that killed processes left behind, and restores those that they had set aside. */
import { join } from "node:path";
import { isLeft, leftoverOf, type DurableFiles } from "../../files/durable-files";
import { maintenanceKey } from "../../maintenance/maintenance-lock";
import { codeOf, isAbsent } from "../../records/store-error";
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
  const { files, paths, live, claimFiles, protection, scratch, now } = context;
  let swept = 0;
  for (const folder of await foldersOf(files, paths)) {
    for (const name of await namesIn(files, folder)) {
      if (name.startsWith(".") && (await sweepFile(files, join(folder, name), name, now()))) swept++;
    }
  }
  swept += (await claimFiles.sweep()) + (await protection.sweep()) + (await scratch.sweep());
  // Running maintenance reads there what was committed meanwhile, also by processes that have ended since.
  return (await claimFiles.isTaken(maintenanceKey)) ? swept : swept + (await live.sweep());
}

async function sweepFile(files: DurableFiles, path: string, name: string, now: number): Promise<boolean> {
  const leftover = leftoverOf(name);
  if (!leftover) return false;
  try {
    const { mtimeMs } = await files.fs.lstat(path);
    if (!isLeft(leftover.tag, now - mtimeMs)) return false;
    await (leftover.isAside ? files.restore(path) : files.remove(path));
    return true;
  } catch (error) {
    // Its process has finished it, or another process is sweeping too.
    if (isAbsent(error)) return false;
    throw error;
  }
}

async function foldersOf(files: DurableFiles, paths: StorePaths): Promise<readonly string[]> {
  const folders = [paths.folder, paths.entries(), paths.runs(), paths.claims(), paths.pins(), paths.blobs()];
  for (const parent of [paths.blobs(), paths.heads(), paths.latestFolder()]) {
    for (const name of await namesIn(files, parent)) folders.push(join(parent, name));
  }
  return folders;
}

/** Anything may have the name of a folder; a file there holds no leftovers. */
async function namesIn(files: DurableFiles, folder: string): Promise<readonly string[]> {
  try {
    return await files.list(folder);
  } catch (error) {
    if (codeOf(error) === "ENOTDIR") return [];
    throw error;
  }
}
