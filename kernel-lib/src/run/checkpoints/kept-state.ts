/** A state that an execution keeps, as it passes from a thread to the kernel: few imports, so that threads start fast. */
import type { ObservedRead } from "../../observe";
import { StagebookError, type VolatileRead } from "../../protocol";
import { v8Codec } from "../../store/codecs/v8-codec";

/** What an execution had read when it stored a checkpoint: it also counts for the execution that continues from there. */
export interface KeptReads {
  readonly reads: readonly ObservedRead[];
  readonly volatile: readonly VolatileRead[];
}

/** A state as it was kept, encoded. */
export interface KeptState extends KeptReads {
  readonly bytes: Uint8Array;
}

/** Throws `not-storable`. */
export function encodeState(state: unknown): Uint8Array {
  return v8Codec.encode(state) as Uint8Array;
}

export function noCheckpoint(stage: string): StagebookError {
  return new StagebookError(
    "checkpoint-each",
    `stage "${stage}": the items of an each share one context, which keeps no state for each of them`,
    "Write scale: true, which stores ranges of items, or cacheItems: true, which stores each item.",
    { stage },
  );
}
