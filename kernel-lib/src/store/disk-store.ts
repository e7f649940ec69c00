/**
 * The default store: files in one folder, `.stagebook/` beside the notebook. Made by the composition root. Nothing is created before
 * the first write.
 *
 *   blobs-v1/ab/cdef…             encoded values, named by the sha256 of their bytes
 *   entries-v1/<key>.json         one self-checking record per result
 *   heads/<notebook>/<stage>      the keys that the stage has had, one self-checking line each
 *   latest/<notebook>/<stage>     a link to the newest blob, and beside it `.json`: what made it, for people
 *   runs/<run>.ndjson             the events of each run
 */
import { dirname, relative } from "node:path";
import { digestOf } from "../key/digest";
import type { Digest, RunId } from "../protocol";
import { StagebookError } from "../protocol";
import { clearHead } from "./clear-head";
import type { FileSystem, StagedFile } from "./durable-files";
import { DurableFiles } from "./durable-files";
import { asEntry, decodeRecord, encodeRecord } from "./entry-record";
import { HeadLogs } from "./head-logs";
import { latestText } from "./latest-record";
import type { Entry, HeadName, HeadRow, Store, StoreTrouble } from "./store";
import { writeError } from "./store-error";
import type { HeadPlace } from "./store-folder";
import { checkFormat, prepareFolder, StorePaths, sweepLeftovers } from "./store-folder";
import { Turns } from "./turns";

export interface DiskStoreOptions {
  /** Absolute path. Made at the first write. */
  readonly folder: string;
  readonly trouble: StoreTrouble;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** For tests that let operations fail. */
  readonly fileSystem?: FileSystem;
}

export interface DiskStore extends Store {
  /** Removes what killed processes left behind; happens by itself once a session. Returns how many files. */
  sweep(): Promise<number>;
}

/** Many processes may use one folder at the same time. */
export function createDiskStore(options: DiskStoreOptions): DiskStore {
  return new FolderStore(options);
}

class FolderStore implements DiskStore {
  readonly location: string;
  private readonly paths: StorePaths;
  private readonly files: DurableFiles;
  private readonly heads: HeadLogs;
  private readonly turns = new Turns();
  private readonly now: () => number;
  private readonly told = new Set<string>();
  private checked: Promise<boolean> | undefined;
  private prepared: Promise<void> | undefined;

  constructor(private readonly options: DiskStoreOptions) {
    this.location = options.folder;
    this.now = options.now ?? Date.now;
    this.files = new DurableFiles(options.fileSystem);
    this.paths = new StorePaths(options.folder);
    this.heads = new HeadLogs(this.files, this.paths, (message, where) => this.tell(message, where));
  }

  async findEntry(key: Digest): Promise<Entry | undefined> {
    const path = this.paths.entry(key);
    const text = await this.readText(path);
    if (text === undefined) return undefined;
    const entry = asEntry(decodeRecord(["entry", key], text)?.record, key);
    if (!entry) this.tell("the record of a result is damaged; the result is made again", path);
    return entry;
  }

  async readBlob(digest: Digest): Promise<Uint8Array | undefined> {
    const path = this.paths.blob(digest);
    const bytes = await this.readBytes(path);
    if (bytes === undefined) this.tell("a stored value is missing; it is made again", path);
    else if (digestOf(bytes) === digest) return bytes;
    else this.tell("a stored value is damaged; it is made again", path);
    return undefined;
  }

  async commit(head: HeadName, entry: Entry, bytes: Uint8Array): Promise<void> {
    const place = this.paths.head(head);
    await this.writing(async () => {
      const flush = await this.writeResult(entry, bytes);
      await Promise.all([flush(), this.appendHead(place, entry)]).catch(async (error: unknown) => {
        await this.files.remove(this.paths.entry(entry.key));
        throw error;
      });
      // Another process may have cleared an equal result before it could see our line; from now on it sees it.
      const [isThere] = await Promise.all([this.hasResult(entry), this.pointLatest(head, place, entry)]);
      if (!isThere) await (await this.writeResult(entry, bytes))();
    });
    this.forgetTold(entry);
  }

  async touch(head: HeadName, row: HeadRow): Promise<void> {
    const place = this.paths.head(head);
    const rows = await this.readHead(place);
    if (rows.at(-1)?.key === row.key) return;
    await this.writing(() => this.turns.take(place.path, () => this.heads.append(place, row)));
    const entry = await this.findEntry(row.key);
    if (entry) await this.pointLatest(head, place, entry);
  }

  async history(head: HeadName): Promise<readonly HeadRow[]> {
    return this.readHead(this.paths.head(head));
  }

  async partials(): Promise<ReadonlySet<Digest>> {
    await this.check();
    return new Set((await this.heads.allRows()).map((row) => row.partial));
  }

  async clear(head: HeadName): Promise<number> {
    const place = this.paths.head(head);
    await this.check();
    return this.inWords(() =>
      clearHead(place, {
        files: this.files,
        paths: this.paths,
        heads: this.heads,
        findEntry: (key) => this.findEntry(key),
      }),
    );
  }

  async appendRun(run: RunId, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const path = this.paths.run(run);
    // One after the other, so that lines stay in order.
    await this.writing(() => this.turns.take(path, () => this.files.append(path, `${lines.join("\n")}\n`, false)));
  }

  async readRun(run: RunId): Promise<readonly string[] | undefined> {
    const text = await this.readText(this.paths.run(run));
    return text?.split("\n").filter((line) => line !== "");
  }

