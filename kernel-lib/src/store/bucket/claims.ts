/**
 * Who works on which result, in a bucket: objects `claims/<key>`, made only where there is none. The claim of a dead process is
 * replaced by exactly one of those who ask.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Digest } from "../../protocol";
import { decodeRecord, encodeRecord, isObject } from "../records/entry-record";
import { Reporter } from "../records/progress-report";
import type { Claim, HeadName, Holder } from "../store";
import type { Bucket } from "./port";
import { listAll } from "./port";
import type { BucketLive } from "./live";
import { CLAIMS } from "./names";
import { BucketRecords, textOf } from "./records";

/** Others may come in between; so often is never needed. */
const ATTEMPTS = 20;
const SUBJECT = ["claim"];

interface Owner {
  /** Of this claim and no other. */
  readonly token: string;
  /** The store that took it, see `BucketLive`; empty once it is released. */
  readonly live: string;
  readonly holder: Holder;
}

interface Found {
  readonly version: string;
  /** Undefined where it is unreadable: then it is nobody's. */
  readonly owner: Owner | undefined;
}

export class BucketClaims {
  private readonly records: BucketRecords;
  /** Somebody was seen at work: those who wait ask often, and reading is cheaper than writing. */
  private readonly busy = new Set<Digest>();
  /** Claims of this process that could not be released, by token: nobody works behind them. */
  private readonly left = new Map<string, string>();

  constructor(
    private readonly bucket: Bucket,
    private readonly live: BucketLive,
    private readonly tell: (message: string, where: string) => void,
  ) {
    this.records = new BucketRecords(bucket);
  }

  async take(key: Digest, who: HeadName): Promise<{ readonly claim: Claim } | { readonly holder: Holder }> {
    const name = `${CLAIMS}${key}`;
    void this.releaseLeft().catch(() => undefined);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = this.busy.has(key) || attempt > 0 ? await this.find(name) : undefined;
      if (found?.owner && !(await this.isFree(found.owner))) {
        this.busy.add(key);
        return { holder: { ...found.owner.holder, ...(await this.reporter(found.owner).read()) } };
      }
      this.busy.delete(key);
      const claim = await this.tryTake(name, who, found);
      if (claim) return { claim };
    }
    throw new Error("a claim changes hands again and again");
  }

  /** Removes the claims of dead processes, and what was left of released ones. */
  async sweep(): Promise<void> {
    const items = await listAll(this.bucket, CLAIMS);
    const used = new Set<string>();
    for (const { name } of items.filter((item) => !isProgress(item.name))) {
      const found = await this.find(name);
      if (found?.owner && !(await this.isFree(found.owner))) used.add(progressName(found.owner));
      else if (found?.owner?.live === "") await this.bucket.delete(name);
      else if (found) await this.bucket.putIfSame(name, freed, found.version);
    }
    for (const { name } of items) if (isProgress(name) && !used.has(name)) await this.bucket.delete(name);
  }

  private async tryTake(name: string, who: HeadName, before: Found | undefined): Promise<Claim | undefined> {
    const { notebook, stage } = who;
    const holder = { host: hostname(), pid: process.pid, notebook, stage, since: Date.now() };
    const mine = { token: randomBytes(16).toString("hex"), live: this.live.id, holder };
    // The heart beats before anybody can ask whether it does.
    await this.live.beginClaim();
    try {
      const bytes = encodeOwner(mine);
      const isMine = before
        ? await this.bucket.putIfSame(name, bytes, before.version)
        : await this.bucket.putIfAbsent(name, bytes);
      if (isMine) return this.claimOf(name, mine);
    } catch (error) {
      this.live.endClaim();
      throw error;
    }
    this.live.endClaim();
    return undefined;
  }

  private claimOf(name: string, mine: Owner): Claim {
    const reporter = this.reporter(mine);
    let isHeld = true;
    return {
      report: (progress) => reporter.report(progress),
      release: async () => {
        if (!isHeld) return;
        isHeld = false;
        await reporter.end();
        try {
          await this.bucket.delete(progressName(mine));
          const found = await this.find(name);
          // Somebody may have taken us for dead.
          if (found?.owner?.token === mine.token) await this.release(name, found.version);
        } catch (error) {
          this.left.set(mine.token, name);
          const why = error instanceof Error ? error.message : String(error);
          this.tell(`a claim could not be released (${why}); it is free when this process ends`, name);
        } finally {
          this.live.endClaim();
        }
      },
    };
  }

  /** Somebody may be replacing it: it may be deleted only where that cannot be. */
  private async release(name: string, version: string): Promise<void> {
    if (this.live.isSurelyAlive()) return this.bucket.delete(name);
    await this.bucket.putIfSame(name, freed, version);
  }

  private async releaseLeft(): Promise<void> {
    for (const [token, name] of [...this.left]) {
      const found = await this.find(name);
      if (found?.owner?.token === token) await this.bucket.putIfSame(name, freed, found.version);
      this.left.delete(token);
    }
  }

  private async isFree({ token, live }: Owner): Promise<boolean> {
    return live === "" || this.left.has(token) || this.live.isGone(live);
  }

  private async find(name: string): Promise<Found | undefined> {
    const found = await this.bucket.get(name);
    return found && { version: found.version, owner: decodeOwner(textOf(found.bytes)) };
  }

  private reporter(owner: Owner): Reporter {
    return new Reporter(this.records, progressName(owner));
  }
}

/** By token: what a dead one has left is never taken for its successor's. */
function progressName({ token }: Owner): string {
  return `${CLAIMS}progress.${token}`;
}

function isProgress(name: string): boolean {
  return name.startsWith(`${CLAIMS}progress.`);
}

function encodeOwner(owner: Owner): Uint8Array {
  return Buffer.from(encodeRecord(SUBJECT, owner));
}

function decodeOwner(text: string): Owner | undefined {
  const record = decodeRecord(SUBJECT, text)?.record;
  if (!isObject(record) || !isObject(record.holder)) return undefined;
  const { host, pid, notebook, stage, since } = record.holder;
  const isWhole =
    [record.token, record.live, host, notebook, stage].every((field) => typeof field === "string") &&
    [pid, since].every((field) => typeof field === "number");
  return isWhole ? (record as unknown as Owner) : undefined;
}

const freed = encodeOwner({ token: "", live: "", holder: { host: "", pid: 0, notebook: "", stage: "", since: 0 } });
