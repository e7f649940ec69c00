/**
 * The set of blobs that maintenance removed from results whose records stay, so that their absence is not reported as damage. One file,
 * written by maintenance only. Used by the disk store and the bucket store. Losing it costs one warning per such result.
 */
import { isDigest } from "../../key/digest";
import type { Digest } from "../../protocol";
import { decodeRecord, encodeRecord } from "./entry-record";
import { isDiskFull, isMisplaced } from "./store-error";
import { textOf } from "./text";

const SUBJECT = ["evicted"];

export interface EvictedFiles {
  /** Differs whenever the file was replaced. */
  stamp(path: string): Promise<unknown>;
  read(path: string): Promise<Uint8Array | undefined>;
  writeLoosely(path: string, text: string): Promise<void>;
}

export class EvictedBlobs {
  private known: { readonly stamp: string; readonly digests: ReadonlySet<Digest> } | undefined;

  constructor(
    private readonly files: EvictedFiles,
    private readonly path: string,
  ) {}

  async has(digest: Digest): Promise<boolean> {
    return (await this.all()).has(digest);
  }

  async all(): Promise<ReadonlySet<Digest>> {
    const { path } = this;
    const stamp = JSON.stringify(await this.files.stamp(path).catch(() => undefined)) ?? "none";
    if (this.known?.stamp !== stamp) this.known = { stamp, digests: await this.read(path) };
    return this.known.digests;
  }

  async write(digests: ReadonlySet<Digest>): Promise<void> {
    await this.files.writeLoosely(this.path, encodeRecord(SUBJECT, [...digests]));
  }

  /** As `write`; false when the disk is full, or something else has the name of the file, which `verify` names. */
  async writeIfSpace(digests: ReadonlySet<Digest>): Promise<boolean> {
    try {
      await this.write(digests);
      return true;
    } catch (error) {
      if (isDiskFull(error) || isMisplaced(error)) return false;
      throw error;
    }
  }

  private async read(path: string): Promise<ReadonlySet<Digest>> {
    const bytes = await this.files.read(path).catch(() => undefined);
    const record = bytes && decodeRecord(SUBJECT, textOf(bytes))?.record;
    return new Set(Array.isArray(record) ? record.filter(isDigest) : []);
  }
}
