/**
 * The default store: files in one folder, `.stagebook/` beside the notebook. Made by the composition root. Nothing is created before
 * the first write.
 *
 *   blobs-v1/ab/cdef…             encoded values and files, named by the sha256 of their bytes
 *   entries-v1/<key>.json         one self-checking record per result; its time is when the result was last used
 *   heads/<notebook>/<stage>      the keys that the stage has had, one self-checking line each
 *   latest/<notebook>/<stage>     a link to the newest blob, and beside it `.json`: what made it, for people
 *   runs/<run>.ndjson             the events of each run; the runs of each notebook
 *   live/<process>                who is at work here, and which blobs it is about to name
 *   claims/<key>                  who works on a result
 *   holds/, pins/<key>            what upkeep leaves alone
 *   scratch/<process>-…/          files that stages write and read, gone with the process
 *   evicted.json                  the blobs that upkeep has removed from results whose records stay
 */
import { messageOf } from "../../protocol";
import type { Digest, RunId } from "../../protocol";
import { BlobFiles } from "./blobs";
import { Claims } from "./claims";
import { decodeEntry, type EntrySeal } from "../records/entry-record";
import { EvictedBlobs } from "../records/evicted-blobs";
import type { FileSystem } from "../files/file-system";
import { HeadLogs } from "./heads";
import { LatestPaths } from "./latest";
import { sweepLeftovers } from "./leftovers";
import { LiveProcesses } from "./live";
import { OpenedFolder } from "./opened";
import { Protection } from "./protection";
import { ResultWriter } from "./writer";
import type { SizeLimit } from "./size-limit";
import { StageFiles } from "./stage-files";
import type { Claim, FileRef, GcOptions, GcReport, HeadName, HeadRow, Holder, NewBlob } from "../store";
import type { BlobRef, Entry, Store, OnStoreProblem, ThreadAccess, VerifyOptions, VerifyReport } from "../store";
import type { HeadLocation } from "./folder";
import { Turns } from "../turns";
import { DiskMaintenance } from "./maintenance/maintenance";
import { blobsOf } from "./maintenance/survey";
import { UsedTimes } from "./uses";

export interface DiskStoreOptions {
  /** Absolute path. Made at the first write. */
  readonly folder: string;
  readonly onProblem: OnStoreProblem;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** The most bytes of values: above it the least recently used ones go, in the background. Default: no limit. */
  readonly maxBytes?: number;
  /** Entries are signed, and those that are not signed so are absent. */
  readonly seal?: EntrySeal;
  /** Reading writes nothing, not even when a result was used. Whoever has such a store commits nothing to it. */
  readonly isReadOnly?: boolean;
  /** A record that cannot be read rejects with the error of the system. Default: it is told, and absent. */
  readonly throwsUnreadable?: boolean;
  /** For tests that let operations fail. */
  readonly fileSystem?: FileSystem;
}

export interface DiskStore extends Store {
  /** Removes what killed processes left behind; happens by itself once a session. Returns how many files. */
  sweep(): Promise<number>;
  /** Until nothing is under way in the background. */
  settled(): Promise<void>;
}

/** Many processes may use one folder at the same time. */
export function createDiskStore(options: DiskStoreOptions): DiskStore {
  return new FolderStore(options);
}

class FolderStore implements DiskStore {
  readonly location: string;
  readonly threads: ThreadAccess;
  private readonly opened: OpenedFolder;
  private readonly heads: HeadLogs;
  private readonly live: LiveProcesses;
  private readonly claims: Claims;
  private readonly protection: Protection;
  private readonly evicted: EvictedBlobs;
  private readonly blobs: BlobFiles;
  private readonly stageFiles: StageFiles;
  private readonly writer: ResultWriter;
  private readonly latest: LatestPaths;
  private readonly used: UsedTimes;
  private readonly maintenance: DiskMaintenance;
  private readonly sizeLimit: SizeLimit | undefined;
  private readonly turns = new Turns();
  private readonly now: () => number;
  private readonly seal: EntrySeal | undefined;
  private readonly toldFaults = new Set<string>();
  private readonly isReadOnly: boolean;
  private sweeping: Promise<unknown> = Promise.resolve();

