/** Removal of the records of runs from a disk store, and of their lines in the lists of runs. Used by `gc`. */
import { join } from "node:path";
import { forEachParallel } from "../../concurrency";
import {
  collectRuns,
  isRunList,
  runListOf,
  runOfLine,
  type RunRecord,
  type RunReport,
} from "../../maintenance/run-choices";
import { fileNameOf } from "../../records/file-name";
import { isDiskFull } from "../../records/store-error";
import { linesOf } from "../../records/text";
import type { GcOptions } from "../../store";
import type { MaintenanceContext } from "./discard";
import type { SurveyedEntry } from "./survey";

const CONCURRENCY = 32;
const SUFFIX = ".ndjson";

/** `kept`: the results that stay. `gone`: ids of notebooks that are forgotten, with their lists. */
export async function removeRuns(
  options: GcOptions,
  kept: readonly SurveyedEntry[],
  context: MaintenanceContext,
  gone: readonly string[] = [],
): Promise<RunReport> {
  const { files, paths, heads, live, protection, now } = context;
  const names = (await files.list(paths.runs()))
    .filter((name) => name.endsWith(SUFFIX) && !name.startsWith("."))
    .map((name) => name.slice(0, -SUFFIX.length));
  const goneLists = gone.map((id) => fileNameOf(runListOf(id))).filter((name) => names.includes(name));
  const ofGone = await Promise.all(goneLists.map((name) => linesIn(pathOf(name, context), context)));
  const lists = names.filter(isRunList).map((name) => pathOf(name, context));
  // Runs first: one that ends meanwhile is then in a list, or not among the runs.
  const runs = await surveyRuns(names.filter((name) => !isRunList(name)), context); // prettier-ignore
  const report = await collectRuns(options, now(), {
    runs,
    gone: new Set(ofGone.flat().flatMap((line) => runOfLine(line) ?? [])),
    kept,
    readLists: () => Promise.all(lists.map((path) => linesIn(path, context))),
    heads: () => heads.all(),
    spared: () => protection.keys(),
    pids: () => live.pids(),
    exists: (name) => files.exists(pathOf(name, context)),
    remove: (removed) =>
      forEachParallel(removed, CONCURRENCY, async ({ name }) => {
        options.signal?.throwIfAborted();
        await files.remove(pathOf(name, context));
      }),
    trimLists: async (removed) => {
      for (const path of lists) await trimList(path, removed, context);
    },
  });
  if (options.dryRun !== true) for (const name of goneLists) await files.remove(pathOf(name, context));
  return report;
}

async function surveyRuns(names: readonly string[], context: MaintenanceContext): Promise<readonly RunRecord[]> {
  const found: RunRecord[] = [];
  await forEachParallel(names, CONCURRENCY, async (name) => {
    const stamp = await context.files.stamp(pathOf(name, context));
    if (stamp) found.push({ name, sizeBytes: stamp.sizeBytes, writtenAtMs: stamp.mtimeMs });
  });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function trimList(path: string, removed: ReadonlySet<string>, context: MaintenanceContext): Promise<void> {
  const isRemoved = (line: string): boolean => removed.has(runOfLine(line) ?? "");
  if (!(await linesIn(path, context)).some(isRemoved)) return;
  const trim = (bytes: Uint8Array): string =>
    linesOf(bytes)
      .filter((line) => !isRemoved(line))
      .map((line) => `${line}\n`)
      .join("");
  // On a full disk the lines stay until the next clean-up.
  await context.files.rewrite(path, trim).catch(ignoreDiskFull);
}

function ignoreDiskFull(error: unknown): void {
  if (!isDiskFull(error)) throw error;
}

async function linesIn(path: string, { files }: MaintenanceContext): Promise<readonly string[]> {
  return linesOf((await files.read(path)) ?? new Uint8Array(0));
}

function pathOf(name: string, { paths }: MaintenanceContext): string {
  return join(paths.runs(), `${name}${SUFFIX}`);
}
