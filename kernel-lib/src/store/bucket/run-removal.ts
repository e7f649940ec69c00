/** Takes the records of runs out of a store in a bucket, and out of the lists of the notebooks' runs. Used by `gc`. */
import type { Digest } from "../../protocol";
import type { GcOptions } from "../store";
import { inParallel } from "../turns";
import type { UsedEntry } from "../maintenance/choices";
import {
  chooseRuns,
  hasRunRule,
  isRunList,
  reportRuns,
  runOfLine,
  sparedRuns,
  type RunRecord,
  type RunReport,
} from "../maintenance/run-choices";
import { listAll, type Bucket, type BucketItem } from "./port";
import type { BucketHeads } from "./heads";
import type { BucketLive } from "./live";
import { orderOf, RUNS } from "./names";
import { textOf } from "./records";

const AT_ONCE = 16;

export interface RunRemovalContext {
  readonly bucket: Bucket;
  readonly heads: BucketHeads;
  readonly live: BucketLive;
  readonly pinned: () => Promise<ReadonlySet<Digest>>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

interface StoredRun extends RunRecord {
  readonly items: readonly BucketItem[];
}

/** One object of a list. */
interface ListPart {
  readonly item: BucketItem;
  readonly lines: readonly string[];
}

/** `kept`: the results that stay. */
export async function collectRuns(
  options: GcOptions,
  kept: readonly UsedEntry[],
  { bucket, heads, live, pinned, now }: RunRemovalContext,
): Promise<RunReport> {
  // Runs first: one that ends meanwhile is then in a list, or not among them.
  const stored = storedRuns(await listAll(bucket, RUNS));
  const runs = stored.filter(({ name }) => !isRunList(name));
  if (!hasRunRule(options)) return reportRuns(runs, []);
  const parts = await Promise.all(stored.filter(({ name }) => isRunList(name)).map((list) => partsOf(list, bucket)));
  const lists = parts.map((list) => list.flatMap(({ lines }) => lines.flatMap((line) => runOfLine(line) ?? [])));
  const { held } = await live.inUse();
  const spared = sparedRuns(kept, await heads.all(), new Set([...held, ...(await pinned())]));
  const going = chooseRuns({ runs, lists, spared, pids: await live.pids() }, options, now());
  if (options.dryRun === true) return reportRuns(runs, going);
  await inParallel(going, AT_ONCE, async ({ items }) => {
    options.signal?.throwIfAborted();
    for (const { name } of items) await bucket.delete(name);
  });
  await trimLists(parts.flat(), new Set(going.map(({ name }) => name)), bucket);
  return reportRuns(runs, going);
}

function storedRuns(items: readonly BucketItem[]): readonly StoredRun[] {
  const found = new Map<string, BucketItem[]>();
  for (const item of items) {
    const name = item.name.slice(RUNS.length, item.name.lastIndexOf("/"));
    found.set(name, [...(found.get(name) ?? []), item]);
  }
  return [...found].map(([name, its]) => ({
    name,
    items: its,
    sizeBytes: its.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    // The order of an object is when it was written, in microseconds.
    writtenAtMs: Math.max(...its.map((item) => Number(orderOf(item.name)) / 1000)),
  }));
}

async function partsOf({ items }: StoredRun, bucket: Bucket): Promise<readonly ListPart[]> {
  const lines = new Map<BucketItem, readonly string[]>();
  await inParallel(items, AT_ONCE, async (item) => {
    const found = await bucket.get(item.name);
    lines.set(item, found ? textOf(found.bytes).split("\n").filter((line) => line !== "") : []); // prettier-ignore
  });
  return items.map((item) => ({ item, lines: lines.get(item) ?? [] }));
}

/** Nobody writes an object of a list again. */
async function trimLists(parts: readonly ListPart[], gone: ReadonlySet<string>, bucket: Bucket): Promise<void> {
  await inParallel(parts, AT_ONCE, async ({ item, lines }) => {
    const stay = lines.filter((line) => !gone.has(runOfLine(line) ?? ""));
    if (stay.length === lines.length) return;
    if (stay.length === 0) await bucket.delete(item.name);
    else await bucket.put(item.name, Buffer.from(`${stay.join("\n")}\n`));
  });
}
