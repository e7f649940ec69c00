/** Removes what a disk store need not keep: results by age and number, values by size, and blobs that nothing names. */
import type { Digest } from "../../../protocol";
import type { GcOptions, GcReport } from "../../store";
import { chooseEvictions, chooseRemovals, sizeOfAll } from "../../maintenance/choices";
import type { Evictions } from "../../maintenance/choices";
import type { MaintenancePorts } from "./discard";
import { discardBlobs, discardEntries } from "./discard";
import { collectRuns } from "./run-removal";
import type { SurveyedEntry } from "./survey";
import { listBlobs, surveyEntries } from "./survey";
import type { LiveSnapshot } from "../live";

/** `spare`: results to leave alone beside those that are pinned or held. In earnest one process at a time does this. */
export async function collectGarbage(
  options: GcOptions,
  ports: MaintenancePorts,
  spare: ReadonlySet<Digest> = new Set(),
): Promise<GcReport> {
  const since = await ports.live.snapshot();
  const entries = await surveyEntries(ports.files, ports.paths, options);
  const findSpared = async (): Promise<ReadonlySet<Digest>> => new Set([...(await ports.protection.keys()), ...spare]);
  const removals = await findRemovals(entries, options, ports, await findSpared());
  const removed = options.dryRun ? removals : await discardEntries(removals, findSpared, ports, options.signal);
  const gone = new Set(removed);
  const kept = entries.filter((entry) => !gone.has(entry));
  const there = new Set(await listBlobs(ports.files, ports.paths));
  const { maxBytes } = options;
  const evictions: Evictions<SurveyedEntry> =
    maxBytes === undefined
      ? { entries: [], blobs: new Set<Digest>() }
      : chooseEvictions(kept, there, await findSpared(), maxBytes);
  const work = { kept, there, evictions, since };
  const blobs = options.dryRun
    ? await wouldGo(work, ports)
    : await discardBlobs(work, findSpared, ports, options.signal);
  const left = new Set([...there].filter((digest) => !blobs.has(digest)));
  return {
    dryRun: options.dryRun === true,
    removedEntries: removed.length,
    evictedEntries: evictions.entries.filter(({ blobs: refs }) => refs?.some(({ digest }) => blobs.has(digest))).length,
    removedBlobs: blobs.size,
    freedBytes: [...blobs.values()].reduce((sum, size) => sum + size, 0),
    keptEntries: kept.length,
    keptBytes: sizeOfAll(kept, left),
    ...(await collectRuns(options, kept, ports)),
  };
}

async function findRemovals(
  entries: readonly SurveyedEntry[],
  options: GcOptions,
  { heads, now }: MaintenancePorts,
  spared: ReadonlySet<Digest>,
): Promise<readonly SurveyedEntry[]> {
  const rows = await Promise.all((await heads.places()).map((place) => heads.rows(place)));
  return chooseRemovals(entries, rows, options, now()).filter(({ key }) => !spared.has(key));
}

/** What `discardBlobs` would remove, with sizes. */
async function wouldGo(
  work: {
    kept: readonly SurveyedEntry[];
    there: ReadonlySet<Digest>;
    evictions: Evictions<SurveyedEntry>;
    since: LiveSnapshot;
  },
  { files, paths, live }: MaintenancePorts,
): Promise<ReadonlyMap<Digest, number>> {
  const named = new Set(work.kept.flatMap(({ blobs }) => blobs?.map(({ digest }) => digest) ?? []));
  const announced = await live.announced(work.since);
  const going = [...work.there].filter((digest) => work.evictions.blobs.has(digest) || !named.has(digest));
  const sizes = new Map<Digest, number>();
  for (const digest of going) {
    if (!announced.has(digest)) sizes.set(digest, (await files.sizeOf(paths.blob(digest))) ?? 0);
  }
  return sizes;
}
