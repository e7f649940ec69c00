/** The state that a page shows. `reduce` computes it from events alone, in the kernel (snapshots) and in the browser. */
import type {
  CellStatus,
  ErrorView,
  HolderView,
  InputView,
  LogRecord,
  RunSource,
  RunStatus,
  StagebookEvent,
} from "./events";
import type { CellId, RunId } from "./ids";
import { unreachable } from "./ids";
import type { ParamView } from "./params";
import type { Freshness, PlanAction, PlanRowView, Reason, ResultView } from "./plan";

/** How many log lines a view keeps; older ones come with the `log` command. */
export const VIEW_LOG_LINES = 1000;
/** How many ended runs a view keeps. */
export const VIEW_RUNS = 50;

/** A stage as the page shows it. */
export interface StageView {
  readonly name: string;
  readonly cell: CellId | null;
  readonly description?: string;
  readonly inputs: readonly InputView[];
  readonly status: Freshness;
  readonly action: PlanAction | null;
  readonly reasons: readonly Reason[];
  readonly waitsFor: readonly string[];
  readonly untracked: readonly string[];
  readonly estimateMs?: number;
  /** The latest result, current or not. */
  readonly result?: ResultView;
  /** The error of the last run, while that is the latest outcome. */
  readonly error?: ErrorView;
  /** Items done and how many there are (null: unknown). `at`: when it was reported, epoch milliseconds. */
  readonly progress?: { readonly done: number; readonly total: number | null; readonly at: number };
  /** The other kernel that is computing the result, while there is one. */
  readonly elsewhere?: HolderView;
  /** Epoch milliseconds, while running. */
  readonly startedAt?: number;
}

/** A run as the page shows it. */
export interface RunView {
  readonly id: RunId;
  readonly source: RunSource;
  readonly cell: CellId | null;
  readonly targets: readonly string[];
  readonly startedAt: number;
  readonly status: RunStatus | "running";
  readonly durationMs?: number;
  readonly executed?: number;
  readonly error?: ErrorView;
}

/** A cell's mark. */
export interface CellView {
  readonly id: CellId;
  readonly status: CellStatus;
  readonly reasons: readonly string[];
  /** Why its output may still be wrong although it is fresh. Absent when there is nothing. */
  readonly caveats?: readonly string[];
  /** _Run stale_ leaves it alone until something that failed is fixed. */
  readonly blocked?: true;
}

/** All that a page needs to show one kernel. */
export interface View {
  /** The `seq` of the last event in it; 0 before the first. */
  readonly seq: number;
  /** By name, in order of first definition. */
  readonly stages: { readonly [name: string]: StageView };
  readonly params: { readonly [name: string]: ParamView };
  readonly cells: { readonly [id: string]: CellView };
  /** Oldest first; running ones are last. At most VIEW_RUNS. */
  readonly runs: readonly RunView[];
  /** The last VIEW_LOG_LINES lines, oldest first. */
  readonly log: readonly LogRecord[];
}

export const emptyView: View = { seq: 0, stages: {}, params: {}, cells: {}, runs: [], log: [] };

/** The view after one more event. Pure; shares what did not change, so that a page can compare by identity. */
export function reduce(view: View, event: StagebookEvent): View {
  return reduceAll(view, [event]);
}

