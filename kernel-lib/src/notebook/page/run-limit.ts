/** Whether a run that the page requests is expected to take more machine time than the user allows without confirmation. */
import type { RunCostView } from "../../protocol";
import type { Engine } from "../../run/engine";
import { costedRows, costOf } from "../../run/ranges/plan-cost";
import type { Instance } from "../../run/state/instances";

/** The cost; undefined without a limit, or when it is not exceeded. `force`: the targets run even if they are fresh. Runs nothing. */
export async function costAbove(
  limitMs: number | undefined,
  engine: Engine,
  targets: readonly Instance[],
  force = false,
): Promise<RunCostView | undefined> {
  if (limitMs === undefined) return undefined;
  const rows = await costedRows(engine.context, await engine.plan(targets));
  const runs = rows.filter(({ row: { action } }) => action === "run" || action === "maybe");
  const cost = costOf(runs, 1);
  const again = force ? targets.filter(({ definition }) => !runs.some(({ row }) => row.stage === definition.name)) : [];
  const latest = await Promise.all(again.map(async (instance) => engine.results.latest(instance)));
  const machineMs = cost.machineMs + latest.reduce((sum, entry) => sum + (entry?.durationMs ?? 0), 0);
  if (machineMs <= limitMs) return undefined;
  const shared = runs.flatMap(({ row, shared }) => (shared ? [{ stage: row.stage, ...shared }] : []));
  return { machineMs, stages: runs.length + again.length, unknown: cost.unknown, shared };
}
