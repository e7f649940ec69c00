/**
 * A bucket as one process has opened it: its format is checked before anything else is read, problems are reported once, errors are
 * turned into StagebookErrors. Used by the bucket store.
 */
import { messageOf, StagebookError } from "../../protocol";
import { Once } from "../concurrency";
import { checkFormat, formatMarker } from "../records/format-marker";
import { isUserError, storeWriteError, WarnOnce } from "../records/store-error";
import type { OnStoreProblem } from "../store";
import { FORMAT } from "./names";
import type { Bucket } from "./port";
import { BucketRecords } from "./records";

export class OpenedBucket {
  private readonly warnings: WarnOnce;
  private readonly checked = new Once(() => this.checkFormat());
  private readonly prepared = new Once(() => this.prepare());

  /** `throws`: reading rejects when the bucket cannot be reached; otherwise that is reported once, and what was requested counts as absent. */
  constructor(
    readonly bucket: Bucket,
    onProblem: OnStoreProblem,
    readonly throws: boolean,
  ) {
    this.warnings = new WarnOnce(onProblem);
  }

  /** The outcome of a read, or `fallback` when the bucket cannot be reached. Throws `store-format` for a store of a newer version. */
  async reading<T>(fallback: T, work: () => Promise<T>): Promise<T> {
    try {
      await this.checked.run();
      return await work();
    } catch (error) {
      if (this.throws || error instanceof StagebookError) throw error;
      this.warnUnreachable(error);
      return fallback;
    }
  }

  /** Runs a write. Rejects with StagebookError `store-write` for errors of the bucket. */
  async writing<T>(work: () => Promise<T>): Promise<T> {
    try {
      await this.prepared.run();
      return await work();
    } catch (error) {
      if (isUserError(error)) throw error;
      const advice = "Check that it can be reached and is writable, or set STAGEBOOK_STORE to another location.";
      throw storeWriteError(this.bucket.location, messageOf(error), advice, error);
    }
  }

  /** Reports a problem, once per object. */
  readonly warn = (message: string, name: string): void => {
    this.warnings.warn(message, `${this.bucket.location}/${name}`);
  };

  /** Call when the object was rewritten. */
  forgetWarnings(name: string): void {
    this.warnings.forget(`${this.bucket.location}/${name}`);
  }

  /** Reported once, for all requests. */
  private warnUnreachable(error: unknown): void {
    const message = `cannot be read (${messageOf(error)}); its results are treated as absent`;
    this.warnings.warn(message, this.bucket.location);
  }

  private checkFormat(): Promise<boolean> {
    const at = { location: this.bucket.location, path: FORMAT };
    return checkFormat(new BucketRecords(this.bucket), at, this.warn);
  }

  private async prepare(): Promise<void> {
    if (!(await this.checked.run())) await this.bucket.put(FORMAT, Buffer.from(formatMarker));
  }
}
