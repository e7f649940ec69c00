/** Classification of a stage without a result under its key: what a run would do with it, and why. Pure; called by the planner. */
import { diffParts } from "../../key/diff";
import type { StageKey } from "../../key/key";
import type { KeyPartKind } from "../../key/parts";
import { formatDuration, type Freshness, type PlanAction, type PlanRowView, type Reason } from "../../protocol";
import type { Entry } from "../../store/store";
import type { Instance } from "../state/instances";
import type { Unfinished } from "../state/outcomes";

/** What a plan finds for one instance. */
export interface Assessment {
  readonly instance: Instance;
  readonly key: StageKey;
  readonly row: PlanRowView;
  /** Ids of the upstream instances. */
  readonly needs: readonly string[];
  /** An identical computation before it in this plan, which it waits for. */
  readonly duplicateOf?: string;
}

export type Classified = Pick<PlanRowView, "action" | "status" | "reasons" | "waitsFor" | "result">;

/** A stage that has no result under its key. */
export interface CacheMiss {
  readonly name: string;
  readonly key: StageKey;
  /** Its latest result, under another key. */
  readonly latest: Entry | undefined;
}

/** Everything upstream is fresh, and so would the result be if it were not too old. */
export function classifyExpired(name: string, maxAgeMs: number): Classified {
  const text = `its result is older than ${formatDuration(maxAgeMs)}`;
  return { action: "run", status: "stale", reasons: [{ kind: "expired", name, text }], waitsFor: [] };
}

/** Everything upstream is fresh. `outcome`: how it last ended under this key. */
export function classifyKnown(miss: CacheMiss, outcome: Unfinished | undefined): Classified {
  const { name } = miss;
  const runs = (status: Freshness, kind: Reason["kind"], text: string): Classified => ({
    action: "run",
    status,
    reasons: [{ kind, name, text }],
    waitsFor: [],
  });
  switch (outcome?.kind) {
    case "failed":
      return runs("failed", "failed", `last run failed: ${outcome.message}`);
    case "cancelled":
      return runs("cancelled", "cancelled", "last run was cancelled");
    case "unstored":
      return runs("stale", outcome.reason, outcome.message);
    case undefined:
      return { action: "run", ...explainMiss(miss), waitsFor: [] };
  }
}

/** `waiting`: the upstream stages that are not fresh. `mayBeStored`: a result exists for some output of theirs. */
export function classifyPending(miss: CacheMiss, waiting: readonly Assessment[], mayBeStored: boolean): Classified {
  // A cancelled one runs again with the next run, as a stale one does.
  const stopped = waiting.find(({ row }) => row.status === "failed" || row.status === "blocked");
  const action: PlanAction = mayBeStored ? "maybe" : "run";
  const why = explainMiss(miss);
  const own = why.reasons.filter((reason) => reason.kind !== "new" && reason.kind !== "lost");
  const waitsFor = waiting.map(({ row }) => row.stage);
  const waits: Reason = { kind: "waiting", name: waitsFor[0] ?? "", text: `waits for ${waitsFor.join(", ")}` };
  if (stopped)
    return {
      // A run retries the stopped one, unless it can never run.
      action: stopped.row.action === "blocked" ? "blocked" : action,
      status: "blocked",
      reasons: [
        {
          kind: "blocked",
          name: stopped.row.stage,
          text: `${stopped.row.stage} ${stopped.row.status === "failed" ? "failed" : "is blocked"}`,
        },
      ],
      waitsFor,
    };
  if (why.status === "new") return { action, status: "new", reasons: [...why.reasons, waits], waitsFor };
  return {
    action,
    status: action === "run" && own.length > 0 ? "stale" : "pending",
    reasons: [...own, waits],
    waitsFor,
  };
}

/** Compares with the latest result. Without one the stage is new. */
function explainMiss({ name, key, latest }: CacheMiss): {
  readonly status: Freshness;
  readonly reasons: readonly Reason[];
} {
  if (!latest) return { status: "new", reasons: [{ kind: "new", name, text: "never run" }] };
  // While the key is pending, some inputs are unknown, and what the next execution reads is unknown until it has ended: such parts that
  // only the latest result has are not reported as removed.
  const isUnknown = (kind: KeyPartKind): boolean => kind === "read" || (kind === "input" && key.key === undefined);
  const compared = latest.parts.filter(
    (part) => !isUnknown(part.kind) || key.parts.some((now) => now.kind === part.kind && now.name === part.name),
  );
  const reasons = diffParts(compared, key.parts);
  if (reasons.length > 0) return { status: "stale", reasons };
  return { status: "stale", reasons: [{ kind: "lost", name, text: "its stored result is gone" }] };
}
