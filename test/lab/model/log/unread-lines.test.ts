/** The count of log lines that were not seen. */
import { describe, expect, it } from "vitest";
import { UnreadLines } from "../../../../lab-extension/src/model/log/unread-lines";
import type { LogRecord } from "stagebook/protocol";

const line = (at: number, level: LogRecord["level"] = "info"): LogRecord => ({
  at,
  level,
  stage: null,
  cell: null,
  run: null,
  message: String(at),
  fields: {},
  source: "log",
});

describe("unread lines", () => {
  it("[O1] are those after the last one that was seen, without debug lines; warnings and errors are counted too", () => {
    const unread = new UnreadLines(2);
    unread.update([line(1, "error"), line(2), line(3), line(4, "debug"), line(5, "warn"), line(6, "error")]);
    expect(unread.get()).toEqual({ lines: 3, problems: 2 });
  });

  it("[O1] are none once the log was in view, and count again from there", () => {
    const unread = new UnreadLines(0);
    unread.update([line(1), line(2)]);
    unread.markRead([line(1), line(2)]);
    expect(unread.get()).toEqual({ lines: 0, problems: 0 });
    expect(unread.readAt).toBe(2);
    unread.update([line(1), line(2), line(3)]);
    expect(unread.get().lines).toBe(1);
  });

  it("[O1] do not notify while the count stays, and a cleared log has none", () => {
    const unread = new UnreadLines(0);
    const seen: number[] = [];
    unread.subscribe(() => seen.push(unread.get().lines));
    unread.update([line(1)]);
    unread.update([line(1)]);
    unread.update([]);
    expect(seen).toEqual([1, 0]);
  });
});
