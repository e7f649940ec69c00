/**
 * The watch over the files and folders that plans have read: a change is noticed while the kernel is idle, without another plan. It polls
 * their times instead of subscribing to the file system: that works on network folders too and uses up no system-wide limits.
 */
import { statSync, type BigIntStats } from "node:fs";
import fs from "node:fs/promises";
import { unobserved } from "../../observe";

/** The interval of polling, in milliseconds. */
const INTERVAL_MS = 1_000;
/** Only the paths that were read last are watched. */
const MAX_PATHS = 1_000;

export class FileWatch {
  /** The stamp of each path when a plan read it; the oldest first. */
  private readonly stamps = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;

  /** A plan has read a path, which is absolute. `stat`: its state; undefined when there is none, or it is not known. */
  looked(path: string, stat?: Pick<BigIntStats, "size" | "ino" | "mtimeNs" | "ctimeNs">): void {
    if (!this.timer) return;
    this.stamps.delete(path);
    this.stamps.set(path, stat ? stampOf(stat) : stampNow(path));
    const oldest = this.stamps.keys().next();
    if (this.stamps.size > MAX_PATHS && oldest.done !== true) this.stamps.delete(oldest.value);
  }

  /** Begins. `changed` is called after changes, at most once in each interval. Ends with the process. */
  start(changed: () => void): void {
    if (this.timer) return;
    const again = (): void => {
      this.timer = setTimeout(() => {
        void this.check().then((hasChanged) => {
          if (hasChanged) changed();
          again();
        });
      }, INTERVAL_MS).unref();
    };
    unobserved(again);
  }

  /** Whether a path has changed since a plan read it. Each change is reported once. */
  private async check(): Promise<boolean> {
    const before = [...this.stamps];
    const now = await Promise.all(before.map(([path]) => currentStamp(path)));
    let hasChanged = false;
    for (const [at, [path, stamp]] of before.entries()) {
      // A plan may have looked at it meanwhile.
      if (now[at] === stamp || this.stamps.get(path) !== stamp) continue;
      this.stamps.set(path, now[at] ?? "");
      hasChanged = true;
    }
    return hasChanged;
  }
}

const MISSING = "missing";

function stampOf({ size, ino, mtimeNs, ctimeNs }: Pick<BigIntStats, "size" | "ino" | "mtimeNs" | "ctimeNs">): string {
  return [size, ino, mtimeNs, ctimeNs].join(":");
}

function stampNow(path: string): string {
  return unobserved(() => {
    try {
      return stampOf(statSync(path, { bigint: true }));
    } catch {
      return MISSING;
    }
  });
}

function currentStamp(path: string): Promise<string> {
  return fs.stat(path, { bigint: true }).then(stampOf, () => MISSING);
}
