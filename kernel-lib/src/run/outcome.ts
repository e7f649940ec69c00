/** How a stage ended in one run: a value, whatever happened. */
import type { RunStatus, StagebookError } from "../protocol";
import type { Entry } from "../store/store";

/** `value` is there when the body ran in this very run. */
export type Outcome =
  | { readonly kind: "succeeded"; readonly entry: Entry; readonly value?: { readonly of: unknown } }
  | { readonly kind: "failed"; readonly error: StagebookError }
  /** `isUnread`: it made a stream that nobody wanted any more. */
  | { readonly kind: "cancelled"; readonly isUnread?: true }
  | { readonly kind: "blocked"; readonly by: string };

/** The status of a run by the outcomes of its stages: failed before cancelled before succeeded. */
export function statusOf(outcomes: Iterable<Outcome>): RunStatus {
  const all = [...outcomes].filter((outcome) => !(outcome.kind === "cancelled" && outcome.isUnread === true));
  const kinds = new Set(all.map((outcome) => outcome.kind));
  return kinds.has("failed") ? "failed" : kinds.has("cancelled") || kinds.has("blocked") ? "cancelled" : "succeeded";
}
