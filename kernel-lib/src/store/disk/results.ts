/** The `Results` of a disk store: entries, blobs and histories. */
import type { Digest } from "../../protocol";
import { KeyedMutex } from "../concurrency";
import { blobsOf, type EntrySeal } from "../records/entry-record";
import { EntryReader } from "../records/entry-reader";
import { textOf } from "../records/text";
import type { BlobRef, Entry, HeadName, HeadRow, NewBlob, Results } from "../store";
import type { DiskBlobs } from "./blobs";
import type { HeadLocation } from "./folder";
import type { DiskHeads } from "./heads";
import type { LatestLinks } from "./latest";
import type { DiskMaintenance } from "./maintenance/maintenance";
import type { SizeLimit } from "./maintenance/size-limit";
import type { OpenedFolder } from "./opened";
import type { DiskUses } from "./uses";
import type { ResultWriter } from "./writer";

export interface DiskResultsParts {
  readonly opened: OpenedFolder;
  readonly heads: DiskHeads;
  readonly blobs: DiskBlobs;
  readonly writer: ResultWriter;
  readonly latest: LatestLinks;
  readonly uses: DiskUses;
  readonly maintenance: DiskMaintenance;
  readonly sizeLimit: SizeLimit | undefined;
  readonly seal: EntrySeal | undefined;
  readonly isReadOnly: boolean;
}

export class DiskResults implements Results {
  private readonly reader: EntryReader;
  private readonly mutex = new KeyedMutex();

  constructor(private readonly parts: DiskResultsParts) {
    this.reader = new EntryReader(parts.seal, parts.opened.warn);
  }

  async findEntry(key: Digest): Promise<Entry | undefined> {
    const { opened, uses, isReadOnly } = this.parts;
    const path = opened.paths.entry(key);
    const bytes = await opened.read(path);
    const entry = bytes && this.reader.read(key, textOf(bytes), path);
    if (entry && !isReadOnly) uses.mark(key);
    return entry;
  }

  async isWhole(entry: Entry): Promise<boolean> {
    const { opened, blobs } = this.parts;
    await opened.check();
    for (const ref of blobsOf(entry)) if (!(await blobs.exists(ref))) return false;
    return true;
  }

  async readBlob(ref: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    await this.parts.opened.check();
    return this.parts.blobs.read(ref, into);
  }

  async putBlob(blob: NewBlob): Promise<void> {
    const { opened, writer } = this.parts;
    await opened.writing(() => writer.put(blob));
    opened.forgetWarnings(opened.paths.blob(blob.ref.digest));
  }

  async commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    const { opened, writer, latest, sizeLimit } = this.parts;
    const location = opened.paths.head(head);
    const row = { key: entry.key, partial: entry.partial, at: entry.at };
    const newBytes = await opened.writing(() => writer.commit(entry, blobs, () => this.append(location, row)));
    // Users look for values; what executions read is none.
    if (!entry.traces) latest.update(head, location, entry);
    opened.forgetWarnings(opened.paths.entry(entry.key));
    for (const { digest } of blobsOf(entry)) opened.forgetWarnings(opened.paths.blob(digest));
    sizeLimit?.added(entry.key, newBytes);
  }

  async touch(head: HeadName, row: HeadRow): Promise<void> {
    const { opened, latest } = this.parts;
    const rows = await this.history(head);
    if (rows.at(-1)?.key === row.key) return;
    const location = opened.paths.head(head);
    await opened.writing(() => this.append(location, row));
    const entry = await this.findEntry(row.key);
    if (entry) latest.update(head, location, entry);
  }

  async history(head: HeadName): Promise<readonly HeadRow[]> {
    const { opened, heads } = this.parts;
    await opened.check();
    return heads.rows(opened.paths.head(head));
  }

  async partials(): Promise<ReadonlySet<Digest>> {
    const { opened, heads } = this.parts;
    await opened.check();
    return new Set((await heads.all()).flat().map((row) => row.partial));
  }

  async clear(head: HeadName): Promise<number> {
    const { opened, latest, maintenance } = this.parts;
    if (!(await opened.check())) return 0;
    await latest.written();
    return maintenance.clear(opened.paths.head(head));
  }

  private async append(location: HeadLocation, row: HeadRow): Promise<void> {
    await this.mutex.run(location.path, () => this.parts.heads.append(location, row));
  }
}
