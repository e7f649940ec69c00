/** The public types of answers about stages: plans, explanations, histories. */
import type { Reason } from "../../protocol";
import type { Values } from "./inputs";

/** How current a stage is. `pending`: below a stale stage, may change. */
export type Freshness = "new" | "fresh" | "stale" | "pending" | "running" | "failed" | "cancelled" | "blocked";

/** What a run would do with one stage. */
export interface PlanRow {
  /** The stage's name. */
  readonly stage: string;
  /**
   * `fresh`: nothing. `load`: the result is stored, but not in this kernel's memory. `run`: execute, for certain. `maybe`: execute if an
   * upstream stage's value changes. `blocked`: nothing, because an upstream stage cannot run.
   */
  readonly action: "fresh" | "load" | "run" | "maybe" | "blocked";
  /** Why, human-readable: `minMagnitude 4.5 → 5`. Empty for a fresh stage. */
  readonly reasons: readonly string[];
  /** Upstream stages that have no current result yet; absent when there are none. */
  readonly waitsFor?: readonly string[];
  /** Expected duration in milliseconds, from past durations; absent when there are none. */
  readonly estimateMs?: number;
  /** What the code depends on that no key can track, by name; absent when there is nothing. */
  readonly untracked?: readonly string[];
  /** What its current result depended on that cannot be compared later: the clock, random numbers, … Absent when there is nothing. */
  readonly notRepeatable?: readonly string[];
}

/** What a run would do, and why. Its text is a table. */
export interface Plan {
  /** One row per stage, every stage after its upstream stages. */
  readonly rows: readonly PlanRow[];
}

/** Why a stage has its status. */
export interface Explanation {
  /** The stage's name. */
  readonly stage: string;
  /** How current it is. */
  readonly status: Freshness;
  /** Human-readable; empty when it is fresh. */
  readonly reasons: readonly string[];
  /** The same reasons as data, in the same order: which part of the key, and its old and new text. */
  readonly causes: readonly Reason[];
  /** Why a fresh result may differ from a new one: `not tracked: …`, `not repeatable: …`. Empty when there is nothing. */
  readonly caveats: readonly string[];
  /** Status, reasons and caveats as one text. */
  toString(): string;
}

/** One stored result. */
export interface HistoryRow {
  /** When it was computed, epoch milliseconds. */
  readonly at: number;
  /** The key, 64 hex digits. */
  readonly key: string;
  /** How long the stage's function took. */
  readonly durationMs: number;
  /** All parameters of the stage and its ancestors, as text. */
  readonly params: Values;
  /** Whether it is protected from clean-up, see `Stage.pin`. */
  readonly pinned: boolean;
}