  constructor(options: DiskStoreOptions) {
    const { folder, onProblem, now = Date.now, maxBytes, seal, isReadOnly, throwsUnreadable, fileSystem } = options;
    this.location = folder;
    this.now = now;
    this.seal = seal;
    this.isReadOnly = isReadOnly === true;
    this.opened = new OpenedFolder(folder, onProblem, () => this.sweepInBackground(), fileSystem, throwsUnreadable);
    const { files, paths, tell } = this.opened;
    this.heads = new HeadLogs(files, paths, tell);
    this.live = new LiveProcesses(files, paths);
    this.claims = new Claims(files, paths, this.live, tell);
    this.protection = new Protection(files, paths, this.live);
    this.evicted = new EvictedBlobs(files, paths.evicted());
    this.blobs = new BlobFiles(files, paths, this.evicted, tell);
    this.stageFiles = new StageFiles(files, paths, this.live, this.blobs);
    this.writer = new ResultWriter(files, paths, this.live, this.blobs, seal);
    this.latest = new LatestPaths(files, paths, tell);
    this.used = new UsedTimes(files, paths, now);
    this.threads = { folder, announce: (digests) => this.announce(digests) };
    const { heads, live, protection, evicted } = this;
    const ports = { files, paths, heads, live, protection, evicted, now };
    this.maintenance = new DiskMaintenance(this.opened, this.claims, ports, () => this.written());
    if (maxBytes !== undefined) this.sizeLimit = this.maintenance.limitTo(maxBytes);
  }

  async findEntry(key: Digest): Promise<Entry | undefined> {
    const entry = await this.readEntry(key);
    if (entry && !this.isReadOnly) this.used.mark(key);
    return entry;
  }

  async isWhole(entry: Entry): Promise<boolean> {
    await this.opened.check();
    for (const ref of blobsOf(entry)) if (!(await this.blobs.isThere(ref))) return false;
    return true;
  }

  async readBlob(ref: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    await this.opened.check();
    return this.blobs.read(ref, into);
  }

  async putBlob(blob: NewBlob): Promise<void> {
    await this.opened.writing(() => this.writer.put(blob));
    this.opened.forgetTold(this.opened.paths.blob(blob.ref.digest));
  }

