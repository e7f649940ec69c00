/** The writer of results in a disk store: blobs first, then the record that refers to them, then the stage's history. */
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { DiskBlobs } from "./blobs";
import type { DurableFiles, StagedFile } from "../files/durable-files";
import { blobsOf, encodeEntry, type EntrySeal } from "../records/entry-record";
import type { DiskLive } from "./live";
import { forEachParallel, settleAll } from "../concurrency";
import type { BlobRef, Entry, NewBlob } from "../store";
import type { StorePaths } from "./folder";

const CONCURRENCY = 16;

export class ResultWriter {
  /** How many times each blob was announced ahead of its entry. */
  private readonly ahead = new Map<Digest, number>();

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly live: DiskLive,
    private readonly blobs: DiskBlobs,
    private readonly seal: EntrySeal | undefined,
  ) {}

  /** Resolves when no background work is in progress. */
  settled(): Promise<void> {
    return this.live.settled();
  }

  /** Protects the blob from maintenance until an entry refers to it or the process ends. */
  async announceAhead(digest: Digest): Promise<void> {
    await this.announceAllAhead([digest]);
  }

  async announceAllAhead(digests: readonly Digest[]): Promise<void> {
    await this.live.announce(digests);
    for (const digest of digests) this.ahead.set(digest, (this.ahead.get(digest) ?? 0) + 1);
  }

  async put(blob: NewBlob): Promise<void> {
    await this.announceAhead(blob.ref.digest);
    const staged = await this.blobs.stage(blob);
    await staged?.publish();
  }

  /**
   * Everything is durable when it resolves; nothing loads when it rejects. `appendRow`: appends the entry to the history. Returns the
   * number of new bytes of values.
   */
  async commit(entry: Entry, blobs: readonly NewBlob[], appendRow: () => Promise<void>): Promise<number> {
    const digests = [...new Set(blobsOf(entry).map(({ digest }) => digest))];
    await this.live.announce(digests);
    try {
      const { flush, newBytes } = await this.write(entry, blobs);
      await this.orNothing(entry, () => settleAll([flush(), appendRow()]));
      // Another process may have cleared an equal result before it could see our row; from now on it sees it. When this cannot be
      // checked, the result counts as stored.
      const isStored = await this.isStored(entry).catch(() => true);
      if (!isStored) await this.orNothing(entry, async () => (await this.write(entry, blobs)).flush());
      return newBytes;
    } finally {
      this.live.withdraw(this.takeAnnounced(digests));
    }
  }

  private async orNothing(entry: Entry, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.files.remove(this.paths.entry(entry.key));
      throw error;
    }
  }

  /** Gives all files their final names; `flush` makes that durable. */
  private async write(
    entry: Entry,
    blobs: readonly NewBlob[],
  ): Promise<{ readonly flush: () => Promise<unknown>; readonly newBytes: number }> {
    const { record, staged, newBytes } = await this.stage(entry, blobs);
    try {
      // In this order: no file exists before the files that it refers to.
      await settleAll(staged.map((blob) => blob.publish()));
      await this.completeBlobs(entry, blobs);
    } catch (error) {
      await abandonAll([record, ...staged]);
      throw error;
    }
    await record.publish();
    const digests = blobsOf(entry).map(({ digest }) => digest);
    return { flush: () => settleAll([this.blobs.flush(digests), record.flush()]), newBytes };
  }

  /** Writes and flushes all files concurrently; none has its final name yet. */
  private async stage(
    entry: Entry,
    blobs: readonly NewBlob[],
  ): Promise<{ readonly record: StagedFile; readonly staged: readonly StagedFile[]; readonly newBytes: number }> {
    const unique = [...new Map(blobs.map((blob) => [blob.ref.digest, blob])).values()];
    const text = Buffer.from(encodeEntry(entry, this.seal));
    const writing = [
      this.files.stage(this.paths.entry(entry.key), [text]),
      ...unique.map((blob) => this.blobs.stage(blob)),
    ] as const;
    const results = await Promise.allSettled(writing);
    const failed = results.find((result) => result.status === "rejected");
    const done = results.map((result) => (result.status === "fulfilled" ? result.value : undefined));
    const [record, ...staged] = done;
    const whole = done.filter((file) => file !== undefined);
    if (failed || !record) {
      await abandonAll(whole);
      throw failed?.reason;
    }
    const sizes = unique.map(({ ref }, at) => (staged[at] ? ref.sizeBytes : 0));
    return { record, staged: whole.slice(1), newBytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  /** Writes blobs that existed before and were removed just before maintenance could see the announcement. */
  private async completeBlobs(entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    const removed = await this.findMissing(entry);
    if (removed.length === 0) return;
    for (const ref of removed) {
      const blob = blobs.find((each) => each.ref.digest === ref.digest);
      await (blob && (await this.blobs.stage(blob)))?.publish();
    }
    const [missing] = await this.findMissing(entry);
    if (!missing) return;
    throw new StagebookError(
      "store-write",
      `a part of the result that was stored earlier no longer exists: ${this.paths.blob(missing.digest)}`,
      "Run the stage again, and do not change files in the store while it runs.",
    );
  }

  private async isStored(entry: Entry): Promise<boolean> {
    const missing = await this.findMissing(entry);
    return missing.length === 0 && (await this.files.exists(this.paths.entry(entry.key)));
  }

  private async findMissing(entry: Entry): Promise<readonly BlobRef[]> {
    const missing: BlobRef[] = [];
    await forEachParallel(blobsOf(entry), CONCURRENCY, async (ref) => {
      if (!(await this.blobs.existsQuietly(ref))) missing.push(ref);
    });
    return missing;
  }

  /** The announcements that end with a commit: its own, and those of blobs that were put ahead of it. */
  private takeAnnounced(digests: readonly Digest[]): readonly Digest[] {
    const ahead = digests.flatMap((digest) => Array.from({ length: this.ahead.get(digest) ?? 0 }, () => digest));
    for (const digest of digests) this.ahead.delete(digest);
    return [...digests, ...ahead];
  }
}

async function abandonAll(files: readonly StagedFile[]): Promise<void> {
  await Promise.allSettled(files.map((file) => file.abandon()));
}
