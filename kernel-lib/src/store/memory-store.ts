/** A store that lives as long as the process: for tests, and for pipelines that need no disk. */
import type { Digest, RunId } from "../protocol";
import type { Entry, HeadName, HeadRow, Store } from "./store";

/** Keeps everything that is committed, without a bound. Bytes are copied in and out: nobody can change what is kept. */
export function createMemoryStore(): Store {
  return new MemoryStore();
}

class MemoryStore implements Store {
  readonly location = "memory";
  private readonly entries = new Map<Digest, Entry>();
  private readonly blobs = new Map<Digest, Uint8Array>();
  private readonly heads = new Map<string, Map<Digest, HeadRow>>();
  private readonly runs = new Map<RunId, string[]>();

  async findEntry(key: Digest): Promise<Entry | undefined> {
    return this.entries.get(key);
  }

  async readBlob(digest: Digest): Promise<Uint8Array | undefined> {
    const bytes = this.blobs.get(digest);
    return bytes && new Uint8Array(bytes);
  }

  async commit(head: HeadName, entry: Entry, bytes: Uint8Array): Promise<void> {
    if (!this.blobs.has(entry.output.blob)) this.blobs.set(entry.output.blob, new Uint8Array(bytes));
    this.entries.set(entry.key, structuredClone(entry));
    await this.touch(head, { key: entry.key, partial: entry.partial, at: entry.at });
  }

  async touch(head: HeadName, row: HeadRow): Promise<void> {
    const rows = this.heads.get(idOf(head)) ?? new Map<Digest, HeadRow>();
    rows.delete(row.key);
    rows.set(row.key, { key: row.key, partial: row.partial, at: row.at });
    this.heads.set(idOf(head), rows);
  }

  async history(head: HeadName): Promise<readonly HeadRow[]> {
    return [...(this.heads.get(idOf(head))?.values() ?? [])];
  }

  async partials(): Promise<ReadonlySet<Digest>> {
    return new Set(this.allRows().map((row) => row.partial));
  }

  async clear(head: HeadName): Promise<number> {
    const keys = [...(this.heads.get(idOf(head))?.keys() ?? [])];
    this.heads.delete(idOf(head));
    const named = new Set(this.allRows().map((row) => row.key));
    for (const key of keys) if (!named.has(key)) this.entries.delete(key);
    const used = new Set([...this.entries.values()].map((entry) => entry.output.blob));
    for (const blob of this.blobs.keys()) if (!used.has(blob)) this.blobs.delete(blob);
    return keys.length;
  }

  async appendRun(run: RunId, lines: readonly string[]): Promise<void> {
    if (lines.length > 0) this.runs.set(run, [...(this.runs.get(run) ?? []), ...lines]);
  }

  async readRun(run: RunId): Promise<readonly string[] | undefined> {
    return this.runs.get(run);
  }

  private allRows(): readonly HeadRow[] {
    return [...this.heads.values()].flatMap((rows) => [...rows.values()]);
  }
}

function idOf(head: HeadName): string {
  return JSON.stringify([head.notebook, head.stage]);
}
