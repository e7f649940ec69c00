/** The last outcome of each stage in this kernel, if it stored no result. */
import type { Digest } from "../../protocol";
import type { Instance } from "./instances";

export type Unfinished =
  | { readonly kind: "failed"; readonly key: Digest; readonly message: string }
  | { readonly kind: "cancelled"; readonly key: Digest }
  /** It succeeded, but its value could not be stored. */
  | {
      readonly kind: "unstored";
      readonly key: Digest;
      readonly reason: "changed-while-running" | "uncacheable";
      readonly message: string;
    };

/** The last unfinished outcome by instance; it counts only under the key of that execution. */
export class Outcomes {
  private readonly last = new Map<string, Unfinished>();

  set(instance: Instance, outcome: Unfinished): void {
    this.last.set(instance.id, outcome);
  }

  clear(instance: Instance): void {
    this.last.delete(instance.id);
  }

  of(instance: Instance, key: Digest): Unfinished | undefined {
    const outcome = this.last.get(instance.id);
    return outcome?.key === key ? outcome : undefined;
  }
}
