/** The file system port of the disk store. Rejects with system errors. */
import type { Stats } from "node:fs";
import type * as nodeFiles from "node:fs/promises";

/** The used part of an open file. */
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

/** The used part of node:fs/promises; tests replace it by one that fails. */
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
  | "rmdir"
>;