  async commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    const place = this.opened.paths.head(head);
    const row = { key: entry.key, partial: entry.partial, at: entry.at };
    const newBytes = await this.opened.writing(() =>
      this.writer.commit(entry, blobs, () => this.appendRow(place, row)),
    );
    this.latest.show(head, place, entry);
    this.forgetTold(entry);
    this.sizeLimit?.added(entry.key, newBytes);
  }

  async touch(head: HeadName, row: HeadRow): Promise<void> {
    const place = this.opened.paths.head(head);
    const rows = await this.readHead(place);
    if (rows.at(-1)?.key === row.key) return;
    await this.opened.writing(() => this.appendRow(place, row));
    const entry = await this.findEntry(row.key);
    if (entry) this.latest.show(head, place, entry);
  }

  async history(head: HeadName): Promise<readonly HeadRow[]> {
    return this.readHead(this.opened.paths.head(head));
  }

  async partials(): Promise<ReadonlySet<Digest>> {
    await this.opened.check();
    return new Set((await this.heads.allRows()).map((row) => row.partial));
  }

  async clear(head: HeadName): Promise<number> {
    const place = this.opened.paths.head(head);
    if (!(await this.opened.check())) return 0;
    await this.latest.shown();
    return this.maintenance.clear(place);
  }

  async latestShown(): Promise<void> {
    await this.latest.shown();
  }

  async appendRun(run: RunId, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const { files, paths } = this.opened;
    const path = paths.run(run);
    const text = `${lines.join("\n")}\n`;
    await this.opened.writing(async () => {
      // So that upkeep knows that the run is under way.
      await this.live.join();
      // One after the other, so that lines stay in order.
      await this.turns.take(path, () => files.append(path, text, false));
    });
  }

  async readRun(run: RunId): Promise<readonly string[] | undefined> {
    const bytes = await this.opened.read(this.opened.paths.run(run));
    return (
      bytes &&
      textOf(bytes)
        .split("\n")
        .filter((line) => line !== "")
    );
  }

  async scratchFolder(): Promise<string> {
    return this.opened.writing(() => this.stageFiles.scratchFolder());
  }

  async adoptFile(path: string, name: string): Promise<FileRef> {
    const announce = (digest: Digest): Promise<void> => this.writer.announceAhead(digest);
    const file = await this.opened.writing(() => this.stageFiles.adopt(path, name, announce));
    this.opened.forgetTold(this.opened.paths.blob(file.digest));
    return file;
  }

  async filePath(file: FileRef): Promise<string | undefined> {
    await this.opened.check();
    try {
      return await (this.isReadOnly ? this.stageFiles.nameless(file) : this.stageFiles.path(file));
    } catch (error) {
      this.opened.tell(
        `cannot be given a name to read it by (${messageOf(error)})`,
        this.opened.paths.blob(file.digest),
      );
      return undefined;
    }
  }

  async claim(key: Digest, who: HeadName): Promise<{ readonly claim: Claim } | { readonly holder: Holder }> {
    try {
      return await this.opened.writing(() => this.claims.take(key, who));
    } catch (error) {
      // A store that cannot be written does not keep anybody from working.
      this.opened.tell(`${messageOf(error)}: others may do the same work again`, this.opened.paths.claims());
      return { claim: { report: () => undefined, release: async () => undefined } };
    }
  }

  async hold(entry: Entry): Promise<() => Promise<void>> {
    try {
      const release = await this.opened.writing(() => this.protection.hold(entry.key));
      return () =>
        release().catch((error: unknown) => {
          this.opened.tell(`a hold could not be released (${messageOf(error)})`, this.opened.paths.holds());
        });
    } catch (error) {
      this.opened.tell(`${messageOf(error)}: upkeep may remove what is being read`, this.opened.paths.holds());
      return async () => undefined;
    }
  }

  async pin(key: Digest, isPinned: boolean): Promise<void> {
    await this.opened.writing(() => this.protection.pin(key, isPinned));
  }

  async pinned(): Promise<ReadonlySet<Digest>> {
    await this.opened.check();
    return this.protection.pinned();
  }

  async gc(options: GcOptions): Promise<GcReport> {
    return this.maintenance.gc(options);
  }

  async verify(options: VerifyOptions): Promise<VerifyReport> {
    return this.maintenance.verify(options);
  }

  async sweep(): Promise<number> {
    const { claims, live, protection, stageFiles, now } = this;
    const { files, paths } = this.opened;
    return sweepLeftovers({ files, paths, claims, live, protection, stageFiles, now });
  }

  async settled(): Promise<void> {
    await this.sweeping;
    await this.sizeLimit?.settled();
    await Promise.all([this.written(), this.latest.shown()]);
  }

  private async written(): Promise<void> {
    await Promise.all([this.used.settled(), this.writer.settled()]);
  }

  private async announce(digests: readonly Digest[]): Promise<void> {
    await this.opened.writing(async () => {
      for (const digest of digests) await this.writer.announceAhead(digest);
    });
  }

  private async readEntry(key: Digest): Promise<Entry | undefined> {
    const path = this.opened.paths.entry(key);
    const bytes = await this.opened.read(path);
    if (bytes === undefined) return undefined;
    const text = textOf(bytes);
    const fault = this.seal?.findFault(key, text);
    if (fault !== undefined) {
      // Who has another key hears it once, not for each result.
      if (!this.toldFaults.has(fault)) this.opened.tell(`${fault}; it and all like it are made again`, path);
      this.toldFaults.add(fault);
      return undefined;
    }
    const entry = decodeEntry(key, text);
    if (!entry) this.opened.tell("the record of a result is damaged; the result is made again", path);
    return entry;
  }

  private async appendRow(place: HeadLocation, row: HeadRow): Promise<void> {
    await this.turns.take(place.path, () => this.heads.append(place, row));
  }

  private async readHead(place: HeadLocation): Promise<readonly HeadRow[]> {
    await this.opened.check();
    return this.heads.rows(place);
  }

  /** Not waited for: it may have thousands of files to look at. */
  private sweepInBackground(): void {
    this.sweeping = this.sweep().catch((error: unknown) => {
      this.opened.tell(`leftovers could not be swept (${messageOf(error)})`, this.location);
    });
  }

  private forgetTold(entry: Entry): void {
    const { paths } = this.opened;
    this.opened.forgetTold(paths.entry(entry.key));
    for (const { digest } of blobsOf(entry)) this.opened.forgetTold(paths.blob(digest));
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
