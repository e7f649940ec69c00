/** The progress of a claimed result for processes that wait for it: a small file, written at most once a second. Used by both stores that keep claims. */
import { decodeRecord, encodeRecord, isObject } from "./entry-record";
import type { Holder } from "../store";
import { textOf } from "./text";

type Progress = NonNullable<Holder["progress"]>;

const EVERY_MS = 1000;
const SUBJECT = ["progress"];

export interface ProgressFiles {
  read(path: string): Promise<Uint8Array | undefined>;
  writeLoosely(path: string, text: string): Promise<void>;
}

export class ProgressReporter {
  private last = -Infinity;
  private latest: Progress | undefined;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private hasEnded = false;

  constructor(
    private readonly files: ProgressFiles,
    private readonly path: string,
  ) {}

  report(progress: Progress): void {
    this.latest = progress;
    if (this.timer || this.hasEnded) return;
    this.timer = setTimeout(() => this.write(), Math.max(0, this.last + EVERY_MS - performance.now()));
    this.timer.unref();
  }

  /** Whether there may be a file. */
  get hasWritten(): boolean {
    return this.last !== -Infinity;
  }

  /** Nothing is written after it resolves. */
  async end(): Promise<void> {
    this.hasEnded = true;
    clearTimeout(this.timer);
    await this.writing;
  }

  /** The progress that the holder has reported, as a part of its `Holder`. */
  async read(): Promise<{ readonly progress?: Progress }> {
    const bytes = await this.files.read(this.path).catch(() => undefined);
    const record = bytes && decodeRecord(SUBJECT, textOf(bytes))?.record;
    if (!isObject(record) || typeof record.done !== "number") return {};
    const { done, total } = record;
    return { progress: typeof total === "number" ? { done, total } : { done } };
  }

  private write(): void {
    this.timer = undefined;
    this.last = performance.now();
    // If this fails, waiting processes see an older state; nothing else depends on it.
    this.writing = this.files.writeLoosely(this.path, encodeRecord(SUBJECT, this.latest)).catch(() => undefined);
  }
}
