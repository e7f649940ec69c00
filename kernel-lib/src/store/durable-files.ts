/**
 * Files that are whole or absent: written to a temporary file in the same folder, flushed, renamed, and the folder flushed. The only
 * place of the disk store that touches the file system. Errors are those of the system; the callers put them in words.
 */
import * as nodeFiles from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { digestOf } from "../key/digest";
import { codeOf, isAbsent } from "./store-error";
import { Gate } from "./turns";

/** The part of node:fs/promises that is used: a test may put a failing one in its place. */
export type FileSystem = Pick<
  typeof nodeFiles,
  | "open"
  | "rename"
  | "mkdir"
  | "readdir"
  | "stat"
  | "lstat"
  | "unlink"
  | "symlink"
  | "readlink"
  | "writeFile"
  | "utimes"
>;

/** A file that is written and flushed, and has no name yet. */
export interface StagedFile {
  /** Gives it its name; that survives a power failure once `flush` has resolved. */
  publish(): Promise<void>;
  flush(): Promise<void>;
  abandon(): Promise<void>;
}

const WRITE_AT_ONCE_BYTES = 256 * 1024 * 1024;
const READ_AT_ONCE_BYTES = 1024 * 1024 * 1024;
/** Most records are smaller, and are then read without asking for the size first. */
const SMALL_FILE_BYTES = 16 * 1024;
/** Enough for the four threads that Node has for files, and far below the usual limit of 1,024 open files. */
const FILES_AT_ONCE = 64;
const TEMPORARY = /^\.tmp-([0-9a-f]{8})-(\d+)-[0-9a-f]+$/;
const host = digestOf(hostname()).slice(0, 8);

export class DurableFiles {
  private readonly gate = new Gate(FILES_AT_ONCE);

  constructor(readonly fs: FileSystem = nodeFiles) {}

  /** All bytes of a file, in memory that nothing else holds; undefined when it does not exist. */
  async read(path: string): Promise<Uint8Array | undefined> {
    return this.gate.pass(() => this.readWhole(path));
  }

