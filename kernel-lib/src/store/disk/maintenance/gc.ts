/** Garbage collection in a disk store: results by age and number, values by size, and blobs that no result refers to. */
import type { Digest } from "../../../protocol";
import type { GcOptions, GcReport } from "../../store";
import { chooseEvictions, reportResults } from "../../maintenance/choices";
import type { Evictions } from "../../maintenance/choices";
import { chooseWithout, findGone, type GoneNotebook } from "../../maintenance/gone-notebooks";
import { forgetNotebooks, surveyNotebooks } from "./notebook-removal";
import type { BlobWork, MaintenanceContext } from "./discard";
import { discardBlobs, discardEntries, removableBlobs } from "./discard";
import { removeRuns } from "./run-removal";
import type { SurveyedEntry } from "./survey";
import { listBlobs, surveyEntries } from "./survey";

/** `spare`: results to keep beside those that are pinned or held. Requires the maintenance lock, except for a dry run. */
export async function collectGarbage(
  options: GcOptions,
  context: MaintenanceContext,
  spare: ReadonlySet<Digest> = new Set(),
): Promise<GcReport> {
  const since = await context.live.snapshot();
  const entries = await surveyEntries(context.files, context.paths, options);
  const gone = await findGone(options, entries, surveyNotebooks(context));
  const findSpared = async (): Promise<ReadonlySet<Digest>> =>
    new Set([...(await context.protection.keys()), ...spare]);
  const removals = await findRemovals(entries, options, context, await findSpared(), gone);
  if (!options.dryRun) await forgetNotebooks(gone, context);
  const removed = options.dryRun ? removals : await discardEntries(removals, findSpared, context, options.signal);
  const isRemoved = new Set(removed);
  const kept = entries.filter((entry) => !isRemoved.has(entry));
  const existing = new Set(await listBlobs(context.files, context.paths));
  const { maxBytes } = options;
  const evictions: Evictions<SurveyedEntry> =
    maxBytes === undefined
      ? { entries: [], blobs: new Set<Digest>() }
      : chooseEvictions(kept, existing, await findSpared(), maxBytes);
  const work = { kept, existing, evictions, since };
  const removedBlobs = options.dryRun
    ? await removableSizes(work, context)
    : await discardBlobs(work, findSpared, context, options.signal);
  return {
    ...reportResults(options, { removed, kept, existing, evictions, removedBlobs }),
    ...(await removeRuns(
      options,
      kept,
      context,
      gone.map(({ record }) => record.id),
    )),
    ...(options.goneForMs === undefined ? {} : { removedNotebooks: gone.map(({ report }) => report) }),
  };
}

async function findRemovals(
  entries: readonly SurveyedEntry[],
  options: GcOptions,
  { heads, now }: MaintenanceContext,
  spared: ReadonlySet<Digest>,
  gone: readonly GoneNotebook[],
): Promise<readonly SurveyedEntry[]> {
  const chosen = chooseWithout(gone, entries, await heads.byNotebook(), options, now());
  return chosen.filter(({ key }) => !spared.has(key));
}

/** The blobs that `discardBlobs` would remove, with their sizes. */
async function removableSizes(
  work: BlobWork,
  { files, paths, live }: MaintenanceContext,
): Promise<ReadonlyMap<Digest, number>> {
  const announced = await live.announced(work.since);
  const sizes = new Map<Digest, number>();
  for (const digest of removableBlobs(work)) {
    if (!announced.has(digest)) sizes.set(digest, (await files.sizeOf(paths.blob(digest))) ?? 0);
  }
  return sizes;
}
