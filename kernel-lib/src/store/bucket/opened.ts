/** A bucket as one process has opened it: its format known before anything else is read, trouble told once, errors in words. */
import { messageOf, StagebookError } from "../../protocol";
import type { OnStoreProblem } from "../store";
import { checkFormat, formatMarker } from "../disk/folder";
import { WarnOnce } from "../records/warn-once";
import type { Bucket } from "./port";
import { FORMAT } from "./names";
import { BucketRecords } from "./records";

export class OpenedBucket {
  private readonly warnings: WarnOnce;
  private checked: Promise<boolean> | undefined;
  private prepared: Promise<void> | undefined;

  /** `throws`: reading rejects where the bucket cannot be reached; else that is told, once, and what was wanted is absent. */
  constructor(
    readonly bucket: Bucket,
    onProblem: OnStoreProblem,
    readonly throws: boolean,
  ) {
    this.warnings = new WarnOnce(onProblem);
  }

  /** Throws `store-format` for a store of a newer version. */
  async reading<T>(otherwise: T, work: () => Promise<T>): Promise<T> {
    try {
      await this.check();
      return await work();
    } catch (error) {
      if (this.throws || error instanceof StagebookError) throw error;
      this.tellUnreachable(error);
      return otherwise;
    }
  }

  /** Errors of the bucket come as StagebookError `store-write`. */
  async writing<T>(work: () => Promise<T>): Promise<T> {
    try {
      await this.prepare();
      return await work();
    } catch (error) {
      // An aborted signal speaks for itself.
      if (error instanceof StagebookError || (error instanceof Error && error.name === "AbortError")) throw error;
      throw new StagebookError(
        "store-write",
        `cannot write to the store in ${this.bucket.location}: ${messageOf(error)}`,
        "Look whether it can be reached and may be written, or set STAGEBOOK_STORE to another place.",
        { cause: error },
      );
    }
  }

  /** Once for each object. */
  readonly tell = (message: string, name: string): void => {
    this.warnings.tell(message, `${this.bucket.location}/${name}`);
  };

  /** Once, whatever was asked for. */
  tellUnreachable(error: unknown): void {
    this.warnings.tell(`cannot be read (${messageOf(error)}); its results are treated as absent`, this.bucket.location);
  }

  /** What was written anew may be told of again. */
  forgetTold(name: string): void {
    this.warnings.forget(`${this.bucket.location}/${name}`);
  }

  private async check(): Promise<boolean> {
    this.checked ??= this.readFormat().catch((error: unknown) => {
      this.checked = undefined;
      throw error;
    });
    return this.checked;
  }

  private async readFormat(): Promise<boolean> {
    const paths = { folder: this.bucket.location, format: () => FORMAT };
    return checkFormat(new BucketRecords(this.bucket), paths, (message) => this.tell(message, FORMAT));
  }

  private async prepare(): Promise<void> {
    this.prepared ??= this.prepareOnce().catch((error: unknown) => {
      this.prepared = undefined;
      throw error;
    });
    return this.prepared;
  }

  private async prepareOnce(): Promise<void> {
    if (!(await this.check())) await this.bucket.put(FORMAT, Buffer.from(formatMarker));
  }
}
