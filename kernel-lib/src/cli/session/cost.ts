/** What a command would cost before it runs, as text. */
import { formatCount, formatDuration } from "../../protocol";
import type { SharedCost } from "../../run/ranges/cost";
import { costedRows, type CostedRow, type PlanCost } from "../../run/ranges/plan-cost";
import type { Workbench } from "./workbench";

/** The plan of all stages, or of the targets and everything upstream, with its cost. */
export async function costedPlan(bench: Workbench, targets: readonly string[] = []): Promise<readonly CostedRow[]> {
  const rows: CostedRow[] = [];
  for (const { engine, plan } of await bench.plans(targets)) rows.push(...(await costedRows(engine.context, plan)));
  return rows;
}

/** `score: 12,400 of 20,000 items are done, in 21 of 33 ranges; about 6 min of machine time is left, 45 s with 8 workers`. */
export function sharedText(stage: string, cost: SharedCost, workers: number): string {
  const { items, itemsDone, ranges = 0, rangesDone, machineMs } = cost;
  if (items === undefined) return `${stage}: how many items it has is known when the stages before it have run`;
  if (itemsDone === items) return `${stage}: all ${formatCount(items)} items are done`;
  const time =
    machineMs === undefined
      ? "how long an item takes is not known yet"
      : `about ${formatDuration(machineMs)} of machine time is left${workers > 1 ? `, ${formatDuration(machineMs / workers)} with ${workers} workers` : ""}`;
  return `${stage}: ${formatCount(itemsDone)} of ${formatCount(items)} items are done, in ${formatCount(rangesDone)} of ${formatCount(ranges)} ranges; ${time}`;
}

export function costText({ machineMs, workers, leftMs, unknown }: PlanCost): string {
  if (machineMs === 0 && unknown.length > 0) return `how long it takes is not known yet: ${unknown.join(", ")}`;
  const more = unknown.length === 0 ? "" : `; not known: ${unknown.join(", ")}`;
  const time = `about ${formatDuration(machineMs)} of machine time, ${formatDuration(leftMs)} with ${workers} ${workers === 1 ? "worker" : "workers"}`;
  return `${time}${more}`;
}
