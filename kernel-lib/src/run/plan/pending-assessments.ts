/** What the last plan found of stages below a stale one: after one more edit, most of them still wait for the same stages. */
import type { StageKey } from "../../key/key";
import type { PlanRowView } from "../../protocol";
import type { Entry } from "../../store/store";
import type { OutdatedFailure, Unfinished } from "../state/outcomes";
import type { Assessment } from "./classify";

/** All that the assessment of a stage with a pending key follows from. */
interface Known {
  readonly key: StageKey;
  readonly latest: Entry | undefined;
  /** A result exists for some output of the stages that it waits for. */
  readonly mayBeStored: boolean;
  /** How it last ended, if it stored nothing. */
  readonly outcome: Unfinished | OutdatedFailure | undefined;
}

export class PendingAssessments {
  private readonly last = new WeakMap<
    object,
    Known & { readonly waiting: readonly PlanRowView[]; readonly assessment: Assessment }
  >();

  /** The assessment of the last plan if it follows from the same, or a new one. `stage`: stands for the instance and its upstream. */
  of(
    stage: object,
    { key, latest, mayBeStored, outcome, waiting }: Known & { readonly waiting: readonly Assessment[] },
    assess: () => Assessment,
  ): Assessment {
    const last = this.last.get(stage);
    if (last?.key === key && last.latest === latest && last.mayBeStored === mayBeStored && last.outcome === outcome)
      if (isSameWait(last.waiting, waiting)) return last.assessment;
    const assessment = assess();
    this.last.set(stage, { key, latest, mayBeStored, outcome, waiting: waiting.map(({ row }) => row), assessment });
    return assessment;
  }
}

/** Whether these stages are waited for, in the same states. */
function isSameWait(before: readonly PlanRowView[], now: readonly Assessment[]): boolean {
  return (
    before.length === now.length &&
    now.every(({ row: { stage, status, action } }, at) => {
      const was = before[at];
      return was?.stage === stage && was.status === status && was.action === action;
    })
  );
}
