/** What is seen of a plan only when all of its stages have been looked at: equal work, forced targets, values to make again. */
import type { Digest, Reason } from "../../protocol";
import { mustGet } from "../../protocol";
import type { Assessment } from "./assessment";

/** A target that keeps no result runs whenever it is asked for. */
export function force(assessment: Assessment): Assessment {
  const { instance, row } = assessment;
  if (row.action !== "fresh" && row.action !== "load") return assessment;
  const reasons: readonly Reason[] = [{ kind: "forced", name: instance.definition.name, text: "keeps no result" }];
  return { ...assessment, row: { ...row, action: "run", reasons } };
}

/** Equal code on equal inputs is one computation: only the first is certain to run its body. */
export function shareEqualWork(assessed: Map<string, Assessment>): void {
  const firstByKey = new Map<Digest, Assessment>();
  const pendingByPartial = new Map<Digest, Assessment[]>();
  for (const [id, assessment] of assessed) {
    const { key, row } = assessment;
    if (row.action !== "run") continue;
    if (key.key === undefined) {
      pendingByPartial.set(key.partial, [...(pendingByPartial.get(key.partial) ?? []), assessment]);
      continue;
    }
    const first = firstByKey.get(key.key);
    if (!first) firstByKey.set(key.key, assessment);
    else {
      const waiting: Reason = { kind: "waiting", name: first.row.stage, text: `does the same as ${first.row.stage}` };
      const shared = {
        ...row,
        action: "maybe",
        waitsFor: [first.row.stage],
        reasons: [...row.reasons, waiting],
      } as const;
      assessed.set(id, { ...assessment, row: shared, duplicateOf: first.instance.id });
    }
  }
  // Below a stage that may change nobody knows yet which of them come out equal.
  for (const group of pendingByPartial.values())
    if (group.length > 1)
      for (const each of group) assessed.set(each.instance.id, { ...each, row: { ...each.row, action: "maybe" } });
}

/** What is known of values that are gone. `looks`: ids to look at anew, whoever needs them. */
export interface Values {
  /** `anew`: asks the store, which may have lost it since. */
  isGone(assessment: Assessment, anew: boolean): boolean | Promise<boolean>;
  readonly wanted: ReadonlySet<string>;
  readonly looks: ReadonlySet<string>;
}

/**
 * A result whose value is gone is made again when something that runs needs it, or the caller takes it. Until then its record says
 * all that keys need, and the plan says that it is gone.
 */
export async function makeAgain(assessed: Map<string, Assessment>, values: Values): Promise<void> {
  const readers = new Map<string, Set<string>>();
  // Readers before what they read.
  for (const [id, assessment] of [...assessed].reverse()) {
    const { row } = assessment;
    if (row.action === "fresh" || row.action === "load") {
      const above = [...(readers.get(id) ?? [])].map((reader) => mustGet(assessed, reader).row);
      const sure = values.wanted.has(id) || above.some(({ action }) => action === "run");
      const waitsFor = above.filter(({ action }) => action === "maybe").map(({ stage }) => stage);
      const gone = values.isGone(assessment, sure || waitsFor.length > 0 || values.looks.has(id));
      // Most are there at once: waiting for each would take longer than all the rest.
      if (gone instanceof Promise ? await gone : gone) assessed.set(id, withoutValue(assessment, sure, waitsFor));
    }
    for (const need of assessment.needs) readers.set(need, (readers.get(need) ?? new Set()).add(id));
  }
}

function withoutValue(assessment: Assessment, isNeeded: boolean, waitsFor: readonly string[]): Assessment {
  const { row } = assessment;
  const lost = (text: string): readonly Reason[] => [{ kind: "lost", name: assessment.instance.definition.name, text }];
  if (isNeeded)
    return {
      ...assessment,
      row: { ...row, action: "run", status: "stale", reasons: lost("its stored value is gone, and needed") },
    };
  const reasons = lost("its stored value is gone; it is made again when it is needed");
  return { ...assessment, row: { ...row, action: waitsFor.length > 0 ? "maybe" : "load", waitsFor, reasons } };
}
