/**
 * The processes that are at work on a store in a bucket. Each has one object `live/<process>.<random>` while it has something to say:
 * a heartbeat, the blobs that it is about to name in an entry, and the results that it holds. Upkeep reads there what it must leave
 * alone, and others whether a claim's owner lives.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isDigest } from "../../key/digest";
import type { Digest } from "../../protocol";
import { decodeRecord, encodeRecord, isObject } from "../records/entry-record";
import { isDeadHere, isTag, pidOf, processTag, type ProcessTag } from "../records/process-tag";
import { Coalesced } from "../turns";
import type { Bucket, BucketItem } from "./port";
import { listAll } from "./port";
import { LIVE } from "./names";
import { textOf } from "./records";

const BEAT_MS = 1000;
/** A process whose heart is seen to stand still for so long is dead to other machines. */
export const SILENT_MS = 4500;
const SUBJECT = ["live"];

/** What upkeep leaves alone. */
export interface InUse {
  /** Blobs that an entry may be about to name. */
  readonly ahead: ReadonlySet<Digest>;
  /** Keys of held results. */
  readonly held: ReadonlySet<Digest>;
}

export class BucketLive {
  /** Of this store in this process: two of them are two to each other. */
  readonly id = `${processTag}.${randomBytes(6).toString("hex")}`;
  private readonly ahead = new Map<Digest, number>();
  private readonly held = new Map<Digest, number>();
  private claims = 0;
  private beat = 0;
  private isThere = false;
  private timer: NodeJS.Timeout | undefined;
  private lastBeatAt = -Infinity;
  /** When each foreign heart was first seen in its present state. */
  private readonly seen = new Map<string, { readonly version: string; readonly at: number }>();
  private readonly reporter = new Coalesced(() => this.tell());

  constructor(private readonly bucket: Bucket) {}

  /** From now on upkeep leaves these blobs alone, there or not. */
  async announce(digests: Iterable<Digest>): Promise<void> {
    for (const digest of digests) add(this.ahead, digest);
    await this.reporter.run();
  }

  /** An entry names them now, or nobody wants them. Not waited for. */
  withdraw(digests: Iterable<Digest>): void {
    for (const digest of digests) take(this.ahead, digest);
    this.reporter.run().catch(() => undefined);
  }

  isAhead(digest: Digest): boolean {
    return this.ahead.has(digest);
  }

  /** Until the result is called. */
  async hold(key: Digest): Promise<() => Promise<void>> {
    add(this.held, key);
    await this.reporter.run();
    let isHeld = true;
    return async () => {
      if (!isHeld) return;
      isHeld = false;
      take(this.held, key);
      await this.reporter.run();
    };
  }

  /** The heart beats as long as there are claims. */
  async beginClaim(): Promise<void> {
    this.claims++;
    await this.reporter.run();
  }

  endClaim(): void {
    this.claims--;
    this.reporter.run().catch(() => undefined);
  }

  /** Nobody can have taken this process for dead. */
  isSurelyAlive(): boolean {
    return performance.now() - this.lastBeatAt < SILENT_MS - BEAT_MS;
  }

  /** Whether the store of that id is gone. Of another machine's that can be told only after having looked for a while. */
  async isGone(id: string): Promise<boolean> {
    const known = goneHere(id);
    if (known === true || id === this.id) return known === true;
    const item = await this.bucket.find(`${LIVE}${id}`);
    // A process of this machine may be too busy for its heart to beat.
    return !item || (known === undefined && this.isSilent(item));
  }

  /** All that living processes use. */
  async inUse(): Promise<InUse> {
    const ahead = new Set(this.ahead.keys());
    const held = new Set(this.held.keys());
    for (const item of await listAll(this.bucket, LIVE)) {
      // Of this process's own what it has told may be older than what it knows.
      if (idOf(item) === this.id || this.isDead(item)) continue;
      const found = await this.bucket.get(item.name);
      const told = found && asTold(decodeRecord(SUBJECT, textOf(found.bytes))?.record);
      for (const digest of told?.ahead ?? []) ahead.add(digest);
      for (const key of told?.held ?? []) held.add(key);
    }
    return { ahead, held };
  }

  /** The numbers of the processes that live; this one's too. */
  async pids(): Promise<ReadonlySet<number>> {
    const items = (await listAll(this.bucket, LIVE)).filter((item) => !this.isDead(item));
    return new Set([process.pid, ...items.map((item) => pidOf(tagIn(idOf(item))))]);
  }

  /** Removes what dead processes have left; waits until it is known which those of other machines are. */
  async sweep(): Promise<void> {
    const items = await listAll(this.bucket, LIVE);
    const isUnknown = (item: BucketItem): boolean => goneHere(idOf(item)) === undefined && !this.isSilent(item);
    if (items.some(isUnknown)) await sleep(SILENT_MS);
    for (const item of await listAll(this.bucket, LIVE)) if (this.isDead(item)) await this.bucket.delete(item.name);
  }

  private isDead(item: BucketItem): boolean {
    return goneHere(idOf(item)) ?? this.isSilent(item);
  }

  private isSilent({ name, version }: BucketItem): boolean {
    const before = this.seen.get(name);
    if (before?.version === version) return performance.now() - before.at > SILENT_MS;
    this.seen.set(name, { version, at: performance.now() });
    return false;
  }

  private async tell(): Promise<void> {
    const isIdle = this.claims === 0 && this.ahead.size === 0 && this.held.size === 0;
    if (isIdle) {
      // Tried again with the next beat when it fails: what stays there keeps claims alive.
      if (this.isThere) await this.bucket.delete(`${LIVE}${this.id}`);
      this.isThere = false;
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    // Never keeps the process alive.
    this.timer ??= setInterval(() => void this.reporter.run().catch(() => undefined), BEAT_MS).unref();
    const record = { beat: ++this.beat, ahead: [...this.ahead.keys()], held: [...this.held.keys()] };
    const began = performance.now();
    this.isThere = true;
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

function asTold(record: unknown): { readonly ahead: readonly Digest[]; readonly held: readonly Digest[] } | undefined {
  if (!isObject(record) || !Array.isArray(record.ahead) || !Array.isArray(record.held)) return undefined;
  return { ahead: record.ahead.filter(isDigest), held: record.held.filter(isDigest) };
}

function add(counts: Map<Digest, number>, digest: Digest): void {
  counts.set(digest, (counts.get(digest) ?? 0) + 1);
}

function take(counts: Map<Digest, number>, digest: Digest): void {
  const left = (counts.get(digest) ?? 1) - 1;
  if (left > 0) counts.set(digest, left);
  else counts.delete(digest);
}
