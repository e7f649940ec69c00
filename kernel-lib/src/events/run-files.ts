/** Keeps the events and log lines of each run in the store, so that they can be read after the kernel is gone. */
import type { Observable } from "rxjs";
import { eventsOfView, type LogRecord, type RunId, type RunRowView, type StagebookEvent, type View } from "../protocol";
import type { RunLog, Store } from "../store/store";
import { runListOf } from "../store/maintenance/run-choices";

/** How long events wait to be written together, in milliseconds; the end of a run is written at once. */
const WRITE_EVERY_MS = 200;

export interface RunRecording {
  readonly events$: Observable<StagebookEvent>;
  /** The state that the events so far have made. */
  readonly view: () => View;
  readonly store: Store;
  /** Under whose name runs are listed. */
  readonly notebook: string;
  /** Told once when the store cannot be written. */
  readonly onProblem: (error: Error) => void;
}

/** Writes from now on. Keeps no process alive. Returns how to wait until all is written. */
export function recordRuns({ events$, view, store, notebook, onProblem }: RunRecording): () => Promise<void> {
  if (store.keepsNothing === true) return () => Promise.resolve();
  const lines = new WaitingLines(store, onProblem);
  /** Runs that have done nothing yet, with the view in which they began: one that never does is not listed. */
  const idle = new Map<RunId, View>();
  const active = new Set<RunId>();
  events$.subscribe((event) => {
    // What becomes known of the pipeline while runs are under way belongs to each of them.
    if (isOfPipeline(event)) for (const each of active) lines.add(each, [JSON.stringify(event)]);
    const run = runOf(event);
    if (run === null) return;
    if (event.type === "run:started") active.add(run);
    const began = idle.get(run);
    if (event.type === "run:started") idle.set(run, view());
    else if (began && isDeed(event)) {
      idle.delete(run);
      const { at } = event;
      lines.add(
        run,
        eventsOfView(began).map((body) => JSON.stringify({ ...body, seq: 0, at })),
      );
    }
    lines.add(run, [JSON.stringify(event)]);
    if (event.type !== "run:ended") return;
    const row = idle.has(run) ? undefined : rowOf(view(), run);
    if (row) lines.add(runListOf(notebook), [JSON.stringify(row)]);
    idle.delete(run);
    active.delete(run);
    lines.flush();
  });
  return () => lines.written();
}

/** The log lines of a run, oldest first, also of a kernel that is gone; none where nothing was kept. Damaged lines are left out. */
export async function readRunLines(store: RunLog, run: RunId): Promise<readonly LogRecord[]> {
  const events = await readLines<StagebookEvent>(store, run);
  return events.flatMap((event) => (event.type === "log:written" && event.record ? [event.record] : []));
}

/** What happened in a run, after what the pipeline was when it began (`seq` 0). Damaged lines are left out. */
export async function readRunEvents(store: RunLog, run: RunId): Promise<readonly StagebookEvent[]> {
  const events = (await readLines<StagebookEvent>(store, run)).filter(
    (event): event is StagebookEvent =>
      typeof event.type === "string" && typeof event.seq === "number" && typeof event.at === "number",
  );
  // What came before was written when the run did something for the first time.
  return [...events.filter(({ seq }) => seq === 0), ...events.filter(({ seq }) => seq !== 0)];
}

/** The runs of a notebook that did something and have ended, oldest first. */
export async function readRuns(store: RunLog, notebook: string): Promise<readonly RunRowView[]> {
  const rows = await readLines<RunRowView>(store, runListOf(notebook));
  return rows
    .filter(
      (row): row is RunRowView =>
        typeof row.id === "string" && typeof row.startedAt === "number" && Array.isArray(row.targets),
    )
    .sort((a, b) => a.startedAt - b.startedAt);
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

/** Lines on their way into the store, in order. */
class WaitingLines {
  private waiting = new Map<RunId, string[]>();
  private timer: NodeJS.Timeout | undefined;
  private last = Promise.resolve();
  private told = false;

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

  written(): Promise<void> {
    this.flush();
    return this.last;
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const [run, lines] of this.waiting)
      this.last = this.last
        .then(() => this.store.appendRun(run, lines))
        .catch((error: unknown) => {
          if (!this.told) this.onProblem(error as Error);
          this.told = true;
        });
    this.waiting = new Map();
  }
}

/** More than to find that all is current already. */
function isDeed({ type }: StagebookEvent): boolean {
  return (
    type === "stage:running" ||
    type === "stage:waiting" ||
    type === "stage:succeeded" ||
    type === "stage:failed" ||
    type === "stage:cancelled"
  );
}

function isOfPipeline({ type }: StagebookEvent): boolean {
  return (
    type === "graph:changed" ||
    type === "plan:refined" ||
    type === "stage:defined" ||
    type === "stage:removed" ||
    type === "param:defined" ||
    type === "param:changed" ||
    type === "param:removed"
  );
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
