/** Listeners of a session: for a user at a terminal, and for a program that reads lines of JSON. */
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import type { KernelMessage } from "../../notebook/tslab/headless-kernel";
import type { Progress } from "../terminal/progress";
import type { CellReport, SessionListener } from "./session";
import { jsonDocument } from "../terminal/json-value";
import type { Terminal } from "../terminal/terminal";

/** Prints what cells print, and the progress. `isQuiet`: without what cells print. */
export function terminalListener(progress: Progress, isQuiet: boolean): SessionListener {
  return {
    cellStarted: (_cell, nth, of) => progress.atCell(nth, of),
    output: (_cell, message) => {
      if (!isQuiet) progress.print(textOf(message));
    },
    cellEnded: (report) => showCell(report, progress),
    opened: ({ bus }: PipelineInternals) => void bus.events.subscribe((event) => progress.show(event)),
  };
}

/** A cell that is stopped because no stage may run is not a failure. */
function showCell({ status, label }: CellReport, progress: Progress): void {
  if (status === "failed") progress.say(`✗ ${label} failed`);
}

/** One line of JSON per event of a pipeline, and per output of a cell: `{"type":"cell:output","cell":"c1","stream":"stdout","text":"…"}`. */
export function lineListener(terminal: Terminal): SessionListener {
  const write = (line: object): void => terminal.out(jsonDocument(line, 0));
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
    opened: ({ bus }: PipelineInternals) => void bus.events.subscribe((event) => write(event)),
  };
}

/** The text of a message; for a display its text form. */
function textOf({ type, content }: KernelMessage): string {
  if (type === "stream") return String(content.text);
  const text = (content.data as Readonly<Record<string, unknown>> | undefined)?.["text/plain"];
  return type === "display_data" && typeof text === "string" && text !== "" ? `${text}\n` : "";
}
