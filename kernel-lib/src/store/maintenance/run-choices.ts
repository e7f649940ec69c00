/** Which records of runs go: decided from what is known of them, without touching anything. Used by all stores. */
import { pidOfRun, type Digest, type RunId } from "../../protocol";
import { fileNameOf } from "../records/file-name";
import type { GcOptions, GcReport, HeadRow } from "../store";
import type { UsedEntry } from "./choices";

/** The events and log lines of one run. */
export interface RunRecord {
  /** The run's id as it is encoded in names of files. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Epoch milliseconds. */
  readonly writtenAtMs: number;
}

export interface RunSurvey<T extends RunRecord> {
  readonly runs: readonly T[];
  /** For each notebook the names of the runs that have ended, in any order: they sort by time. */
  readonly lists: readonly (readonly string[])[];
  /** Of runs that stay in any case. */
  readonly spared: ReadonlySet<string>;
  /** Processes that are at work on the store. */
  readonly pids: ReadonlySet<number>;
}

const LIST = fileNameOf("runs of ");
/** A process may be silent for long, and on a machine of which nobody here can know. */
const SILENT_MS = 86_400_000;

/** Where the runs of a notebook are listed, one line of JSON with `id` for each that has ended: an id with a space is no run's. */
export function runListOf(notebook: string): RunId {
  return `runs of ${notebook}` as RunId;
}

/** By the name of a file. */
export function isRunList(name: string): boolean {
  return name.startsWith(LIST);
}

/** The name of the run of which a line of a list is; undefined for a damaged one. */
export function runOfLine(line: string): string | undefined {
  try {
    const row: unknown = JSON.parse(line);
    const id = typeof row === "object" && row !== null && "id" in row ? row.id : undefined;
    return typeof id === "string" ? fileNameOf(id) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the options say anything of runs. */
export function hasRunRule({ olderThanMs, keepRuns }: GcOptions): boolean {
  return olderThanMs !== undefined || keepRuns !== undefined;
}

/** Runs that no list names were stopped, if they are not under way: they are chosen from as if they were of one more notebook. */
export function chooseRuns<T extends RunRecord>(
  { runs, lists, spared, pids }: RunSurvey<T>,
  options: GcOptions,
  now: number,
): readonly T[] {
  if (!hasRunRule(options)) return [];
  const { olderThanMs, keepRuns } = options;
  const listed = new Set(lists.flat());
  const there = new Set(runs.map(({ name }) => name));
  const isUnderWay = ({ name, writtenAtMs }: RunRecord): boolean =>
    !listed.has(name) && (now - writtenAtMs < SILENT_MS || pids.has(pidOfRun(name) ?? -1));
  const stopped = runs
    .filter((run) => !listed.has(run.name) && !isUnderWay(run))
    .sort((a, b) => a.writtenAtMs - b.writtenAtMs)
    .map(({ name }) => name);
  const newest = new Set(
    [...lists.map((names) => names.filter((name) => there.has(name)).sort()), stopped].flatMap((names) =>
      names.slice(Math.max(0, names.length - (keepRuns ?? 0))),
    ),
  );
  const isOld = ({ writtenAtMs }: RunRecord): boolean => now - writtenAtMs > (olderThanMs ?? -Infinity);
  return runs.filter((run) => !newest.has(run.name) && !spared.has(run.name) && !isUnderWay(run) && isOld(run));
}

/** The runs whose logs are asked for: those that made each stage's newest result, and results that are spared. */
export function sparedRuns(
  kept: readonly UsedEntry[],
  heads: readonly (readonly HeadRow[])[],
  spared: ReadonlySet<Digest>,
): ReadonlySet<string> {
  const there = new Set(kept.map(({ key }) => key));
  const newest = new Set(heads.flatMap((rows) => rows.filter(({ key }) => there.has(key)).slice(-1)).map(({ key }) => key)); // prettier-ignore
  return new Set(
    kept.flatMap(({ key, run }) => (run && (newest.has(key) || spared.has(key)) ? [fileNameOf(run)] : [])),
  );
}

export type RunReport = Pick<GcReport, "removedRuns" | "freedRunBytes" | "keptRuns" | "keptRunBytes">;

export function reportRuns(runs: readonly RunRecord[], removed: readonly RunRecord[]): RunReport {
  const sizeOf = (some: readonly RunRecord[]): number => some.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const freed = sizeOf(removed);
  return {
    removedRuns: removed.length,
    freedRunBytes: freed,
    keptRuns: runs.length - removed.length,
    keptRunBytes: sizeOf(runs) - freed,
  };
}
