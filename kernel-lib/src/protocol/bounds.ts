/**
 * Bounds of what goes over the wire. A text in an event or a view has at most MAX_TEXT characters: the middle of a longer one is left
 * out. The record of the run has it whole, and a page gets it with the command `whole`.
 */
import type { ErrorView, LogRecord, StagebookEvent } from "./events";
import type { JsonObject, RunId } from "./ids";
import type { RunView, StageView, View } from "./view";

/** The longest text in an event or view, in characters. */
export const MAX_TEXT = 20_000;
/** The largest view that is sent as a whole, in bytes of JSON. */
export const MAX_SNAPSHOT_BYTES = 2_000_000;

/** Of a text that is cut, this share is its start. */
const START_SHARE = 0.75;

/** The text, or its start and end with the number of characters that are left out in between. Cut texts stay as they are. */
export function cutText(text: string, max = MAX_TEXT): string {
  if (text.length <= max) return text;
  const start = whole(text.slice(0, Math.floor(max * START_SHARE)));
  const room = max - start.length - 60;
  const end = room > 0 ? text.slice(-room) : "";
  return `${start}\n[… ${text.length - start.length - end.length} characters left out …]\n${end}`;
}

/** No half of a character at the end. */
function whole(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}

/** The event itself when all of its texts are short enough. */
export function boundEvent(event: StagebookEvent): StagebookEvent {
  switch (event.type) {
    case "stage:failed":
      return changed(event, { error: boundError(event.error, event.run) });
    case "run:ended":
      // The event of the stage has the rest.
      return event.error ? changed(event, { error: brief(event.error) }) : event;
    case "log:written":
      return changed(event, { record: boundRecord(event.record) });
    case "param:changed":
      return changed(event, { from: cutText(event.from) });
    case "store:problem":
      return changed(event, { message: cutText(event.message), where: cutText(event.where) });
    case "plan:refined":
    case "stage:planned":
    case "stage:running":
    case "stage:succeeded":
    case "stage:unchanged":
    case "stage:shared":
    case "cell:marked":
      return cutTexts(event, MAX_TEXT);
    case "stage:cached":
      return shortResults.has(event.result) ? event : boundResult(event);
    default:
      return event;
  }
}

/** Results without a text to cut: the same one occurs in every run that finds it. */
const shortResults = new WeakSet();

function boundResult<T extends StagebookEvent & { readonly result: object }>(event: T): T {
  const bound = cutTexts(event, MAX_TEXT);
  if (bound === event) shortResults.add(event.result);
  return bound;
}

/** About how many characters an event has beyond those of every event: its texts. */
export function textSizeOf(event: StagebookEvent): number {
  if (event.type === "stage:failed") return event.error.message.length + (event.error.stack?.length ?? 0);
  if (event.type !== "log:written") return 0;
  return Object.values(event.record.fields).reduce<number>(
    (sum, value) => sum + sizeOfField(value),
    event.record.message.length,
  );
}

/** The same object when nothing differs. */
function changed<T extends object>(object: T, changes: Partial<T>): T {
  const isSame = Object.entries(changes).every(([name, value]) => (object as Record<string, unknown>)[name] === value);
  return isSame ? object : { ...object, ...changes };
}

/** `run`: where it is whole. */
export function boundError(error: ErrorView, run?: RunId): ErrorView {
  const { message, advice, stack } = error;
  const long = [message, advice, stack].filter((text) => text !== undefined && text.length > MAX_TEXT);
  if (long.length === 0) return error;
  return {
    ...error,
    message: cutText(message),
    ...(advice === undefined ? {} : { advice: cutText(advice) }),
    ...(stack === undefined ? {} : { stack: cutText(stack) }),
    ...(run === undefined ? {} : { cutIn: run }),
  };
}

const BRIEF = 1000;

/** What the end of a run says of an error whose stage has said all. */
function brief(error: ErrorView): ErrorView {
  const { stack: _, cutIn: _cut, ...rest } = error;
  return { ...rest, message: cutText(error.message, BRIEF) };
}

export function boundRecord(record: LogRecord): LogRecord {
  const { message, fields } = record;
  const sizes = Object.entries(fields).map(([name, value]) => name.length + sizeOfField(value));
  const isLong = message.length > MAX_TEXT || sizes.reduce((sum, size) => sum + size, 0) > MAX_TEXT;
  if (!isLong) return record;
  return { ...record, message: cutText(message), fields: boundFields(fields), isCut: true };
}

function sizeOfField(value: JsonObject[string]): number {
  return typeof value === "string" ? value.length : ((JSON.stringify(value) as string | undefined)?.length ?? 0);
}

