/** A store that lives as long as the process: for tests, and for pipelines that need no disk. */
import { hostname } from "node:os";
import { digestOf } from "../../key/digest";
import type { Digest, RunId } from "../../protocol";
import { StagebookError } from "../../protocol";
import { MemoryRuns } from "./memory-runs";
import { ProcessFiles } from "./process-files";
import type {
  BlobRef,
  Claim,
  Entry,
  FileRef,
  GcOptions,
  GcReport,
  HeadName,
  HeadRow,
  Holder,
  NewBlob,
  Store,
  VerifyOptions,
  VerifyReport,
} from "../store";
import { chooseEvictions, chooseRemovals, sizeOfAll, type UsedEntry } from "../maintenance/choices";

/** Keeps everything that is committed, until `gc`. Bytes are copied in and out: nobody can change what is kept. */
export function createMemoryStore(now: () => number = Date.now): Store {
  return new MemoryStore(now);
}

class MemoryStore implements Store {
  readonly location = "memory";
  private readonly entries = new Map<Digest, Entry>();
  private readonly usedAt = new Map<Digest, number>();
  private readonly blobs = new Map<Digest, Uint8Array>();
  /** Put ahead of the entry that will name them. */
  private readonly ahead = new Set<Digest>();
  private readonly heads = new Map<string, Map<Digest, HeadRow>>();
  private readonly runs = new MemoryRuns();
  private readonly files = new ProcessFiles();
  private readonly claims = new Map<Digest, Holder>();
  private readonly pins = new Set<Digest>();
  private readonly holds = new Map<Digest, number>();

  constructor(private readonly now: () => number) {}

  async findEntry(key: Digest): Promise<Entry | undefined> {
    const entry = this.entries.get(key);
    if (entry) this.usedAt.set(key, this.now());
    return entry;
  }

  async isWhole({ output }: Entry): Promise<boolean> {
    return output.blobs.every(({ digest }) => this.blobs.has(digest)) && output.files.every(({ digest }) => this.files.has(digest)); // prettier-ignore
  }

  async readBlob({ digest }: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    const bytes = this.blobs.get(digest);
    if (!bytes || !into) return bytes && new Uint8Array(bytes);
    into.set(bytes);
    return into;
  }

  async putBlob(blob: NewBlob): Promise<void> {
    this.keep(blob);
    this.ahead.add(blob.ref.digest);
  }

