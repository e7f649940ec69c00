/** Which stages to begin first when not all can: those that hold up the most, by how long everything took before. */
import type { Assessment } from "./assessment";

/** What a stage without a past is taken to need, in milliseconds: next to nothing, and more than none. */
const UNKNOWN_MS = 1;

/**
 * For each instance the milliseconds from its start to the end of the longest chain below it. `order`: of running, needs first.
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
