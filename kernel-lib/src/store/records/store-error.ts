/** Problems of a store: file system errors with advice, and warnings that are reported once. Used by the stores. */
import { messageOf, StagebookError } from "../../protocol";
import type { OnStoreProblem } from "../store";

/** StagebookError `store-write`, for a file system error while writing to the store in `folder`. */
export function writeError(folder: string, cause: unknown): StagebookError {
  const { why, advice } = explain(codeOf(cause));
  return storeWriteError(folder, why === undefined ? messageOf(cause) : `${why}${placeOf(cause)}`, advice, cause);
}

/** The file or folder that the system's error is about. */
function placeOf(error: unknown): string {
  const place: unknown = typeof error === "object" && error !== null && "path" in error ? error.path : undefined;
  return typeof place === "string" ? ` at ${place}` : "";
}

/** StagebookError `store-write`. */
export function storeWriteError(location: string, why: string, advice: string, cause: unknown): StagebookError {
  return new StagebookError("store-write", `cannot write to the store in ${location}: ${why}`, advice, { cause });
}

/** True for errors that are already meant for the user: a StagebookError, or the reason of an aborted signal. */
export function isUserError(error: unknown): boolean {
  return error instanceof StagebookError || (error instanceof Error && error.name === "AbortError");
}

/** Reports each problem once per location, until `forget` is called for it. */
export class WarnOnce {
  private readonly reported = new Set<string>();

  constructor(private readonly onProblem: OnStoreProblem) {}

  readonly warn: OnStoreProblem = (message, where) => {
    if (this.reported.has(where)) return;
    this.reported.add(where);
    this.onProblem(message, where);
  };

  /** Call when the location was rewritten. */
  forget(where: string): void {
    this.reported.delete(where);
  }
}

/** `ENOENT`, `EACCES`, …; `""` for anything but a system error. */
export function codeOf(error: unknown): string {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** True when there is no space left, or none that this user may use: files can be removed, and not written. */
export function isDiskFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOSPC" || code === "EDQUOT";
}

/** True when something else than the expected file or folder has its name: a folder, a file, a link that leads in a circle, a named pipe. */
export function isMisplaced(error: unknown): boolean {
  return ["EISDIR", "ENOTDIR", "ELOOP", "ENXIO", NO_FILE].includes(codeOf(error));
}

const MISPLACED_ADVICE =
  "Move it away: `npx stagebook verify` names everything that stands in a wrong place. Or set STAGEBOOK_STORE to another folder.";

/** The code of an error about something that is not a regular file, as far as the system has none for it. */
const NO_FILE = "ENOTFILE";

/** The system's error about something that is not a regular file: a named pipe, a device. */
export function notAFile(path: string): Error {
  return Object.assign(new Error(`${NO_FILE}: not a regular file, open '${path}'`), { code: NO_FILE, path });
}

/** True when a file or one of its folders does not exist. */
export function isAbsent(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

function explain(code: string): { readonly why?: string; readonly advice: string } {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return {
        why: `the disk is full (${code})`,
        advice: "Free space on that disk, or set STAGEBOOK_STORE to a folder on another disk.",
      };
    case "EACCES":
    case "EPERM":
      return {
        why: `no permission (${code})`,
        advice: "Make the folder writable for your user, or set STAGEBOOK_STORE to a folder that you own.",
      };
    case "EROFS":
      return { why: `the disk is read-only (${code})`, advice: "Set STAGEBOOK_STORE to a writable folder." };
    case "EMFILE":
    case "ENFILE":
      return {
        why: `too many files are open (${code})`,
        advice: "Close programs that keep many files open, or raise the limit (ulimit -n), and run again.",
      };
    case "EIO":
      return {
        why: `the disk reports an I/O error (${code})`,
        advice: "Check the disk, or set STAGEBOOK_STORE to a folder on another disk.",
      };
    case "ENOTDIR":
    case "EEXIST":
    case "ENOTEMPTY":
    case "EISDIR":
      return {
        why: `another file or folder has the name of one that is needed (${code})`,
        advice: MISPLACED_ADVICE,
      };
    case "ELOOP":
      return { why: `a link leads in a circle (${code})`, advice: MISPLACED_ADVICE };
    case "ENXIO":
    case NO_FILE:
      return {
        why: `something that is not a file has the name of one that is needed (${code})`,
        advice: MISPLACED_ADVICE,
      };
    default:
      return { advice: "See the cause below, or set STAGEBOOK_STORE to another folder." };
  }
}
