/** Pipelines of scripts for tests of the engine: memory store, and the event log as lines. */
import { createPipeline, type PipelineOptions, type ScriptPipeline, type StagebookEvent } from "stagebook";

export interface Script {
  readonly p: ScriptPipeline;
  readonly events: readonly StagebookEvent[];
  /** `a running`, `a succeeded`, `b cached` …, and forgets them. */
  readonly log: () => readonly string[];
}

export function createScript(options: PipelineOptions = {}): Script {
  const p = createPipeline({ store: "memory", ...options });
  const events: StagebookEvent[] = [];
  let reported = 0;
  p.events$.subscribe((event) => events.push(event));
  return {
    p,
    events,
    log: () => {
      const lines = events
        .slice(reported)
        .flatMap((event) =>
          /^stage:(running|succeeded|failed|cancelled|blocked|cached|unchanged|shared)$/.test(event.type) &&
          "stage" in event &&
          typeof event.stage === "string"
            ? [`${event.stage} ${event.type.slice("stage:".length)}`]
            : [],
        );
      reported = events.length;
      return lines;
    },
  };
}

/** A promise that the test settles: for stages that wait until the test lets them continue. */
export function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void; fail(error: Error): void } {
  let open!: (value: T) => void;
  let fail!: (error: Error) => void;
  const opened = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { opened, open, fail };
}
