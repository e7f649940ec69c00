/** How many log lines of one notebook the user has not seen. Owned by NotebookModel; read by the log's tab and the status bar. */
import type { LogRecord } from "stagebook/protocol";
import { Subscribable } from "../subscribable";

export interface UnreadCount {
  /** Without debug lines. */
  readonly lines: number;
  /** Those of them that are warnings or errors. */
  readonly problems: number;
}

const nothing: UnreadCount = { lines: 0, problems: 0 };

export class UnreadLines extends Subscribable<UnreadCount> {
  /** `readAt`: the time of the last line that was seen, epoch milliseconds. */
  constructor(public readAt: number) {
    super(nothing);
  }

  /** To be called with all lines, oldest first, when some have arrived. */
  update(records: readonly LogRecord[]): void {
    const count = this.count(records);
    const before = this.get();
    if (count.lines !== before.lines || count.problems !== before.problems) this.publish(count);
  }

  /** To be called with the lines that are in view. */
  markRead(records: readonly LogRecord[]): void {
    this.readAt = Math.max(this.readAt, records.at(-1)?.at ?? 0);
    this.publish(nothing);
  }

  private count(records: readonly LogRecord[]): UnreadCount {
    let [lines, problems] = [0, 0];
    for (let index = records.length - 1; index >= 0; index--) {
      const record = records[index];
      if (!record || record.at <= this.readAt) break;
      if (record.level !== "debug") lines += 1;
      if (record.level === "warn" || record.level === "error") problems += 1;
    }
    return { lines, problems };
  }
}
