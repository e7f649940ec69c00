/** Why a fresh result may not be what a new execution would return: what no key can track, and what is not repeatable. */
import type { ResultView, VolatileRead } from "./plan";

/** A stage, or its row in a plan. */
interface Rated {
  readonly untracked: readonly string[];
  readonly result?: ResultView;
}

/** What makes the result not repeatable, a text each: `Math.random() (cell [3]:4:10)`. Notes are left out. */
export function notRepeatable({ result }: Pick<Rated, "result">): readonly string[] {
  return [...new Set((result?.volatile ?? []).filter(({ marks }) => marks).map(textOfVolatile))];
}

/** All caveats, a text each: `not tracked: cache: a WeakMap`, `not repeatable: Date.now() (cell [3]:4:10)`. */
export function caveatsOf(stage: Rated): readonly string[] {
  return caveatTexts(stage.untracked, notRepeatable(stage));
}

export function caveatTexts(untracked: readonly string[], volatile: readonly string[]): readonly string[] {
  return [
    ...(untracked.length > 0 ? [`not tracked: ${untracked.join(", ")}`] : []),
    ...(volatile.length > 0 ? [`not repeatable: ${volatile.join(", ")}`] : []),
  ];
}

export function textOfVolatile({ name, where }: VolatileRead): string {
  return where === "" ? name : `${name} (${where})`;
}