  async commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    for (const blob of blobs) this.keep(blob);
    if (!(await this.isWhole(entry)))
      throw new StagebookError(
        "store-write",
        "a result cannot be kept: some of its bytes were never given",
        "Please report this.",
      );
    for (const { digest } of entry.output.blobs) this.ahead.delete(digest);
    this.entries.set(entry.key, structuredClone(entry));
    this.usedAt.set(entry.key, this.now());
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
    for (const key of keys) if (!named.has(key) && !this.isSpared(key)) this.entries.delete(key);
    await this.removeUnnamed();
    return keys.length;
  }

  async appendRun(run: RunId, lines: readonly string[]): Promise<void> {
    this.runs.append(run, lines, this.now());
  }

  async readRun(run: RunId): Promise<readonly string[] | undefined> {
    return this.runs.read(run);
  }

  scratchFolder(): Promise<string> {
    return this.files.scratchFolder();
  }

  async adoptFile(file: string, name: string): Promise<FileRef> {
    const ref = await this.files.adopt(file, name);
    this.ahead.add(ref.digest);
    return ref;
  }

  filePath(file: FileRef): Promise<string | undefined> {
    return this.files.path(file);
  }

  async claim(key: Digest, who: HeadName): Promise<{ readonly claim: Claim } | { readonly holder: Holder }> {
    const before = this.claims.get(key);
    if (before) return { holder: before };
    let own: Holder = { host: hostname(), pid: process.pid, ...who, since: this.now() };
    this.claims.set(key, own);
    const isOwn = (): boolean => this.claims.get(key) === own;
    return {
      claim: {
        report: (progress) => {
          if (!isOwn()) return;
          own = { ...own, progress };
          this.claims.set(key, own);
        },
        release: async () => void (isOwn() && this.claims.delete(key)),
      },
    };
  }

  async hold({ key }: Entry): Promise<() => Promise<void>> {
    this.holds.set(key, (this.holds.get(key) ?? 0) + 1);
    let isHeld = true;
    return async () => {
      if (isHeld) this.holds.set(key, (this.holds.get(key) ?? 1) - 1);
      isHeld = false;
    };
  }

  async pin(key: Digest, isPinned: boolean): Promise<void> {
    if (isPinned) this.pins.add(key);
    else this.pins.delete(key);
  }

  async pinned(): Promise<ReadonlySet<Digest>> {
    return new Set(this.pins);
  }

  async gc(options: GcOptions): Promise<GcReport> {
    options.signal?.throwIfAborted();
    const dryRun = options.dryRun === true;
    const all = this.usedEntries();
    const heads = [...this.heads.values()].map((rows) => [...rows.values()]);
    const removals = chooseRemovals(all, heads, options, this.now()).filter(({ key }) => !this.isSpared(key));
    const kept = all.filter((entry) => !removals.includes(entry));
    const there = new Set([...this.blobs.keys(), ...this.fileDigests()]);
    const spared = new Set(all.map(({ key }) => key).filter((key) => this.isSpared(key)));
    const { maxBytes } = options;
    const evictions =
      maxBytes === undefined
        ? { entries: [], blobs: new Set<Digest>() }
        : chooseEvictions(kept, there, spared, maxBytes);
    const named = new Set(kept.flatMap(({ blobs }) => blobs?.map(({ digest }) => digest) ?? []));
    const sizes = new Map(all.flatMap(({ blobs }) => blobs?.map(({ digest, sizeBytes }) => [digest, sizeBytes]) ?? []));
    const going = [...there].filter(
      (digest) => evictions.blobs.has(digest) || (!named.has(digest) && !this.ahead.has(digest)),
    );
    if (!dryRun) {
      for (const { key } of removals) this.forget(key);
      for (const digest of going) await this.removeBlob(digest);
    }
    const left = new Set([...there].filter((digest) => !going.includes(digest)));
    return {
      dryRun,
      removedEntries: removals.length,
      evictedEntries: evictions.entries.length,
      removedBlobs: going.length,
      freedBytes: going.reduce(
        (sum, digest) => sum + (sizes.get(digest) ?? this.blobs.get(digest)?.byteLength ?? 0),
        0,
      ),
      keptEntries: kept.length,
      keptBytes: sizeOfAll(kept, left),
      ...this.runs.collect(options, { kept, heads, spared }, this.now()),
    };
  }

  async verify({ repair = false, signal, onProgress }: VerifyOptions): Promise<VerifyReport> {
    const problems: { where: string; what: string }[] = [];
    let done = 0;
    for (const [digest, bytes] of [...this.blobs]) {
      signal?.throwIfAborted();
      if (digestOf(bytes) !== digest) {
        problems.push({ where: digest, what: "a stored value is damaged" });
        if (repair) await this.removeBlob(digest);
      }
      onProgress?.(++done, this.blobs.size);
    }
    signal?.throwIfAborted();
    const sizeBytes = [...this.blobs.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    return { entries: this.entries.size, blobs: this.blobs.size, sizeBytes, problems, repaired: repair };
  }

  private keep({ ref, pieces }: NewBlob): void {
    if (!this.blobs.has(ref.digest)) this.blobs.set(ref.digest, joined(pieces, ref.sizeBytes));
  }

  private isSpared(key: Digest): boolean {
    return this.pins.has(key) || (this.holds.get(key) ?? 0) > 0;
  }

  private forget(key: Digest): void {
    this.entries.delete(key);
    this.usedAt.delete(key);
    for (const rows of this.heads.values()) rows.delete(key);
  }

  private async removeUnnamed(): Promise<void> {
    const named = new Set([...this.entries.values()].flatMap((entry) => digestsOf(entry)));
    for (const digest of [...this.blobs.keys()])
      if (!named.has(digest) && !this.ahead.has(digest)) await this.removeBlob(digest);
  }

  private async removeBlob(digest: Digest): Promise<void> {
    this.blobs.delete(digest);
    await this.files.remove(digest);
  }

  private usedEntries(): readonly UsedEntry[] {
    return [...this.entries.values()].map((entry) => ({
      key: entry.key,
      usedAtMs: this.usedAt.get(entry.key) ?? entry.at,
      blobs: [...entry.output.blobs, ...entry.output.files],
      run: entry.run,
    }));
  }

  private fileDigests(): readonly Digest[] {
    return [...this.entries.values()].flatMap(({ output }) => output.files.map(({ digest }) => digest));
  }

  private allRows(): readonly HeadRow[] {
    return [...this.heads.values()].flatMap((rows) => [...rows.values()]);
  }
}

function digestsOf({ output }: Entry): readonly Digest[] {
  return [...output.blobs, ...output.files].map(({ digest }) => digest);
}

function joined(pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const whole = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

function idOf(head: HeadName): string {
  return JSON.stringify([head.notebook, head.stage]);
}
