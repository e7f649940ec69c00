/** The `Results` of a store in a bucket: entries, blobs and histories. */
import type { Digest } from "../../protocol";
import type { EntrySeal } from "../records/entry-record";
import { EntryReader } from "../records/entry-reader";
import { textOf } from "../records/text";
import type { BlobRef, Entry, HeadName, HeadRow, NewBlob, Results } from "../store";
import type { BucketBlobs } from "./blobs";
import type { BucketHeads } from "./heads";
import type { BucketMaintenance } from "./maintenance/maintenance";
import { entryName } from "./names";
import type { OpenedBucket } from "./opened";
import type { BucketUses } from "./uses";
import { uniqueBlobs, type BucketWriter } from "./writer";

/** Checking more blobs than this would be slow. */
const MAX_CHECKED = 64;

export interface BucketResultsParts {
  readonly opened: OpenedBucket;
  readonly blobs: BucketBlobs;
  readonly heads: BucketHeads;
  readonly uses: BucketUses;
  readonly writer: BucketWriter;
  readonly maintenance: BucketMaintenance;
  readonly seal: EntrySeal | undefined;
  readonly isReadOnly: boolean;
}

export class BucketResults implements Results {
  private readonly reader: EntryReader;

  constructor(private readonly parts: BucketResultsParts) {
    this.reader = new EntryReader(parts.seal, parts.opened.warn);
  }

  async findEntry(key: Digest): Promise<Entry | undefined> {
    const { opened, uses, isReadOnly } = this.parts;
    const name = entryName(key);
    return opened.reading(undefined, async () => {
      const found = await opened.bucket.get(name);
      const entry = found && this.reader.read(key, textOf(found.bytes), name);
      if (entry && !isReadOnly) uses.mark(key, entry.at);
      return entry;
    });
  }

  async isWhole(entry: Entry): Promise<boolean> {
    const { opened, blobs } = this.parts;
    const refs = uniqueBlobs(entry);
    if (refs.length > MAX_CHECKED) return true;
    return opened.reading(false, async () => {
      const exist = await Promise.all(refs.map((ref) => blobs.exists(ref)));
      return !exist.includes(false);
    });
  }

  async readBlob(ref: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    return this.parts.opened.reading(undefined, () => this.parts.blobs.read(ref, into));
  }

  async putBlob(blob: NewBlob): Promise<void> {
    const { opened, writer, blobs } = this.parts;
    await opened.writing(() => writer.putAhead(blob.ref, () => blobs.put(blob)));
  }

  async commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    await this.parts.opened.writing(() => this.parts.writer.commit(head, entry, blobs));
  }

  async touch(head: HeadName, row: HeadRow): Promise<void> {
    await this.parts.opened.writing(() => this.parts.heads.append(head, row, true));
  }

  async history(head: HeadName): Promise<readonly HeadRow[]> {
    return this.parts.opened.reading([], () => this.parts.heads.rows(head));
  }

  async partials(): Promise<ReadonlySet<Digest>> {
    const heads = await this.parts.opened.reading([], () => this.parts.heads.all());
    return new Set(heads.flat().map((row) => row.partial));
  }

  async clear(head: HeadName): Promise<number> {
    const isEmpty = (await this.history(head)).length === 0;
    return isEmpty ? 0 : this.parts.maintenance.clear(head);
  }
}
