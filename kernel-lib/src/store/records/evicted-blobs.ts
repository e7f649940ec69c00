/**
 * The blobs that upkeep removed from results whose records stay, so that their absence is no damage. One file, written by upkeep
 * alone. Used by the disk store and by stores in buckets. Losing it costs a warning for each such result, and no more.
 */
import { isDigest } from "../../key/digest";
import type { Digest } from "../../protocol";
import { decodeRecord, encodeRecord } from "./entry-record";

const SUBJECT = ["evicted"];

export interface EvictedFiles {
  /** Another one when the file is another one. */
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

  private async read(path: string): Promise<ReadonlySet<Digest>> {
    const bytes = await this.files.read(path).catch(() => undefined);
    const record = bytes && decodeRecord(SUBJECT, Buffer.from(bytes).toString("utf8"))?.record;
    return new Set(Array.isArray(record) ? record.filter(isDigest) : []);
  }
}
