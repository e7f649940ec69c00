/** The schedule of a run: the stages of its plan in an order in which they can run, and what the run needs to know about each. Pure. */
import { findNeeded } from "../../graph/graph";
import { mustGet } from "../../protocol";
import type { Assessment } from "../plan/classify";
import { criticalPaths } from "../plan/plan-passes";
import type { FullPlan } from "../plan/full-plan";
import { memo } from "../state/memo";
import type { Instance, Instances } from "../state/instances";
import type { PlannedStage } from "./run-context";

export interface ScheduledStage {
  readonly instance: Instance;
  readonly upstream: readonly Instance[];
  readonly assessment: Assessment;
}

export interface Schedule {
  /** Upstream first. */
  readonly stages: readonly ScheduledStage[];
  readonly planned: ReadonlyMap<string, PlannedStage>;
  /** Those that the plan has found fresh, upstream first. */
  readonly fresh: readonly Assessment[];
  /** Names of the parameters that the stages read. */
  readonly params: ReadonlySet<string>;
}

/** The same for each run of the same plan: a call that finds nothing to do makes it once. */
export const scheduleOf = memo(({ targets, graph, assessed }: FullPlan, instances: Instances): Schedule => {
  const order = findNeeded(graph, [...new Set(targets.map(({ id }) => id))]);
  const priorities = criticalPaths(order, assessed);
  const instanceOf = (id: string): Instance => mustGet(assessed, id).instance;
  const planned = new Map<string, PlannedStage>();
  const params = new Set<string>();
  const fresh: Assessment[] = [];
  const stages = order.map((id): ScheduledStage => {
    const assessment = mustGet(assessed, id);
    const { row, instance, needs, duplicateOf } = assessment;
    if (assessment.entry && (row.action === "fresh" || row.action === "load")) fresh.push(assessment);
    const duplicate = duplicateOf === undefined ? undefined : instanceOf(duplicateOf);
    planned.set(id, { row, duplicateOf: duplicate, priority: priorities.get(id) ?? 0 });
    for (const { ref } of instances.refs(instance)) if (ref.kind === "param") params.add(ref.name);
    return { instance, upstream: needs.map(instanceOf), assessment };
  });
  return { stages, planned, fresh, params };
});
