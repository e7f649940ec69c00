/** A file system with a fault at the operation with a given number. For tests of the disk store. */
import type { FileSystem } from "../../../../kernel-lib/src/store/files/file-system";
import { promptFiles as realFiles } from "../../../../kernel-lib/src/store/files/prompt-files";

/**
 * - `once`: that operation fails; those after it work.
 * - `onwards`: it fails, and so do all later ones that need space or a new file; removing works.
 * - `short`: a write writes half of the bytes and reports that.
 * - `torn`: a write writes half of the bytes and reports that it wrote all of them.
 * - `late`: it is delayed, and other processes work meanwhile.
 * - `stopped`: it and all later ones never begin, as in a killed process; `meanwhile` is called once.
 */
export type FaultKind = "once" | "onwards" | "short" | "torn" | "late" | "stopped";

export interface Fault {
  readonly kind: FaultKind;
  /** The number of the operation, counted over all operations. */
  readonly at: number;
  readonly code: string;
  /** The work of other processes while the operation is delayed. */
  readonly meanwhile?: () => Promise<void>;
}

export interface FaultyFiles {
  readonly fileSystem: FileSystem;
  /** True when the operation with that number was reached. */
  readonly hasStruck: () => boolean;
}

const NEEDS_SPACE = new Set(["open", "mkdir", "writeFile", "symlink", "write", "sync", "rename", "copyFile"]);

export function faultyFiles(fault: Fault): FaultyFiles {
  let count = 0;
  const strike = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const number = count++;
    const isHere = number === fault.at;
    if (isHere && (fault.kind === "late" || fault.kind === "stopped")) await fault.meanwhile?.();
    if (number >= fault.at && fault.kind === "stopped") await new Promise(() => undefined);
    const fails =
      (isHere && fault.kind === "once") || (number >= fault.at && fault.kind === "onwards" && NEEDS_SPACE.has(name));
    if (fails) throw failure(fault.code);
    return work();
  };
  const counted =
    (name: string, original: (...args: never[]) => Promise<unknown>) =>
    (...args: never[]) =>
      strike(name, () => original(...args));
  const wrapped = Object.fromEntries(
    names.map((name) => [name, counted(name, realFiles[name] as (...args: never[]) => Promise<unknown>)]),
  );
  const open: FileSystem["open"] = async (path, flags, mode) => {
    const name = flags === "r" ? "openToRead" : "open";
    const file = await strike(name, () => realFiles.open(path, flags, mode));
    const { write } = file;
    const original = write.bind(file) as (
      bytes: Uint8Array,
      ...rest: (number | undefined)[]
    ) => Promise<{ bytesWritten: number }>;
    const writeHere = async (bytes: Uint8Array, offset = 0, length = bytes.byteLength - offset, position?: number) => {
      const isShort = count === fault.at && (fault.kind === "short" || fault.kind === "torn") && length > 1;
      if (!isShort) return strike("write", () => original(bytes, offset, length, position));
      const { bytesWritten } = await strike("write", () => original(bytes, offset, length >> 1, position));
      return { bytesWritten: fault.kind === "short" ? bytesWritten : length };
    };
    for (const method of ["read", "sync", "stat"] as const) {
      Object.assign(file, {
        [method]: counted(method, file[method].bind(file) as (...args: never[]) => Promise<unknown>),
      });
    }
    return Object.assign(file, { write: writeHere });
  };
  return { fileSystem: { ...realFiles, ...wrapped, open }, hasStruck: () => count > fault.at };
}

const names = [
  "rename", "mkdir", "readdir", "stat", "lstat", "unlink", "symlink", "writeFile", "utimes", "link", "copyFile", "chmod", "rm", "rmdir",
] as const; // prettier-ignore

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: no luck`), { code });
}
