/** The log of a stage: what its body writes with `log`, and what it prints. In the kernel or in a thread. */
import type { CellId, EventBody, LogLevel, RunId } from "../../protocol";
import type { Values } from "../../stage/public/inputs";
import { jsonFields } from "./log-fields";

/** Where the lines of one body belong. */
export interface StageLines {
  readonly run: RunId;
  readonly stage: string;
  readonly cell: CellId | null;
  /** What each line carries: the values of the inputs that the stage says are logged. */
  readonly logged: Readonly<Record<string, unknown>>;
  readonly emit: (event: EventBody) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export type WriteLine = (level: LogLevel, message: string, fields?: Values) => void;

/** `source`: whether it is written or printed. */
export function lineWriter(lines: StageLines, source: "log" | "console"): WriteLine {
  return (level, message, fields) =>
    lines.emit({
      type: "log:written",
      record: {
        at: lines.now(),
        level,
        stage: lines.stage,
        cell: lines.cell,
        run: lines.run,
        message,
        fields: jsonFields({ ...lines.logged, ...fields }),
        source,
      },
    });
}

/** The inputs of those names. */
export function loggedOf(names: readonly string[], inputs: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    names.map((name) => [name, (inputs as Record<string, unknown> | null | undefined)?.[name]]),
  );
}
