/** The time each result of a disk store was last used: the mtime of its record, updated at most once a minute. */
import type { Digest } from "../../protocol";
import type { DurableFiles } from "../files/durable-files";
import { BackgroundTasks } from "../concurrency";
import type { StorePaths } from "./folder";

const EVERY_MS = 60_000;
/** Far more results than a pipeline uses within a minute. */
const MAX_MARKED = 100_000;

export class DiskUses {
  private readonly marked = new Map<Digest, number>();
  private readonly writing = new BackgroundTasks();

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly now: () => number,
  ) {}

  /** Runs in the background. Where the store may only be read, no time is recorded. */
  mark(key: Digest): void {
    const now = this.now();
    if (now - (this.marked.get(key) ?? -Infinity) < EVERY_MS) return;
    if (this.marked.size >= MAX_MARKED) this.marked.clear();
    this.marked.set(key, now);
    this.writing.add(this.files.fs.utimes(this.paths.entry(key), now / 1000, now / 1000).catch(() => undefined));
  }

  settled(): Promise<void> {
    return this.writing.settled();
  }
}
