/**
 * A file system that calls the synchronous functions of Node for operations that take microseconds: names, sizes and a few bytes. Small
 * files are written and read several times as fast without the detour through Node's file threads. Flushing and large reads and writes
 * use the threads, and the event loop gets a turn in between. Used by the disk store.
 */
import { monotonicNow } from "../../async/clock";
import fs from "node:fs";
import * as threadFiles from "node:fs/promises";
import { promisify } from "node:util";
import { silently } from "../../observe/silence";
import type { FileSystem, OpenFile } from "./file-system";

/** Reads and writes of at least this size use a thread. */
const LARGE_BYTES = 256 * 1024;
/** Maximum time in milliseconds before the event loop gets a turn. */
const TURN_MS = 8;

const onThread = { read: promisify(fs.read), write: promisify(fs.write), sync: promisify(fs.fsync), close: promisify(fs.close) }; // prettier-ignore

/** Opening a named pipe waits for the other end, unless it is opened without blocking; one may be found where a file should be. */
function withoutWaiting(flags: string | number): string | number {
  // Windows has no such flag, and no such pipes.
  const nonBlocking = (fs.constants.O_NONBLOCK as number | undefined) ?? 0;
  if (flags === "r") return fs.constants.O_RDONLY | nonBlocking;
  if (flags === "a") return fs.constants.O_WRONLY | fs.constants.O_APPEND | fs.constants.O_CREAT | nonBlocking;
  return typeof flags === "number" ? flags | nonBlocking : flags;
}

let turnStartedAt: number | undefined;

/** Waits for the next turn of the event loop when the current one has lasted too long. */
function inTurn<T>(work: () => T): Promise<T> {
  const now = monotonicNow();
  if (turnStartedAt === undefined) {
    turnStartedAt = now;
    setImmediate(() => (turnStartedAt = undefined)).unref();
  } else if (now - turnStartedAt > TURN_MS)
    return new Promise((resolve) => setImmediate(resolve)).then(() => silently(work));
  return outcomeOf(work);
}

/** Files of the store are no reads of a stage: their observers need not look which one it could be. */
function outcomeOf<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(silently(work));
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}

class PromptFile implements OpenFile {
  constructor(private readonly fd: number) {}

  read(into: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    if (length >= LARGE_BYTES) return onThread.read(this.fd, into, offset, length, position);
    return inTurn(() => ({ bytesRead: fs.readSync(this.fd, into, offset, length, position) }));
  }

  write(bytes: Uint8Array, offset: number, length: number, position?: number): Promise<{ bytesWritten: number }> {
    if (length >= LARGE_BYTES) return onThread.write(this.fd, bytes, offset, length, position ?? null);
    return inTurn(() => ({ bytesWritten: fs.writeSync(this.fd, bytes, offset, length, position) }));
  }

  stat(): Promise<fs.Stats> {
    return inTurn(() => fs.fstatSync(this.fd));
  }

  sync(): Promise<void> {
    return onThread.sync(this.fd);
  }

  close(): Promise<void> {
    return inTurn(() => fs.closeSync(this.fd));
  }
}

export const promptFiles: FileSystem = {
  ...threadFiles,
  open: (path, flags, mode) => inTurn(() => new PromptFile(fs.openSync(path, withoutWaiting(flags), mode))),
  rename: (from, to) => inTurn(() => fs.renameSync(from, to)),
  unlink: (path) => inTurn(() => fs.unlinkSync(path)),
  link: (from, to) => inTurn(() => fs.linkSync(from, to)),
  symlink: (target, path) => inTurn(() => fs.symlinkSync(target, path)),
  utimes: (path, used, written) => inTurn(() => fs.utimesSync(path, used, written)),
  stat: ((path: string, options?: fs.StatOptions) => inTurn(() => fs.statSync(path, options))) as FileSystem["stat"],
  lstat: ((path: string, options?: fs.StatOptions) => inTurn(() => fs.lstatSync(path, options))) as FileSystem["lstat"],
  mkdir: ((path: string, options?: fs.MakeDirectoryOptions) =>
    inTurn(() => fs.mkdirSync(path, options))) as FileSystem["mkdir"],
  writeFile: ((path: string, text: string | Uint8Array, options?: fs.WriteFileOptions) =>
    text.length >= LARGE_BYTES
      ? threadFiles.writeFile(path, text, options)
      : inTurn(() => fs.writeFileSync(path, text, options))) as FileSystem["writeFile"],
  readdir: ((path: string, options?: { readonly withFileTypes: true }) =>
    inTurn(() => (options ? fs.readdirSync(path, options) : fs.readdirSync(path)))) as FileSystem["readdir"],
};
