/** Results that maintenance must not remove from a disk store: pinned ones, and those that a live process holds. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { isDigest } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { DurableFiles } from "../files/durable-files";
import type { DiskLive } from "./live";
import { processTag } from "../records/process-tag";
import type { StorePaths } from "./folder";

export class Protection {
  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly live: DiskLive,
  ) {}

  /** Lasts until the returned function is called. Rejects with system errors. */
  async hold(key: Digest): Promise<() => Promise<void>> {
    const path = join(this.paths.holds(), `${key}.${processTag}.${randomBytes(8).toString("hex")}`);
    await this.live.join();
    await this.files.createNew(path, "");
    return () => this.files.remove(path);
  }

  async pin(key: Digest, isPinned: boolean): Promise<void> {
    if (isPinned) return this.files.write(this.paths.pin(key), Buffer.alloc(0));
    await this.files.remove(this.paths.pin(key));
  }

  async pinned(): Promise<ReadonlySet<Digest>> {
    return new Set((await this.files.list(this.paths.pins())).filter(isDigest));
  }

  /** Keys that are pinned or held. */
  async keys(): Promise<ReadonlySet<Digest>> {
    const [pinned, holds] = await Promise.all([this.pinned(), this.holds()]);
    return new Set([...pinned, ...holds.filter(({ isGone }) => !isGone).map(({ key }) => key)]);
  }

  /** Removes holds of dead processes. Returns their number. */
  async sweep(): Promise<number> {
    const left = (await this.holds()).filter(({ isGone }) => isGone);
    for (const { path } of left) await this.files.remove(path);
    return left.length;
  }

  private async holds(): Promise<readonly { readonly key: Digest; readonly path: string; readonly isGone: boolean }[]> {
    const found = [];
    const gone = new Map<string, boolean>();
    for (const name of await this.files.list(this.paths.holds())) {
      const [key, tag] = name.split(".");
      if (!isDigest(key) || tag === undefined) continue;
      const isGone = gone.get(tag) ?? (await this.live.isGone(tag));
      gone.set(tag, isGone);
      found.push({ key, path: join(this.paths.holds(), name), isGone });
    }
    return found;
  }
}