/** As many fields as there is room for, each with its share. */
function boundFields(fields: JsonObject): JsonObject {
  const all = Object.entries(fields).slice(0, 100);
  const share = Math.max(200, Math.floor(MAX_TEXT / Math.max(1, all.length)) - 100);
  return Object.fromEntries(
    all.map(([name, value]) => {
      if (sizeOfField(value) <= share) return [cutText(name, 200), value];
      return [cutText(name, 200), cutText(typeof value === "string" ? value : JSON.stringify(value), share)];
    }),
  );
}

/** The data with its texts cut, wherever they are; the same data when nothing is cut. */
function cutTexts<T>(data: T, max: number): T {
  if (typeof data === "string") return data.length <= max ? data : (cutText(data, max) as T);
  if (typeof data !== "object" || data === null) return data;
  const members = data as Record<string, unknown>;
  let copy: Record<string, unknown> | undefined;
  // Of each event of a run: a list of its members would take longer than all the rest.
  for (const name in members) {
    const value = members[name];
    if (typeof value !== "object" && typeof value !== "string") continue;
    const cut = cutTexts(value, max);
    if (cut === value) continue;
    copy ??= (Array.isArray(data) ? [...(data as unknown[])] : { ...data }) as Record<string, unknown>;
    copy[name] = cut;
  }
  return (copy as T | undefined) ?? data;
}

/** The view, or one of the same state with less text, until it has at most `maxBytes` as JSON. What is left out can be asked for. */
export function boundView(view: View, maxBytes = MAX_SNAPSHOT_BYTES): View {
  let bounded = view;
  for (const reduce of reductions) {
    if (sizeOf(bounded) <= maxBytes) return bounded;
    bounded = reduce(bounded, maxBytes);
  }
  return bounded;
}

/** From what is missed least. */
const reductions: readonly ((view: View, maxBytes: number) => View)[] = [
  (view, maxBytes) => ({ ...view, log: newestWithin(view.log, maxBytes / 4) }),
  (view) => ({ ...view, runs: view.runs.map(boundRun) }),
  (view, maxBytes) =>
    mapStages(view, (stage, count) => boundStage(stage, maxBytes / 4 / count, runThatFailed(view, stage))),
  (view) => ({ ...view, cells: cutTexts(view.cells, 200) }),
  (view, maxBytes) => ({ ...view, log: newestWithin(view.log, maxBytes / 40) }),
  (view) => mapStages({ ...view, cells: bareCells(view.cells) }, bareStage),
  (view) => ({ ...view, runs: view.runs.slice(-10), log: [] }),
];

function sizeOf(data: unknown): number {
  return new TextEncoder().encode(JSON.stringify(data)).length;
}

/** The last lines that fit, in order. */
function newestWithin(log: readonly LogRecord[], maxBytes: number): readonly LogRecord[] {
  let left = maxBytes;
  let at = log.length;
  while (at > 0 && (left -= sizeOf(log[at - 1]) + 1) >= 0) at--;
  return log.slice(at);
}

const MAX_TARGETS = 20;

function boundRun(run: RunView): RunView {
  const targets = run.targets.length <= MAX_TARGETS ? run.targets : run.targets.slice(0, MAX_TARGETS);
  return { ...run, targets, ...(run.error ? { error: brief(run.error) } : {}) };
}

function mapStages(view: View, map: (stage: StageView, count: number) => StageView): View {
  const all = Object.entries(view.stages);
  return { ...view, stages: Object.fromEntries(all.map(([name, stage]) => [name, map(stage, all.length)])) };
}

/** The run whose record has the stage's error whole; undefined when the view does not tell. */
function runThatFailed({ runs }: View, { name, error }: StageView): RunId | undefined {
  return error?.cutIn ?? [...runs].reverse().find((run) => run.error?.stage === name)?.id;
}

/** `maxChars`: of its texts. `run`: where its error is whole. */
function boundStage(stage: StageView, maxChars: number, run: RunId | undefined): StageView {
  const share = Math.max(100, Math.floor(maxChars / 4));
  const { error } = stage;
  const isCut = error && (error.stack !== undefined || error.message.length > share || error.cutIn !== undefined);
  const cutIn = isCut && run !== undefined ? { cutIn: run } : {};
  return {
    ...stage,
    reasons: cutTexts(stage.reasons.slice(0, 3), share),
    untracked: cutTexts(stage.untracked.slice(0, 3), share),
    waitsFor: stage.waitsFor.slice(0, 3),
    ...(error ? { error: { ...brief(error), message: cutText(error.message, share), ...cutIn } } : {}),
  };
}

function bareCells(cells: View["cells"]): View["cells"] {
  return Object.fromEntries(Object.entries(cells).map(([name, { id, status }]) => [name, { id, status, reasons: [] }]));
}

/** Its place in the graph and its state. */
function bareStage(stage: StageView): StageView {
  const { description: _description, ...rest } = stage;
  return { ...rest, reasons: [], untracked: [], waitsFor: [] };
}
