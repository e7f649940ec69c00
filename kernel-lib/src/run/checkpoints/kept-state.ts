/** What an execution keeps, as it passes between a thread and the kernel: few imports, so that threads start fast. */
import { monotonicNow } from "../../async/clock";
import type { ObservedRead } from "../../observe";
import { StagebookError, type VolatileRead } from "../../protocol";
import { v8Codec } from "../../store/codecs/v8-codec";
import type { BlobRef } from "../../store/store";

/** What an execution had read when it stored a checkpoint, which also counts for the one that continues from there, and its random numbers. */
export interface KeptReads {
  readonly reads: readonly ObservedRead[];
  readonly volatile: readonly VolatileRead[];
  readonly random: RandomStates;
}

/** From where each of a call's sequences of random numbers goes on; undefined for one of which no number was drawn. */
export type RandomStates = readonly (readonly number[] | undefined)[];

/** A state as it was kept, encoded. */
export interface KeptState extends KeptReads {
  readonly bytes: Uint8Array;
}

/** The first items of a stream that were stored by an earlier execution. */
export interface KeptItems extends KeptReads {
  readonly blobs: readonly BlobRef[];
  readonly items: number;
}

/** Items of a generator that can be resumed are stored at least this often. */
const KEEP_ITEMS_MS = 5000;

/** When the next chunk of such a generator is due. */
export class ChunkTimer {
  private startedAt: number | undefined;

  /** Called before the first item, and after each chunk. */
  restart(): void {
    this.startedAt = monotonicNow();
  }

  get isDue(): boolean {
    return this.startedAt !== undefined && monotonicNow() - this.startedAt > KEEP_ITEMS_MS;
  }
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

export function tooLate(stage: string): StagebookError {
  return new StagebookError(
    "checkpoint-late",
    `stage "${stage}" asked where to go on after its first item, before which the stored items should have come`,
    "Call resumeFrom before the first item.",
    { stage },
  );
}