  async exists(path: string): Promise<boolean> {
    try {
      await this.fs.stat(path);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  /** The bytes from `start` to the end. */
  async readFrom(path: string, start: number): Promise<Uint8Array> {
    return this.gate.pass(async () => {
      const file = await this.fs.open(path, "r");
      try {
        const { size } = await file.stat();
        return await readRange(file, start, Math.max(0, size - start));
      } finally {
        await file.close();
      }
    });
  }

  /** Writes and flushes a temporary file beside `path`, whose folder is made where it is missing. */
  async stage(path: string, bytes: Uint8Array): Promise<StagedFile> {
    const temporary = temporaryBeside(path);
    try {
      await this.gate.pass(() => this.writeNew(temporary, bytes));
    } catch (error) {
      await this.remove(temporary);
      throw error;
    }
    return this.staged(temporary, path);
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const staged = await this.stage(path, bytes);
    await staged.publish();
    await staged.flush();
  }

  /** Appends in one write, which the system does not mix with those of others. `flush`: survives a power failure. */
  async append(path: string, text: string, flush: boolean): Promise<void> {
    await this.gate.pass(async () => {
      const { file, isNew } = await this.openToAppend(path);
      try {
        await writeAll(file, Buffer.from(text, "utf8"));
        if (flush) await file.sync();
      } finally {
        await file.close();
      }
      if (flush && isNew) await this.flushFolder(dirname(path));
    });
  }

  /** A link to `target`, relative to its folder, in place of whatever has that path. */
  async link(path: string, target: string): Promise<void> {
    const temporary = temporaryBeside(path);
    await this.inFolder(path, () => this.fs.symlink(target, temporary));
    await this.renameOrRemove(temporary, path);
  }

  /** Writes a file whose loss in a power failure does no harm; whole or absent for readers nevertheless. */
  async writeLoosely(path: string, text: string): Promise<void> {
    const temporary = temporaryBeside(path);
    await this.inFolder(path, () => this.fs.writeFile(temporary, text));
    await this.renameOrRemove(temporary, path);
  }

  /** Nothing happens when it does not exist. */
  async remove(path: string): Promise<void> {
    await this.fs.unlink(path).catch(ignoreAbsent);
  }

  /** Renames to a temporary name, so that it can be put back or, after a crash, is swept. Undefined when it does not exist. */
  async setAside(path: string): Promise<StagedFile | undefined> {
    const temporary = temporaryBeside(path);
    try {
      await this.fs.rename(path, temporary);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
    return this.staged(temporary, path);
  }

  /** The names in a folder, sorted by code unit; none when it does not exist. */
  async list(folder: string): Promise<readonly string[]> {
    try {
      return (await this.fs.readdir(folder)).sort();
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  }

  /** Makes a folder and those above it, each flushed into the one above it. */
  async makeFolder(folder: string): Promise<void> {
    const first = await this.fs.mkdir(folder, { recursive: true });
    if (first === undefined) return;
    for (let made = folder; made.length >= first.length; made = dirname(made)) await this.flushFolder(dirname(made));
  }

  private async readWhole(path: string): Promise<Uint8Array | undefined> {
    let file: nodeFiles.FileHandle;
    try {
      file = await this.fs.open(path, "r");
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
    try {
      const start = Buffer.allocUnsafeSlow(SMALL_FILE_BYTES);
      const { bytesRead } = await file.read(start, 0, SMALL_FILE_BYTES, 0);
      if (bytesRead < SMALL_FILE_BYTES) return start.subarray(0, bytesRead);
      return await readRange(file, 0, (await file.stat()).size);
    } finally {
      await file.close();
    }
  }

  private async writeNew(temporary: string, bytes: Uint8Array): Promise<void> {
    const file = await this.inFolder(temporary, () => this.fs.open(temporary, "wx"));
    try {
      await writeAll(file, bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  private staged(temporary: string, path: string): StagedFile {
    return {
      publish: () => this.renameOrRemove(temporary, path),
      flush: () => this.flushFolder(dirname(path)),
      abandon: () => this.remove(temporary),
    };
  }

  private async renameOrRemove(temporary: string, path: string): Promise<void> {
    try {
      await this.fs.rename(temporary, path);
    } catch (error) {
      await this.remove(temporary);
      throw error;
    }
  }

  private async openToAppend(path: string): Promise<{ readonly file: nodeFiles.FileHandle; readonly isNew: boolean }> {
    try {
      return { file: await this.fs.open(path, "ax"), isNew: true };
    } catch (error) {
      if (codeOf(error) === "EEXIST") return { file: await this.fs.open(path, "a"), isNew: false };
      if (!isAbsent(error)) throw error;
    }
    await this.makeFolder(dirname(path));
    return { file: await this.fs.open(path, "a"), isNew: true };
  }

  /** Makes the folder only when the work finds that it is missing: it rarely is. */
  private async inFolder<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
    await this.makeFolder(dirname(path));
    return work();
  }

  private async flushFolder(folder: string): Promise<void> {
    const handle = await this.fs.open(folder, "r").catch(ignoreUnsupported);
    if (!handle) return;
    try {
      await handle.sync().catch(ignoreUnsupported);
    } finally {
      await handle.close();
    }
  }
}

/**
 * True for a temporary file that nobody will finish: made by a process of this machine that is gone, or untouched for an hour.
 * `ageMs`: since it was last written.
 */
export function isLeftover(name: string, ageMs: number): boolean {
  const [, madeOn, pid] = TEMPORARY.exec(name) ?? [];
  if (madeOn === undefined || pid === undefined) return false;
  return ageMs > 3_600_000 || (madeOn === host && !isAlive(Number(pid)));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

function temporaryBeside(path: string): string {
  return join(dirname(path), `.tmp-${host}-${process.pid}-${randomBytes(8).toString("hex")}`);
}

/** One call of the system writes or reads 2 GiB at most. */
async function writeAll(file: nodeFiles.FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(bytes.byteLength - at, WRITE_AT_ONCE_BYTES));
    at += bytesWritten;
  }
}

async function readRange(file: nodeFiles.FileHandle, start: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, Math.min(length - at, READ_AT_ONCE_BYTES), start + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

function ignoreAbsent(error: unknown): void {
  if (!isAbsent(error)) throw error;
}

/** Windows, and some network file systems, cannot flush a folder: there the rename is as durable as they make it. */
function ignoreUnsupported(error: unknown): undefined {
  if (!["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP", "EBADF"].includes(codeOf(error))) throw error;
  return undefined;
}
