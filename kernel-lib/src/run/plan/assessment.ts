/** What a plan finds of one stage. */
import type { StageKey } from "../../key/key";
import type { PlanRowView } from "../../protocol";
import type { Instance } from "../state/instances";

/** What the planner found for one instance. */
export interface Assessment {
  readonly instance: Instance;
  readonly key: StageKey;
  readonly row: PlanRowView;
  readonly needs: readonly string[];
  /** An equal computation before it in this plan: it is waited for. */
  readonly duplicateOf?: string;
}
