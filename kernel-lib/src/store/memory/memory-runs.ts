/** The events and log lines of runs, as long as the process lives. Used by the store in memory. */
import type { Digest, RunId } from "../../protocol";
import { fileNameOf } from "../records/file-name";
import type { GcOptions, HeadRow } from "../store";
import type { UsedEntry } from "../maintenance/choices";
import {
  chooseRuns,
  isRunList,
  reportRuns,
  runOfLine,
  sparedRuns,
  type RunRecord,
  type RunReport,
} from "../maintenance/run-choices";

interface KeptRun {
  lines: readonly string[];
  writtenAtMs: number;
}

/** What is known of the results when runs are chosen. */
export interface ResultSurvey {
  readonly kept: readonly UsedEntry[];
  readonly heads: readonly (readonly HeadRow[])[];
  readonly spared: ReadonlySet<Digest>;
}

export class MemoryRuns {
  /** By their names, lists included. */
  private readonly runs = new Map<string, KeptRun>();

  append(run: RunId, lines: readonly string[], now: number): void {
    if (lines.length === 0) return;
    const before = this.runs.get(fileNameOf(run))?.lines ?? [];
    this.runs.set(fileNameOf(run), { lines: [...before, ...lines], writtenAtMs: now });
  }

  read(run: RunId): readonly string[] | undefined {
    return this.runs.get(fileNameOf(run))?.lines;
  }

  collect(options: GcOptions, { kept, heads, spared }: ResultSurvey, now: number): RunReport {
    const all = [...this.runs].map(([name, { lines, writtenAtMs }]) => ({ name, lines, writtenAtMs }));
    const runs = all.filter(({ name }) => !isRunList(name)).map(asRecord);
    const lists = all
      .filter(({ name }) => isRunList(name))
      .map(({ lines }) => lines.flatMap((line) => runOfLine(line) ?? []));
    const survey = { runs, lists, spared: sparedRuns(kept, heads, spared), pids: new Set([process.pid]) };
    const going = chooseRuns(survey, options, now);
    if (options.dryRun !== true) this.remove(new Set(going.map(({ name }) => name)));
    return reportRuns(runs, going);
  }

  private remove(names: ReadonlySet<string>): void {
    for (const name of names) this.runs.delete(name);
    for (const [name, run] of this.runs)
      if (isRunList(name)) run.lines = run.lines.filter((line) => !names.has(runOfLine(line) ?? ""));
  }
}

function asRecord({ name, lines, writtenAtMs }: KeptRun & { readonly name: string }): RunRecord {
  const sizeBytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  return { name, sizeBytes, writtenAtMs };
}
