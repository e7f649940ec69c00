/**
 * The processes that are at work on a disk store. Each has one file `live/<tag>`: its first byte is a heartbeat, and behind it stands
 * which blobs the process is about to name in an entry (`+<digest>`) and which it has named (`-<digest>`). Upkeep reads there what
 * it must leave alone. Used by the disk store.
 */
import { join } from "node:path";
import { isDigest } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { DurableFiles } from "../files/durable-files";
import { startHeartbeat } from "../records/heartbeat";
import type { ProcessTag } from "../records/process-tag";
import { isDeadHere, isTag, pidOf, processTag } from "../records/process-tag";
import { isAbsent } from "../records/store-error";
import type { StorePaths } from "./folder";

/** A heart beats each second; a process without one for so long is dead to other machines. */
const SILENT_MS = 4500;

/** How it was at some moment. */
export interface LiveSnapshot {
  /** Of each file. */
  readonly sizes: ReadonlyMap<ProcessTag, number>;
  /** Announced, and not named yet. */
  readonly outstanding: ReadonlySet<Digest>;
}

export class LiveProcesses {
  private joined: Promise<void> | undefined;

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
  ) {}

  /** Before anything else that has this process's tag in its name or content. */
  async join(): Promise<void> {
    this.joined ??= this.joinOnce().catch((error: unknown) => {
      this.joined = undefined;
      throw error;
    });
    return this.joined;
  }

  /** From now on upkeep leaves these blobs alone, there or not. */
  async announce(digests: readonly Digest[]): Promise<void> {
    await this.join();
    await this.note("+", digests);
  }

  /** An entry names them now, or nobody wants them. */
  async withdraw(digests: readonly Digest[]): Promise<void> {
    await this.note("-", digests);
  }

  async isGone(tag: ProcessTag): Promise<boolean> {
    if (!isTag(tag)) return true;
    return isDeadHere(tag) ?? (await this.ageMs(this.paths.live(tag))) > SILENT_MS;
  }

  /** The numbers of the processes that live; this one's too. */
  async pids(): Promise<ReadonlySet<number>> {
    const found = new Set([process.pid]);
    for (const tag of await this.files.list(this.paths.liveFolder()))
      if (isTag(tag) && !(await this.isGone(tag))) found.add(pidOf(tag));
    return found;
  }

  /** Since a file was last written, by the clock of the disk: those of several machines differ. Infinite when it is gone. */
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

  /** To be taken before the entries are read: what is announced then may be named by an entry that is read, or that comes later. */
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

  /** What living processes have announced and not named, and what an entry may name since the snapshot. */
  async announced(since: LiveSnapshot): Promise<ReadonlySet<Digest>> {
    const found = new Set(since.outstanding);
    for (const tag of await this.files.list(this.paths.liveFolder())) {
      const bytes = await this.read(tag);
      const outstanding = (await this.isGone(tag)) ? [] : outstandingIn(bytes);
      for (const digest of [...outstanding, ...addedIn(bytes.subarray(since.sizes.get(tag) ?? 0))]) found.add(digest);
    }
    return found;
  }

  /** Removes the files of dead processes. Not while upkeep is under way: it needs them. Returns how many. */
  async sweep(): Promise<number> {
    let swept = 0;
    for (const tag of await this.files.list(this.paths.liveFolder())) {
      if (!isTag(tag) || !(await this.isGone(tag))) continue;
      await this.files.remove(join(this.paths.liveFolder(), tag));
      swept++;
    }
    return swept;
  }

  /** Nothing for what is gone, or no file at all. */
  private async read(tag: ProcessTag): Promise<Uint8Array> {
    const path = this.paths.live(tag);
    const bytes = isTag(tag) ? await this.files.read(path) : undefined;
    return bytes ?? new Uint8Array(0);
  }

  private async joinOnce(): Promise<void> {
    const path = this.paths.live(processTag);
    await this.files.append(path, ".\n", false);
    startHeartbeat(path);
  }

  private async note(sign: "+" | "-", digests: readonly Digest[]): Promise<void> {
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
