/**
 * The objects of claims, `claims/<key>`: created only where none exists. The claim of a dead process is replaced by exactly one of the
 * processes that ask. Used by the bucket store.
 */
import { messageOf, type Digest } from "../../protocol";
import {
  decodeClaim,
  encodeClaim,
  holderHere,
  newToken,
  unknownHolder,
  type ClaimRecord,
} from "../records/claim-record";
import { ProgressReporter } from "../records/progress-report";
import { textOf } from "../records/text";
import type { Claim, ClaimOptions, ClaimOutcome, HeadName, Holder } from "../store";
import type { BucketLive } from "./live";
import { CLAIMS } from "./names";
import { listAll, type Bucket } from "./port";
import { BucketRecords } from "./records";

/** Other processes may interfere; more attempts than this are never needed. */
const ATTEMPTS = 20;

/** `live`: the store that took the claim, see `BucketLive`; empty once it is released. */
type Owner = ClaimRecord<"live">;

interface Found {
  readonly version: string;
  /** Undefined when the object is unreadable: then it has no owner. */
  readonly owner: Owner | undefined;
}

export class ClaimObjects {
  private readonly records: BucketRecords;
  /** Keys that were claimed when last checked: waiting processes poll often, and reading is cheaper than writing. */
  private readonly busy = new Set<Digest>();
  /** Claims of this process that could not be released, by token: they no longer protect any work. */
  private readonly unreleased = new Map<string, string>();

  constructor(
    private readonly bucket: Bucket,
    private readonly live: BucketLive,
    private readonly warn: (message: string, where: string) => void,
  ) {
    this.records = new BucketRecords(bucket);
  }

  async take(key: Digest, who: HeadName, { leaseMs }: ClaimOptions = {}): Promise<ClaimOutcome> {
    const name = `${CLAIMS}${key}`;
    void this.releaseRest().catch(() => undefined);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = this.busy.has(key) || attempt > 0 ? await this.find(name) : undefined;
      if (found?.owner && !(await this.isFree(found.owner, leaseMs))) {
        this.busy.add(key);
        return { holder: { ...found.owner.holder, ...(await this.reporter(found.owner).read()) } };
      }
      this.busy.delete(key);
      const claim = await this.tryTake(name, who, found);
      if (!claim) continue;
      const isAfter = found?.owner !== undefined && found.owner.live !== "";
      return isAfter ? { claim, after: found.owner.holder } : { claim };
    }
    throw new Error("the claim changed hands too often");
  }

  /** The live process that holds it. */
  async holderOf(key: Digest, { leaseMs }: ClaimOptions = {}): Promise<Holder | undefined> {
    const found = await this.find(`${CLAIMS}${key}`);
    if (!found?.owner || (await this.isFree(found.owner, leaseMs))) return undefined;
    return { ...found.owner.holder, ...(await this.reporter(found.owner).read()) };
  }

  /** Removes the claims of dead processes, and the objects of released claims. */
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
    const mine = { token: newToken(), live: this.live.id, holder: holderHere(who) };
    // The heartbeat starts before other processes can check for it.
    await this.live.beginClaim();
    try {
      const bytes = bytesOf(mine);
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
      isHeld: async () => isHeld && (await this.find(name))?.owner?.token === mine.token,
      report: (progress) => reporter.report(progress),
      release: async () => {
        if (!isHeld) return;
        isHeld = false;
        await reporter.end();
        try {
          await this.bucket.delete(progressName(mine));
          const found = await this.find(name);
          // Another process may have considered this one dead.
          if (found?.owner?.token === mine.token) await this.release(name, found.version);
        } catch (error) {
          this.unreleased.set(mine.token, name);
          this.warn(
            `a claim could not be released (${messageOf(error)}); it becomes free when this process ends`,
            name,
          );
        } finally {
          this.live.endClaim();
        }
      },
    };
  }

  /** Another process may be replacing the object: it may be deleted only when that is impossible. */
  private async release(name: string, version: string): Promise<void> {
    if (this.live.isSurelyAlive()) return this.bucket.delete(name);
    await this.bucket.putIfSame(name, freed, version);
  }

  private async releaseRest(): Promise<void> {
    for (const [token, name] of [...this.unreleased]) {
      const found = await this.find(name);
      if (found?.owner?.token === token) await this.bucket.putIfSame(name, freed, found.version);
      this.unreleased.delete(token);
    }
  }

  private async isFree({ token, live }: Owner, leaseMs?: number): Promise<boolean> {
    return live === "" || this.unreleased.has(token) || this.live.isGone(live, leaseMs);
  }

  private async find(name: string): Promise<Found | undefined> {
    const found = await this.bucket.get(name);
    return found && { version: found.version, owner: decodeClaim("live", textOf(found.bytes)) };
  }

  private reporter(owner: Owner): ProgressReporter {
    return new ProgressReporter(this.records, progressName(owner));
  }
}

/** By token, so that the progress of a dead process is never mistaken for that of its successor. */
function progressName({ token }: Owner): string {
  return `${CLAIMS}progress.${token}`;
}

function isProgress(name: string): boolean {
  return name.startsWith(`${CLAIMS}progress.`);
}

function bytesOf(owner: Owner): Uint8Array {
  return Buffer.from(encodeClaim(owner));
}

const freed = bytesOf({ token: "", live: "", holder: unknownHolder });
