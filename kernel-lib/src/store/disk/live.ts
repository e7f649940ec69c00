/**
 * The live processes of a disk store. Each has one file `live/<tag>`: its first byte is a heartbeat, and the lines after it say which
 * blobs the process is about to refer to in an entry (`+<digest>`) and which it has committed or given up (`-<digest>`). Maintenance
 * reads there what it must not remove. Used by the disk store.
 */
import { join } from "node:path";
import { isDigest } from "../../key/digest";
import type { Digest } from "../../protocol";
import { Once } from "../concurrency";
import type { DurableFiles } from "../files/durable-files";
import { startHeartbeat } from "../records/heartbeat";
import type { ProcessTag } from "../records/process-tag";
import { isDeadHere, isTag, pidOf, processTag } from "../records/process-tag";
import { isAbsent, isDiskFull } from "../records/store-error";
import type { StorePaths } from "./folder";

/** Heartbeats are written each second; other machines consider a process dead after this time without one. */
const SILENT_MS = 4500;

/** The announcements at one moment. */
export interface LiveSnapshot {
  /** The size of each file. */
  readonly sizes: ReadonlyMap<ProcessTag, number>;
  /** Announced blobs that no entry refers to yet. */
  readonly outstanding: ReadonlySet<Digest>;
}

export class DiskLive {
  private readonly joined = new Once(() => this.createFile());
  /** On a full disk: when the current heartbeat of each process of another machine was first seen, in monotonic milliseconds. */
  private readonly watched = new Map<ProcessTag, { readonly mtimeMs: number; readonly sinceMs: number }>();

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
  ) {}

  /** Registers this process. To be called before anything else is written that carries its tag. */
  join(): Promise<void> {
    return this.joined.run();
  }

  /** Protects these blobs from maintenance, whether they exist or not. */
  async announce(digests: readonly Digest[]): Promise<void> {
    await this.join();
    await this.appendLines("+", digests);
  }

  /** Ends the protection: an entry refers to them now, or they are no longer needed. */
  async withdraw(digests: readonly Digest[]): Promise<void> {
    await this.appendLines("-", digests);
  }

  async isGone(tag: ProcessTag): Promise<boolean> {
    if (!isTag(tag)) return true;
    return isDeadHere(tag) ?? this.isSilent(tag);
  }

  private async isSilent(tag: ProcessTag): Promise<boolean> {
    try {
      return (await this.ageMs(this.paths.live(tag))) > SILENT_MS;
    } catch (error) {
      // The time of the disk cannot be learned by writing: whether a heartbeat comes is watched.
      if (isDiskFull(error)) return this.isSeenSilent(tag);
      throw error;
    }
  }

  private async isSeenSilent(tag: ProcessTag): Promise<boolean> {
    const stamp = await this.files.stamp(this.paths.live(tag));
    if (!stamp) return true;
    const before = this.watched.get(tag);
    if (before?.mtimeMs === stamp.mtimeMs) return performance.now() - before.sinceMs > SILENT_MS;
    this.watched.set(tag, { mtimeMs: stamp.mtimeMs, sinceMs: performance.now() });
    return false;
  }

  /** The ids of all live processes, including this one. */
  async pids(): Promise<ReadonlySet<number>> {
    const found = new Set([process.pid]);
    for (const tag of await this.files.list(this.paths.liveFolder()))
      if (isTag(tag) && !(await this.isGone(tag))) found.add(pidOf(tag));
    return found;
  }

  /** Time since a file was last written, by the clock of the disk, because clocks of machines differ. Infinite when it does not exist. */
  async ageMs(path: string): Promise<number> {
    try {
      await this.join();
      const now = await this.files.beat(this.paths.live(processTag));
      return now - (await this.files.freshMtimeMs(path));
    } catch (error) {
      if (isAbsent(error)) return Infinity;
      throw error;
    }
  }

  /** To be taken before the entries are read: a blob announced at that time may belong to an entry that is read, or to a later one. */
  async snapshot(): Promise<LiveSnapshot> {
    const sizes = new Map<ProcessTag, number>();
    const outstanding = new Set<Digest>();
    for (const tag of await this.files.list(this.paths.liveFolder())) {
      const bytes = await this.read(tag);
      sizes.set(tag, bytes.byteLength);
      if (!(await this.isGone(tag))) for (const digest of outstandingIn(bytes)) outstanding.add(digest);
    }
    return { sizes, outstanding };
  }

  /** The blobs that live processes have announced and no entry refers to, and those that entries since the snapshot may refer to. */
  async announced(since: LiveSnapshot): Promise<ReadonlySet<Digest>> {
    const found = new Set(since.outstanding);
    for (const tag of await this.files.list(this.paths.liveFolder())) {
      const bytes = await this.read(tag);
      const outstanding = (await this.isGone(tag)) ? [] : outstandingIn(bytes);
      for (const digest of [...outstanding, ...addedIn(bytes.subarray(since.sizes.get(tag) ?? 0))]) found.add(digest);
    }
    return found;
  }

  /** Removes the files of dead processes. Not to be called during maintenance, which needs them. Returns the number of files. */
  async sweep(): Promise<number> {
    let swept = 0;
    for (const tag of await this.files.list(this.paths.liveFolder())) {
      if (!isTag(tag) || !(await this.isGone(tag))) continue;
      await this.files.remove(join(this.paths.liveFolder(), tag));
      swept++;
    }
    return swept;
  }

  /** No bytes for a missing file. */
  private async read(tag: ProcessTag): Promise<Uint8Array> {
    const path = this.paths.live(tag);
    const bytes = isTag(tag) ? await this.files.read(path) : undefined;
    return bytes ?? new Uint8Array(0);
  }

  private async createFile(): Promise<void> {
    const path = this.paths.live(processTag);
    await this.files.append(path, ".\n", false);
    startHeartbeat(path);
  }

  private async appendLines(sign: "+" | "-", digests: readonly Digest[]): Promise<void> {
    if (digests.length === 0) return;
    const lines = digests.map((digest) => `${sign}${digest}\n`).join("");
    await this.files.append(this.paths.live(processTag), lines, false);
  }
}

function linesOf(bytes: Uint8Array): readonly string[] {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1").split("\n");
}

function addedIn(bytes: Uint8Array): readonly Digest[] {
  return linesOf(bytes).flatMap((line) =>
    line.startsWith("+") && isDigest(line.slice(1)) ? [line.slice(1) as Digest] : [],
  );
}

function outstandingIn(bytes: Uint8Array): readonly Digest[] {
  const counts = new Map<string, number>();
  for (const line of linesOf(bytes)) {
    const step = line.startsWith("+") ? 1 : line.startsWith("-") ? -1 : 0;
    if (step !== 0) counts.set(line.slice(1), (counts.get(line.slice(1)) ?? 0) + step);
  }
  return [...counts].flatMap(([text, count]) => (count > 0 && isDigest(text) ? [text] : []));
}
