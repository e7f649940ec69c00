/**
 * The flushes of folders, which make the names in them survive a power failure. One flush serves everybody who asked before it began: results
 * that are stored at the same time share it, and one that is stored alone waits for nobody. Used by `durable-files.ts`.
 */
import { Coalesced } from "../concurrency";

interface Flushes {
  readonly shared: Coalesced;
  /** How many wait. */
  waiting: number;
}

export class FolderFlushes {
  private readonly ofFolder = new Map<string, Flushes>();

  /** `flush`: flushes one folder. */
  constructor(private readonly flush: (folder: string) => Promise<void>) {}

  /** Resolves after a flush that began after the call. Rejects with the system error. */
  async run(folder: string): Promise<void> {
    const flushes = this.flushesOf(folder);
    flushes.waiting++;
    try {
      await flushes.shared.run();
    } finally {
      flushes.waiting--;
      if (flushes.waiting === 0) this.ofFolder.delete(folder);
    }
  }

  private flushesOf(folder: string): Flushes {
    const known = this.ofFolder.get(folder);
    if (known) return known;
    const flushes = { shared: new Coalesced(() => this.flush(folder)), waiting: 0 };
    this.ofFolder.set(folder, flushes);
    return flushes;
  }
}
