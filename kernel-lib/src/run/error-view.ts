/** Errors as the user sees them: the user's own stack, without frames of tslab, Node or Stagebook, and the cell and line. */
import path from "node:path";
import type { CellId, ErrorView } from "../protocol";
import { messageOf, StagebookError } from "../protocol";
import { withSourceLines } from "./cell-lines";

const OWN_FOLDER = path.dirname(__dirname);

/** An error as data. `source` is used where the error itself does not say. */
export function viewOfError(
  error: unknown,
  source: { readonly stage?: string; readonly cell?: CellId | null } = {},
): ErrorView {
  const inner =
    error instanceof StagebookError && error.cause instanceof Error && error.code === "stage-failed"
      ? error.cause
      : error;
  const stage = source.stage ?? (error instanceof StagebookError ? error.stage : undefined);
  const cell = source.cell ?? (error instanceof StagebookError ? (error.cell as CellId | undefined) : undefined);
  const line = locationOf(inner)?.line;
  return {
    code: inner instanceof StagebookError ? inner.code : inner instanceof Error ? inner.name : "thrown",
    message: messageOf(inner),
    ...(inner instanceof StagebookError ? { advice: inner.advice } : {}),
    ...(stage === undefined ? {} : { stage }),
    ...(cell === undefined || cell === null ? {} : { cell }),
    ...(line === undefined ? {} : { line }),
    ...(inner instanceof Error && !(inner instanceof StagebookError) ? { stack: cleanStack(inner) } : {}),
  };
}

/** The error that a stage's caller gets for what its function threw. */
export function stageFailed(stage: string, cell: CellId | null, label: string, cause: unknown): StagebookError {
  if (cause instanceof StagebookError && cause.code !== "stage-failed" && cause.stage !== undefined) return cause;
  if (cause instanceof Error) trimStack(cause);
  const location = locationOf(cause);
  const where = location ? `${location.cell}, line ${location.line}` : label;
  const name = `stage "${stage}"${where ? ` (${where})` : ""}`;
  // One of Stagebook's own errors is complete by itself.
  if (cause instanceof StagebookError)
    return new StagebookError(cause.code, `${name}: ${cause.message}`, cause.advice, {
      stage,
      cell: cell ?? undefined,
    });
  const advice = "Fix the stage and run again. Completed stages are cached.";
  return new StagebookError("stage-failed", `${name} failed: ${messageOf(cause)}`, advice, {
    stage,
    cell: cell ?? undefined,
    cause,
  });
}

/** The user's own frames, with the name of the compiled cell made readable. */
export function cleanStack(error: Error): string {
  return withSourceLines(userStack(error));
}

/** The user's own frames as they are. */
export function userStack(error: Error): string {
  const lines = (error.stack ?? String(error)).split("\n");
  return lines.filter((line) => !isForeignFrame(line)).join("\n");
}

/** Cuts an error's stack down to the user's frames, in place. */
export function trimStack(error: Error): void {
  const cleaned = cleanStack(error);
  try {
    error.stack = cleaned;
  } catch {
    // A frozen error keeps its stack; it is only less readable.
  }
}

function isForeignFrame(line: string): boolean {
  if (!/^\s+at /.test(line)) return false;
  if (/at async Promise\.all \(index \d+\)|<anonymous>\)$/.test(line)) return true;
  return (
    line.includes("node:") ||
    line.includes("/tslab/dist/") ||
    line.includes("/node_modules/piscina/") ||
    line.includes(OWN_FOLDER) ||
    line.includes("/node_modules/stagebook/")
  );
}

/** The line of the topmost frame that lies in a cell, as `cleanStack` writes it. */
function locationOf(error: unknown): { readonly cell: string; readonly line: number } | undefined {
  const match = error instanceof Error ? /(cell \[\d+\]), line (\d+)/.exec(cleanStack(error)) : null;
  return match?.[1] === undefined ? undefined : { cell: match[1], line: Number(match[2]) };
}
