/** Clears the history of one stage in a bucket, and the results that no other history refers to. */
import { digestsOf } from "../../maintenance/choices";
import type { HeadName } from "../../store";
import type { MaintenanceContext } from "./discard";
import { discardBlobs, discardEntries } from "./discard";
import { listBlobs, surveyEntries } from "./survey";

/** Keeps what is pinned or held. Returns the number of results that the history had. Requires the maintenance lock. */
export async function clearHead(head: HeadName, context: MaintenanceContext): Promise<number> {
  const keys = await context.heads.remove(head);
  const inHistories = new Set((await context.heads.all()).flat().map(({ key }) => key));
  const removable = new Set([...keys].filter((key) => !inHistories.has(key)));
  if (removable.size === 0) return keys.size;
  const entries = await surveyEntries(context, {});
  const doomed = entries.filter(({ key }) => removable.has(key));
  const removed = new Set(await discardEntries(doomed, context));
  const kept = entries.filter((entry) => !removed.has(entry));
  const removedBlobs = new Set([...removed].flatMap((entry) => [...digestsOf(entry)]));
  const existing = new Map([...(await listBlobs(context.bucket))].filter(([digest]) => removedBlobs.has(digest)));
  await discardBlobs({ entries, kept, existing, evictions: { entries: [], blobs: new Set() } }, context);
  return keys.size;
}
