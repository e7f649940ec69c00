/** What a plan says of a stage, and why. */

/** How current a stage is. `pending`: below a stale stage, may change. */
export type Freshness = "new" | "fresh" | "stale" | "pending" | "running" | "failed" | "cancelled" | "blocked";

/** What a run would do: `fresh` nothing, `load` from the store, `run` certainly, `maybe` if an upstream's value changes. */
export type PlanAction = "fresh" | "load" | "run" | "maybe" | "blocked";

/** Which part of a key a reason speaks of. */
export type ReasonKind =
  | "new"
  | "param"
  | "input"
  | "body"
  | "helper"
  | "value"
  | "file"
  | "module"
  | "env"
  | "option"
  | "added"
  | "removed"
  | "failed"
  | "cancelled"
  | "lost"
  | "forced"
  | "changed-while-running"
  | "uncacheable"
  | "waiting"
  | "blocked";

/** One cause for a stage being stale. */
export interface Reason {
  readonly kind: ReasonKind;
  /** The part: the parameter's, helper's, file's or input's name; the stage's own name for its body. */
  readonly name: string;
  /** In words, without the stage: `minMagnitude 4.5 → 5`, ``helper `toRow`: `* 2` → `* 3` ``, `never run`. */
  readonly text: string;
  readonly before?: string;
  readonly after?: string;
}

/** One stage in a plan. */
export interface PlanRowView {
  readonly stage: string;
  readonly action: PlanAction;
  readonly status: Freshness;
  readonly reasons: readonly Reason[];
  /** For `maybe`: the stages whose new value decides. */
  readonly waitsFor: readonly string[];
  /** From past durations, in milliseconds; absent when there are none. */
  readonly estimateMs?: number;
  /** Names that the code reaches and no key can follow. */
  readonly untracked: readonly string[];
  /** The stored result that is current, if there is one. */
  readonly result?: ResultView;
}

/** What is known of a stored result without loading it. */
export interface ResultView {
  readonly key: string;
  readonly digest: string;
  readonly sizeBytes: number;
  /** How long the body took when the result was made, in milliseconds. */
  readonly durationMs: number;
  /** When it was made, epoch milliseconds. */
  readonly at: number;
  /** The value in a few words: `1,204 rows`, `0.82`, `"text"`. */
  readonly summary: string;
}
