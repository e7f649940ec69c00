/** Writes results into a disk store: blobs first, then the record that names them, then the stage's head. */
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { BlobFiles } from "./blobs";
import type { DurableFiles, StagedFile } from "../files/durable-files";
import { encodeEntry, type EntrySeal } from "../records/entry-record";
import type { LiveProcesses } from "./live";
import type { BlobRef, Entry, NewBlob } from "../store";
import type { StorePaths } from "./folder";
import { allEnded, Background, inParallel } from "../turns";
import { blobsOf } from "./maintenance/survey";

const AT_ONCE = 16;

export class ResultWriter {
  /** Announced ahead of their entry, and how often. */
  private readonly ahead = new Map<Digest, number>();
  private readonly withdrawing = new Background();

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly live: LiveProcesses,
    private readonly blobs: BlobFiles,
    private readonly seal: EntrySeal | undefined,
  ) {}

  /** Until nothing is under way in the background. */
  settled(): Promise<void> {
    return this.withdrawing.settled();
  }

  /** From now on upkeep leaves the blob alone, until an entry names it or the process ends. */
  async announceAhead(digest: Digest): Promise<void> {
    await this.live.announce([digest]);
    this.ahead.set(digest, (this.ahead.get(digest) ?? 0) + 1);
  }

  async put(blob: NewBlob): Promise<void> {
    await this.announceAhead(blob.ref.digest);
    const staged = await this.blobs.stage(blob);
    await staged?.publish();
  }

  /**
   * Everything durable when it resolves; nothing that loads when it rejects. `name`: tells the head of it. Returns how many bytes of
   * values are new.
   */
  async commit(entry: Entry, blobs: readonly NewBlob[], name: () => Promise<void>): Promise<number> {
    const digests = [...new Set(blobsOf(entry).map(({ digest }) => digest))];
    await this.live.announce(digests);
    try {
      const { flush, newBytes } = await this.write(entry, blobs);
      await this.orNothing(entry, () => allEnded([flush(), name()]));
      // Another process may have cleared an equal result before it could see our head; from now on it sees it. Who cannot look
      // now has stored it all the same.
      const isThere = await this.isThere(entry).catch(() => true);
      if (!isThere) await this.orNothing(entry, async () => (await this.write(entry, blobs)).flush());
      return newBytes;
    } finally {
      // Not waited for: it only tells upkeep that it need not care any longer.
      this.withdrawing.add(this.live.withdraw(this.settle(digests)).catch(() => undefined));
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

  /** Gives all files their names; `flush` makes that durable. */
  private async write(
    entry: Entry,
    blobs: readonly NewBlob[],
  ): Promise<{ readonly flush: () => Promise<unknown>; readonly newBytes: number }> {
    const { record, staged, newBytes } = await this.stage(entry, blobs);
    try {
      // In this order: what names another file is never there before it.
      await allEnded(staged.map((blob) => blob.publish()));
      await this.completeBlobs(entry, blobs);
    } catch (error) {
      await abandonAll([record, ...staged]);
      throw error;
    }
    await record.publish();
    const digests = blobsOf(entry).map(({ digest }) => digest);
    return { flush: () => allEnded([this.blobs.flush(digests), record.flush()]), newBytes };
  }

  /** All files are written and flushed at the same time; none has a name yet. */
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

  /** Those that were there already may have been removed just before upkeep could see that they are wanted. */
  private async completeBlobs(entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    for (const ref of await this.findMissing(entry)) {
      const given = blobs.find((blob) => blob.ref.digest === ref.digest);
      await (given && (await this.blobs.stage(given)))?.publish();
    }
    const [missing] = await this.findMissing(entry);
    if (!missing) return;
    throw new StagebookError(
      "store-write",
      `a part of the result that was stored before is gone: ${this.paths.blob(missing.digest)}`,
      "Run the stage again; leave the files of the store to Stagebook while it runs.",
    );
  }

  private async isThere(entry: Entry): Promise<boolean> {
    const missing = await this.findMissing(entry);
    return missing.length === 0 && (await this.files.exists(this.paths.entry(entry.key)));
  }

  private async findMissing(entry: Entry): Promise<readonly BlobRef[]> {
    const missing: BlobRef[] = [];
    await inParallel(blobsOf(entry), AT_ONCE, async (ref) => {
      if (!(await this.blobs.isThereQuietly(ref))) missing.push(ref);
    });
    return missing;
  }

  /** The announcements that end with a commit: its own, and those of blobs that were put for it. */
  private settle(digests: readonly Digest[]): readonly Digest[] {
    const ahead = digests.flatMap((digest) => Array.from({ length: this.ahead.get(digest) ?? 0 }, () => digest));
    for (const digest of digests) this.ahead.delete(digest);
    return [...digests, ...ahead];
  }
}

async function abandonAll(files: readonly StagedFile[]): Promise<void> {
  await Promise.allSettled(files.map((file) => file.abandon()));
}
