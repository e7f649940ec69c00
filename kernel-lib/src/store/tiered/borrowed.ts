/** Results that were found in the shared store and are not, or not all of them, in the local one yet. Used by the tiered store. */
import type { Digest } from "../../protocol";
import type { Entry, HeadName } from "../store";
import { blobsOf } from "../disk/maintenance/survey";

export interface BorrowedEntry {
  readonly entry: Entry;
  /** Once a stage has reached it. */
  head: HeadName | undefined;
}

export class BorrowedResults {
  private readonly entries = new Map<Digest, BorrowedEntry>();
  private readonly blobs = new Set<Digest>();

  add(entry: Entry): void {
    if (this.entries.has(entry.key)) return;
    this.entries.set(entry.key, { entry, head: undefined });
    for (const { digest } of blobsOf(entry)) this.blobs.add(digest);
  }

  find(key: Digest): BorrowedEntry | undefined {
    return this.entries.get(key);
  }

  /** The blob is to be looked for in the shared store first. */
  hasBlob(digest: Digest): boolean {
    return this.blobs.has(digest);
  }

  isAnyBorrowed(entry: Entry): boolean {
    return blobsOf(entry).some(({ digest }) => this.blobs.has(digest));
  }

  /** The local store has it now. */
  keepBlob(digest: Digest): void {
    this.blobs.delete(digest);
  }

  keepEntry(key: Digest): void {
    this.entries.delete(key);
  }

  /** Those that a stage has reached and of which the local store has every blob. */
  complete(): readonly BorrowedEntry[] {
    return [...this.entries.values()].filter(({ entry, head }) => head && !this.isAnyBorrowed(entry));
  }

  clear(): void {
    this.entries.clear();
    this.blobs.clear();
  }
}
