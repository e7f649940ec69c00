/** The `Results` of a tiered store: read from the local store, else from the shared one; written to both. */
import type { Digest } from "../../protocol";
import { blobsOf } from "../records/entry-record";
import type { BlobRef, Entry, HeadName, HeadRow, NewBlob, Results, StageFiles } from "../store";
import { copyFileInto, type SharedTier } from "./shared-tier";

/** Values up to this size are copied as soon as a stage reaches them. */
const SMALL_BYTES = 1024 * 1024;

export class TieredResults implements Results {
  /** Blobs that were put into the shared store ahead of their entry. */
  private readonly sharedAhead = new Set<Digest>();

  constructor(
    private readonly tier: SharedTier,
    private readonly stageFiles: StageFiles,
  ) {}

  async findEntry(key: Digest): Promise<Entry | undefined> {
    const { tier } = this;
    const local = await tier.local.findEntry(key);
    if (local || tier.isKnownAbsent(key)) return local;
    const shared = await tier.try(undefined, () => tier.shared.findEntry(key));
    if (shared) tier.borrowed.add(shared);
    // A result that was found before is of use although the shared store cannot be reached now.
    else if (tier.isDown) return tier.borrowed.find(key)?.entry;
    else tier.markAbsent(key);
    return shared;
  }

  async isWhole(entry: Entry): Promise<boolean> {
    const { tier } = this;
    if (!tier.isAnyBorrowed(entry) && (await tier.local.isWhole(entry))) return true;
    return tier.try(false, () => tier.shared.isWhole(entry));
  }

  async readBlob(ref: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    const { tier } = this;
    // Not asked for a borrowed blob: the local store would report it as missing.
    const local = tier.borrowed.hasBlob(ref.digest) ? undefined : await tier.local.readBlob(ref, into);
    if (local) return local;
    const shared = await tier.try(undefined, () => tier.shared.readBlob(ref, into));
    if (!shared) return undefined;
    await tier.copyToLocal(async () => {
      await tier.local.putBlob({ ref, pieces: [shared] });
      await tier.blobCopied(ref.digest);
    });
    return shared;
  }

  async putBlob(blob: NewBlob): Promise<void> {
    const { tier } = this;
    await tier.local.putBlob(blob);
    tier.borrowed.removeBlob(blob.ref.digest);
    await tier.write(async () => {
      await tier.shared.putBlob(blob);
      this.sharedAhead.add(blob.ref.digest);
    });
  }

  async commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    const { tier } = this;
    await tier.local.commit(head, entry, blobs);
    tier.borrowed.removeEntry(entry.key);
    for (const { digest } of blobsOf(entry)) tier.borrowed.removeBlob(digest);
    tier.forgetAbsent(entry.key);
    await tier.write(() => this.commitShared(head, entry, blobs));
    for (const { digest } of entry.output.blobs) this.sharedAhead.delete(digest);
  }

  async touch(head: HeadName, row: HeadRow): Promise<void> {
    const { tier } = this;
    const borrowed = tier.borrowed.find(row.key);
    if (borrowed) {
      borrowed.head = head;
      await tier.copyToLocal(() => this.copyReached(borrowed.entry));
    }
    await tier.local.touch(head, row);
    await tier.write(() => tier.shared.touch(tier.sharedHead(head), row));
  }

  history(head: HeadName): Promise<readonly HeadRow[]> {
    return this.tier.local.history(head);
  }

  partials(): Promise<ReadonlySet<Digest>> {
    return this.tier.local.partials();
  }

  async clear(head: HeadName): Promise<number> {
    const { tier } = this;
    tier.borrowed.clear();
    const cleared = await tier.local.clear(head);
    await tier.write(() => tier.shared.clear(tier.sharedHead(head)));
    return cleared;
  }

  private async commitShared(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    const { local, shared } = this.tier;
    for (const file of entry.output.files) {
      const path = await local.filePath(file);
      if (path !== undefined) await copyFileInto(shared, path, file);
    }
    const passed = new Set(blobs.map(({ ref }) => ref.digest));
    for (const ref of entry.output.blobs) {
      if (passed.has(ref.digest) || this.sharedAhead.has(ref.digest)) continue;
      const bytes = await local.readBlob(ref);
      if (bytes) await shared.putBlob({ ref, pieces: [bytes] });
      this.sharedAhead.add(ref.digest);
    }
    await shared.commit(this.tier.sharedHead(head), entry, blobs);
  }

  /** Copies small values at once, so that the stage stays fresh without the shared store; large ones are copied when they are read. */
  private async copyReached(entry: Entry): Promise<void> {
    const { borrowed } = this.tier;
    if (entry.output.sizeBytes <= SMALL_BYTES) {
      for (const ref of entry.output.blobs) if (borrowed.hasBlob(ref.digest)) await this.readBlob(ref);
      for (const file of entry.output.files) if (borrowed.hasBlob(file.digest)) await this.stageFiles.filePath(file);
    }
    await this.tier.commitComplete();
  }
}
