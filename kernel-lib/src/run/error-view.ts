/** Errors as the user sees them: the user's own stack, without frames of tslab, Node or Stagebook, and the cell and line. */
import { ownFolder } from "../async/own-code";
import type { CellId, ErrorView } from "../protocol";
import {
  errorsBehind,
  fieldOf,
  isError,
  isStagebookError,
  keepStack,
  messageOf,
  stackOf,
  StagebookError,
  traceOf,
} from "../protocol";
import { secrets } from "../secrets/secret-texts";
import { withSourceLines } from "./cell-lines";

/** An error as data. `source` is used where the error itself does not say. */
export function viewOfError(
  error: unknown,
  source: { readonly stage?: string; readonly cell?: CellId | null } = {},
): ErrorView {
  const own = isStagebookError(error) ? error : undefined;
  const inner = own?.code === "stage-failed" && isError(own.cause) ? own.cause : error;
  const stage = source.stage ?? own?.stage;
  const cell = source.cell ?? (own?.cell as CellId | undefined);
  const line = locationOf(inner)?.line;
  return {
    code: codeOf(inner),
    message: messageOf(inner),
    ...(isStagebookError(inner) ? { advice: inner.advice } : {}),
    ...(stage === undefined ? {} : { stage }),
    ...(cell === undefined || cell === null ? {} : { cell }),
    ...(line === undefined ? {} : { line }),
    ...(isError(inner) && !isStagebookError(inner) ? { stack: cleanTrace(inner) } : {}),
  };
}

/** The code of Stagebook's own errors; of others the name of their class. */
function codeOf(error: unknown): string {
  if (isStagebookError(error)) return error.code;
  if (!isError(error)) return "thrown";
  const name = fieldOf(error, "name");
  return typeof name === "string" && name !== "" ? name : "Error";
}

/** The error that a stage's caller gets for what its function threw. */
export function stageFailed(stage: string, cell: CellId | null, label: string, cause: unknown): StagebookError {
  const own = isStagebookError(cause) ? cause : undefined;
  if (own && own.code !== "stage-failed" && own.stage !== undefined) return own;
  if (isError(cause)) trimStack(cause);
  const location = locationOf(cause);
  const where = location ? `${location.cell}, line ${location.line}` : label;
  const name = `stage "${stage}"${where ? ` (${where})` : ""}`;
  // One of Stagebook's own errors is complete by itself.
  if (own)
    return new StagebookError(own.code, `${name}: ${secrets.mask(own.message)}`, own.advice, {
      stage,
      cell: cell ?? undefined,
    });
  const advice = "Fix the stage and run again. Completed stages are cached.";
  const message = messageOf(cause);
  const shown = secrets.mask(message);
  return new StagebookError("stage-failed", `${name} failed: ${shown}`, advice, {
    stage,
    cell: cell ?? undefined,
    // The stack of an error is masked by now; what else was thrown would be printed as it is.
    cause: isError(cause) || shown === message ? cause : shown,
  });
}

/** The user's own frames of the error, its causes and its parts, with the names of compiled cells made readable. */
function cleanTrace(error: Error): string {
  return withSourceLines(userFrames(traceOf(error)));
}

/** The user's own frames as they are. */
export function userStack(error: Error): string {
  return userFrames(stackOf(error));
}

/** Cuts the stacks of an error and of its causes down to the user's frames, in place. */
export function trimStack(error: Error): void {
  for (const each of errorsBehind(error)) keepStack(each, secrets.mask(withSourceLines(userStack(each))));
}

/** Text without the frames of tslab, Node and Stagebook, and without a line of their code that Node shows above the message. */
export function userFrames(trace: string): string {
  const [excerpt = "", place = ""] = EXCERPT.exec(trace) ?? [];
  const shown = isForeignPlace(place) ? trace.slice(excerpt.length) : trace;
  return shown.split("\n").filter((line) => !isForeignFrame(line)).join("\n"); // prettier-ignore
}

/** `file:line`, the line, and marks below it. */
const EXCERPT = /^(\S.*:\d+)\n.*\n[ \t]*\^*[ \t]*\n\n?/;

function isForeignFrame(line: string): boolean {
  if (!/^\s+at /.test(line)) return false;
  return /at async Promise\.all \(index \d+\)|<anonymous>\)$/.test(line) || isForeignPlace(line);
}

function isForeignPlace(text: string): boolean {
  return (
    text.includes("node:") ||
    text.includes("/tslab/dist/") ||
    text.includes("/node_modules/piscina/") ||
    text.includes(ownFolder) ||
    text.includes("/node_modules/stagebook/")
  );
}

/** The line of the topmost frame that lies in a cell, with the line of the notebook. */
function locationOf(error: unknown): { readonly cell: string; readonly line: number } | undefined {
  const match = isError(error) ? /(cell \[\d+\]), line (\d+)/.exec(withSourceLines(userStack(error))) : null;
  return match?.[1] === undefined ? undefined : { cell: match[1], line: Number(match[2]) };
}
