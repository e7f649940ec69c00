/** Takes records and blobs out of a disk store, save those that somebody wants by then. Used by `gc` and by `clear`. */
import type { Digest } from "../../../protocol";
import type { DurableFiles } from "../../files/durable-files";
import type { EvictedBlobs } from "../../records/evicted-blobs";
import type { HeadLogs } from "../heads";
import type { LiveProcesses, LiveSnapshot } from "../live";
import type { Protection } from "../protection";
import type { StorePaths } from "../folder";
import type { Evictions } from "../../maintenance/choices";
import { digestsOf } from "../../maintenance/choices";
import { removeUnwanted } from "./removal";
import type { SurveyedEntry } from "./survey";

export interface MaintenancePorts {
  readonly files: DurableFiles;
  readonly paths: StorePaths;
  readonly heads: HeadLogs;
  readonly live: LiveProcesses;
  readonly protection: Protection;
  readonly evicted: EvictedBlobs;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Asks anew. */
export type FindSpared = () => Promise<ReadonlySet<Digest>>;

export interface BlobWork {
  /** The results that stay. */
  readonly kept: readonly SurveyedEntry[];
  /** The blobs that there were. */
  readonly there: ReadonlySet<Digest>;
  readonly evictions: Evictions<SurveyedEntry>;
  /** Taken before the results were read. */
  readonly since: LiveSnapshot;
}

/** Removes records. Those that are spared, used or made anew since the survey stay. Returns what went. */
export async function discardEntries(
  entries: readonly SurveyedEntry[],
  findSpared: FindSpared,
  { files }: MaintenancePorts,
  signal?: AbortSignal,
): Promise<readonly SurveyedEntry[]> {
  const removed = await removeUnwanted(
    entries,
    ({ path }) => path,
    files,
    signal,
    async () => {
      const spared = await findSpared();
      return async ({ item, path }) => spared.has(item.key) || isChanged(item, path, files);
    },
  );
  return removed.map(({ item }) => item);
}

/** Removes the blobs that no result names, and the evicted ones. Returns what went, with sizes. */
export async function discardBlobs(
  { kept, there, evictions, since }: BlobWork,
  findSpared: FindSpared,
  { files, paths, live, evicted }: MaintenancePorts,
  signal?: AbortSignal,
): Promise<ReadonlyMap<Digest, number>> {
  const named = new Set(kept.flatMap((entry) => [...digestsOf(entry)]));
  const owners = ownersOf(evictions);
  const going = [...there].filter((digest) => evictions.blobs.has(digest) || !named.has(digest));
  // First, so that whoever misses a value knows why.
  if (evictions.blobs.size > 0) await rememberEvicted(named, there, evictions.blobs, evicted);
  const removed = await removeUnwanted(
    going,
    (digest) => paths.blob(digest),
    files,
    signal,
    async () => {
      const [spared, announced] = await Promise.all([findSpared(), live.announced(since)]);
      return async ({ item }) => {
        if (announced.has(item)) return true;
        for (const owner of owners.get(item) ?? []) {
          if (spared.has(owner.key) || (await isChanged(owner, owner.path, files))) return true;
        }
        return false;
      };
    },
  );
  return new Map(removed.map(({ item, sizeBytes }) => [item, sizeBytes]));
}

function ownersOf({ entries, blobs }: Evictions<SurveyedEntry>): ReadonlyMap<Digest, readonly SurveyedEntry[]> {
  const owners = new Map<Digest, SurveyedEntry[]>();
  for (const entry of entries) {
    for (const digest of digestsOf(entry)) {
      if (blobs.has(digest)) owners.set(digest, [...(owners.get(digest) ?? []), entry]);
    }
  }
  return owners;
}

/** Used, removed or made anew. */
async function isChanged({ stamp }: SurveyedEntry, path: string, files: DurableFiles): Promise<boolean> {
  const now = await files.stamp(path);
  return now?.ino !== stamp.ino || now.mtimeMs !== stamp.mtimeMs;
}

async function rememberEvicted(
  named: ReadonlySet<Digest>,
  there: ReadonlySet<Digest>,
  blobs: ReadonlySet<Digest>,
  evicted: EvictedBlobs,
): Promise<void> {
  const before = [...(await evicted.all())].filter((digest) => named.has(digest) && !there.has(digest));
  await evicted.write(new Set([...before, ...blobs]));
}
