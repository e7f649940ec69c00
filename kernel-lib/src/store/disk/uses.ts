/** Remembers when each result of a disk store was last used: as the time of its record, written once a minute at most. */
import type { Digest } from "../../protocol";
import type { DurableFiles } from "../files/durable-files";
import type { StorePaths } from "./folder";
import { Background } from "../turns";

const EVERY_MS = 60_000;
/** Far more results than a pipeline uses within a minute. */
const KNOWN = 100_000;

export class UsedTimes {
  private readonly marked = new Map<Digest, number>();
  private readonly writing = new Background();

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly now: () => number,
  ) {}

  /** Not waited for. A store that may only be read keeps no such times. */
  mark(key: Digest): void {
    const now = this.now();
    if (now - (this.marked.get(key) ?? -Infinity) < EVERY_MS) return;
    if (this.marked.size >= KNOWN) this.marked.clear();
    this.marked.set(key, now);
    this.writing.add(this.files.fs.utimes(this.paths.entry(key), now / 1000, now / 1000).catch(() => undefined));
  }

  settled(): Promise<void> {
    return this.writing.settled();
  }
}
