/** The outcome of a stage in one run: a value, whatever happened. */
import type { RunStatus } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { Entry } from "../../store/store";
import type { Instance } from "./instances";

/** `loaded`: the value in memory, when this run executed the stage and something needed the value here. */
export type Outcome =
  | { readonly kind: "succeeded"; readonly entry: Entry; readonly loaded?: { readonly value: unknown } }
  | { readonly kind: "failed"; readonly error: StagebookError }
  /** `isUnread`: it produced a stream that no longer had a reader. */
  | { readonly kind: "cancelled"; readonly isUnread?: true }
  | { readonly kind: "blocked"; readonly by: string };

/** The status of a run from the outcomes of its stages: failed before cancelled before succeeded. */
export function statusOf(outcomes: Iterable<Outcome>): RunStatus {
  const all = [...outcomes].filter((outcome) => !(outcome.kind === "cancelled" && outcome.isUnread === true));
  const kinds = new Set(all.map((outcome) => outcome.kind));
  return kinds.has("failed") ? "failed" : kinds.has("cancelled") || kinds.has("blocked") ? "cancelled" : "succeeded";
}

/** The error for a caller that wants the stage's value. */
export function errorOf(outcome: Exclude<Outcome, { kind: "succeeded" }>, { definition }: Instance): StagebookError {
  const { name: stage } = definition;
  if (outcome.kind === "failed") return outcome.error;
  const [code, what, advice] =
    outcome.kind === "cancelled"
      ? (["cancelled", "was cancelled", "Run it again. Nothing of it was stored."] as const)
      : (["blocked", `did not run because "${outcome.by}" did not finish`, `Fix "${outcome.by}" first.`] as const);
  return new StagebookError(code, `stage "${stage}" ${what}`, advice, { stage });
}
