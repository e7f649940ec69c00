/** Classification of a stage without a result under its key: what a run would do with it, and why. Pure; called by the planner. */
import { diffParts } from "../../key/diff";
import type { StageKey } from "../../key/key";
import type { KeyPartKind } from "../../key/parts";
import * as reasons from "../../key/reasons";
import type { Freshness, PlanAction, PlanRowView, Reason } from "../../protocol";
import type { Entry } from "../../store/store";
import type { Instance } from "../state/instances";
import type { OutdatedFailure, Unfinished, Unstored } from "../state/outcomes";

/** What a plan finds for one instance. */
export interface Assessment {
  readonly instance: Instance;
  readonly key: StageKey;
  readonly row: PlanRowView;
  /** Ids of the upstream instances. */
  readonly needs: readonly string[];
  /** An identical computation before it in this plan, which it waits for. */
  readonly duplicateOf?: string;
  /** The result under its key. */
  readonly entry?: Entry;
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
  return { action: "run", status: "stale", reasons: [reasons.expired(name, maxAgeMs)], waitsFor: [] };
}

/** Everything upstream is fresh, and there is a result, whose value the stage calls invalid. */
export function classifyRejected(name: string): Classified {
  return { action: "run", status: "stale", reasons: [reasons.storedValueInvalid(name)], waitsFor: [] };
}

/** Everything upstream is fresh. `outcome`: how it last ended under this key. */
export function classifyKnown(miss: CacheMiss, outcome: Unfinished | OutdatedFailure | undefined): Classified {
  const { name } = miss;
  const runs = (status: Freshness, reason: Reason): Classified => ({
    action: "run",
    status,
    reasons: [reason],
    waitsFor: [],
  });
  switch (outcome?.kind) {
    case "failed":
      return runs("failed", reasons.lastRunFailed(name, outcome.message));
    case "outdated":
      return runs("stale", reasons.changedSinceFailure(name, outcome.changed, outcome.message));
    case "cancelled":
      return runs("cancelled", reasons.lastRunCancelled(name));
    case "unstored":
      return runs("stale", reasons.notStored(name, outcome.reason, outcome.message));
    case undefined:
      return { action: "run", ...explainMiss(miss), waitsFor: [] };
  }
}

/**
 * `waiting`: the upstream stages that are not fresh. `mayBeStored`: a result exists for some output of theirs. `outcome`: how it last ended
 * with the same other inputs, when it stored nothing.
 */
export function classifyPending(
  miss: CacheMiss,
  waiting: readonly Assessment[],
  mayBeStored: boolean,
  outcome: Unfinished | OutdatedFailure | undefined,
): Classified {
  // A cancelled one runs again with the next run, as a stale one does.
  const stopped = waiting.find(({ row }) => row.status === "failed" || row.status === "blocked");
  const action: PlanAction = mayBeStored ? "maybe" : "run";
  const why = outcome?.kind === "unstored" ? explainUnstored(miss, outcome) : explainMiss(miss);
  const own = why.reasons.filter((reason) => reason.kind !== "new" && reason.kind !== "lost");
  // A stage may be an input several times, under other parameter values.
  const waitsFor = [...new Set(waiting.map(({ row }) => row.stage))];
  const waits = reasons.waitsFor(waitsFor);
  if (stopped)
    return {
      // A run retries the stopped one, unless it can never run.
      action: stopped.row.action === "blocked" ? "blocked" : action,
      status: "blocked",
      reasons: [reasons.upstreamStopped(stopped.row.stage, stopped.row.status === "failed" ? "failed" : "blocked")],
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

/** What has changed since a result. Empty when the parts alone do not tell. */
export function changesSince(latest: Entry, key: StageKey): readonly Reason[] {
  // While the key is pending, some inputs are unknown, and what the next execution reads is unknown until it has ended: such parts that
  // only the latest result has are not reported as removed.
  const isUnknown = (kind: KeyPartKind): boolean => kind === "read" || (kind === "input" && key.key === undefined);
  const compared = latest.parts.filter(
    (part) => !isUnknown(part.kind) || key.parts.some((now) => now.kind === part.kind && now.name === part.name),
  );
  return diffParts(compared, key.parts);
}

function explainUnstored({ name }: CacheMiss, { reason, message }: Unstored): ReturnType<typeof explainMiss> {
  return { status: "stale", reasons: [reasons.notStored(name, reason, message)] };
}

/** Compares with the latest result. Without one the stage is new. */
function explainMiss({ name, key, latest }: CacheMiss): {
  readonly status: Freshness;
  readonly reasons: readonly Reason[];
} {
  if (!latest) return { status: "new", reasons: [reasons.neverRun(name)] };
  const changes = changesSince(latest, key);
  if (changes.length > 0) return { status: "stale", reasons: changes };
  // The same parts: a list or an object of constants was arranged differently, which its code can see.
  if (latest.partial !== key.partial) return { status: "stale", reasons: [reasons.inputsRearranged()] };
  return { status: "stale", reasons: [reasons.resultGone(name)] };
}
