/** Removal of the records of runs from a disk store, and of their lines in the lists of runs. Used by `gc`. */
import { join } from "node:path";
import { forEachParallel } from "../../concurrency";
import { collectRuns, isRunList, runOfLine, type RunRecord, type RunReport } from "../../maintenance/run-choices";
import { linesOf } from "../../records/text";
import type { GcOptions } from "../../store";
import type { MaintenanceContext } from "./discard";
import type { SurveyedEntry } from "./survey";

const CONCURRENCY = 32;
const SUFFIX = ".ndjson";

/** `kept`: the results that stay. */
export async function removeRuns(
  options: GcOptions,
  kept: readonly SurveyedEntry[],
  context: MaintenanceContext,
): Promise<RunReport> {
  const { files, paths, heads, live, protection, now } = context;
  const names = (await files.list(paths.runs()))
    .filter((name) => name.endsWith(SUFFIX) && !name.startsWith("."))
    .map((name) => name.slice(0, -SUFFIX.length));
  const lists = names.filter(isRunList).map((name) => pathOf(name, context));
  // Runs first: one that ends meanwhile is then in a list, or not among the runs.
  const runs = await surveyRuns(names.filter((name) => !isRunList(name)), context); // prettier-ignore
  return collectRuns(options, now(), {
    runs,
    kept,
    readLists: () => Promise.all(lists.map((path) => linesIn(path, context))),
    heads: () => heads.all(),
    spared: () => protection.keys(),
    pids: () => live.pids(),
    remove: async (removed) => {
      await forEachParallel(removed, CONCURRENCY, async ({ name }) => {
        options.signal?.throwIfAborted();
        await files.remove(pathOf(name, context));
      });
      const removedNames = new Set(removed.map(({ name }) => name));
      for (const path of lists) await trimList(path, removedNames, context);
    },
  });
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
  await context.files.rewrite(path, (bytes) =>
    linesOf(bytes)
      .filter((line) => !isRemoved(line))
      .map((line) => `${line}\n`)
      .join(""),
  );
}

async function linesIn(path: string, { files }: MaintenanceContext): Promise<readonly string[]> {
  return linesOf((await files.read(path)) ?? new Uint8Array(0));
}

function pathOf(name: string, { paths }: MaintenanceContext): string {
  return join(paths.runs(), `${name}${SUFFIX}`);
}
