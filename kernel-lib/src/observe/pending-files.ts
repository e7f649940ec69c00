/** Whole files that an execution has read one after the other, as they were named and opened. To list them costs less than to record them. */
import path from "node:path";
import { STATE_LENGTH, stampFrom } from "./opened-file";
import { workingFolder, workingFolderChanges } from "./own-paths";

interface PendingFile {
  readonly given: string;
  /** The absolute path. */
  readonly file: string;
  /** As `stampOf` has it. */
  readonly stamp: string;
  /** The digest of what was read, if the stamp may be the same after the file has changed. */
  readonly content: string | undefined;
}

export class PendingFiles {
  /** Where in `states` each begins. */
  private readonly places = new Map<string, number>();
  private readonly states: number[] = [];
  private readonly contents = new Map<string, string>();
  private readonly folder = workingFolder();
  private readonly changes = workingFolderChanges();

  /** Whether the paths that are listed here still lead to the same files. */
  get isCurrent(): boolean {
    return this.changes === workingFolderChanges();
  }

  has(given: string): boolean {
    return this.places.has(given);
  }

  /** Whether its content may change without a trace. */
  isUncertain(given: string): boolean {
    return this.contents.size > 0 && this.contents.has(given);
  }

  /** A file that is not listed. `state`: is copied. */
  add(given: string, state: Float64Array, content: string | undefined): void {
    const { states } = this;
    this.places.set(given, states.length);
    for (let i = 0; i < STATE_LENGTH; i++) states.push(state[i] as number);
    if (content !== undefined) this.contents.set(given, content);
  }

  /** In the order in which they were read. */
  *files(): Generator<PendingFile> {
    for (const [given, place] of this.places)
      yield {
        given,
        file: path.resolve(this.folder, given),
        stamp: stampFrom(this.states, place),
        content: this.contents.get(given),
      };
  }
}
