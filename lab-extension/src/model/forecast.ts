/** What a change of parameters would run, and how long that takes. Pure. Made by WhatIf, shown by graph and form. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { JsonObject, PlanRowView, View } from "stagebook/protocol";
import { formatDuration } from "stagebook/protocol";

export interface Forecast {
  /** The parameters that are being changed. */
  readonly params: readonly string[];
  /** Stages that would run because of it: `run` certainly, `maybe` if a stage before them gives another value. */
  readonly stages: ReadonlyMap<string, "run" | "maybe">;
  /** How many stages depend on the parameters, whether they would run or not. */
  readonly dependents: number;
  /** Of those that certainly run, in milliseconds. */
  readonly certainMs: number;
  /** Of all that may run. */
  readonly mostMs: number;
  /** False when a stage has never run: its time is not in the sums. */
  readonly isComplete: boolean;
}

/** `rows` is the plan under `values`. A stage that is stale for another reason alone is not counted. */
export function createForecast(view: View, values: JsonObject, rows: readonly PlanRowView[]): Forecast {
  const params = Object.keys(values);
  const dependents = findDependents(view, params);
  const lit = rows.filter(
    ({ stage, action }) => isWork(action) && (dependents.has(stage) || !isWork(view.stages[stage]?.action)),
  );
  // The plan knows only runs with these very values; the last run with others tells about as much.
  const estimate = ({ stage, estimateMs }: PlanRowView): number | undefined =>
    estimateMs ?? view.stages[stage]?.result?.durationMs;
  const sum = (some: readonly PlanRowView[]): number => some.reduce((total, row) => total + (estimate(row) ?? 0), 0);
  return {
    params,
    stages: new Map(lit.map(({ stage, action }) => [stage, action === "run" ? "run" : "maybe"])),
    dependents: dependents.size,
    certainMs: sum(lit.filter(({ action }) => action === "run")),
    mostMs: sum(lit),
    isComplete: lit.every((row) => estimate(row) !== undefined),
  };
}

/** `2 stages, about 3.0 s`, `1 + up to 2 stages, about 1.0 s to 3.0 s`, `free: stored`. */
export function forecastText(forecast: Forecast, trans: TranslationBundle): string {
  const actions = [...forecast.stages.values()];
  const certain = actions.filter((action) => action === "run").length;
  const maybe = actions.length - certain;
  if (actions.length === 0) return forecast.dependents > 0 ? trans.__("free: stored") : trans.__("no stage reads it");
  const count =
    maybe === 0
      ? trans._n("%1 stage", "%1 stages", certain)
      : certain === 0
        ? trans._n("up to %1 stage", "up to %1 stages", maybe)
        : trans.__("%1 + up to %2 stages", certain, maybe);
  const time = timeText(forecast, trans);
  return time === null ? count : trans.__("%1, %2", count, time);
}

/** Null when nothing is known of it. */
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

/** The stages that read one of the parameters, and those that follow. */
function findDependents(view: View, params: readonly string[]): ReadonlySet<string> {
  const readers = new Map<string, string[]>();
  for (const stage of Object.values(view.stages))
    for (const { kind, name } of stage.inputs) {
      const source = `${kind} ${name}`;
      const known = readers.get(source);
      if (known) known.push(stage.name);
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
