/**
 * Who works on which result: files `claims/<key>`, made only where there is none, so that equal work in several processes is done
 * once. The claim of a dead process is taken over by exactly one of those who ask. Used by the disk store.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { DurableFiles } from "../files/durable-files";
import { decodeRecord, encodeRecord, isObject } from "../records/entry-record";
import type { LiveProcesses } from "./live";
import { processTag } from "../records/process-tag";
import { Reporter } from "../records/progress-report";
import type { Claim, HeadName, Holder, OnStoreProblem } from "../store";
import type { StorePaths } from "./folder";

/** A claim without readable content was just made, or its maker was killed in that moment. */
const UNREADABLE_MS = 4500;
/** Others may come in between; so often is never needed. */
const ATTEMPTS = 20;
const SUBJECT = ["claim"];

/** What a file says about who made it. */
interface Owner {
  /** Of this file and no other. */
  readonly token: string;
  /** Undefined while the file is unreadable. */
  readonly tag: string | undefined;
  readonly holder: Holder;
}

/** Tokens of files of this process that could not be removed: nobody works behind them. */
const ended = new Set<string>();

export class Claims {
  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly live: LiveProcesses,
    private readonly tell: OnStoreProblem,
  ) {}

  /** Rejects with errors of the system. */
  async take(key: Digest, who: HeadName): Promise<{ readonly claim: Claim } | { readonly holder: Holder }> {
    const path = this.paths.claim(key);
    const mine = newOwner(who);
    await this.live.join();
    let holder = mine.holder;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await this.files.createNew(path, textOf(mine))) return { claim: this.claimOf(path, mine) };
      const owner = await this.read(path);
      if (!owner) continue;
      holder = owner.holder;
      if (!(await this.isGone(path, owner))) break;
      const isTaken = await this.whileMine(path, owner, async () => {
        await this.files.remove(`${path}.progress`);
        await this.files.writeLoosely(path, textOf(mine));
      });
      if (isTaken) return { claim: this.claimOf(path, mine) };
    }
    return { holder: { ...holder, ...(await this.reporterOf(path).read()) } };
  }

  /** True while somebody who lives has it. */
  async isTaken(key: Digest): Promise<boolean> {
    const path = this.paths.claim(key);
    const owner = await this.read(path);
    return owner !== undefined && !(await this.isGone(path, owner));
  }

  /** Removes what dead processes left. Returns how many files. */
  async sweep(): Promise<number> {
    let swept = 0;
    // From the end: marks before the claims that they keep from being removed.
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
      report: (progress) => reporter.report(progress),
      release: async () => {
        await reporter.end();
        await this.release(path, mine);
      },
    };
  }

  private async release(path: string, mine: Owner): Promise<void> {
    let failure: unknown;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        if (await this.whileMine(path, mine, () => this.removeClaim(path))) return;
        // Somebody took us for dead, which other machines may after a long sleep. Or it was released before.
        if ((await this.read(path))?.token !== mine.token) return;
      } catch (error) {
        failure = error;
      }
    }
    // A full disk takes no mark, but it lets go of files.
    if (await this.removeUnmarked(path, mine)) return;
    ended.add(mine.token);
    const why = failure instanceof Error ? failure.message : "others are in the way";
    this.tell(`a claim could not be released (${why}); it is free when this process ends`, path);
  }

  private async removeUnmarked(path: string, mine: Owner): Promise<boolean> {
    try {
      if ((await this.read(path))?.token === mine.token) await this.removeClaim(path);
      return true;
    } catch {
      return false;
    }
  }

  private async removeClaim(path: string): Promise<void> {
    await this.files.remove(`${path}.progress`);
    await this.files.remove(path);
  }

  /**
   * Does the work if the file is still this owner's, and keeps all others from removing or replacing it meanwhile: by a mark, made
   * only where there is none, that carries the owner's token. Whoever comes later with the same token finds another owner, or
   * none. The mark of a killed process goes in the same way. False when the work was not done.
   */
  private async whileMine(path: string, owner: Owner, work: () => Promise<void>): Promise<boolean> {
    const mark = join(dirname(path), `mark-${digestOf(`${path.slice(dirname(path).length)} ${owner.token}`)}`);
    const marker = newOwner({ notebook: "", stage: "" });
    if (!(await this.files.createNew(mark, textOf(marker)))) {
      const marker = await this.read(mark);
      if (marker && (await this.isGone(mark, marker)))
        await this.whileMine(mark, marker, () => this.files.remove(mark));
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

  private async isGone(path: string, owner: Owner): Promise<boolean> {
    if (ended.has(owner.token)) return true;
    if (owner.tag !== undefined) return this.live.isGone(owner.tag);
    return (await this.live.ageMs(path)) > UNREADABLE_MS;
  }

  /** Undefined when there is none. */
  private async read(path: string): Promise<Owner | undefined> {
    const found = await this.files.readDated(path);
    if (!found) return undefined;
    const unreadable = { token: `${found.stamp.ino} ${found.stamp.mtimeMs}`, tag: undefined, holder: unknownHolder };
    return decodeOwner(Buffer.from(found.bytes).toString("utf8")) ?? unreadable;
  }

  private reporterOf(path: string): Reporter {
    return new Reporter(this.files, `${path}.progress`);
  }
}

const unknownHolder: Holder = { host: "", pid: 0, notebook: "", stage: "", since: 0 };

function newOwner({ notebook, stage }: HeadName): Owner {
  const holder = { host: hostname(), pid: process.pid, notebook, stage, since: Date.now() };
  return { token: randomBytes(16).toString("hex"), tag: processTag, holder };
}

function textOf(owner: Owner): string {
  return encodeRecord(SUBJECT, owner);
}

function decodeOwner(text: string): Owner | undefined {
  const record = decodeRecord(SUBJECT, text)?.record;
  if (!isObject(record) || !isObject(record.holder)) return undefined;
  const { host, pid, notebook, stage, since } = record.holder;
  const isWhole =
    [record.token, record.tag, host, notebook, stage].every((field) => typeof field === "string") &&
    [pid, since].every((field) => typeof field === "number");
  return isWhole ? (record as unknown as Owner) : undefined;
}

/** The key that upkeep claims, so that only one process at a time removes anything. */
export const maintenanceKey: Digest = digestOf("upkeep of the store");
