/** The `StageFiles` of a tiered store: those of the local store, and files of results that were found in the shared one. */
import type { FileRef, StageFiles } from "../store";
import { copyFileInto, type SharedTier } from "./shared-tier";

export class TieredStageFiles implements StageFiles {
  constructor(private readonly tier: SharedTier) {}

  scratchFolder(): Promise<string> {
    return this.tier.local.scratchFolder();
  }

  async adoptFile(path: string, name: string): Promise<FileRef> {
    const file = await this.tier.local.adoptFile(path, name);
    this.tier.borrowed.removeBlob(file.digest);
    return file;
  }

  async filePath(file: FileRef): Promise<string | undefined> {
    const { tier } = this;
    const local = tier.borrowed.hasBlob(file.digest) ? undefined : await tier.local.filePath(file);
    if (local !== undefined) return local;
    const shared = await tier.try(undefined, () => tier.shared.filePath(file));
    if (shared === undefined) return undefined;
    await tier.copyToLocal(async () => {
      await copyFileInto(tier.local, shared, file);
      await tier.blobCopied(file.digest);
    });
    return (await tier.local.filePath(file)) ?? shared;
  }
}
