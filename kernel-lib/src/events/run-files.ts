/** The record of each run in the store: its events and log lines, which can be read after the kernel has ended. */
import type { MaybePromise } from "../async/maybe-promise";
import { eventsOfView, type LogRecord, type RunId, type RunRowView, type StagebookEvent, type View } from "../protocol";
import type { NotebookIdentity } from "../store/notebooks/notebook-identity";
import type { RunLog, Store } from "../store/store";
import type { EventFeed } from "./bus";
import { runListOf } from "../store/maintenance/run-choices";

/** How long events are collected before they are written together; the end of a run is written at once. */
const WRITE_EVERY_MS = 200;

type EventType = StagebookEvent["type"];

/** Events that a run has only if it did more than find everything up to date. */
const workEvents: ReadonlySet<EventType> = new Set([
  "stage:running",
  "stage:waiting",
  "stage:succeeded",
  "stage:failed",
  "stage:cancelled",
]);

/** Changes of the pipeline itself, which belong to no run. */
const pipelineEvents: ReadonlySet<EventType> = new Set([
  "graph:changed",
  "plan:refined",
  "stage:defined",
  "stage:removed",
  "param:defined",
  "param:changed",
  "param:removed",
]);

/** Whether the run of the event is recorded. It is listed only once a stage has begun. */
const isNoted = (event: StagebookEvent): boolean =>
  event.type === "log:written" || (event.type === "run:ended" && event.status !== "succeeded");

interface IdleRun {
  /** The state at its start. */
  readonly before: () => View;
  readonly events: StagebookEvent[];
}

export interface RunRecording {
  readonly events: EventFeed;
  /** The state after the events so far. */
  readonly view: () => View;
  /** The state at this moment, to be read later. */
  readonly keepView: () => () => View;
  readonly store: Store;
  /** Under whose id runs are listed. */
  readonly notebook: NotebookIdentity;
  /** Called once, when the store cannot be written. */
  readonly onProblem: (error: Error) => void;
}

/** Records from now on, without keeping the process alive. Returns a function that resolves once everything is written. */
export function recordRuns({
  events: feed,
  view,
  keepView,
  store,
  notebook,
  onProblem,
}: RunRecording): () => Promise<void> {
  if (store.keepsNothing === true) return () => Promise.resolve();
  const lines = new LineQueue(store, onProblem);
  /** Runs that have done nothing yet. A run that ends in this state is not written: calls of fresh stages leave no record. */
  const idle = new Map<RunId, IdleRun>();
  const active = new Set<RunId>();
  /** Runs in which a stage has begun: these are listed. */
  const working = new Set<RunId>();
  const add = (run: RunId, event: StagebookEvent): void => {
    const waiting = idle.get(run);
    if (waiting) waiting.events.push(event);
    else lines.add(run, [JSON.stringify(event)]);
  };
  /** The run does something: from now on it is recorded, with the pipeline as it was at its start. */
  const begin = (run: RunId, at: number): void => {
    const waiting = idle.get(run);
    if (!waiting) return;
    idle.delete(run);
    const before = eventsOfView(waiting.before()).map((body) => ({ ...body, seq: 0, at }));
    lines.add(
      run,
      [...before, ...waiting.events].map((event) => JSON.stringify(event)),
    );
  };
  feed.subscribe((event) => {
    // A change of the pipeline while runs are active belongs to the record of each.
    if (pipelineEvents.has(event.type)) for (const each of active) add(each, event);
    const run = runOf(event);
    if (run === null) return;
    if (event.type === "run:started") {
      active.add(run);
      idle.set(run, { before: keepView(), events: [] });
    }
    if (workEvents.has(event.type)) working.add(run);
    if (working.has(run) || isNoted(event)) begin(run, event.at);
    add(run, event);
    if (event.type !== "run:ended") return;
    const row = working.delete(run) ? rowOf(view(), run) : undefined;
    if (row) lines.addLater(async () => runListOf(await notebook.claim()), [JSON.stringify(row)]);
    idle.delete(run);
    active.delete(run);
    lines.flush();
  });
  return () => lines.written();
}

