/**
 * The blobs that upkeep removed from results whose records stay, so that their absence is no damage. One file, written by upkeep
 * alone. Used by the disk store. Losing it costs a warning for each such result, and no more.
 */
import { isDigest } from "../key/digest";
import type { Digest } from "../protocol";
import type { DurableFiles } from "./durable-files";
import { decodeRecord, encodeRecord } from "./entry-record";
import type { StorePaths } from "./store-folder";

const SUBJECT = ["evicted"];

export class EvictedBlobs {
  private known: { readonly stamp: string; readonly digests: ReadonlySet<Digest> } | undefined;

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
  ) {}

  async has(digest: Digest): Promise<boolean> {
    return (await this.all()).has(digest);
  }

  async all(): Promise<ReadonlySet<Digest>> {
    const path = this.paths.evicted();
    const stamp = JSON.stringify(await this.files.stamp(path).catch(() => undefined)) ?? "none";
    if (this.known?.stamp !== stamp) this.known = { stamp, digests: await this.read(path) };
    return this.known.digests;
  }

  async write(digests: ReadonlySet<Digest>): Promise<void> {
    await this.files.writeLoosely(this.paths.evicted(), encodeRecord(SUBJECT, [...digests]));
  }

  private async read(path: string): Promise<ReadonlySet<Digest>> {
    const bytes = await this.files.read(path).catch(() => undefined);
    const record = bytes && decodeRecord(SUBJECT, Buffer.from(bytes).toString("utf8"))?.record;
    return new Set(Array.isArray(record) ? record.filter(isDigest) : []);
  }
}
