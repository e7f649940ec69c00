/** Reading files of the disk store, with a limit on open files. The base class of `durable-files.ts`, which writes them. */
import type { Dirent, Stats } from "node:fs";
import type { Digest } from "../../protocol";
import { digestFile, readDigested, readRange } from "./file-bytes";
import type { FileSystem, OpenFile } from "./file-system";
import { promptFiles } from "./prompt-files";
import { isAbsent, notAFile } from "../records/store-error";
import { Semaphore } from "../../async/semaphore";

/** Identifies a version of a file: differs when the file was replaced, written or marked as used. */
export interface Stamp {
  readonly ino: number;
  readonly mtimeMs: number;
  readonly sizeBytes: number;
}

/** Most records are smaller, and are read without a stat of their size. */
const SMALL_FILE_BYTES = 16 * 1024;
/** Enough for Node's four file threads, and far below the usual limit of 1,024 open files. */
const MAX_OPEN_FILES = 64;

export class FileReads {
  protected readonly limit = new Semaphore(MAX_OPEN_FILES);

  constructor(readonly fs: FileSystem = promptFiles) {}

  /** All bytes of a file, in memory that nothing else holds; undefined when it does not exist. */
  async read(path: string): Promise<Uint8Array | undefined> {
    return this.limit.run(() => this.readWhole(path));
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
    return this.limit.run(async () => {
      const file = await this.fs.open(path, "r");
      try {
        const { size } = await statOf(file, path);
        return await readRange(file, start, Math.max(0, size - start));
      } finally {
        await file.close();
      }
    });
  }

  /** A file of a known size, read into memory of that size, with its sha256; undefined when it is absent or of another size. */
  async readDigested(path: string, into: Uint8Array): Promise<Digest | undefined> {
    return this.opened(path, "r", async (file) => {
      const { size } = await statOf(file, path);
      return size === into.byteLength ? readDigested(file, into) : undefined;
    });
  }

  /** The sha256 and size of a file, in bounded memory; undefined when it does not exist. */
  async digest(path: string): Promise<{ readonly digest: Digest; readonly sizeBytes: number } | undefined> {
    return this.opened(path, "r", async (file) => {
      await statOf(file, path);
      return digestFile(file);
    });
  }

  /** All bytes of a file and its stamp; undefined when it does not exist. */
  async readDated(path: string): Promise<{ readonly bytes: Uint8Array; readonly stamp: Stamp } | undefined> {
    return this.opened(path, "r", async (file) => {
      const stat = await statOf(file, path);
      return { bytes: await readRange(file, 0, stat.size), stamp: stampOf(stat) };
    });
  }

  /** When a file was last written. Opens it, because network file systems cache a plain stat. */
  async freshMtimeMs(path: string): Promise<number> {
    return (await this.openedOrThrow(path, "r", (file) => file.stat())).mtimeMs;
  }

  /** Writes the first byte of a file. Returns the time of that write by the clock of the disk. */
  async beat(path: string): Promise<number> {
    return this.openedOrThrow(path, "r+", async (file) => {
      await file.write(Buffer.from("."), 0, 1, 0);
      return (await file.stat()).mtimeMs;
    });
  }

  /** The inode and time of a file, or undefined when it does not exist. */
  async stamp(path: string): Promise<Stamp | undefined> {
    const stat = await this.fs.stat(path).catch(undefinedWhenAbsent);
    return stat && stampOf(stat);
  }

  /** Undefined when it does not exist. */
  async sizeOf(path: string): Promise<number | undefined> {
    return (await this.fs.stat(path).catch(undefinedWhenAbsent))?.size;
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

  /** The same with what each of them is. */
  async entries(folder: string): Promise<readonly Dirent[]> {
    try {
      const entries = await this.fs.readdir(folder, { withFileTypes: true });
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  }

  /** Undefined when the file does not exist. */
  private async opened<T>(path: string, flags: string, work: (file: OpenFile) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.openedOrThrow(path, flags, work);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  protected async openedOrThrow<T>(path: string, flags: string, work: (file: OpenFile) => Promise<T>): Promise<T> {
    return this.limit.run(async () => {
      const file = await this.fs.open(path, flags);
      try {
        return await work(file);
      } finally {
        await file.close();
      }
    });
  }

  private async readWhole(path: string): Promise<Uint8Array | undefined> {
    const file = await this.fs.open(path, "r").catch(undefinedWhenAbsent);
    if (!file) return undefined;
    try {
      const start = Buffer.allocUnsafeSlow(SMALL_FILE_BYTES);
      const { bytesRead } = await file.read(start, 0, SMALL_FILE_BYTES, 0);
      if (bytesRead > 0 && bytesRead < SMALL_FILE_BYTES) return start.subarray(0, bytesRead);
      // A device has no end, and a named pipe no content.
      const { size } = await statOf(file, path);
      return bytesRead === 0 ? start.subarray(0, 0) : await readRange(file, 0, size);
    } finally {
      await file.close();
    }
  }
}

/** Rejects for anything but a regular file. */
async function statOf(file: OpenFile, path: string): Promise<Stats> {
  const stat = await file.stat();
  // Reading a folder is the system's own error.
  if (!stat.isFile() && !stat.isDirectory()) throw notAFile(path);
  return stat;
}

function stampOf({ ino, mtimeMs, size }: { ino: number; mtimeMs: number; size: number }): Stamp {
  return { ino, mtimeMs, sizeBytes: size };
}

function undefinedWhenAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
  return undefined;
}
