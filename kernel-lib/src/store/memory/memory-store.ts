/** A store that lives as long as the process: for tests, and for pipelines that need no disk. */
import { hostname } from "node:os";
import { digestOf } from "../../key/digest";
import type { Digest, RunId } from "../../protocol";
import { StagebookError } from "../../protocol";
import { composeStore } from "../compose-store";
import {
  chooseEvictions,
  chooseRemovals,
  referencedBlobs,
  reportResults,
  type Evictions,
  type UsedEntry,
} from "../maintenance/choices";
import { collectRuns, isRunList, runOfLine, type RunReport } from "../maintenance/run-choices";
import { MemoryNotebooks } from "../notebooks/memory-notebooks";
import { fileNameOf } from "../records/file-name";
import { blobsOf } from "../records/entry-record";
import type {
  BlobRef,
  ClaimOutcome,
  Claims,
  Entry,
  FileRef,
  GcOptions,
  GcReport,
  HeadName,
  HeadRow,
  Holder,
  Maintenance,
  NewBlob,
  Results,
  RunLog,
  Store,
  VerifyOptions,
  VerifyReport,
} from "../store";
import { ownBytes } from "./own-bytes";
import { ProcessFiles } from "./process-files";

/** Keeps everything that is committed, until `gc`. Bytes are copied in and out: callers cannot change what is stored. */
export function createMemoryStore(now: () => number = Date.now): Store {
  const claims = new MemoryClaims(now);
  const runLog = new MemoryRuns(now);
  const results = new MemoryResults(claims, now);
  return composeStore({
    location: "memory",
    results,
    runLog,
    notebooks: new MemoryNotebooks(),
    stageFiles: {
      scratchFolder: () => results.files.scratchFolder(),
      adoptFile: (path, name) => results.adoptFile(path, name),
      filePath: (file) => results.files.filePath(file),
    },
    claims,
    maintenance: new MemoryMaintenance(results, runLog, now),
  });
}

class MemoryResults implements Results {
  readonly files = new ProcessFiles();
  readonly blobs = new Map<Digest, Uint8Array>();
  readonly entries = new Map<Digest, Entry>();
  private readonly usedAt = new Map<Digest, number>();
  /** Blobs that were put ahead of the entry that will refer to them. */
  private readonly ahead = new Set<Digest>();
  private readonly heads = new Map<string, Map<Digest, HeadRow>>();

  constructor(
    private readonly claims: MemoryClaims,
    private readonly now: () => number,
  ) {}

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
    this.storeBlob(blob);
    this.ahead.add(blob.ref.digest);
  }

  async commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    for (const blob of blobs) this.storeBlob(blob);
    if (!(await this.isWhole(entry)))
      throw new StagebookError(
        "store-write",
        "a result cannot be stored: some of its blobs were never written",
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
    const inHistories = new Set(this.allRows().map((row) => row.key));
    for (const key of keys) if (!inHistories.has(key) && !this.claims.isSpared(key)) this.entries.delete(key);
    const removable = this.removableBlobs(this.usedEntries(), new Set(this.blobs.keys()), noEvictions);
    for (const digest of removable) await this.removeBlob(digest);
    return keys.length;
  }

  async adoptFile(path: string, name: string): Promise<FileRef> {
    const ref = await this.files.adoptFile(path, name);
    this.ahead.add(ref.digest);
    return ref;
  }

  usedEntries(): readonly UsedEntry[] {
    return [...this.entries.values()].map((entry) => ({
      key: entry.key,
      usedAtMs: this.usedAt.get(entry.key) ?? entry.at,
      blobs: blobsOf(entry),
      run: entry.run,
    }));
  }

  /** The rows of all histories, one list each. */
  allHeads(): readonly (readonly HeadRow[])[] {
    return [...this.heads.values()].map((rows) => [...rows.values()]);
  }

  /** The blobs that exist, and the files of entries. */
  existingBlobs(): ReadonlySet<Digest> {
    const files = [...this.entries.values()].flatMap(({ output }) => output.files.map(({ digest }) => digest));
    return new Set([...this.blobs.keys(), ...files]);
  }

  /** Of the existing blobs, those that are evicted or that no entry refers to. */
  removableBlobs(kept: readonly UsedEntry[], existing: ReadonlySet<Digest>, evictions: Evictions): readonly Digest[] {
    const referenced = referencedBlobs(kept);
    const isReferenced = (digest: Digest): boolean => referenced.has(digest) || this.ahead.has(digest);
    return [...existing].filter((digest) => evictions.blobs.has(digest) || !isReferenced(digest));
  }

  spared(): ReadonlySet<Digest> {
    return new Set([...this.entries.keys()].filter((key) => this.claims.isSpared(key)));
  }

  remove(key: Digest): void {
    this.entries.delete(key);
    this.usedAt.delete(key);
    for (const rows of this.heads.values()) rows.delete(key);
  }

  async removeBlob(digest: Digest): Promise<void> {
    this.blobs.delete(digest);
    await this.files.remove(digest);
  }

  private storeBlob(blob: NewBlob): void {
    if (!this.blobs.has(blob.ref.digest)) this.blobs.set(blob.ref.digest, ownBytes(blob));
  }

  private allRows(): readonly HeadRow[] {
    return this.allHeads().flat();
  }
}

