/** The state that a page shows: made by `reduce` from events alone, in the kernel (snapshots) and in the browser. */
import type { CellStatus, ErrorView, InputView, LogRecord, RunSource, RunStatus, StagebookEvent } from "./events";
import type { CellId, RunId } from "./ids";
import { unreachable } from "./ids";
import type { ParamView } from "./params";
import type { Freshness, PlanAction, PlanRowView, Reason, ResultView } from "./plan";

/** How many log lines a view keeps; older ones are asked for with the `log` command. */
export const VIEW_LOG_LINES = 1000;
/** How many ended runs a view keeps. */
export const VIEW_RUNS = 50;

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
  /** The error of the last run, while it is the last outcome. */
  readonly error?: ErrorView;
  readonly progress?: { readonly done: number; readonly total: number | null };
  /** Epoch milliseconds, while running. */
  readonly startedAt?: number;
}

export interface RunView {
  readonly id: RunId;
  readonly source: RunSource;
  readonly cell: CellId | null;
  readonly targets: readonly string[];
  readonly startedAt: number;
  readonly status: RunStatus | "running";
  readonly durationMs?: number;
  readonly bodies?: number;
  readonly error?: ErrorView;
}

export interface CellView {
  readonly id: CellId;
  readonly status: CellStatus;
  readonly reasons: readonly string[];
}

/** All that a page needs to show one kernel. */
export interface View {
  /** Of the last event in it; 0 before the first. */
  readonly seq: number;
  /** By name, in order of first definition. */
  readonly stages: { readonly [name: string]: StageView };
  readonly params: { readonly [name: string]: ParamView };
  readonly cells: { readonly [id: string]: CellView };
  /** Oldest first; running ones are last. */
  readonly runs: readonly RunView[];
  /** The last VIEW_LOG_LINES lines, oldest first. */
  readonly log: readonly LogRecord[];
}

export const emptyView: View = { seq: 0, stages: {}, params: {}, cells: {}, runs: [], log: [] };

/** The view after one more event. Pure; shares what did not change, so that a page can compare by identity. */
export function reduce(view: View, event: StagebookEvent): View {
  return { ...applied(view, event), seq: event.seq };
}

function applied(view: View, event: StagebookEvent): View {
  switch (event.type) {
    case "stage:defined": {
      const before = view.stages[event.stage.name];
      return withStage(view, {
        ...(before ?? blankStage(event.stage.name)),
        ...event.stage,
        description: event.stage.description,
      });
    }
    case "stage:removed":
      return { ...view, stages: without(view.stages, event.stage) };
    case "param:defined":
    case "param:changed":
      return { ...view, params: { ...view.params, [event.param.name]: event.param } };
    case "param:removed":
      return { ...view, params: without(view.params, event.param) };
    case "graph:changed":
      return Object.entries(event.inputs).reduce((next, [name, inputs]) => updateStage(next, name, { inputs }), view);
    case "plan:refined":
      return event.rows.reduce(planned, view);
    case "run:started":
      return {
        ...view,
        runs: [
          ...view.runs.slice(-VIEW_RUNS + 1),
          {
            id: event.run,
            source: event.source,
            cell: event.cell,
            targets: event.targets,
            startedAt: event.at,
            status: "running",
          },
        ],
      };
    case "run:ended":
      return {
        ...view,
        runs: view.runs.map((run) =>
          run.id === event.run
            ? { ...run, status: event.status, durationMs: event.durationMs, bodies: event.bodies, error: event.error }
            : run,
        ),
      };
    case "stage:planned":
      return view;
    case "stage:running":
      return updateStage(view, event.stage, {
        status: "running",
        reasons: event.reasons,
        startedAt: event.at,
        progress: undefined,
        error: undefined,
      });
    case "stage:progress":
      return updateStage(view, event.stage, { progress: { done: event.done, total: event.total } });
    case "stage:succeeded":
    case "stage:cached":
    case "stage:unchanged":
    case "stage:shared":
      return updateStage(view, event.stage, {
        ...ended,
        status: "fresh",
        action: "fresh",
        reasons: [],
        waitsFor: [],
        result: event.result,
      });
    case "stage:failed":
      return updateStage(view, event.stage, { ...ended, status: "failed", error: event.error });
    case "stage:cancelled":
      return updateStage(view, event.stage, { ...ended, status: "cancelled" });
    case "stage:blocked":
      return updateStage(view, event.stage, { ...ended, status: "blocked" });
    case "log:written":
      return { ...view, log: [...view.log.slice(-VIEW_LOG_LINES + 1), event.record] };
    case "cell:running":
      return withCell(view, { id: event.cell, status: "running", reasons: [] });
    case "cell:ended":
      return withCell(view, { id: event.cell, status: event.ok ? "fresh" : "failed", reasons: [] });
    case "cell:marked":
      return withCell(view, { id: event.cell, status: event.status, reasons: event.reasons });
    case "cell:removed":
      return { ...view, cells: without(view.cells, event.cell) };
    case "store:trouble":
      return view;
    default:
      return unreachable(event);
  }
}

const ended = { startedAt: undefined, progress: undefined, error: undefined } as const;

function planned(view: View, row: PlanRowView): View {
  const { stage, result, ...rest } = row;
  const before = view.stages[stage];
  if (!before) return view;
  // A plan never overrules a body that is under way.
  const status = before.status === "running" ? "running" : rest.status;
  return updateStage(view, stage, {
    ...rest,
    status,
    estimateMs: row.estimateMs,
    error: status === "failed" ? before.error : undefined,
    ...(result ? { result } : {}),
  });
}

function blankStage(name: string): StageView {
  return { name, cell: null, inputs: [], status: "new", action: null, reasons: [], waitsFor: [], untracked: [] };
}

function updateStage(view: View, name: string, change: Partial<StageView>): View {
  const before = view.stages[name];
  return before ? withStage(view, { ...before, ...change }) : view;
}

function withStage(view: View, stage: StageView): View {
  return { ...view, stages: { ...view.stages, [stage.name]: stage } };
}

function withCell(view: View, cell: CellView): View {
  return { ...view, cells: { ...view.cells, [cell.id]: cell } };
}

function without<T>(record: { readonly [name: string]: T }, name: string): { readonly [name: string]: T } {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}
