/** The log lines of this process, in memory for pages that request older ones. */
import type { LogRecord } from "../protocol";
import type { EventFeed } from "./bus";

export interface LogLineLimits {
  readonly lines: number;
  /** Characters of all lines together. */
  readonly chars: number;
}

/** What a line has beside its text. */
const LINE_CHARS = 200;

/** Collects from now on. Returns a reader: oldest first; beyond the limits, older ones are dropped. */
export function keepLogLines(events: EventFeed, limits: LogLineLimits): () => readonly LogRecord[] {
  let lines: LogRecord[] = [];
  let chars = 0;
  events.subscribe((event) => {
    if (event.type !== "log:written") return;
    lines.push(event.record);
    chars += sizeOf(event.record);
    // A tenth more, so that dropping is rare.
    if (lines.length <= limits.lines * 1.1 && chars <= limits.chars * 1.1) return;
    let from = Math.max(0, lines.length - limits.lines);
    chars = lines.slice(from).reduce((sum, line) => sum + sizeOf(line), 0);
    for (; chars > limits.chars && from < lines.length - 1; from++) chars -= sizeOf(lines[from] as LogRecord);
    lines = lines.slice(from);
  });
  return () => lines;
}

function sizeOf({ message, fields }: LogRecord): number {
  return LINE_CHARS + message.length + JSON.stringify(fields).length;
}
