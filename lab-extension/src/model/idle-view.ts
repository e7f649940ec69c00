/** What the page remembers of a kernel that is gone: nothing of it is running any more. Used by LiveState. */
import type { CellView, StageView, View } from "stagebook/protocol";

/** The same view when nothing was running. */
export function idleView(view: View): View {
  const isIdle =
    Object.values(view.stages).every(({ status }) => status !== "running") &&
    Object.values(view.cells).every(({ status }) => status !== "running") &&
    view.runs.every(({ status }) => status !== "running");
  if (isIdle) return view;
  return {
    ...view,
    stages: mapValues(view.stages, stopStage),
    cells: mapValues(view.cells, stopCell),
    runs: view.runs.map((run) => (run.status === "running" ? { ...run, status: "cancelled" } : run)),
  };
}

function stopStage({ startedAt, progress, elsewhere, ...stage }: StageView): StageView {
  if (stage.status === "running") return { ...stage, status: "cancelled" };
  return {
    ...stage,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(progress === undefined ? {} : { progress }),
    ...(elsewhere === undefined ? {} : { elsewhere }),
  };
}

function stopCell(cell: CellView): CellView {
  return cell.status === "running" ? { ...cell, status: "stale" } : cell;
}

function mapValues<T>(table: { readonly [name: string]: T }, change: (value: T) => T): { readonly [name: string]: T } {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, change(value)]));
}
