/**
 * `show(param)`: a control in the output of a cell. The page draws it and follows changes itself; without Stagebook's page, and in the
 * saved notebook, the output is the parameter as text, which is replaced when the value changes.
 */
import { randomUUID } from "node:crypto";
import {
  PARAMS_MIME,
  paramText,
  type CellId,
  type ParamView,
  type ShownParams,
  type StagebookEvent,
} from "../../protocol";
import { findActivity, type Activity, type CellExecution } from "../../run/state/activity";
import type { PipelineInternals } from "../pipeline-internals";

type Display = NonNullable<Activity["display"]>;

/** One output. */
interface Shown {
  readonly names: readonly string[];
  readonly id: string;
  readonly display: Display;
}

/** What one execution of a cell has shown. */
interface CellDisplays {
  readonly execution: CellExecution | undefined;
  readonly shown: Shown[];
}

export class ParamDisplays {
  private readonly cells = new Map<CellId | null, CellDisplays>();

  constructor(private readonly internals: Pick<PipelineInternals, "engine" | "bus">) {
    internals.bus.events.subscribe((event) => this.handle(event));
  }

  /** Shows the parameters in the cell that is being executed, otherwise prints them. The cell is not stale when they change. */
  show(names: readonly string[]): void {
    const { cell, execution, display } = findActivity();
    const params = this.viewsOf(names);
    if (!display) return console.log(textOf(params));
    const shown = { names, id: randomUUID(), display };
    display(bundleOf(params), shown.id);
    const before = this.cells.get(cell);
    if (before && before.execution === execution) before.shown.push(shown);
    else this.cells.set(cell, { execution, shown: [shown] });
  }

  private handle(event: StagebookEvent): void {
    if (event.type === "cell:removed") this.cells.delete(event.cell);
    if (event.type !== "param:changed") return;
    for (const { shown } of this.cells.values())
      for (const { names, id, display } of shown)
        if (names.includes(event.param.name)) display(bundleOf(this.viewsOf(names)), id, true);
  }

  /** Those that still exist. */
  private viewsOf(names: readonly string[]): readonly ParamView[] {
    const { params } = this.internals.engine;
    const known = new Set(params.names());
    return names.filter((name) => known.has(name)).map((name) => params.view(name));
  }
}

function bundleOf(params: readonly ParamView[]): Readonly<Record<string, unknown>> {
  const data: ShownParams = { params };
  return { [PARAMS_MIME]: data, "text/plain": textOf(params) };
}

function textOf(params: readonly ParamView[]): string {
  return params.map(paramText).join("\n");
}
