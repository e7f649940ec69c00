/** Results that were found in the shared store and are not, or not completely, in the local one yet. Used by the tiered store. */
import type { Digest } from "../../protocol";
import { blobsOf } from "../records/entry-record";
import type { Entry, HeadName } from "../store";

export interface BorrowedEntry {
  readonly entry: Entry;
  /** Set once a stage has reached the result. */
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

  /** True when the blob must be looked for in the shared store first. */
  hasBlob(digest: Digest): boolean {
    return this.blobs.has(digest);
  }

  isAnyBorrowed(entry: Entry): boolean {
    return blobsOf(entry).some(({ digest }) => this.blobs.has(digest));
  }

  /** To be called when the local store has the blob. */
  removeBlob(digest: Digest): void {
    this.blobs.delete(digest);
  }

  removeEntry(key: Digest): void {
    this.entries.delete(key);
  }

  /** Results that a stage has reached and whose blobs are all in the local store. */
  complete(): readonly BorrowedEntry[] {
    return [...this.entries.values()].filter(({ entry, head }) => head && !this.isAnyBorrowed(entry));
  }

  clear(): void {
    this.entries.clear();
    this.blobs.clear();
  }
}
