/** The blobs of a disk store: written once under the sha256 of their bytes, verified whenever they are read. */
import { dirname } from "node:path";
import type { Digest } from "../../protocol";
import type { DurableFiles, StagedFile } from "../files/durable-files";
import type { EvictedBlobs } from "../records/evicted-blobs";
import type { BlobRef, NewBlob, OnStoreProblem } from "../store";
import type { StorePaths } from "./folder";
import { allEnded } from "../turns";

const ASIDE_POLL_MS = 20;
const ASIDE_POLLS = 100;
const MISSING = "a stored value is missing; it is made again";
const DAMAGED = "a stored value is damaged; it is made again";

export class BlobFiles {
  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly evicted: EvictedBlobs,
    private readonly tell: OnStoreProblem,
  ) {}

  /** The bytes, verified, in the given memory or in memory that nothing else holds. Undefined and told where that cannot be. */
  async read(ref: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    const path = this.paths.blob(ref.digest);
    const sizeBytes = await this.size(ref);
    if (sizeBytes !== ref.sizeBytes) return undefined;
    const bytes = into ?? Buffer.allocUnsafeSlow(sizeBytes);
    try {
      if ((await this.files.readDigested(path, bytes)) === ref.digest) return bytes;
      this.tell(DAMAGED, path);
    } catch (error) {
      this.tellUnreadable(path, error);
    }
    return undefined;
  }

  /** True when a file of that size is there. What is wrong is told, save for values that upkeep has removed. */
  async isThere(ref: BlobRef): Promise<boolean> {
    return (await this.size(ref)) === ref.sizeBytes;
  }

  /** The same, without telling. */
  async isThereQuietly(ref: BlobRef): Promise<boolean> {
    return (await this.sizeOnceBack(this.paths.blob(ref.digest), ref.digest)) === ref.sizeBytes;
  }

  /** Reads a blob to the end, in bounded memory. */
  async isIntact(ref: BlobRef): Promise<boolean> {
    if (!(await this.isThere(ref))) return false;
    const path = this.paths.blob(ref.digest);
    try {
      if ((await this.files.digest(path))?.digest === ref.digest) return true;
      this.tell(DAMAGED, path);
    } catch (error) {
      this.tellUnreadable(path, error);
    }
    return false;
  }

  /** Written and flushed, without a name yet. Undefined when the same bytes are there already, whole. */
  async stage({ ref, pieces }: NewBlob): Promise<StagedFile | undefined> {
    if (await this.hasSame(ref)) return undefined;
    return this.files.stage(this.paths.blob(ref.digest), pieces);
  }

  /** For bytes that stand in for what may be there already. */
  async hasSame(ref: BlobRef): Promise<boolean> {
    const path = this.paths.blob(ref.digest);
    try {
      if ((await this.files.sizeOf(path)) !== ref.sizeBytes) return false;
      return (await this.files.digest(path))?.digest === ref.digest;
    } catch {
      // What cannot be read is replaced.
      return false;
    }
  }

  /** Makes the names of these blobs survive a power failure, whoever gave them. */
  async flush(digests: readonly Digest[]): Promise<void> {
    const folders = new Set(digests.map((digest) => dirname(this.paths.blob(digest))));
    await allEnded([...folders].map((folder) => this.files.flushFolder(folder)));
  }

  private async size(ref: BlobRef): Promise<number | undefined> {
    const path = this.paths.blob(ref.digest);
    try {
      const size = await this.sizeOnceBack(path, ref.digest);
      if (size === undefined) {
        if (!(await this.evicted.has(ref.digest))) this.tell(MISSING, path);
      } else if (size !== ref.sizeBytes) this.tell(DAMAGED, path);
      return size;
    } catch (error) {
      this.tellUnreadable(path, error);
      return undefined;
    }
  }

  /** What upkeep has taken out of the way for a moment is waited for; what a killed one has left so is put back. */
  private async sizeOnceBack(path: string, digest: Digest): Promise<number | undefined> {
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

  private tellUnreadable(path: string, error: unknown): void {
    this.tell(
      `cannot be read (${error instanceof Error ? error.message : String(error)}); it is treated as absent`,
      path,
    );
  }
}
