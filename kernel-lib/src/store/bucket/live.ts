/**
 * The live processes of a store in a bucket. Each has one object `live/<process>.<random>` while it has something to announce: a
 * heartbeat, the blobs that it is about to refer to in an entry, and the results that it holds. Maintenance reads there what it must not
 * remove, and other processes whether the owner of a claim is alive.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isDigest } from "../../key/digest";
import type { Digest } from "../../protocol";
import { Coalesced } from "../concurrency";
import { decodeRecord, encodeRecord, isObject } from "../records/entry-record";
import { isDeadHere, isTag, pidOf, processTag, type ProcessTag } from "../records/process-tag";
import type { Bucket, BucketItem } from "./port";
import { listAll } from "./port";
import { LIVE } from "./names";
import { textOf } from "../records/text";

const BEAT_MS = 1000;
/** Other machines consider a process dead after this time without a heartbeat. */
export const SILENT_MS = 4500;
const SUBJECT = ["live"];

/** What maintenance must not remove. */
export interface InUse {
  /** Blobs that an entry may soon refer to. */
  readonly ahead: ReadonlySet<Digest>;
  /** Keys of held results. */
  readonly held: ReadonlySet<Digest>;
}

export class BucketLive {
  /** Identifies this store in this process: two stores of one process are distinct. */
  readonly id = `${processTag}.${randomBytes(6).toString("hex")}`;
  private readonly ahead = new Map<Digest, number>();
  private readonly held = new Map<Digest, number>();
  private claims = 0;
  private beat = 0;
  private isWritten = false;
  private timer: NodeJS.Timeout | undefined;
  private lastBeatAt = -Infinity;
  /** When the current version of each foreign object was first seen. */
  private readonly seen = new Map<string, { readonly version: string; readonly at: number }>();
  private readonly writing = new Coalesced(() => this.write());

  constructor(private readonly bucket: Bucket) {}

  /** Protects these blobs from maintenance, whether they exist or not. */
  async announce(digests: Iterable<Digest>): Promise<void> {
    for (const digest of digests) add(this.ahead, digest);
    await this.writing.run();
  }

  /** Ends the protection, in the background: an entry refers to them now, or they are no longer needed. */
  withdraw(digests: Iterable<Digest>): void {
    for (const digest of digests) subtract(this.ahead, digest);
    this.writing.run().catch(() => undefined);
  }

  /** Lasts until the returned function is called. */
  async hold(key: Digest): Promise<() => Promise<void>> {
    add(this.held, key);
    await this.writing.run();
    let isHeld = true;
    return async () => {
      if (!isHeld) return;
      isHeld = false;
      subtract(this.held, key);
      await this.writing.run();
    };
  }

  /** Heartbeats are written as long as there are claims. */
  async beginClaim(): Promise<void> {
    this.claims++;
    await this.writing.run();
  }

  endClaim(): void {
    this.claims--;
    this.writing.run().catch(() => undefined);
  }

  /** True when no other process can have considered this one dead. */
  isSurelyAlive(): boolean {
    return performance.now() - this.lastBeatAt < SILENT_MS - BEAT_MS;
  }

  /** Whether the process with that id is dead. For another machine this is known only after watching its object for a while. */
  async isGone(id: string, leaseMs?: number): Promise<boolean> {
    const known = goneHere(id);
    if (known === true || id === this.id) return known === true;
    const item = await this.bucket.find(`${LIVE}${id}`);
    // Unless the claim is a lease, a process of this machine may be too busy to write heartbeats.
    return !item || ((known === undefined || leaseMs !== undefined) && this.isSilent(item, leaseMs));
  }

  /** Everything that live processes use. */
  async inUse(): Promise<InUse> {
    const ahead = new Set(this.ahead.keys());
    const held = new Set(this.held.keys());
    for (const item of await listAll(this.bucket, LIVE)) {
      // The object of this process may be older than its state in memory.
      if (idOf(item) === this.id || this.isDead(item)) continue;
      const found = await this.bucket.get(item.name);
      const announced = found && asAnnounced(decodeRecord(SUBJECT, textOf(found.bytes))?.record);
      for (const digest of announced?.ahead ?? []) ahead.add(digest);
      for (const key of announced?.held ?? []) held.add(key);
    }
    return { ahead, held };
  }

  /** The ids of all live processes, including this one. */
  async pids(): Promise<ReadonlySet<number>> {
    const items = (await listAll(this.bucket, LIVE)).filter((item) => !this.isDead(item));
    return new Set([process.pid, ...items.map((item) => pidOf(tagIn(idOf(item))))]);
  }

  /** Removes the objects of dead processes; waits until it is known which processes of other machines are dead. */
  async sweep(): Promise<void> {
    const items = await listAll(this.bucket, LIVE);
    const isUnknown = (item: BucketItem): boolean => goneHere(idOf(item)) === undefined && !this.isSilent(item);
    if (items.some(isUnknown)) await sleep(SILENT_MS);
    for (const item of await listAll(this.bucket, LIVE)) if (this.isDead(item)) await this.bucket.delete(item.name);
  }

  private isDead(item: BucketItem): boolean {
    return goneHere(idOf(item)) ?? this.isSilent(item);
  }

  private isSilent({ name, version }: BucketItem, silentMs = SILENT_MS): boolean {
    const before = this.seen.get(name);
    if (before?.version === version) return performance.now() - before.at > silentMs;
    this.seen.set(name, { version, at: performance.now() });
    return false;
  }

  private async write(): Promise<void> {
    const isIdle = this.claims === 0 && this.ahead.size === 0 && this.held.size === 0;
    if (isIdle) {
      // When this fails, the next heartbeat tries again: an object that stays keeps claims alive.
      if (this.isWritten) await this.bucket.delete(`${LIVE}${this.id}`);
      this.isWritten = false;
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    // Does not keep the process alive.
    this.timer ??= setInterval(() => void this.writing.run().catch(() => undefined), BEAT_MS).unref();
    const record = { beat: ++this.beat, ahead: [...this.ahead.keys()], held: [...this.held.keys()] };
    const began = performance.now();
    this.isWritten = true;
    await this.bucket.put(`${LIVE}${this.id}`, Buffer.from(encodeRecord(SUBJECT, record)));
    this.lastBeatAt = began;
  }
}

function goneHere(id: string): boolean | undefined {
  const tag = tagIn(id);
  return isTag(tag) ? isDeadHere(tag) : true;
}

function tagIn(id: string): ProcessTag {
  return id.slice(0, id.lastIndexOf("."));
}

function idOf({ name }: BucketItem): string {
  return name.slice(LIVE.length);
}

function asAnnounced(
  record: unknown,
): { readonly ahead: readonly Digest[]; readonly held: readonly Digest[] } | undefined {
  if (!isObject(record) || !Array.isArray(record.ahead) || !Array.isArray(record.held)) return undefined;
  return { ahead: record.ahead.filter(isDigest), held: record.held.filter(isDigest) };
}

function add(counts: Map<Digest, number>, digest: Digest): void {
  counts.set(digest, (counts.get(digest) ?? 0) + 1);
}

function subtract(counts: Map<Digest, number>, digest: Digest): void {
  const left = (counts.get(digest) ?? 1) - 1;
  if (left > 0) counts.set(digest, left);
  else counts.delete(digest);
}