class MemoryClaims implements Claims {
  private readonly claims = new Map<Digest, Holder>();
  private readonly pins = new Set<Digest>();
  private readonly holds = new Map<Digest, number>();

  constructor(private readonly now: () => number) {}

  async claim(key: Digest, who: HeadName): Promise<ClaimOutcome> {
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
        isHeld: async () => isOwn(),
        release: async () => void (isOwn() && this.claims.delete(key)),
      },
    };
  }

  async holderOf(key: Digest): Promise<Holder | undefined> {
    return this.claims.get(key);
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

  isSpared(key: Digest): boolean {
    return this.pins.has(key) || (this.holds.get(key) ?? 0) > 0;
  }
}

class MemoryRuns implements RunLog {
  /** By encoded name, lists of runs included. */
  private readonly runs = new Map<string, { lines: readonly string[]; writtenAtMs: number }>();

  constructor(private readonly now: () => number) {}

  async appendRun(run: RunId, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const before = this.runs.get(fileNameOf(run))?.lines ?? [];
    this.runs.set(fileNameOf(run), { lines: [...before, ...lines], writtenAtMs: this.now() });
  }

  async readRun(run: RunId): Promise<readonly string[] | undefined> {
    return this.runs.get(fileNameOf(run))?.lines;
  }

  collect(
    options: GcOptions,
    kept: readonly UsedEntry[],
    heads: readonly (readonly HeadRow[])[],
    spared: ReadonlySet<Digest>,
  ): Promise<RunReport> {
    const all = [...this.runs].map(([name, { lines, writtenAtMs }]) => ({
      name,
      lines,
      writtenAtMs,
      sizeBytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0),
    }));
    return collectRuns(options, this.now(), {
      runs: all.filter(({ name }) => !isRunList(name)),
      kept,
      readLists: async () => all.filter(({ name }) => isRunList(name)).map(({ lines }) => lines),
      heads: async () => heads,
      spared: async () => spared,
      pids: async () => new Set([process.pid]),
      exists: async (name) => this.runs.has(name),
      remove: async (removed) => removed.forEach(({ name }) => this.runs.delete(name)),
      trimLists: async (removed) => this.trimLists(removed),
    });
  }

  private trimLists(names: ReadonlySet<string>): void {
    for (const [name, run] of this.runs)
      if (isRunList(name)) run.lines = run.lines.filter((line) => !names.has(runOfLine(line) ?? ""));
  }
}

const noEvictions: Evictions = { entries: [], blobs: new Set() };

class MemoryMaintenance implements Maintenance {
  constructor(
    private readonly results: MemoryResults,
    private readonly runs: MemoryRuns,
    private readonly now: () => number,
  ) {}

  async gc(options: GcOptions): Promise<GcReport> {
    options.signal?.throwIfAborted();
    const { results } = this;
    const { maxBytes } = options;
    const all = results.usedEntries();
    const heads = results.allHeads();
    const spared = results.spared();
    const removals = chooseRemovals(all, heads, options, this.now()).filter(({ key }) => !spared.has(key));
    const kept = all.filter((entry) => !removals.includes(entry));
    const existing = results.existingBlobs();
    const evictions = maxBytes === undefined ? noEvictions : chooseEvictions(kept, existing, spared, maxBytes);
    const removable = results.removableBlobs(kept, existing, evictions);
    const sizes = new Map(all.flatMap(({ blobs }) => blobs?.map(({ digest, sizeBytes }) => [digest, sizeBytes]) ?? []));
    const sizeOf = (digest: Digest): number => sizes.get(digest) ?? results.blobs.get(digest)?.byteLength ?? 0;
    const removedBlobs = new Map(removable.map((digest) => [digest, sizeOf(digest)]));
    if (options.dryRun !== true) {
      for (const { key } of removals) results.remove(key);
      for (const digest of removable) await results.removeBlob(digest);
    }
    return {
      ...reportResults(options, { removed: removals, kept, existing, evictions, removedBlobs }),
      ...(await this.runs.collect(options, kept, heads, spared)),
    };
  }

  async verify({ repair = false, signal, onProgress }: VerifyOptions): Promise<VerifyReport> {
    const { blobs, entries } = this.results;
    const problems: { where: string; what: string }[] = [];
    let done = 0;
    for (const [digest, bytes] of [...blobs]) {
      signal?.throwIfAborted();
      if (digestOf(bytes) !== digest) {
        problems.push({ where: digest, what: "a stored value is damaged" });
        if (repair) await this.results.removeBlob(digest);
      }
      onProgress?.(++done, blobs.size);
    }
    signal?.throwIfAborted();
    const sizeBytes = [...blobs.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    return { entries: entries.size, blobs: blobs.size, sizeBytes, problems, repaired: repair };
  }
}

function idOf(head: HeadName): string {
  return JSON.stringify([head.notebook, head.stage]);
}
