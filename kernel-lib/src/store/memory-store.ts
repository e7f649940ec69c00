/** A store that lives as long as the process: for tests, and for pipelines that need no disk. */
import type { Digest, RunId } from "../protocol";
import { mkdtempSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { digestOf } from "../key/digest";
import type {
  BlobRef,
  Claim,
  Entry,
  FileRef,
  GcReport,
  HeadName,
  HeadRow,
  Holder,
  NewBlob,
  Store,
  VerifyReport,
} from "./store";

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

  async isWhole(): Promise<boolean> {
    return true;
  }

  async readBlob(blob: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    const bytes = this.blobs.get(blob.digest);
    into?.set(bytes ?? []);
    return bytes && (into ?? new Uint8Array(bytes));
  }

  async putBlob({ ref, pieces }: NewBlob): Promise<void> {
    this.blobs.set(ref.digest, new Uint8Array(Buffer.concat(pieces)));
  }

  async commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    for (const blob of blobs) await this.putBlob(blob);
    this.entries.set(entry.key, structuredClone(entry));
    await this.touch(head, { key: entry.key, partial: entry.partial, at: entry.at });
  }

  async scratchFolder(): Promise<string> {
    return mkdtempSync(path.join(tmpdir(), "stagebook-"));
  }
  async adoptFile(file: string, name: string): Promise<FileRef> {
    const bytes = await readFile(file);
    await rm(file);
    const ref = { digest: digestOf(bytes), sizeBytes: bytes.byteLength };
    await this.putBlob({ ref, pieces: [bytes] });
    return { ...ref, name };
  }
  async filePath(file: FileRef): Promise<string | undefined> {
    const bytes = this.blobs.get(file.digest);
    const place = path.join(await this.scratchFolder(), file.name);
    if (bytes) await writeFile(place, bytes);
    return bytes && place;
  }
  private readonly claims = new Map<Digest, Holder>();
  async claim(key: Digest, who: HeadName): Promise<{ readonly claim: Claim } | { readonly holder: Holder }> {
    const holder = this.claims.get(key);
    if (holder) return { holder };
    this.claims.set(key, { host: "here", pid: process.pid, ...who, since: Date.now() });
    return { claim: { report: () => undefined, release: async () => void this.claims.delete(key) } };
  }
  async hold(): Promise<() => Promise<void>> {
    return async () => undefined;
  }
  private readonly pins = new Set<Digest>();
  async pin(key: Digest, isPinned: boolean): Promise<void> {
    if (isPinned) this.pins.add(key);
    else this.pins.delete(key);
  }
  async pinned(): Promise<ReadonlySet<Digest>> {
    return this.pins;
  }
  async gc(): Promise<GcReport> {
    throw new Error("not yet");
  }
  async verify(): Promise<VerifyReport> {
    throw new Error("not yet");
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
