/** Removal of the records of runs from a bucket, and of their lines in the lists of runs. Used by `gc`. */
import { forEachParallel } from "../../concurrency";
import type { UsedEntry } from "../../maintenance/choices";
import {
  collectRuns,
  isRunList,
  runListOf,
  runOfLine,
  type RunRecord,
  type RunReport,
} from "../../maintenance/run-choices";
import { fileNameOf } from "../../records/file-name";
import { linesOf } from "../../records/text";
import type { GcOptions } from "../../store";
import { orderOf, RUNS } from "../names";
import { listAll, type Bucket, type BucketItem } from "../port";
import { findSpared, type MaintenanceContext } from "./discard";

const CONCURRENCY = 16;

interface StoredRun extends RunRecord {
  readonly items: readonly BucketItem[];
}

/** One object of a list of runs. */
interface ListPart {
  readonly item: BucketItem;
  readonly lines: readonly string[];
}

/** `kept`: the results that stay. `gone`: ids of notebooks that are forgotten, with their lists. */
export async function removeRuns(
  options: GcOptions,
  kept: readonly UsedEntry[],
  context: MaintenanceContext,
  gone: readonly string[] = [],
): Promise<RunReport> {
  const { bucket, heads, live, now } = context;
  // Runs first: one that ends meanwhile is then in a list, or not among the runs.
  const stored = storedRuns(await listAll(bucket, RUNS));
  let lists: readonly (readonly ListPart[])[] = [];
  const goneNames = new Set(gone.map((id) => fileNameOf(runListOf(id))));
  const goneLists = stored.filter(({ name }) => goneNames.has(name));
  const ofGone = (await Promise.all(goneLists.map((list) => partsOf(list, bucket)))).flat();
  const report = await collectRuns(options, now(), {
    gone: new Set(ofGone.flatMap(({ lines }) => lines.flatMap((line) => runOfLine(line) ?? []))),
    runs: stored.filter(({ name }) => !isRunList(name)),
    kept,
    readLists: async () => {
      lists = await Promise.all(stored.filter(({ name }) => isRunList(name)).map((list) => partsOf(list, bucket)));
      return lists.map((parts) => parts.flatMap(({ lines }) => lines));
    },
    heads: () => heads.all(),
    spared: () => findSpared(context),
    pids: () => live.pids(),
    exists: async (name) => (await listAll(bucket, `${RUNS}${name}/`)).length > 0,
    remove: (removed) =>
      forEachParallel(removed, CONCURRENCY, async ({ items }) => {
        options.signal?.throwIfAborted();
        for (const { name } of items) await bucket.delete(name);
      }),
    trimLists: (removed) => trimLists(lists.flat(), removed, bucket),
  });
  if (options.dryRun !== true) for (const { item } of ofGone) await bucket.delete(item.name);
  return report;
}

function storedRuns(items: readonly BucketItem[]): readonly StoredRun[] {
  const found = new Map<string, BucketItem[]>();
  for (const item of items) {
    const name = item.name.slice(RUNS.length, item.name.lastIndexOf("/"));
    found.set(name, [...(found.get(name) ?? []), item]);
  }
  return [...found].map(([name, parts]) => ({
    name,
    items: parts,
    sizeBytes: parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    // The name of an object holds the time when it was written, in microseconds.
    writtenAtMs: Math.max(...parts.map((item) => Number(orderOf(item.name)) / 1000)),
  }));
}

async function partsOf({ items }: StoredRun, bucket: Bucket): Promise<readonly ListPart[]> {
  const lines = new Map<BucketItem, readonly string[]>();
  await forEachParallel(items, CONCURRENCY, async (item) => {
    const object = await bucket.get(item.name);
    lines.set(item, object ? linesOf(object.bytes) : []);
  });
  return items.map((item) => ({ item, lines: lines.get(item) ?? [] }));
}

/** No process writes an object of a list twice, so these can be replaced without coordination. */
async function trimLists(parts: readonly ListPart[], removed: ReadonlySet<string>, bucket: Bucket): Promise<void> {
  await forEachParallel(parts, CONCURRENCY, async ({ item, lines }) => {
    const rest = lines.filter((line) => !removed.has(runOfLine(line) ?? ""));
    if (rest.length === lines.length) return;
    if (rest.length === 0) await bucket.delete(item.name);
    else await bucket.put(item.name, Buffer.from(`${rest.join("\n")}\n`));
  });
}