/** The view after several events, in order: the same as one by one, and much cheaper for many. */
export function reduceAll(view: View, events: readonly StagebookEvent[]): View {
  const draft = new Draft(view);
  for (const event of events) draft.apply(event);
  return draft.finish();
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Table<T> = { [name: string]: T };

const ended = { startedAt: undefined, progress: undefined, error: undefined, elsewhere: undefined } as const;
const succeeded = { ...ended, status: "fresh", action: "fresh", reasons: [], waitsFor: [] } as const;

/** A view under construction: each table is copied at its first change and never again. */
class Draft {
  private readonly view: Writable<View>;
  private readonly copied = new Set<keyof View>();
  /** Stages that are this draft's own: changed in place from then on. */
  private readonly ownStages = new Set<StageView>();
  private log: LogRecord[] | undefined;

  constructor(view: View) {
    this.view = { ...view };
  }

  finish(): View {
    if (this.log) this.view.log = this.log.slice(-VIEW_LOG_LINES);
    return this.view;
  }

  apply(event: StagebookEvent): void {
    this.view.seq = event.seq;
    switch (event.type) {
      case "stage:defined": {
        const before = this.view.stages[event.stage.name] ?? blankStage(event.stage.name);
        this.stages()[event.stage.name] = { ...before, ...event.stage, description: event.stage.description };
        return;
      }
      case "stage:removed":
        return void Reflect.deleteProperty(this.stages(), event.stage);
      case "param:defined":
      case "param:changed":
        this.params()[event.param.name] = event.param;
        return;
      case "param:removed":
        return void Reflect.deleteProperty(this.params(), event.param);
      case "graph:changed":
        for (const [name, inputs] of Object.entries(event.inputs)) this.change(name, { inputs });
        return;
      case "plan:refined":
        for (const row of event.rows) this.plan(row);
        return;
      case "run:started":
        return this.startRun(event);
      case "run:ended":
        return this.endRun(event);
      case "stage:running":
        return this.change(event.stage, {
          status: "running",
          reasons: event.reasons,
          startedAt: event.at,
          progress: undefined,
          error: undefined,
          elsewhere: undefined,
        });
      case "stage:waiting":
        return this.waitElsewhere(event);
      case "stage:progress":
        return this.change(event.stage, { progress: { done: event.done, total: event.total, at: event.at } });
      case "stage:cached":
        if (isShownFresh(this.view.stages[event.stage], event.result)) return;
        return this.change(event.stage, { ...succeeded, result: event.result });
      case "stage:succeeded":
      case "stage:unchanged":
      case "stage:shared":
        return this.change(event.stage, { ...succeeded, result: event.result });
      case "stage:failed":
        return this.change(event.stage, { ...ended, status: "failed", error: event.error });
      case "stage:cancelled":
        return this.change(event.stage, { ...ended, status: "cancelled" });
      case "stage:blocked":
        return this.change(event.stage, { ...ended, status: "blocked" });
      case "log:written":
        this.log ??= [...this.view.log];
        this.log.push(event.record);
        return;
      case "cell:running":
        return this.setCell({ id: event.cell, status: "running", reasons: [] });
      case "cell:ended":
        return this.setCell({ id: event.cell, status: event.ok ? "fresh" : "failed", reasons: [] });
      case "cell:marked":
        return this.setCell({
          id: event.cell,
          status: event.status,
          reasons: event.reasons,
          ...(event.caveats ? { caveats: event.caveats } : {}),
          ...(event.blocked ? { blocked: event.blocked } : {}),
        });
      case "cell:removed":
        return void Reflect.deleteProperty(this.cells(), event.cell);
      case "stage:planned":
        return this.replan(event);
      case "store:problem":
        return;
      default:
        return unreachable(event);
    }
  }

  private plan({ stage, result, ...row }: PlanRowView): void {
    const before = this.view.stages[stage];
    if (!before) return;
    // A plan never overrules an execution in flight.
    const status = before.status === "running" ? "running" : row.status;
    this.change(stage, {
      ...row,
      status,
      estimateMs: row.estimateMs,
      error: status === "failed" ? before.error : undefined,
      // A new stage has no result: the old one was cleared, or belongs to other parameter values.
      ...(result || status === "new" ? { result } : {}),
    });
  }

  /** A new run replaces the failed, cancelled or blocked status that an earlier run left. */
  private replan({ stage, action, reasons }: Extract<StagebookEvent, { type: "stage:planned" }>): void {
    const before = this.view.stages[stage];
    if (action !== "run" && action !== "maybe") return;
    if (before?.status !== "failed" && before?.status !== "cancelled" && before?.status !== "blocked") return;
    this.change(stage, { action, reasons, status: action === "run" ? "stale" : "pending", error: undefined });
  }

  private waitElsewhere({ stage, holder, at }: Extract<StagebookEvent, { type: "stage:waiting" }>): void {
    const { progress: reported } = holder;
    const progress = reported && { done: reported.done, total: reported.total ?? null, at };
    this.change(stage, { status: "running", elsewhere: holder, startedAt: holder.since, progress, error: undefined });
  }

  private startRun(event: Extract<StagebookEvent, { type: "run:started" }>): void {
    const { run: id, source, cell, targets, at: startedAt } = event;
    const run: RunView = { id, source, cell, targets, startedAt, status: "running" };
    this.view.runs = [...this.view.runs.slice(-VIEW_RUNS + 1), run];
  }

  private endRun({
    run: id,
    status,
    durationMs,
    executed,
    error,
  }: Extract<StagebookEvent, { type: "run:ended" }>): void {
    const ending = { status, durationMs, executed, error };
    this.view.runs = this.view.runs.map((run) => (run.id === id ? { ...run, ...ending } : run));
  }

  private change(name: string, change: Partial<StageView>): void {
    const before = this.view.stages[name];
    if (!before) return;
    if (this.ownStages.has(before)) Object.assign(before, change);
    else this.ownStages.add((this.stages()[name] = { ...before, ...change }));
  }

  private setCell(cell: CellView): void {
    this.cells()[cell.id] = cell;
  }

  private stages(): Table<StageView> {
    if (!this.copied.has("stages")) this.view.stages = { ...this.view.stages };
    this.copied.add("stages");
    return this.view.stages;
  }

  private params(): Table<ParamView> {
    if (!this.copied.has("params")) this.view.params = { ...this.view.params };
    this.copied.add("params");
    return this.view.params;
  }

  private cells(): Table<CellView> {
    if (!this.copied.has("cells")) this.view.cells = { ...this.view.cells };
    this.copied.add("cells");
    return this.view.cells;
  }
}

/** Most events of a run that finds everything fresh change nothing. */
function isShownFresh(stage: StageView | undefined, result: ResultView): boolean {
  return (
    stage?.result === result &&
    stage.status === "fresh" &&
    stage.action === "fresh" &&
    stage.reasons.length + stage.waitsFor.length === 0 &&
    stage.error === undefined &&
    stage.startedAt === undefined &&
    stage.progress === undefined &&
    stage.elsewhere === undefined
  );
}

function blankStage(name: string): StageView {
  return { name, cell: null, inputs: [], status: "new", action: null, reasons: [], waitsFor: [], untracked: [] };
}
