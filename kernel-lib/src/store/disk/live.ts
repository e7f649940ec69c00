/**
 * The live processes of a disk store. Each has one file `live/<tag>`: its first byte is a heartbeat, and the lines after it say which
 * blobs the process is about to refer to in an entry (`+<digest>`) and which it has committed or given up (`-<digest>`). Maintenance
 * reads there what it must not remove. Used by the disk store.
 */
import { join } from "node:path";
import { isDigest } from "../../key/digest";
import type { Digest } from "../../protocol";
import { Coalesced, Once } from "../concurrency";
import type { DurableFiles } from "../files/durable-files";
import { startHeartbeat } from "../records/heartbeat";
import type { ProcessTag } from "../records/process-tag";
import { isDeadHere, isTag, pidOf, processTag } from "../records/process-tag";
import { isAbsent, isDiskFull } from "../records/store-error";
import type { StorePaths } from "./folder";

/** Heartbeats are written each second; other machines consider a process dead after this time without one. */
const SILENT_MS = 4500;
/** How long a withdrawal may wait for others: nothing but maintenance waits for it. */
const WITHDRAW_MS = 30;

/** The announcements at one moment. */
export interface LiveSnapshot {
  /** The size of each file. */
  readonly sizes: ReadonlyMap<ProcessTag, number>;
  /** Announced blobs that no entry refers to yet. */
  readonly outstanding: ReadonlySet<Digest>;
}

export class DiskLive {
  private readonly joined = new Once(() => this.createFile());
  /** Lines that are not written yet. */
  private pending = "";
  private timer: NodeJS.Timeout | undefined;
  private readonly writing = new Coalesced(() => this.writePending());
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

  /** Protects these blobs from maintenance, whether they exist or not. Calls at the same time share a write. */
  async announce(digests: readonly Digest[]): Promise<void> {
    await this.join();
    if (digests.length === 0) return;
    this.pending += linesOfSign("+", digests);
    await this.writing.run();
  }

  /** Ends the protection: an entry refers to them now, or they are no longer needed. Written with the next announcement, or soon. */
  withdraw(digests: readonly Digest[]): void {
    if (digests.length === 0) return;
    this.pending += linesOfSign("-", digests);
    this.timer ??= setTimeout(() => void this.settled(), WITHDRAW_MS).unref();
  }

  /** Resolves when everything is written. What cannot be written protects until the process ends. */
  async settled(): Promise<void> {
    await this.writing.run().catch(() => undefined);
  }

  private async writePending(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const lines = this.pending;
    this.pending = "";
    if (lines === "") return;
    await this.files.append(this.paths.live(processTag), lines, false);
  }

  /** `leaseMs`: a process whose heartbeat is older counts as gone, on this machine too. */
  async isGone(tag: ProcessTag, leaseMs?: number): Promise<boolean> {
    if (!isTag(tag)) return true;
    const isDead = isDeadHere(tag);
    if (isDead === true || tag === processTag) return isDead === true;
    if (isDead === false && leaseMs === undefined) return false;
    return this.isSilent(tag, leaseMs ?? SILENT_MS);
  }

  private async isSilent(tag: ProcessTag, silentMs: number): Promise<boolean> {
    try {
      return (await this.ageMs(this.paths.live(tag))) > silentMs;
    } catch (error) {
      // The time of the disk cannot be learned by writing: whether a heartbeat comes is watched.
      if (isDiskFull(error)) return this.isSeenSilent(tag, silentMs);
      throw error;
    }
  }

  private async isSeenSilent(tag: ProcessTag, silentMs: number): Promise<boolean> {
    const stamp = await this.files.stamp(this.paths.live(tag));
    if (!stamp) return true;
    const before = this.watched.get(tag);
    if (before?.mtimeMs === stamp.mtimeMs) return performance.now() - before.sinceMs > silentMs;
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
}

function linesOfSign(sign: "+" | "-", digests: readonly Digest[]): string {
  return digests.map((digest) => `${sign}${digest}\n`).join("");
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
