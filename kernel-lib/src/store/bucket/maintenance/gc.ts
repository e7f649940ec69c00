/** Garbage collection in a bucket: results by age and number, values by size, and blobs that no result refers to. */
import type { Digest } from "../../../protocol";
import { chooseEvictions, reportResults, type Evictions } from "../../maintenance/choices";
import { chooseWithout, findGone, type GoneNotebook } from "../../maintenance/gone-notebooks";
import type { GcOptions, GcReport } from "../../store";
import { PENDING_REMOVALS } from "../names";
import { listAll } from "../port";
import { discardBlobs, discardEntries, findRemovable, findSpared, type MaintenanceContext } from "./discard";
import { forgetNotebooks, surveyNotebooks } from "./notebook-removal";
import { removeRuns } from "./run-removal";
import { listBlobs, surveyEntries, type SurveyedEntry } from "./survey";

/** Requires the maintenance lock, except for a dry run. */
export async function collectGarbage(options: GcOptions, context: MaintenanceContext): Promise<GcReport> {
  const dryRun = options.dryRun === true;
  if (!dryRun) await removeLeftovers(context);
  const entries = await surveyEntries(context, options);
  const gone = await findGone(options, entries, surveyNotebooks(context));
  const removals = await findRemovals(entries, options, context, gone);
  if (!dryRun) await forgetNotebooks(gone, context);
  const removed = dryRun ? removals : await discardEntries(removals, context, options.signal);
  const isRemoved = new Set(removed);
  const kept = entries.filter((entry) => !isRemoved.has(entry));
  const existing = await listBlobs(context.bucket);
  const { maxBytes } = options;
  const evictions: Evictions<SurveyedEntry> =
    maxBytes === undefined
      ? { entries: [], blobs: new Set<Digest>() }
      : chooseEvictions(kept, new Set(existing.keys()), await findSpared(context), maxBytes);
  const work = { entries, kept, existing, evictions };
  const removedBlobs = dryRun ? await findRemovable(work, context) : await discardBlobs(work, context, options.signal);
  if (!dryRun) await context.uses.sweep(new Set(kept.map(({ key }) => key)));
  return {
    ...reportResults(options, { removed, kept, existing: existing.keys(), evictions, removedBlobs }),
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
  context: MaintenanceContext,
  gone: readonly GoneNotebook[],
): Promise<readonly SurveyedEntry[]> {
  const spared = await findSpared(context);
  const chosen = chooseWithout(gone, entries, await context.heads.byNotebook(), options, context.now());
  return chosen.filter(({ key }) => !spared.has(key));
}

/** Removes the objects of dead processes. */
async function removeLeftovers({ bucket, live, claimObjects }: MaintenanceContext): Promise<void> {
  await live.sweep();
  await claimObjects.sweep();
  for (const { name } of await listAll(bucket, PENDING_REMOVALS))
    if (await live.isGone(name.slice(PENDING_REMOVALS.length))) await bucket.delete(name);
}
