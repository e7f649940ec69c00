/** Tells those who wait for a claimed result how far it is: a small file, written once a second at most. Used by `claims.ts` and by stores in buckets. */
import { decodeRecord, encodeRecord, isObject } from "./entry-record";
import type { Holder } from "../store";

type Progress = NonNullable<Holder["progress"]>;

const EVERY_MS = 1000;
const SUBJECT = ["progress"];

export interface ReportFiles {
  read(path: string): Promise<Uint8Array | undefined>;
  writeLoosely(path: string, text: string): Promise<void>;
}

export class Reporter {
  private last = -Infinity;
  private waiting: Progress | undefined;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private hasEnded = false;

  constructor(
    private readonly files: ReportFiles,
    private readonly path: string,
  ) {}

  report(progress: Progress): void {
    this.waiting = progress;
    if (this.timer || this.hasEnded) return;
    this.timer = setTimeout(() => this.write(), Math.max(0, this.last + EVERY_MS - performance.now()));
    this.timer.unref();
  }

  /** Nothing is written any more when it resolves. */
  async end(): Promise<void> {
    this.hasEnded = true;
    clearTimeout(this.timer);
    await this.writing;
  }

  /** What the holder has told, for its `Holder`. */
  async read(): Promise<{ readonly progress?: Progress }> {
    const bytes = await this.files.read(this.path).catch(() => undefined);
    const record = bytes && decodeRecord(SUBJECT, Buffer.from(bytes).toString("utf8"))?.record;
    if (!isObject(record) || typeof record.done !== "number") return {};
    const { done, total } = record;
    return { progress: typeof total === "number" ? { done, total } : { done } };
  }

  private write(): void {
    this.timer = undefined;
    this.last = performance.now();
    // Who waits sees an older state if this fails; nothing else depends on it.
    this.writing = this.files.writeLoosely(this.path, encodeRecord(SUBJECT, this.waiting)).catch(() => undefined);
  }
}
