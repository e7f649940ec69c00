/** The log lines of this process, in memory for pages that request older ones. */
import type { Observable } from "rxjs";
import type { LogRecord, StagebookEvent } from "../protocol";

const MAX_LINES = 100_000;

/** Collects from now on. Returns a reader: oldest first, at most 100,000 lines. */
export function keepLogLines(events$: Observable<StagebookEvent>): () => readonly LogRecord[] {
  let lines: LogRecord[] = [];
  events$.subscribe((event) => {
    if (event.type !== "log:written") return;
    lines.push(event.record);
    if (lines.length > MAX_LINES * 1.1) lines = lines.slice(-MAX_LINES);
  });
  return () => lines;
}
