/** Log lines of a stage, in the kernel or in a thread: what its function writes with `log`, and what it prints. */
import type { CellId, EventBody, LogLevel, RunId } from "../../../protocol";
import type { Values } from "../../../stage/public/inputs";
import { jsonFields } from "./log-fields";

/** What the lines of one call have in common, and where they go. */
export interface StageLines {
  readonly runId: RunId;
  readonly stage: string;
  readonly cell: CellId | null;
  /** Fields of every line: the values of the inputs that the stage's option `logged` names. */
  readonly logged: Readonly<Record<string, unknown>>;
  readonly emit: (event: EventBody) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export type WriteLine = (level: LogLevel, message: string, fields?: Values) => void;

/** `source`: `log` for what the function logs, `console` for what it prints. */
export function lineWriter(lines: StageLines, source: "log" | "console"): WriteLine {
  return (level, message, fields) =>
    lines.emit({
      type: "log:written",
      record: {
        at: lines.now(),
        level,
        stage: lines.stage,
        cell: lines.cell,
        run: lines.runId,
        message,
        fields: jsonFields({ ...lines.logged, ...fields }),
        source,
      },
    });
}

/** The inputs with these names. */
export function loggedOf(names: readonly string[], inputs: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    names.map((name) => [name, (inputs as Record<string, unknown> | null | undefined)?.[name]]),
  );
}
