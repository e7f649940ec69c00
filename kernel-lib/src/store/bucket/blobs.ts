/** The blobs of a store in a bucket: objects named by the sha256 of their bytes, large ones in parts, verified whenever they are read. */
import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import { forEachParallel } from "../concurrency";
import type { EvictedBlobs } from "../records/evicted-blobs";
import type { BlobRef, NewBlob } from "../store";
import type { Bucket } from "./port";
import { blobName } from "./names";

/** Maximum size of an object: each fits in memory, and is sent again from the start when a connection breaks. */
export const PART_BYTES = 32 * 1024 * 1024;
/** Up to this size, sending a blob that may exist costs less than checking. */
const SMALL_BYTES = 128 * 1024;
const CONCURRENCY = 4;
const MISSING = "a stored value is missing; it will be recomputed";
const DAMAGED = "a stored value is damaged; it will be recomputed";

interface Part {
  readonly name: string;
  readonly start: number;
  readonly sizeBytes: number;
}

export class BucketBlobs {
  /** Blobs that were found damaged: they are replaced although an object of the right size exists. */
  private readonly damaged = new Set<Digest>();

  constructor(
    private readonly bucket: Bucket,
    private readonly evicted: EvictedBlobs,
    private readonly warn: (message: string, name: string) => void,
  ) {}

  /** The verified bytes. Undefined, with a warning, when they are missing or damaged; rejects when the bucket cannot be reached. */
  async read(ref: BlobRef, into: Uint8Array = new Uint8Array(ref.sizeBytes)): Promise<Uint8Array | undefined> {
    const isComplete = await this.fill(ref, into);
    if (isComplete && digestOf(into) === ref.digest) return into;
    // Try once more: a broken transfer is not damage.
    if (isComplete && (await this.fill(ref, into)) && digestOf(into) === ref.digest) return into;
    await this.warnAbsent(ref, isComplete);
    return undefined;
  }

  /** Writes the blob into an open file, in bounded memory. False, with a warning, when it is missing or damaged. */
  async download(ref: BlobRef, file: FileHandle): Promise<boolean> {
    const sha = createHash("sha256");
    for (const part of partsOf(ref)) {
      const bytes = await this.readPart(part);
      if (bytes === undefined) {
        await this.warnAbsent(ref, false);
        return false;
      }
      sha.update(bytes);
      for (let at = 0; at < bytes.byteLength;) at += (await file.write(bytes, at)).bytesWritten;
    }
    if (sha.digest("hex") === ref.digest) return true;
    await this.warnAbsent(ref, true);
    return false;
  }

  /** Reads the blob to the end and compares digests. */
  async check(ref: BlobRef): Promise<"whole" | "missing" | "damaged"> {
    const sha = createHash("sha256");
    for (const part of partsOf(ref)) {
      const found = await this.bucket.get(part.name);
      if (!found) return "missing";
      sha.update(found.bytes);
    }
    return sha.digest("hex") === ref.digest ? "whole" : "damaged";
  }

  /** True when its last part exists, which is written last. Problems are reported. */
  async exists(ref: BlobRef): Promise<boolean> {
    const size = await this.lastSize(ref);
    if (size === partsOf(ref).at(-1)?.sizeBytes) return true;
    await this.warnAbsent(ref, size !== undefined);
    return false;
  }

  /** The same, without reporting problems. */
  async existsQuietly(ref: BlobRef): Promise<boolean> {
    return (await this.lastSize(ref)) === partsOf(ref).at(-1)?.sizeBytes;
  }

  async put({ ref, pieces }: NewBlob): Promise<void> {
    const [only] = pieces;
    const whole = pieces.length === 1 && only ? only : Buffer.concat(pieces);
    await this.putParts(ref, async ({ start, sizeBytes }) => whole.subarray(start, start + sizeBytes));
  }

  /** Sends the file's content, in bounded memory. */
  async putFile(ref: BlobRef, path: string): Promise<void> {
    const file = await open(path, "r");
    try {
      await this.putParts(ref, async ({ start, sizeBytes }) => {
        const bytes = Buffer.allocUnsafeSlow(sizeBytes);
        await file.read(bytes, 0, sizeBytes, start);
        return bytes;
      });
    } finally {
      await file.close();
    }
  }

  private async putParts(ref: BlobRef, bytesOf: (part: Part) => Promise<Uint8Array>): Promise<void> {
    const isNew = ref.sizeBytes <= SMALL_BYTES || this.damaged.has(ref.digest) || !(await this.existsQuietly(ref));
    if (!isNew) return;
    const parts = partsOf(ref);
    const put = async (part: Part): Promise<void> => this.bucket.put(part.name, await bytesOf(part));
    await forEachParallel(parts.slice(0, -1), CONCURRENCY, put);
    // Last, so that its existence implies that of all others.
    for (const last of parts.slice(-1)) await put(last);
    this.damaged.delete(ref.digest);
  }

  private async fill(ref: BlobRef, into: Uint8Array): Promise<boolean> {
    let isComplete = true;
    await forEachParallel(partsOf(ref), CONCURRENCY, async (part) => {
      const bytes = await this.readPart(part);
      if (bytes?.byteLength === part.sizeBytes) into.set(bytes, part.start);
      else isComplete = false;
    });
    return isComplete;
  }

  private async readPart(part: Part): Promise<Uint8Array | undefined> {
    return (await this.bucket.get(part.name))?.bytes;
  }

  private async lastSize(ref: BlobRef): Promise<number | undefined> {
    const last = partsOf(ref).at(-1);
    return last && (await this.bucket.find(last.name))?.sizeBytes;
  }

  private async warnAbsent(ref: BlobRef, isDamaged: boolean): Promise<void> {
    if (isDamaged) this.damaged.add(ref.digest);
    if (isDamaged || !(await this.evicted.has(ref.digest)))
      this.warn(isDamaged ? DAMAGED : MISSING, blobName(ref.digest));
  }
}

/** The parts of a blob, in order: one object with the blob's own name, or several with numbers after it. */
function partsOf({ digest, sizeBytes }: BlobRef): readonly Part[] {
  const name = blobName(digest);
  if (sizeBytes <= PART_BYTES) return [{ name, start: 0, sizeBytes }];
  const count = Math.ceil(sizeBytes / PART_BYTES);
  return Array.from({ length: count }, (_, at) => ({
    name: `${name}.${String(at).padStart(6, "0")}`,
    start: at * PART_BYTES,
    sizeBytes: Math.min(PART_BYTES, sizeBytes - at * PART_BYTES),
  }));
}
