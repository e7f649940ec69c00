/** The shape of what the browser remembers of a notebook. Another version or another program may have written it: everything is checked. */
import type { LogRecord, View } from "stagebook/protocol";

type Check = (data: unknown) => boolean;

const isText: Check = (data) => typeof data === "string";
const isNumber: Check = (data) => typeof data === "number" && Number.isFinite(data);
const isFlag: Check = (data) => typeof data === "boolean";
const isAnything: Check = () => true;
const oneOf =
  (...values: readonly unknown[]): Check =>
  (data) =>
    values.includes(data);
const orNull =
  (check: Check): Check =>
  (data) =>
    data === null || check(data);
const listOf =
  (check: Check): Check =>
  (data) =>
    Array.isArray(data) && data.every(check);
const tableOf =
  (check: Check): Check =>
  (data) =>
    isRecord(data) && Object.values(data).every(check);
/** Fields that are not named may be anything: nothing reads them. */
const shapeOf =
  (required: { readonly [name: string]: Check }, optional: { readonly [name: string]: Check } = {}): Check =>
  (data) =>
    isRecord(data) &&
    Object.entries(required).every(([name, check]) => check(data[name])) &&
    Object.entries(optional).every(([name, check]) => data[name] === undefined || check(data[name]));

function isRecord(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

const isError = shapeOf(
  { code: isText, message: isText },
  { advice: isText, stage: isText, cell: isText, line: isNumber, stack: isText, cutIn: isText },
);
const isReason = shapeOf({ text: isText, kind: isText });
const isResult = shapeOf({ key: isText, at: isNumber, durationMs: isNumber, sizeBytes: isNumber, summary: isText });
const isInput = shapeOf({ path: isText, kind: isText, name: isText, implicit: isFlag });
const statuses = ["new", "fresh", "stale", "pending", "running", "failed", "cancelled", "blocked"];
const isStage = shapeOf(
  {
    name: isText,
    cell: orNull(isText),
    inputs: listOf(isInput),
    status: oneOf(...statuses),
    action: orNull(oneOf("fresh", "load", "run", "maybe", "blocked")),
    reasons: listOf(isReason),
    waitsFor: listOf(isText),
    untracked: listOf(isText),
  },
  {
    description: isText,
    estimateMs: isNumber,
    result: isResult,
    error: isError,
    progress: shapeOf({ done: isNumber, total: orNull(isNumber), at: isNumber }),
    elsewhere: shapeOf({ host: isText, pid: isNumber, notebook: isText, stage: isText, since: isNumber }),
    startedAt: isNumber,
  },
);
const isParam = shapeOf({
  name: isText,
  kind: isText,
  schema: isRecord,
  value: isAnything,
  default: isAnything,
  text: isText,
  defaultText: isText,
  overridden: isFlag,
  tracked: isFlag,
});
const isCell = shapeOf({ id: isText, status: oneOf("new", "fresh", "stale", "running", "failed"), reasons: listOf(isText) }, { caveats: listOf(isText), blocked: isFlag }); // prettier-ignore
const isRun = shapeOf(
  {
    id: isText,
    source: oneOf("cell", "page", "script"),
    cell: orNull(isText),
    targets: listOf(isText),
    startedAt: isNumber,
    status: oneOf("succeeded", "failed", "cancelled", "running"),
  },
  { durationMs: isNumber, executed: isNumber, error: isError },
);
const isLine = shapeOf(
  {
    at: isNumber,
    level: oneOf("debug", "info", "warn", "error"),
    stage: orNull(isText),
    cell: orNull(isText),
    run: orNull(isText),
    message: isText,
    fields: isRecord,
    source: oneOf("log", "console", "stagebook"),
  },
  { isCut: isFlag },
);
const isViewShape = shapeOf({
  seq: isNumber,
  stages: tableOf(isStage),
  params: tableOf(isParam),
  cells: tableOf(isCell),
  runs: listOf(isRun),
  log: listOf(isLine),
});
const isMemory = shapeOf(
  { view: isViewShape, log: listOf(isLine), clearedAt: isNumber, selected: orNull(isText), uid: orNull(isText) },
  { readAt: isNumber },
);

/** What NotebookModel keeps between two visits. */
export interface Remembered {
  /** Without its log. */
  readonly view: View;
  /** The last REMEMBERED_LINES lines. */
  readonly log: readonly LogRecord[];
  /** Epoch milliseconds: the user has cleared the log lines up to this time. */
  readonly clearedAt: number;
  /** Epoch milliseconds: the user has seen the log lines up to this time. Absent in what earlier versions stored. */
  readonly readAt?: number;
  /** The stage selected in the graph. */
  readonly selected: string | null;
  /** The kernel's id of the notebook; null while it has none. */
  readonly uid: string | null;
}

export function isRemembered(data: unknown): data is Remembered {
  return isMemory(data);
}
