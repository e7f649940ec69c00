/** Garbage collection of the records of runs: the decision, without side effects, and the steps around it. Used by all stores. */
import { pidOfRun, type Digest, type RunId } from "../../protocol";
import { fileNameOf } from "../records/file-name";
import type { GcOptions, GcReport, HeadRow } from "../store";
import type { UsedEntry } from "./choices";

/** The events and log lines of one run. */
export interface RunRecord {
  /** The run's id, encoded as in file names. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Epoch milliseconds. */
  readonly writtenAtMs: number;
}

/** The runs of a store, and how to read what the decision depends on. */
export interface RunSource<T extends RunRecord> {
  readonly runs: readonly T[];
  /** The results that stay. */
  readonly kept: readonly UsedEntry[];
  /** The lines of each notebook's list of runs. */
  readLists(): Promise<readonly (readonly string[])[]>;
  /** The rows of all histories, one list each. */
  heads(): Promise<readonly (readonly HeadRow[])[]>;
  /** Keys of pinned and held results. */
  spared(): Promise<ReadonlySet<Digest>>;
  /** Ids of the processes that use the store. */
  pids(): Promise<ReadonlySet<number>>;
  /** Whether the record of a run exists now. */
  exists(name: string): Promise<boolean>;
  remove(runs: readonly T[]): Promise<void>;
  /** Runs of notebooks that are forgotten. */
  readonly gone?: ReadonlySet<string>;
  /** Removes the lines of these runs from the lists. Not called without any. */
  trimLists(removed: ReadonlySet<string>): Promise<void>;
}

export interface RunSurvey<T extends RunRecord> {
  readonly runs: readonly T[];
  /** For each notebook the names of the runs that have ended, in any order: they sort by time. */
  readonly lists: readonly (readonly string[])[];
  /** Names of runs that stay in any case. */
  readonly spared: ReadonlySet<string>;
  /** Names of runs that are removed whatever the options say, unless they are in progress or spared. */
  readonly gone: ReadonlySet<string>;
  /** Ids of the processes that use the store. */
  readonly pids: ReadonlySet<number>;
}

export type RunReport = Pick<GcReport, "removedRuns" | "freedRunBytes" | "keptRuns" | "keptRunBytes">;

const LIST = fileNameOf("runs of ");
/** A run may write nothing for a long time, and its process may be on a machine that cannot be checked from here. */
const SILENT_MS = 86_400_000;

/** The pseudo run that lists the ended runs of a notebook, one line of JSON with `id` for each. No run has an id with a space. */
export function runListOf(notebook: string): RunId {
  return `runs of ${notebook}` as RunId;
}

/** Whether an id is that of a list of runs. */
export function isRunListOf(run: RunId): boolean {
  return run.startsWith("runs of ");
}

/** Whether an encoded name is that of a list of runs. */
export function isRunList(name: string): boolean {
  return name.startsWith(LIST);
}

/** The encoded name of the run in a line of a list; undefined for a damaged line. */
export function runOfLine(line: string): string | undefined {
  try {
    const row: unknown = JSON.parse(line);
    const id = typeof row === "object" && row !== null && "id" in row ? row.id : undefined;
    return typeof id === "string" ? fileNameOf(id) : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the runs that the options do not keep. `now`: epoch milliseconds. */
export async function collectRuns<T extends RunRecord>(
  options: GcOptions,
  now: number,
  source: RunSource<T>,
): Promise<RunReport> {
  const { runs, kept, gone = new Set<string>() } = source;
  if (!hasRunRule(options) && gone.size === 0) return reportRuns(runs, []);
  const lists = (await source.readLists()).map((lines) => lines.flatMap((line) => runOfLine(line) ?? []));
  const spared = sparedRuns(kept, await source.heads(), await source.spared());
  const removals = chooseRuns({ runs, lists, spared, gone, pids: await source.pids() }, options, now);
  if (options.dryRun !== true) {
    await source.remove(removals);
    const removed = new Set([...removals.map(({ name }) => name), ...(await findLost(lists.flat(), source))]);
    if (removed.size > 0) await source.trimLists(removed);
  }
  return reportRuns(runs, removals);
}

/** Listed runs whose record is gone: maintenance was killed, or the disk was full, before it could change the list. */
async function findLost<T extends RunRecord>(
  listed: readonly string[],
  source: RunSource<T>,
): Promise<readonly string[]> {
  const existing = new Set(source.runs.map(({ name }) => name));
  const lost: string[] = [];
  // A run that began after the survey has a record by now: its line follows it.
  for (const name of listed) if (!existing.has(name) && !(await source.exists(name))) lost.push(name);
  return lost;
}

function hasRunRule({ olderThanMs, keepRuns }: GcOptions): boolean {
  return olderThanMs !== undefined || keepRuns !== undefined;
}

/** A run that is in no list is in progress or was killed. Killed runs are treated like the runs of one more notebook. */
function chooseRuns<T extends RunRecord>(
  { runs, lists, spared, gone, pids }: RunSurvey<T>,
  options: GcOptions,
  now: number,
): readonly T[] {
  const { olderThanMs, keepRuns } = options;
  const listed = new Set(lists.flat());
  const existing = new Set(runs.map(({ name }) => name));
  const isInProgress = ({ name, writtenAtMs }: RunRecord): boolean =>
    !listed.has(name) && (now - writtenAtMs < SILENT_MS || pids.has(pidOfRun(name) ?? -1));
  const killed = runs
    .filter((run) => !listed.has(run.name) && !isInProgress(run))
    .sort((a, b) => a.writtenAtMs - b.writtenAtMs)
    .map(({ name }) => name);
  const newest = new Set(
    [...lists.map((names) => names.filter((name) => existing.has(name)).sort()), killed].flatMap((names) =>
      names.slice(Math.max(0, names.length - (keepRuns ?? 0))),
    ),
  );
  const isOld = ({ writtenAtMs }: RunRecord): boolean => now - writtenAtMs > (olderThanMs ?? -Infinity);
  const isChosen = (run: T): boolean =>
    gone.has(run.name) || (hasRunRule(options) && !newest.has(run.name) && isOld(run));
  return runs.filter((run) => isChosen(run) && !spared.has(run.name) && !isInProgress(run));
}

/** The runs whose logs can still be asked for: those that computed the newest result of a stage, or a pinned or held one. */
function sparedRuns(
  kept: readonly UsedEntry[],
  heads: readonly (readonly HeadRow[])[],
  spared: ReadonlySet<Digest>,
): ReadonlySet<string> {
  const existing = new Set(kept.map(({ key }) => key));
  const newest = new Set(heads.flatMap((rows) => rows.filter(({ key }) => existing.has(key)).slice(-1)).map(({ key }) => key)); // prettier-ignore
  return new Set(
    kept.flatMap(({ key, run }) => (run && (newest.has(key) || spared.has(key)) ? [fileNameOf(run)] : [])),
  );
}

function reportRuns(runs: readonly RunRecord[], removed: readonly RunRecord[]): RunReport {
  const sizeOf = (some: readonly RunRecord[]): number => some.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const freed = sizeOf(removed);
  return {
    removedRuns: removed.length,
    freedRunBytes: freed,
    keptRuns: runs.length - removed.length,
    keptRunBytes: sizeOf(runs) - freed,
  };
}
