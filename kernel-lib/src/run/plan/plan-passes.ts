/** Passes over a whole plan: identical work, forced targets, values to recompute, and which stages to start first. */
import * as reasons from "../../key/reasons";
import type { Digest } from "../../protocol";
import { mustGet } from "../../protocol";
import type { Assessment } from "./classify";

/** A target that stores no result runs whenever it is called. */
export function force(assessment: Assessment): Assessment {
  const { instance, row } = assessment;
  if (row.action !== "fresh" && row.action !== "load") return assessment;
  return { ...assessment, row: { ...row, action: "run", reasons: [reasons.storesNoResult(instance.definition.name)] } };
}

/** Equal code on equal inputs is one computation: only the first is certain to be executed. */
export function shareEqualWork(assessed: Map<string, Assessment>): void {
  const firstByKey = new Map<Digest, Assessment>();
  const pendingByPartial = new Map<Digest, Assessment[]>();
  for (const [id, assessment] of assessed) {
    const { key, row } = assessment;
    if (row.action !== "run") continue;
    if (key.key === undefined) {
      const group = pendingByPartial.get(key.partial);
      if (group) group.push(assessment);
      else pendingByPartial.set(key.partial, [assessment]);
      continue;
    }
    const first = firstByKey.get(key.key);
    if (!first) firstByKey.set(key.key, assessment);
    else {
      const shared = {
        ...row,
        action: "maybe",
        waitsFor: [first.row.stage],
        reasons: [...row.reasons, reasons.sameComputation(first.row.stage)],
      } as const;
      assessed.set(id, { ...assessment, row: shared, duplicateOf: first.instance.id });
    }
  }
  // Downstream of a stage that may change, it is unknown which of them become equal.
  for (const group of pendingByPartial.values())
    if (group.length > 1)
      for (const each of group) assessed.set(each.instance.id, { ...each, row: { ...each.row, action: "maybe" } });
}

/** What is known about missing values. `inspected`: ids to check in the store, whether or not they are needed. */
export interface Values {
  /** `recheck`: checks the store, which may have lost the value since. */
  isGone(assessment: Assessment, recheck: boolean): boolean | Promise<boolean>;
  readonly wanted: ReadonlySet<string>;
  readonly inspected: ReadonlySet<string>;
}

/**
 * A result whose value is gone is recomputed when something that runs needs it, or the caller reads it. Until then its record has
 * everything that keys need, and the plan says that the value is gone.
 */
export async function planRecomputations(assessed: Map<string, Assessment>, values: Values): Promise<void> {
  /** Those that may run. */
  const readers = new Map<string, Set<string>>();
  // Readers before what they read.
  for (const [id, assessment] of [...assessed].reverse()) {
    const { row } = assessment;
    if (row.action === "fresh" || row.action === "load") {
      const above = [...(readers.get(id) ?? [])].map((reader) => mustGet(assessed, reader).row);
      const sure = values.wanted.has(id) || above.some(({ action }) => action === "run");
      const waitsFor = above.filter(({ action }) => action === "maybe").map(({ stage }) => stage);
      const gone = values.isGone(assessment, sure || waitsFor.length > 0 || values.inspected.has(id));
      // Most are available synchronously: awaiting each would take longer than all the rest.
      if (gone instanceof Promise ? await gone : gone) assessed.set(id, withoutValue(assessment, sure, waitsFor));
    }
    // Of most plans none: the sets would cost more than the rest.
    const { action } = mustGet(assessed, id).row;
    if (action !== "run" && action !== "maybe") continue;
    for (const need of assessment.needs) readers.set(need, (readers.get(need) ?? new Set()).add(id));
  }
}

function withoutValue(assessment: Assessment, isNeeded: boolean, waitsFor: readonly string[]): Assessment {
  const { row } = assessment;
  const { name } = assessment.instance.definition;
  if (isNeeded)
    return { ...assessment, row: { ...row, action: "run", status: "stale", reasons: [reasons.neededValueGone(name)] } };
  const action = waitsFor.length > 0 ? "maybe" : "load";
  return { ...assessment, row: { ...row, action, waitsFor, reasons: [reasons.unneededValueGone(name)] } };
}

/** Estimate for a stage that never ran, in milliseconds: close to nothing, but more than none. */
const UNKNOWN_MS = 1;

/**
 * Milliseconds from the start of each instance to the end of the longest chain downstream of it, by past durations: those that hold up
 * the most start first. `order`: the order of execution, upstream first.
 */
export function criticalPaths(
  order: readonly string[],
  assessed: ReadonlyMap<string, Assessment>,
): ReadonlyMap<string, number> {
  const below = new Map<string, number>();
  const paths = new Map<string, number>();
  for (const id of [...order].reverse()) {
    const assessment = assessed.get(id);
    const path = (below.get(id) ?? 0) + (assessment?.row.estimateMs ?? UNKNOWN_MS);
    paths.set(id, path);
    for (const need of assessment?.needs ?? []) below.set(need, Math.max(below.get(need) ?? 0, path));
  }
  return paths;
}
