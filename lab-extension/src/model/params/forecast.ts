/** The forecast for a change of parameters: which stages would run, and how long. Pure. Shown by the graph and the form. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { JsonObject, PlanRowView, View } from "stagebook/protocol";
import { formatDuration } from "stagebook/protocol";

export interface Forecast {
  /** The parameters that are being changed. */
  readonly params: readonly string[];
  /** The stages that the change makes run: `run` certainly, `maybe` if the value of an upstream stage changes. */
  readonly stages: ReadonlyMap<string, "run" | "maybe">;
  /** How many stages depend on the parameters, whether or not they would run. */
  readonly dependents: number;
  /** The estimated time of the stages that certainly run, in milliseconds. */
  readonly certainMs: number;
  /** The estimated time of all stages that may run, in milliseconds. */
  readonly mostMs: number;
  /** False when one of the stages has never run, so that its time is missing from the estimates. */
  readonly isComplete: boolean;
}

/** `rows` is the plan for `values`. A stage that is stale only for another reason is not counted. */
export function createForecast(view: View, values: JsonObject, rows: readonly PlanRowView[]): Forecast {
  const params = Object.keys(values);
  const dependents = findDependents(view, params);
  const affected = rows.filter(
    ({ stage, action }) => isWork(action) && (dependents.has(stage) || !isWork(view.stages[stage]?.action)),
  );
  // The plan knows only runs with exactly these values; the last run with other values is about as good an estimate.
  const estimate = ({ stage, estimateMs }: PlanRowView): number | undefined =>
    estimateMs ?? view.stages[stage]?.result?.durationMs;
  const sum = (some: readonly PlanRowView[]): number => some.reduce((total, row) => total + (estimate(row) ?? 0), 0);
  return {
    params,
    stages: new Map(affected.map(({ stage, action }) => [stage, action === "run" ? "run" : "maybe"])),
    dependents: dependents.size,
    certainMs: sum(affected.filter(({ action }) => action === "run")),
    mostMs: sum(affected),
    isComplete: affected.every((row) => estimate(row) !== undefined),
  };
}

/** `2 stages, about 3.0 s`, `1 + up to 2 stages, about 1.0 s to 3.0 s`, `cached`. */
export function forecastText(forecast: Forecast, trans: TranslationBundle): string {
  const actions = [...forecast.stages.values()];
  const certain = actions.filter((action) => action === "run").length;
  const maybe = actions.length - certain;
  if (actions.length === 0) return forecast.dependents > 0 ? trans.__("cached") : trans.__("no stage uses it");
  const count =
    maybe === 0
      ? trans._n("%1 stage", "%1 stages", certain)
      : certain === 0
        ? trans._n("up to %1 stage", "up to %1 stages", maybe)
        : trans.__("%1 + up to %2 stages", certain, maybe);
  const time = timeText(forecast, trans);
  return time === null ? count : trans.__("%1, %2", count, time);
}

/** Null when no stage has an estimate. */
function timeText({ certainMs, mostMs, isComplete }: Forecast, trans: TranslationBundle): string | null {
  if (mostMs === 0) return null;
  const [least, most] = [formatDuration(certainMs), formatDuration(mostMs)];
  if (!isComplete) return trans.__("%1 or more", certainMs > 0 ? least : most);
  if (certainMs === 0) return trans.__("up to %1", most);
  return least === most ? trans.__("about %1", most) : trans.__("about %1 to %2", least, most);
}

function isWork(action: PlanRowView["action"] | null | undefined): boolean {
  return action === "run" || action === "maybe";
}

/** The stages that read one of the parameters, and everything downstream of them. */
function findDependents(view: View, params: readonly string[]): ReadonlySet<string> {
  const readers = new Map<string, string[]>();
  for (const stage of Object.values(view.stages))
    for (const { kind, name } of stage.inputs) {
      const source = `${kind} ${name}`;
      const stages = readers.get(source);
      if (stages) stages.push(stage.name);
      else readers.set(source, [stage.name]);
    }
  const found = new Set<string>();
  const waiting = params.map((name) => `param ${name}`);
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop())
    for (const stage of readers.get(source) ?? []) {
      if (found.has(stage)) continue;
      found.add(stage);
      waiting.push(`stage ${stage}`);
    }
  return found;
}
