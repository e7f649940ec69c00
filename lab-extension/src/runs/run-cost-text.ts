/** What a run is expected to cost, as lines of text. Pure. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { formatCount, formatDuration } from "stagebook/protocol";
import type { RunCostView } from "stagebook/protocol";

/** The estimate: of all stages, then of each whose items are shared. */
export function costLines(
  { machineMs, unknown, shared }: RunCostView,
  limitMs: number,
  trans: TranslationBundle,
): readonly string[] {
  const all = trans.__(
    "It takes about %1 of machine time, more than the limit of %2 in the settings.",
    formatDuration(machineMs),
    formatDuration(limitMs),
  );
  const rest = unknown.length === 0 ? [] : [trans.__("Not known yet, and not counted: %1", unknown.join(", "))];
  return [all, ...shared.map((stage) => sharedLine(stage, trans)), ...rest];
}

function sharedLine(
  { stage, items, itemsDone, ranges = 0, rangesDone, machineMs }: RunCostView["shared"][number],
  trans: TranslationBundle,
): string {
  if (items === undefined)
    return trans.__("%1: how many items it has is known when the stages before it have run", stage);
  const counts = [formatCount(itemsDone), formatCount(items), formatCount(rangesDone), formatCount(ranges)] as const;
  const done = trans.__("%1: %2 of %3 items are done, in %4 of %5 ranges", stage, ...counts);
  if (machineMs === undefined) return done;
  return trans.__("%1; about %2 are left with one worker", done, formatDuration(machineMs));
}
