/**
 * A file system that knows what a power failure would leave of it: of each file its content when it was last flushed, and of each folder
 * the names when it was last flushed. For tests of the disk store.
 */
import fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FileSystem } from "../../../../kernel-lib/src/store/files/file-system";
import { promptFiles } from "../../../../kernel-lib/src/store/files/prompt-files";

export interface FlushedFiles {
  readonly fileSystem: FileSystem;
  /** Writes what would be left of a folder into another one. */
  readonly restore: (folder: string, into: string) => void;
}

/** What a flush has kept: a file's content, or the inode of each name in a folder. */
type Kept = Buffer | ReadonlyMap<string, number>;

/** `isSlow`: whether flushing this path takes a tenth of a second. */
export function flushedFiles(isSlow: (path: string) => boolean = () => false): FlushedFiles {
  const kept = new Map<number, Kept>();
  const open: FileSystem["open"] = async (path, flags, mode) => {
    const file = await promptFiles.open(path, flags, mode);
    const sync = file.sync.bind(file);
    const flush = async (): Promise<void> => {
      // What is written or renamed while the flush is under way is not promised to be part of it.
      const { inode, now } = stateOf(path);
      if (isSlow(path)) await sleep(100);
      await sync();
      kept.set(inode, now);
    };
    return Object.assign(file, { sync: flush });
  };
  const write = (inode: number, into: string): void => {
    const found = kept.get(inode);
    if (Buffer.isBuffer(found)) return fs.writeFileSync(into, found);
    fs.mkdirSync(into, { recursive: true });
    for (const [name, below] of found ?? []) write(below, join(into, name));
  };
  return {
    fileSystem: { ...promptFiles, open },
    restore: (folder, into) => {
      const parent = kept.get(fs.statSync(dirname(folder)).ino);
      const inode = Buffer.isBuffer(parent) ? undefined : parent?.get(basename(folder));
      if (inode !== undefined) write(inode, into);
    },
  };
}

function stateOf(path: string): { readonly inode: number; readonly now: Kept } {
  const stat = fs.statSync(path);
  if (!stat.isDirectory()) return { inode: stat.ino, now: fs.readFileSync(path) };
  const names = fs.readdirSync(path).map((name) => [name, fs.lstatSync(join(path, name)).ino] as const);
  return { inode: stat.ino, now: new Map(names) };
}
