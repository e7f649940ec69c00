/** The blobs of a store in a bucket: under the sha256 of their bytes, larger ones in parts, verified whenever they are read. */
import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { EvictedBlobs } from "../records/evicted-blobs";
import type { BlobRef, NewBlob } from "../store";
import { inParallel } from "../turns";
import type { Bucket } from "./port";
import { blobName } from "./names";

/** Objects of this size at most: each fits in memory, and is sent again whole when a connection breaks. */
export const PART_BYTES = 32 * 1024 * 1024;
/** Up to here sending again what may be there costs less than asking. */
const SMALL_BYTES = 128 * 1024;
const AT_ONCE = 4;
const MISSING = "a stored value is missing; it is made again";
const DAMAGED = "a stored value is damaged; it is made again";

interface Part {
  readonly name: string;
  readonly start: number;
  readonly sizeBytes: number;
}

export class BucketBlobs {
  /** Those found damaged: they are replaced, though an object of the right size is there. */
  private readonly damaged = new Set<Digest>();

  constructor(
    private readonly bucket: Bucket,
    private readonly evicted: EvictedBlobs,
    private readonly tell: (message: string, name: string) => void,
  ) {}

  /** The bytes, verified. Undefined and told where they are missing or damaged; rejects where the bucket cannot be read. */
  async read(ref: BlobRef, into: Uint8Array = new Uint8Array(ref.sizeBytes)): Promise<Uint8Array | undefined> {
    const isThere = await this.fill(ref, into);
    if (isThere && digestOf(into) === ref.digest) return into;
    // Once more: a broken transfer is no damage.
    if (isThere && (await this.fill(ref, into)) && digestOf(into) === ref.digest) return into;
    await this.tellAbsent(ref, isThere);
    return undefined;
  }

  /** Writes the blob into an open file; false and told where that cannot be. In bounded memory. */
  async download(ref: BlobRef, file: FileHandle): Promise<boolean> {
    const sha = createHash("sha256");
    for (const part of partsOf(ref)) {
      const bytes = await this.readPart(part);
      if (bytes === undefined) {
        await this.tellAbsent(ref, false);
        return false;
      }
      sha.update(bytes);
      for (let at = 0; at < bytes.byteLength;) at += (await file.write(bytes, at)).bytesWritten;
    }
    if (sha.digest("hex") === ref.digest) return true;
    await this.tellAbsent(ref, true);
    return false;
  }

  /** Reads it to the end: `whole`, or what is wrong. */
  async check(ref: BlobRef): Promise<"whole" | "missing" | "damaged"> {
    const sha = createHash("sha256");
    for (const part of partsOf(ref)) {
      const found = await this.bucket.get(part.name);
      if (!found) return "missing";
      sha.update(found.bytes);
    }
    return sha.digest("hex") === ref.digest ? "whole" : "damaged";
  }

  /** True when its last part is there, which is written last. What is wrong is told. */
  async isThere(ref: BlobRef): Promise<boolean> {
    const size = await this.lastSize(ref);
    if (size === partsOf(ref).at(-1)?.sizeBytes) return true;
    await this.tellAbsent(ref, size !== undefined);
    return false;
  }

  /** The same, without telling. */
  async isThereQuietly(ref: BlobRef): Promise<boolean> {
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
    const isNew = ref.sizeBytes <= SMALL_BYTES || this.damaged.has(ref.digest) || !(await this.isThereQuietly(ref));
    if (!isNew) return;
    const parts = partsOf(ref);
    const put = async (part: Part): Promise<void> => this.bucket.put(part.name, await bytesOf(part));
    await inParallel(parts.slice(0, -1), AT_ONCE, put);
    // Last, so that where it is all are.
    for (const last of parts.slice(-1)) await put(last);
    this.damaged.delete(ref.digest);
  }

  private async fill(ref: BlobRef, into: Uint8Array): Promise<boolean> {
    let isThere = true;
    await inParallel(partsOf(ref), AT_ONCE, async (part) => {
      const bytes = await this.readPart(part);
      if (bytes?.byteLength === part.sizeBytes) into.set(bytes, part.start);
      else isThere = false;
    });
    return isThere;
  }

  private async readPart(part: Part): Promise<Uint8Array | undefined> {
    return (await this.bucket.get(part.name))?.bytes;
  }

  private async lastSize(ref: BlobRef): Promise<number | undefined> {
    const last = partsOf(ref).at(-1);
    return last && (await this.bucket.find(last.name))?.sizeBytes;
  }

  private async tellAbsent(ref: BlobRef, isDamaged: boolean): Promise<void> {
    if (isDamaged) this.damaged.add(ref.digest);
    if (isDamaged || !(await this.evicted.has(ref.digest)))
      this.tell(isDamaged ? DAMAGED : MISSING, blobName(ref.digest));
  }
}

/** In order. One object under the blob's own name, or several behind it. */
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