  async sweep(): Promise<number> {
    return sweepLeftovers(this.files, this.paths, this.now);
  }

  /** Gives both files their names; returns what makes that durable. */
  private async writeResult(entry: Entry, bytes: Uint8Array): Promise<() => Promise<unknown>> {
    const { blob, record } = await this.stageResult(entry, bytes);
    // In this order: what names another file is never there before it.
    await blob?.publish().catch(async (error: unknown) => {
      await record.abandon();
      throw error;
    });
    await record.publish();
    return () => Promise.all([blob?.flush(), record.flush()]);
  }

  private async hasResult(entry: Entry): Promise<boolean> {
    const paths = [this.paths.entry(entry.key), this.paths.blob(entry.output.blob)];
    const found = await Promise.all(paths.map((path) => this.files.exists(path)));
    return found.every((isThere) => isThere);
  }

  /** Both files are written and flushed at the same time; neither has a name yet. */
  private async stageResult(
    entry: Entry,
    bytes: Uint8Array,
  ): Promise<{ blob: StagedFile | undefined; record: StagedFile }> {
    const text = encodeRecord(["entry", entry.key], entry);
    const [blob, record] = await Promise.allSettled([
      this.stageBlob(entry.output.blob, bytes),
      this.files.stage(this.paths.entry(entry.key), Buffer.from(text)),
    ]);
    if (blob.status === "fulfilled" && record.status === "fulfilled") return { blob: blob.value, record: record.value };
    for (const file of [blob, record]) if (file.status === "fulfilled") await file.value?.abandon();
    throw blob.status === "rejected" ? blob.reason : (record as PromiseRejectedResult).reason;
  }

  /** Undefined when the same bytes are there already, whole. */
  private async stageBlob(digest: Digest, bytes: Uint8Array): Promise<StagedFile | undefined> {
    const path = this.paths.blob(digest);
    const there = await this.files.fs.stat(path).catch(() => undefined);
    if (there?.size === bytes.byteLength) {
      const before = await this.files.read(path).catch(() => undefined);
      if (before && digestOf(before) === digest) return undefined;
    }
    return this.files.stage(path, bytes);
  }

  private async appendHead(place: HeadPlace, entry: Entry): Promise<void> {
    const row = { key: entry.key, partial: entry.partial, at: entry.at };
    await this.turns.take(place.path, () => this.heads.append(place, row));
  }

  /** For people; its failure harms no result. */
  private async pointLatest(head: HeadName, place: HeadPlace, entry: Entry): Promise<void> {
    const path = this.paths.latest(place);
    const blob = relative(dirname(path), this.paths.blob(entry.output.blob));
    try {
      await this.turns.take(path, async () => {
        // Not every system lets everybody make links: then a text with the path.
        await this.files.link(path, blob).catch(() => this.files.writeLoosely(path, `${blob}\n`));
        await this.files.writeLoosely(`${path}.json`, latestText(head, entry, blob));
      });
    } catch (error) {
      this.tell(
        `the path to the newest result could not be written (${error instanceof Error ? error.message : String(error)})`,
        path,
      );
    }
  }

  private async readHead(place: HeadPlace): Promise<readonly HeadRow[]> {
    await this.check();
    return this.heads.rows(place);
  }

  private async readText(path: string): Promise<string | undefined> {
    const bytes = await this.readBytes(path);
    return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  }

  /** Undefined when absent, or when it cannot be read; the latter is told. */
  private async readBytes(path: string): Promise<Uint8Array | undefined> {
    await this.check();
    try {
      return await this.files.read(path);
    } catch (error) {
      this.tell(
        `cannot be read (${error instanceof Error ? error.message : String(error)}); it is treated as absent`,
        path,
      );
      return undefined;
    }
  }

  /** Runs a write in a prepared folder, with errors of the system in words. */
  private async writing(work: () => Promise<void>): Promise<void> {
    await this.inWords(async () => {
      await this.prepare();
      await work();
    });
  }

  private async inWords<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof StagebookError ? error : writeError(this.location, error);
    }
  }

  /** True when the folder has a marker of a format that we know. Asked until there is one. */
  private async check(): Promise<boolean> {
    this.checked ??= this.checkOnce();
    return this.checked;
  }

  private async checkOnce(): Promise<boolean> {
    try {
      const isThere = await checkFormat(this.files, this.paths, (message, where) => this.tell(message, where));
      if (!isThere) this.checked = undefined;
      return isThere;
    } catch (error) {
      this.checked = undefined;
      if (error instanceof StagebookError) throw error;
      this.tell(`cannot be read (${error instanceof Error ? error.message : String(error)})`, this.paths.format());
      return false;
    }
  }

  private async prepare(): Promise<void> {
    this.prepared ??= this.prepareOnce().catch((error: unknown) => {
      this.prepared = undefined;
      throw error;
    });
    return this.prepared;
  }

  private async prepareOnce(): Promise<void> {
    if (!(await this.check())) await prepareFolder(this.files, this.paths);
    // Not waited for: it may have thousands of files to look at.
    void this.sweep().catch((error: unknown) => {
      this.tell(
        `leftovers could not be swept (${error instanceof Error ? error.message : String(error)})`,
        this.location,
      );
    });
  }

  private tell(message: string, where: string): void {
    if (this.told.has(where)) return;
    this.told.add(where);
    this.options.trouble(message, where);
  }

  /** What was written anew may be told of again. */
  private forgetTold(entry: Entry): void {
    this.told.delete(this.paths.blob(entry.output.blob));
    this.told.delete(this.paths.entry(entry.key));
  }
}
