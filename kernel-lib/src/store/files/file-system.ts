/** What the disk store asks of the file system. Errors are those of the system. */
import type { Stats } from "node:fs";
import type * as nodeFiles from "node:fs/promises";

/** The part of an open file that is used. */
export interface OpenFile {
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position?: number,
  ): Promise<{ readonly bytesWritten: number }>;
  stat(): Promise<Stats>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The part of node:fs/promises that is used: a test may put a failing one in its place. */
export type FileSystem = { open(path: string, flags: string | number, mode?: number): Promise<OpenFile> } & Pick<
  typeof nodeFiles,
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
  | "link"
  | "copyFile"
  | "chmod"
  | "rm"
>;
