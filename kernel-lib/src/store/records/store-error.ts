/** Trouble with files, in words that say what to do. Used by the disk store. */
import { StagebookError } from "../../protocol";

/** StagebookError `store-write`, for a file system error while writing to the store in `folder`. */
export function writeError(folder: string, cause: unknown): StagebookError {
  const { why, advice } = explain(codeOf(cause));
  const detail = why ?? (cause instanceof Error ? cause.message : String(cause));
  return new StagebookError("store-write", `cannot write to the store in ${folder}: ${detail}`, advice, { cause });
}

/** `ENOENT`, `EACCES`, …; `""` for what is no error of the system. */
export function codeOf(error: unknown): string {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
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
        advice: "Free space on that disk, or set STAGEBOOK_STORE to a folder on another one.",
      };
    case "EACCES":
    case "EPERM":
      return {
        why: `no permission (${code})`,
        advice: "Give yourself write permission there, or set STAGEBOOK_STORE to a folder of yours.",
      };
    case "EROFS":
      return { why: `the disk is read-only (${code})`, advice: "Set STAGEBOOK_STORE to a folder that can be written." };
    case "EMFILE":
    case "ENFILE":
      return {
        why: `too many files are open (${code})`,
        advice: "Close what holds files open, or raise the limit (ulimit -n), and run again.",
      };
    case "EIO":
      return {
        why: `the disk reports a fault (${code})`,
        advice: "Check the disk, or set STAGEBOOK_STORE to a folder on another one.",
      };
    case "ENOTDIR":
    case "EEXIST":
    case "EISDIR":
      return {
        why: `something else is in the way of a file or folder (${code})`,
        advice: "Move it away, or set STAGEBOOK_STORE to another folder.",
      };
    default:
      return { advice: "Look at the cause below; STAGEBOOK_STORE can name another folder." };
  }
}