/** The log lines of a run, oldest first, also of an earlier kernel; empty when nothing was recorded. Damaged lines are left out. */
export async function readRunLines(store: RunLog, run: RunId): Promise<readonly LogRecord[]> {
  const events = await readLines<StagebookEvent>(store, run);
  return events.flatMap((event) => (event.type === "log:written" && event.record ? [event.record] : []));
}

/** The events of a run, preceded by events that rebuild the state at its start (`seq` 0). Damaged lines are left out. */
export async function readRunEvents(store: RunLog, run: RunId): Promise<readonly StagebookEvent[]> {
  const events = (await readLines<StagebookEvent>(store, run)).filter(
    (event): event is StagebookEvent =>
      typeof event.type === "string" && typeof event.seq === "number" && typeof event.at === "number",
  );
  // The state at the start is written late: when the run executes something for the first time.
  return [...events.filter(({ seq }) => seq === 0), ...events.filter(({ seq }) => seq !== 0)];
}

/** The runs of a notebook that executed something and have ended, oldest first. `notebook`: its id; undefined when it has none. */
export async function readRuns(store: RunLog, notebook: string | undefined): Promise<readonly RunRowView[]> {
  const rows = notebook === undefined ? [] : await readLines<RunRowView>(store, runListOf(notebook));
  const whole = rows.filter(
    (row): row is RunRowView =>
      typeof row.id === "string" && typeof row.startedAt === "number" && Array.isArray(row.targets),
  );
  // A row that was written while maintenance replaced the list may be there twice.
  return [...new Map(whole.map((row) => [row.id, row])).values()].sort((a, b) => a.startedAt - b.startedAt);
}

async function readLines<T extends object>(store: RunLog, id: RunId): Promise<readonly Partial<T>[]> {
  const lines = (await store.readRun(id)) ?? [];
  return lines.flatMap((line) => {
    try {
      const data: unknown = JSON.parse(line);
      return typeof data === "object" && data !== null ? [data] : [];
    } catch {
      return [];
    }
  });
}

/** Lines that are waiting to be written, in order. */
class LineQueue {
  private waiting = new Map<RunId, string[]>();
  private timer: NodeJS.Timeout | undefined;
  private last = Promise.resolve();
  private hasReported = false;

  constructor(
    private readonly store: RunLog,
    private readonly onProblem: (error: Error) => void,
  ) {}

  add(run: RunId, lines: readonly string[]): void {
    const before = this.waiting.get(run);
    if (before) for (const line of lines) before.push(line);
    else this.waiting.set(run, [...lines]);
    this.timer ??= setTimeout(() => this.flush(), WRITE_EVERY_MS).unref();
  }

  /** Lines of a run whose id is not known yet: they follow all lines so far. */
  addLater(run: () => Promise<RunId>, lines: readonly string[]): void {
    this.flush();
    this.write(run, lines);
  }

  written(): Promise<void> {
    this.flush();
    return this.last;
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const [run, lines] of this.waiting) this.write(() => run, lines);
    this.waiting = new Map();
  }

  private write(run: () => MaybePromise<RunId>, lines: readonly string[]): void {
    this.last = this.last
      .then(async () => this.store.appendRun(await run(), lines))
      .catch((error: unknown) => {
        if (!this.hasReported) this.onProblem(error as Error);
        this.hasReported = true;
      });
  }
}

function rowOf({ runs, params }: View, id: RunId): RunRowView | undefined {
  const run = runs.find((each) => each.id === id);
  if (!run || run.status === "running") return undefined;
  const set = Object.values(params).filter(({ overridden }) => overridden);
  return {
    ...run,
    status: run.status,
    durationMs: run.durationMs ?? 0,
    executed: run.executed ?? 0,
    params: Object.fromEntries(set.map(({ name, text }) => [name, text])),
  };
}

function runOf(event: StagebookEvent): RunId | null {
  if (event.type === "log:written") return event.record.run;
  return "run" in event ? event.run : null;
}
