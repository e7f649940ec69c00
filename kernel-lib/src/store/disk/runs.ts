/** The `RunLog` of a disk store: files `runs/<run>.ndjson` that lines are appended to. */
import type { RunId } from "../../protocol";
import { KeyedMutex } from "../concurrency";
import { linesOf } from "../records/text";
import { isRunListOf } from "../maintenance/run-choices";
import type { RunLog } from "../store";
import type { DiskLive } from "./live";
import type { OpenedFolder } from "./opened";

export class DiskRuns implements RunLog {
  private readonly mutex = new KeyedMutex();

  constructor(
    private readonly opened: OpenedFolder,
    private readonly live: DiskLive,
  ) {}

  async appendRun(run: RunId, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const { files, paths } = this.opened;
    const path = paths.run(run);
    const text = `${lines.join("\n")}\n`;
    await this.opened.writing(async () => {
      // So that maintenance knows that the run is in progress.
      await this.live.join();
      // One append after the other, so that the lines stay in order.
      await this.mutex.run(path, () =>
        isRunListOf(run) ? files.appendToRewritten(path, text, false) : files.append(path, text, false),
      );
    });
  }

  async readRun(run: RunId): Promise<readonly string[] | undefined> {
    const bytes = await this.opened.read(this.opened.paths.run(run));
    return bytes && linesOf(bytes);
  }
}
