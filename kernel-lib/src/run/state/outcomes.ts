/** The last outcome of each stage in this kernel, if it stored no result. */
import type { Digest } from "../../protocol";
import { findChange, type Conditions } from "./conditions";
import type { Instance } from "./instances";

export type Unfinished =
  /** `conditions`: those under which it failed. */
  | { readonly kind: "failed"; readonly key: Digest; readonly message: string; readonly conditions: Conditions }
  | { readonly kind: "cancelled"; readonly key: Digest }
  | Unstored;

/** It succeeded, but its value could not be stored. `key`: the partial one, when it did not come to know the value of an input. */
export interface Unstored {
  readonly kind: "unstored";
  readonly key: Digest;
  readonly reason: "changed-while-running" | "uncacheable";
  readonly message: string;
}

/** A failure under other conditions than those of now. `changed`: one that differs. */
export interface OutdatedFailure {
  readonly kind: "outdated";
  readonly message: string;
  readonly changed: string;
}

/** The last unfinished outcome by instance; it counts only under the key of that execution. */
export class Outcomes {
  private readonly last = new Map<string, Unfinished>();
  /** The result whose stored value the stage has called invalid. */
  private readonly rejected = new Map<string, { readonly key: Digest; readonly conditions: Conditions }>();

  constructor(private readonly conditionsOf: (instance: Instance) => Conditions) {}

  set(instance: Instance, outcome: Unfinished): void {
    this.last.set(instance.id, outcome);
  }

  fail(instance: Instance, key: Digest, message: string): void {
    this.set(instance, { kind: "failed", key, message, conditions: this.conditionsOf(instance) });
  }

  clear(instance: Instance): void {
    this.last.delete(instance.id);
    this.rejected.delete(instance.id);
  }

  /** The stage calls the stored value invalid. */
  reject(instance: Instance, key: Digest): void {
    this.rejected.set(instance.id, { key, conditions: this.conditionsOf(instance) });
  }

  /** Whether it has, and would do so again. */
  isRejected(instance: Instance, key: Digest): boolean {
    const found = this.rejected.get(instance.id);
    return found?.key === key && findChange(found.conditions, this.conditionsOf(instance)) === undefined;
  }

  of(instance: Instance, key: Digest): Unfinished | OutdatedFailure | undefined {
    const outcome = this.last.get(instance.id);
    if (outcome?.key !== key) return undefined;
    const changed = outcome.kind === "failed" && findChange(outcome.conditions, this.conditionsOf(instance));
    return changed ? { kind: "outdated", message: outcome.message, changed } : outcome;
  }
}
