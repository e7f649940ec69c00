/** Who hears what a session does: a person at a terminal, a program that reads lines, or nobody. */
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import type { KernelMessage } from "../../notebook/tslab/headless-kernel";
import type { Progress } from "../terminal/progress";
import type { CellReport, SessionListener } from "./session";
import type { Terminal } from "../terminal/terminal";

/** Prints what cells print, and tells how far the work is. `isQuiet`: what cells print is left out. */
export function personListener(progress: Progress, isQuiet: boolean): SessionListener {
  return {
    cellStarted: (_cell, nth, of) => progress.atCell(nth, of),
    output: (_cell, message) => {
      if (!isQuiet) progress.print(textOf(message));
    },
    cellEnded: (report) => tellCell(report, progress),
    opened: ({ bus }: PipelineInternals) => void bus.events$.subscribe((event) => progress.tell(event)),
  };
}

/** Those that stop while no stage runs are as they should be. */
function tellCell({ status, label }: CellReport, progress: Progress): void {
  if (status === "failed") progress.say(`✗ ${label} failed`);
}

/** A line of JSON for each event of a pipeline, and for what cells print: `{"type":"cell:output","cell":"c1","stream":"stdout","text":"…"}`. */
export function lineListener(terminal: Terminal): SessionListener {
  const write = (line: object): void => terminal.out(`${JSON.stringify(line)}\n`);
  return {
    cellStarted: () => undefined,
    output: (cell, message) => {
      const { name, text, data } = message.content;
      if (message.type === "stream") write({ type: "cell:output", cell, stream: name, text });
      else if (data !== undefined) write({ type: "cell:display", cell, data });
    },
    cellEnded: (report) => {
      if (report.status === "failed") write({ type: "cell:failed", ...report });
    },
    opened: ({ bus }: PipelineInternals) => void bus.events$.subscribe((event) => write(event)),
  };
}

/** Of a display its text. */
function textOf({ type, content }: KernelMessage): string {
  if (type === "stream") return String(content.text);
  const text = (content.data as Readonly<Record<string, unknown>> | undefined)?.["text/plain"];
  return type === "display_data" && typeof text === "string" && text !== "" ? `${text}\n` : "";
}
