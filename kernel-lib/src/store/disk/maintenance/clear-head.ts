/** Clears the history of one stage in a disk store, and the results that no other history refers to. */
import type { Digest } from "../../../protocol";
import type { HeadLocation } from "../folder";
import type { MaintenanceContext } from "./discard";
import { discardBlobs, discardEntries } from "./discard";
import { listBlobs, surveyEntries } from "./survey";

/**
 * Removes the history, then its records and blobs that no other history refers to and that are neither pinned nor held. Returns the
 * number of results it had. Requires the maintenance lock.
 */
export async function clearHead(location: HeadLocation, context: MaintenanceContext): Promise<number> {
  const { files, paths, heads, live, protection } = context;
  const since = await live.snapshot();
  const keys = new Set((await heads.rows(location)).map((row) => row.key));
  await heads.remove(location);
  await files.remove(paths.latest(location));
  await files.remove(`${paths.latest(location)}.json`);
  const findSpared = async (): Promise<ReadonlySet<Digest>> => {
    const named = (await heads.all()).flat().map((row) => row.key);
    return new Set([...(await protection.keys()), ...named]);
  };
  const spared = await findSpared();
  if ([...keys].every((key) => spared.has(key))) return keys.size;
  const entries = await surveyEntries(files, paths, {});
  const removable = entries.filter(({ key }) => keys.has(key) && !spared.has(key));
  const gone = new Set(await discardEntries(removable, findSpared, context));
  const kept = entries.filter((entry) => !gone.has(entry));
  const removedBlobs = new Set([...gone].flatMap(({ blobs }) => blobs?.map(({ digest }) => digest) ?? []));
  const existing = new Set((await listBlobs(files, paths)).filter((digest) => removedBlobs.has(digest)));
  await discardBlobs({ kept, existing, evictions: { entries: [], blobs: new Set() }, since }, findSpared, context);
  return keys.size;
}
