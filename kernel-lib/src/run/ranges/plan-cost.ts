/** What a plan would cost: machine time of what is stale, and how long that takes with some workers. */
import type { PlanRowView } from "../../protocol";
import type { EngineContext } from "../engine-context";
import type { FullPlan } from "../plan/full-plan";
import { sharedCost, type SharedCost } from "./cost";

/** A row of a plan, with the cost of a stage whose items are shared. */
export interface CostedRow {
  readonly row: PlanRowView;
  readonly shared?: SharedCost;
}

/** Of all rows together. */
export interface PlanCost {
  /** Estimated machine time of what would run, of one process, in milliseconds. Stages whose duration is not known are not in it. */
  readonly machineMs: number;
  readonly workers: number;
  /** About how long it takes with this many processes, in milliseconds. */
  readonly leftMs: number;
  /** Stages that would run and whose duration is not known. */
  readonly unknown: readonly string[];
}

/** The rows of a plan, each with its cost. */
export async function costedRows(engine: EngineContext, plan: FullPlan): Promise<readonly CostedRow[]> {
  const rows: CostedRow[] = [];
  for (const assessment of plan.assessed.values()) {
    const { instance, row } = assessment;
    if (instance.definition.partOf !== undefined) continue;
    const shared = await sharedCost(engine, assessment, plan);
    rows.push(shared ? { row, shared } : { row });
  }
  return rows;
}

export function costOf(rows: readonly CostedRow[], workers: number): PlanCost {
  let [apart, shared, longest] = [0, 0, 0];
  const unknown: string[] = [];
  for (const { row, shared: of } of rows) {
    if (row.action !== "run" && row.action !== "maybe") continue;
    const ms = of ? of.machineMs : row.estimateMs;
    if (ms === undefined) unknown.push(row.stage);
    else if (of) shared += ms;
    else {
      apart += ms;
      longest = Math.max(longest, ms);
    }
  }
  const leftMs = Math.round(shared / workers + Math.max(longest, apart / workers));
  return { machineMs: Math.round(apart + shared), workers, leftMs, unknown };
}
