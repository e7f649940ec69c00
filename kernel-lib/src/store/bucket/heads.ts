/** The histories of a store in a bucket: one empty object per row, whose name holds the row. */
import type { HeadName, HeadRow } from "../store";
import { KeyedMutex } from "../concurrency";
import type { Bucket } from "./port";
import { listAll } from "./port";
import { headPrefix, HEADS, orderOf, rowName, rowOfName, type Sequence } from "./names";

const EMPTY = new Uint8Array(0);

interface Row {
  readonly name: string;
  readonly row: HeadRow;
}

export class BucketHeads {
  private readonly mutex = new KeyedMutex();

  constructor(
    private readonly bucket: Bucket,
    private readonly sequence: Sequence,
  ) {}

  /** Oldest first, each key once. */
  async rows(head: HeadName): Promise<readonly HeadRow[]> {
    return uniqueRows(await this.list(headPrefix(head)));
  }

  /** `onlyIfOther`: does nothing when the newest row has that key. */
  async append(head: HeadName, row: HeadRow, onlyIfOther = false): Promise<void> {
    const prefix = headPrefix(head);
    await this.mutex.run(prefix, async () => {
      const before = await this.list(prefix);
      const newest = before.at(-1);
      if (onlyIfOther && newest?.row.key === row.key) return;
      if (newest) this.sequence.follow(orderOf(newest.name));
      await this.bucket.put(rowName(head, this.sequence.next(), row), EMPTY);
      for (const { name, row: old } of before) if (old.key === row.key) await this.bucket.delete(name);
    });
  }

  /** Removes the history. Returns the keys that it had. */
  async remove(head: HeadName): Promise<ReadonlySet<HeadRow["key"]>> {
    const rows = await this.list(headPrefix(head));
    for (const { name } of rows) await this.bucket.delete(name);
    return new Set(rows.map(({ row }) => row.key));
  }

  /** The rows of all histories, one list each. */
  async all(): Promise<readonly (readonly HeadRow[])[]> {
    return (await this.byNotebook()).map(({ rows }) => rows);
  }

  /** Removes all histories of a notebook. `notebook`: its encoded name. */
  async removeNotebook(notebook: string): Promise<void> {
    for (const { name } of await listAll(this.bucket, `${HEADS}${notebook}/`)) await this.bucket.delete(name);
  }

  /** The same, each with the encoded name of its notebook. */
  async byNotebook(): Promise<readonly { readonly notebook: string; readonly rows: readonly HeadRow[] }[]> {
    const heads = new Map<string, Row[]>();
    for (const found of await this.list(HEADS)) {
      const prefix = found.name.slice(0, found.name.lastIndexOf("/"));
      const rows = heads.get(prefix);
      if (rows) rows.push(found);
      else heads.set(prefix, [found]);
    }
    return [...heads].map(([prefix, rows]) => ({
      notebook: prefix.slice(HEADS.length, prefix.lastIndexOf("/")),
      rows: uniqueRows(rows),
    }));
  }

  private async list(prefix: string): Promise<readonly Row[]> {
    return (await listAll(this.bucket, prefix)).flatMap(({ name }) => {
      const row = rowOfName(name);
      return row ? [{ name, row }] : [];
    });
  }
}

/** Each key once, at its latest position. */
function uniqueRows(rows: readonly Row[]): readonly HeadRow[] {
  const byKey = new Map<HeadRow["key"], HeadRow>();
  for (const { row } of rows) {
    byKey.delete(row.key);
    byKey.set(row.key, row);
  }
  return [...byKey.values()];
}
