/**
 * The files of claims, `claims/<key>`: created only where none exists, so that identical work in several processes runs once. The claim
 * of a dead process is taken over by exactly one of the processes that ask. Used by the disk store.
 */
import { dirname, join } from "node:path";
import { digestOf } from "../../key/digest";
import { messageOf, type Digest } from "../../protocol";
import type { DurableFiles } from "../files/durable-files";
import { decodeClaim, encodeClaim, holderHere, newToken, unknownHolder } from "../records/claim-record";
import { processTag } from "../records/process-tag";
import { ProgressReporter } from "../records/progress-report";
import { textOf } from "../records/text";
import type { Claim, ClaimOptions, ClaimOutcome, HeadName, Holder, OnStoreProblem } from "../store";
import type { StorePaths } from "./folder";
import type { DiskLive } from "./live";

/** A claim without readable content was created a moment ago, or its creator was killed in that moment. */
const UNREADABLE_MS = 4500;
/** Other processes may interfere; more attempts than this are never needed. */
const ATTEMPTS = 20;

/** The owner of a claim file. */
interface Owner {
  /** Unique to this file. */
  readonly token: string;
  /** Undefined while the file is unreadable. */
  readonly tag: string | undefined;
  readonly holder: Holder;
}

/** Tokens of files of this process that could not be removed: they no longer protect any work. */
const ended = new Set<string>();

export class ClaimFiles {
  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly live: DiskLive,
    private readonly warn: OnStoreProblem,
  ) {}

  /** Rejects with system errors. */
  async take(key: Digest, who: HeadName, { leaseMs }: ClaimOptions = {}): Promise<ClaimOutcome> {
    const path = this.paths.claim(key);
    const mine = ownerHere(who);
    await this.live.join();
    let holder = mine.holder;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await this.files.createNew(path, encodeClaim(mine))) return { claim: this.claimOf(path, mine) };
      const owner = await this.read(path);
      if (!owner) continue;
      holder = owner.holder;
      if (!(await this.isGone(path, owner, leaseMs))) break;
      const take = async (): Promise<void> => {
        await this.files.remove(`${path}.progress`);
        await this.files.writeLoosely(path, encodeClaim(mine));
      };
      const isTaken = await this.whileMine(path, owner, take, leaseMs);
      if (isTaken) return { claim: this.claimOf(path, mine), after: owner.holder };
    }
    return { holder: { ...holder, ...(await this.reporterOf(path).read()) } };
  }

  /** The live process that holds it. */
  async holderOf(key: Digest, { leaseMs }: ClaimOptions = {}): Promise<Holder | undefined> {
    const path = this.paths.claim(key);
    const owner = await this.read(path);
    if (!owner || (await this.isGone(path, owner, leaseMs))) return undefined;
    return { ...owner.holder, ...(await this.reporterOf(path).read()) };
  }

  /** True while a live process has it. */
  async isTaken(key: Digest): Promise<boolean> {
    const path = this.paths.claim(key);
    const owner = await this.read(path);
    return owner !== undefined && !(await this.isGone(path, owner));
  }

  /** Removes the claims of dead processes. Returns the number of files. */
  async sweep(): Promise<number> {
    let swept = 0;
    // In reverse order: marks before the claims that they protect from removal.
    for (const name of [...(await this.files.list(this.paths.claims()))].reverse()) {
      const path = join(this.paths.claims(), name);
      if (name.startsWith(".tmp-") || name.endsWith(".progress")) continue;
      const owner = await this.read(path);
      if (!owner || !(await this.isGone(path, owner))) continue;
      if (await this.whileMine(path, owner, () => this.removeClaim(path))) swept++;
    }
    return swept;
  }

  private claimOf(path: string, mine: Owner): Claim {
    const reporter = this.reporterOf(path);
    return {
      isHeld: async () => !ended.has(mine.token) && (await this.read(path))?.token === mine.token,
      report: (progress) => reporter.report(progress),
      release: async () => {
        await reporter.end();
        await this.release(path, mine, () => this.removeClaim(path, reporter.hasWritten));
      },
    };
  }

  private async release(path: string, mine: Owner, remove: () => Promise<void>): Promise<void> {
    let failure: unknown;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        if (await this.whileMine(path, mine, remove)) return;
        // Another machine considered this process dead, which happens after a long sleep; or the claim was released before.
        if ((await this.read(path))?.token !== mine.token) return;
      } catch (error) {
        failure = error;
      }
    }
    // On a full disk no mark can be written, but files can be removed.
    if (await this.removeUnmarked(path, mine, remove)) return;
    ended.add(mine.token);
    const why = failure === undefined ? "other processes kept it locked" : messageOf(failure);
    this.warn(`a claim could not be released (${why}); it becomes free when this process ends`, path);
  }

  private async removeUnmarked(path: string, mine: Owner, remove: () => Promise<void>): Promise<boolean> {
    try {
      if ((await this.read(path))?.token === mine.token) await remove();
      return true;
    } catch {
      return false;
    }
  }

  /** `hasProgress`: whether its owner may have reported any. */
  private async removeClaim(path: string, hasProgress = true): Promise<void> {
    if (hasProgress) await this.files.remove(`${path}.progress`);
    await this.files.remove(path);
  }

  /**
   * Does the work if the file still belongs to this owner, and keeps all others from removing or replacing it meanwhile: by a mark file
   * that is created only where none exists and whose name contains the owner's token. A process that comes later with the same token
   * finds another owner, or none. The mark of a killed process is removed in the same way. Returns false when the work was not done.
   */
  private async whileMine(path: string, owner: Owner, work: () => Promise<void>, leaseMs?: number): Promise<boolean> {
    const mark = join(dirname(path), `mark-${digestOf(`${path.slice(dirname(path).length)} ${owner.token}`)}`);
    const marker = ownerHere({ notebook: "", stage: "" });
    if (!(await this.files.createNew(mark, encodeClaim(marker)))) {
      const marker = await this.read(mark);
      if (marker && (await this.isGone(mark, marker, leaseMs)))
        await this.whileMine(mark, marker, () => this.files.remove(mark), leaseMs);
      return false;
    }
    try {
      if ((await this.read(path))?.token !== owner.token) return false;
      await work();
      return true;
    } finally {
      await this.files.remove(mark).catch(() => ended.add(marker.token));
    }
  }

  private async isGone(path: string, owner: Owner, leaseMs?: number): Promise<boolean> {
    if (ended.has(owner.token)) return true;
    if (owner.tag !== undefined) return this.live.isGone(owner.tag, leaseMs);
    return (await this.live.ageMs(path)) > UNREADABLE_MS;
  }

  /** Undefined when the file does not exist. */
  private async read(path: string): Promise<Owner | undefined> {
    const found = await this.files.readDated(path);
    if (!found) return undefined;
    const unreadable = { token: `${found.stamp.ino} ${found.stamp.mtimeMs}`, tag: undefined, holder: unknownHolder };
    return decodeClaim("tag", textOf(found.bytes)) ?? unreadable;
  }

  private reporterOf(path: string): ProgressReporter {
    return new ProgressReporter(this.files, `${path}.progress`);
  }
}

function ownerHere(head: HeadName) {
  return { token: newToken(), tag: processTag, holder: holderHere(head) };
}
