/** One stage in a plan: what a run would do with it, and why. */
import type { Digest } from "./ids";

/** How current a stage is. `pending`: below a stale stage, may change. */
export type Freshness = "new" | "fresh" | "stale" | "pending" | "running" | "failed" | "cancelled" | "blocked";

/** What a run would do: `fresh` nothing, `load` from the store, `run` for certain, `maybe` if an upstream's value changes. */
export type PlanAction = "fresh" | "load" | "run" | "maybe" | "blocked";

// Four filters compare it, which the compiler does not name for a new one: kernel-lib/docs/how-to/add-a-reason.md.

/**
 * What a reason is about: a part of the key (`function` … `option`, and `added` or `removed` parts; `read`: something that the last
 * execution read without declaring it), or the stage's state (`expired`: its result is older than `maxAge`).
 */
export type ReasonKind =
  | "new"
  | "param"
  | "input"
  | "function"
  | "helper"
  | "value"
  | "file"
  | "module"
  | "env"
  | "read"
  | "expired"
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
  /** What it is about; decides which fields are set. */
  readonly kind: ReasonKind;
  /** The parameter's, helper's, file's or input's name; `function` for the stage's own function; else the stage that it is about. */
  readonly name: string;
  /** Human-readable, without the stage: `minMagnitude 4.5 → 5`, ``helper `toRow`: `* 2` → `* 3` ``, `never run`. */
  readonly text: string;
  /** The old value or code, abbreviated; absent for an added part and for reasons that are not about a part. */
  readonly before?: string;
  /** The new value or code, abbreviated; absent for a removed part and for reasons that are not about a part. */
  readonly after?: string;
}

/** One stage in a plan. */
export interface PlanRowView {
  readonly stage: string;
  readonly action: PlanAction;
  readonly status: Freshness;
  readonly reasons: readonly Reason[];
  /** For `maybe`: the upstream stages whose new value decides. */
  readonly waitsFor: readonly string[];
  /** From past durations, in milliseconds; absent when there are none. */
  readonly estimateMs?: number;
  /** What the code depends on that no key can track, by name. */
  readonly untracked: readonly string[];
  /** The stored result that is current, if there is one. */
  readonly result?: ResultView;
}

/** What a result depended on that cannot be compared later. `audit`: the result came out different when it was computed again. */
export type VolatileKind = "clock" | "random" | "network" | "process" | "system" | "audit";

/** One such dependency: computed again, the result may differ. */
export interface VolatileRead {
  readonly kind: VolatileKind;
  /** Human-readable: `Date.now()`, `fetch https://host/path`, `execSync git`. */
  readonly name: string;
  /** Where the code reads it: `cell [3] line 4`, `package lodash`. */
  readonly where: string;
  /** True when the result is not repeatable for it. False for a note only: time taken for logging, or read inside a package. */
  readonly marks: boolean;
}

/** What is known of a stored result without loading it. */
export interface ResultView {
  readonly key: Digest;
  /** Digest of the value. */
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** How long the stage's function took, in milliseconds. */
  readonly durationMs: number;
  /** When it was computed, epoch milliseconds. */
  readonly at: number;
  /** The value in a few words: `1,204 rows`, `0.82`, `"text"`. */
  readonly summary: string;
  /** What makes it not repeatable; absent when there is nothing, or the stage accepts it (`volatile: "accept"`). */
  readonly volatile?: readonly VolatileRead[];
}
