/** Removes what killed processes left in a disk store, and puts back what they had taken out of the way. */
import { join } from "node:path";
import type { Claims } from "./claims";
import { maintenanceKey } from "./claims";
import type { DurableFiles } from "../files/durable-files";
import { isLeft, leftoverOf } from "../files/durable-files";
import type { LiveProcesses } from "./live";
import type { Protection } from "./protection";
import type { StageFiles } from "./stage-files";
import { codeOf, isAbsent } from "../records/store-error";
import type { StorePaths } from "./folder";

export interface SweepPorts {
  readonly files: DurableFiles;
  readonly paths: StorePaths;
  readonly live: LiveProcesses;
  readonly claims: Claims;
  readonly protection: Protection;
  readonly stageFiles: StageFiles;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Returns how many files and folders. */
export async function sweepLeftovers(ports: SweepPorts): Promise<number> {
  const { files, paths, live, claims, protection, stageFiles, now } = ports;
  let swept = 0;
  for (const folder of await foldersOf(files, paths)) {
    for (const name of await namesIn(files, folder)) {
      if (name.startsWith(".") && (await sweepFile(files, join(folder, name), name, now()))) swept++;
    }
  }
  swept += (await claims.sweep()) + (await protection.sweep()) + (await stageFiles.sweep());
  // Upkeep reads there what was committed while it was at work, also by those who are gone.
  return (await claims.isTaken(maintenanceKey)) ? swept : swept + (await live.sweep());
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
    // Its process finished it, or another one sweeps too.
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

/** Something that is no folder may lie anywhere: it holds no leftovers. */
async function namesIn(files: DurableFiles, folder: string): Promise<readonly string[]> {
  try {
    return await files.list(folder);
  } catch (error) {
    if (codeOf(error) === "ENOTDIR") return [];
    throw error;
  }
}
