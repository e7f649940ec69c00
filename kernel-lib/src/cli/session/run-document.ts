/** The document that `stagebook run --json` prints at the end. Its schema is schema/cli.schema.json. */
import { caveatsOf, type ErrorView, type Freshness, type Json } from "../../protocol";
import type { StageOutcome } from "./session-record";
import type { CellReport } from "./session";
import type { Workbench } from "./workbench";

/** The head of every document that a command prints. Fields may be added; none changes its meaning. */
export interface DocumentHead {
  readonly format: "stagebook-cli";
  readonly v: 1;
  readonly command: string;
  /** The notebook or script as it was typed. */
  readonly file: string;
}

export interface StageDocument {
  readonly name: string;
  readonly outcome: StageOutcome;
  readonly status: Freshness;
  readonly reasons: readonly string[];
  /** The key of the current result, if there is one. */
  readonly key?: string;
  /** Digest of the value: equal values have equal digests. */
  readonly digest?: string;
  readonly sizeBytes?: number;
  /** Duration of the execution that computed the result. */
  readonly durationMs?: number;
  readonly summary?: string;
  /** Why the result may differ from a new one: `not repeatable: …`, `not tracked: …`. Absent when there is nothing. */
  readonly caveats?: readonly string[];
}

export interface RunDocument extends DocumentHead {
  readonly command: "run";
  readonly exitCode: number;
  readonly durationMs: number;
  /** Number of stages that were executed. */
  readonly executed: number;
  readonly params: Readonly<Record<string, Json>>;
  /** The parameters whose value was set in an earlier session, in the sidebar or by `.set()`. */
  readonly savedParams: readonly string[];
  readonly cells: readonly CellReport[];
  readonly stages: readonly StageDocument[];
  readonly errors: readonly ErrorView[];
}

export function headOf(command: string, file: string): DocumentHead {
  return { format: "stagebook-cli", v: 1, command, file };
}

export async function describeRun(
  bench: Workbench,
  { exitCode, startedAt }: { readonly exitCode: number; readonly startedAt: number },
): Promise<RunDocument> {
  return {
    ...headOf("run", bench.file),
    command: "run",
    exitCode,
    durationMs: Date.now() - startedAt,
    executed: bench.recorder.executed,
    params: paramValues(bench),
    savedParams: bench.savedParams.map(({ name }) => name),
    cells: bench.reports,
    stages: await describeStages(bench),
    errors: bench.recorder.errors,
  };
}

function paramValues({ pipelines }: Workbench): Readonly<Record<string, Json>> {
  const views = pipelines.flatMap(({ engine }) => engine.params.names().map((name) => engine.params.view(name)));
  return Object.fromEntries(views.map(({ name, value }) => [name, value]));
}

export async function describeStages(bench: Workbench): Promise<readonly StageDocument[]> {
  const stages: StageDocument[] = [];
  for (const internals of bench.pipelines) {
    const { assessed } = await internals.engine.planAll();
    for (const { instance, row } of assessed.values()) {
      if (instance.definition.partOf !== undefined) continue;
      const { stage: name, status, reasons, result } = row;
      const outcome = bench.recorder.outcomeOf(internals, name);
      const about = result && {
        key: result.key,
        digest: result.digest,
        sizeBytes: result.sizeBytes,
        durationMs: result.durationMs,
        summary: result.summary,
      };
      const caveats = caveatsOf(row);
      const texts = { reasons: reasons.map(({ text }) => text), ...(caveats.length > 0 ? { caveats } : {}) };
      stages.push({ name, outcome, status, ...texts, ...about });
    }
  }
  return stages;
}
