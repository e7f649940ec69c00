/** The blobs of a disk store: files written once under the sha256 of their bytes, verified whenever they are read. */
import { dirname } from "node:path";
import { messageOf, type Digest } from "../../protocol";
import { settleAll } from "../concurrency";
import type { DurableFiles, StagedFile } from "../files/durable-files";
import type { EvictedBlobs } from "../records/evicted-blobs";
import type { BlobRef, NewBlob, OnStoreProblem } from "../store";
import type { StorePaths } from "./folder";

const ASIDE_POLL_MS = 20;
const ASIDE_POLLS = 100;
const MISSING = "a stored value is missing; it will be recomputed";
const DAMAGED = "a stored value is damaged; it will be recomputed";

export class DiskBlobs {
  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly evicted: EvictedBlobs,
    private readonly warn: OnStoreProblem,
  ) {}

  /** The verified bytes, in `into` or in new memory. Undefined, with a warning, when they are missing, damaged or unreadable. */
  async read(ref: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    const path = this.paths.blob(ref.digest);
    const sizeBytes = await this.size(ref);
    if (sizeBytes !== ref.sizeBytes) return undefined;
    const bytes = into ?? Buffer.allocUnsafeSlow(sizeBytes);
    try {
      if ((await this.files.readDigested(path, bytes)) === ref.digest) return bytes;
      this.warn(DAMAGED, path);
    } catch (error) {
      this.warnUnreadable(path, error);
    }
    return undefined;
  }

  /** True when a file of that size exists. Problems are reported, except for values that maintenance has removed. */
  async exists(ref: BlobRef): Promise<boolean> {
    return (await this.size(ref)) === ref.sizeBytes;
  }

  /** The same, without reporting problems. */
  async existsQuietly(ref: BlobRef): Promise<boolean> {
    return (await this.sizeOnceRestored(this.paths.blob(ref.digest), ref.digest)) === ref.sizeBytes;
  }

  /** Reads a blob to the end, in bounded memory. */
  async isIntact(ref: BlobRef): Promise<boolean> {
    if (!(await this.exists(ref))) return false;
    const path = this.paths.blob(ref.digest);
    try {
      if ((await this.files.digest(path))?.digest === ref.digest) return true;
      this.warn(DAMAGED, path);
    } catch (error) {
      this.warnUnreadable(path, error);
    }
    return false;
  }

  /** Writes and flushes a file that has no name yet. Undefined when the same bytes are stored already. */
  async stage({ ref, pieces }: NewBlob): Promise<StagedFile | undefined> {
    if (await this.hasSame(ref)) return undefined;
    return this.files.stage(this.paths.blob(ref.digest), pieces);
  }

  /** True when the same bytes are stored already: they are read and compared by digest. */
  async hasSame(ref: BlobRef): Promise<boolean> {
    const path = this.paths.blob(ref.digest);
    try {
      if ((await this.files.sizeOf(path)) !== ref.sizeBytes) return false;
      return (await this.files.digest(path))?.digest === ref.digest;
    } catch {
      // A file that cannot be read is replaced.
      return false;
    }
  }

  /** Makes the names of these blobs survive a power failure, whichever process gave them. */
  async flush(digests: readonly Digest[]): Promise<void> {
    const folders = new Set(digests.map((digest) => dirname(this.paths.blob(digest))));
    await settleAll([...folders].map((folder) => this.files.flushFolder(folder)));
  }

  private async size(ref: BlobRef): Promise<number | undefined> {
    const path = this.paths.blob(ref.digest);
    try {
      const size = await this.sizeOnceRestored(path, ref.digest);
      if (size === undefined) {
        if (!(await this.evicted.has(ref.digest))) this.warn(MISSING, path);
      } else if (size !== ref.sizeBytes) this.warn(DAMAGED, path);
      return size;
    } catch (error) {
      this.warnUnreadable(path, error);
      return undefined;
    }
  }

  /** Waits for a file that maintenance has set aside for a moment, and restores one that a killed process has left aside. */
  private async sizeOnceRestored(path: string, digest: Digest): Promise<number | undefined> {
    for (let attempt = 0; attempt < ASIDE_POLLS; attempt++) {
      const size = await this.files.sizeOf(path);
      if (size !== undefined || (await this.evicted.has(digest))) return size;
      const aside = await this.files.findAside(path);
      if (!aside) break;
      if (aside.isLeft) await this.files.restore(aside.path);
      else await new Promise((resolve) => setTimeout(resolve, ASIDE_POLL_MS));
    }
    return this.files.sizeOf(path);
  }

  private warnUnreadable(path: string, error: unknown): void {
    this.warn(`cannot be read (${messageOf(error)}); it is treated as absent`, path);
  }
}
