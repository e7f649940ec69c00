/** The records of notebooks in a bucket: objects `notebooks/<id>.json`. */
import type { OpenedBucket } from "../bucket/opened";
import { NOTEBOOKS } from "../bucket/names";
import { listAll } from "../bucket/port";
import type { NotebookRecord, Notebooks } from "../store";
import { decodeNotebook, encodeNotebook, notebookFileName } from "./notebook-record";

export class BucketNotebooks implements Notebooks {
  constructor(private readonly opened: OpenedBucket) {}

  notebooks(): Promise<readonly NotebookRecord[]> {
    return this.opened.reading([], async () => {
      const items = await listAll(this.opened.bucket, NOTEBOOKS);
      const records = await Promise.all(items.map(({ name }) => this.read(name.slice(NOTEBOOKS.length))));
      return records.filter((record) => record !== undefined);
    });
  }

  addNotebook(record: NotebookRecord): Promise<boolean> {
    const fileName = notebookFileName(record.id);
    const bytes = Buffer.from(encodeNotebook(record));
    return this.opened.writing(async () => {
      const { bucket } = this.opened;
      if (await bucket.putIfAbsent(NOTEBOOKS + fileName, bytes)) return true;
      const found = await bucket.get(NOTEBOOKS + fileName);
      // A damaged record belongs to nobody.
      const isDamaged = found !== undefined && !decodeNotebook(fileName, Buffer.from(found.bytes).toString());
      return isDamaged && bucket.putIfSame(NOTEBOOKS + fileName, bytes, found.version);
    });
  }

  async updateNotebook(record: NotebookRecord): Promise<void> {
    const name = NOTEBOOKS + notebookFileName(record.id);
    await this.opened.writing(() => this.opened.bucket.put(name, Buffer.from(encodeNotebook(record))));
  }

  private async read(fileName: string): Promise<NotebookRecord | undefined> {
    const found = await this.opened.bucket.get(NOTEBOOKS + fileName);
    if (!found) return undefined;
    const record = decodeNotebook(fileName, Buffer.from(found.bytes).toString());
    if (!record) this.opened.warn("the record of a notebook is damaged; it is treated as absent", NOTEBOOKS + fileName);
    return record;
  }
}
