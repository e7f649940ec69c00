/**
 * Small files that are needed at once, when a kernel starts: read and written synchronously, whole and durably. Used for the records of
 * notebooks and for parameter values that were set.
 */
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { processTag } from "../records/process-tag";
import { codeOf, isAbsent, notAFile } from "../records/store-error";

/** Readable by this user alone, or by all. */
export interface SmallFileMode {
  readonly isPrivate?: boolean;
  /** False: after a power failure the file may be damaged. By default true. */
  readonly isFlushed?: boolean;
}

/** Undefined when the file does not exist. Throws the system error when it cannot be read, or is not a regular file. */
export function readSmallFile(file: string): string | undefined {
  try {
    // Looked at first: opening a named pipe would wait for ever.
    const stat = fs.statSync(file);
    if (!stat.isFile() && !stat.isDirectory()) throw notAFile(file);
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The names in a folder, without temporary files; none when it does not exist. Throws the system error. */
export function listSmallFiles(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder).filter((name) => !name.startsWith("."));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Creates or replaces a file: a reader sees the old or the new text, never a part. Throws the system error. */
export function writeSmallFile(file: string, text: string, mode: SmallFileMode = {}): void {
  const temporary = writeTemporary(file, text, mode);
  try {
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** Creates a file. Returns false when there is one: of concurrent calls exactly one returns true. Throws the system error. */
export function createSmallFile(file: string, text: string, mode: SmallFileMode = {}): boolean {
  const temporary = writeTemporary(file, text, mode);
  try {
    // A link, not a rename: it never replaces a file, and the text is complete as soon as it has the name.
    fs.linkSync(temporary, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    return createWithoutLinks(file, text, mode, error);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

/** Does nothing when the file does not exist. */
export function removeSmallFile(file: string): void {
  fs.rmSync(file, { force: true });
}

/** Some file systems have no links. A kill in the middle then leaves a part, which readers take for damaged. */
function createWithoutLinks(file: string, text: string, { isPrivate = false }: SmallFileMode, cause: unknown): boolean {
  if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EXDEV", "EMLINK"].includes(codeOf(cause))) throw cause;
  try {
    fs.writeFileSync(file, text, { flag: "wx", mode: isPrivate ? 0o600 : 0o666 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

function writeTemporary(file: string, text: string, { isPrivate = false, isFlushed = true }: SmallFileMode): string {
  const folder = path.dirname(file);
  fs.mkdirSync(folder, { recursive: true, ...(isPrivate && { mode: 0o700 }) });
  const temporary = path.join(folder, `.tmp-${processTag}-${randomBytes(6).toString("hex")}`);
  try {
    const handle = fs.openSync(temporary, "wx", isPrivate ? 0o600 : 0o666);
    try {
      fs.writeSync(handle, text);
      if (isFlushed) fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
  return temporary;
}
