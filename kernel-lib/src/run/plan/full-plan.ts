/** A plan, as the planner returns it. */
import type { Graph } from "../../graph/graph";
import type { Instance } from "../state/instances";
import type { Assessment } from "./classify";

/** What would run, and why: of the targets and everything upstream of them. */
export interface FullPlan {
  readonly targets: readonly Instance[];
  readonly graph: Graph;
  /** By instance id, in the order of execution; stages of a cycle last. */
  readonly assessed: ReadonlyMap<string, Assessment>;
}
