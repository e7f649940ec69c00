/** Forgets the results of one stage in a disk store, save what others still name. */
import type { Digest } from "../../../protocol";
import type { HeadLocation } from "../folder";
import type { MaintenancePorts } from "./discard";
import { discardBlobs, discardEntries } from "./discard";
import { listBlobs, surveyEntries } from "./survey";

/**
 * Removes the head, then its records and blobs that no other head names, that are not pinned and that nobody holds. Returns how many
 * results the head had. One process at a time does this.
 */
export async function clearHead(place: HeadLocation, ports: MaintenancePorts): Promise<number> {
  const { files, paths, heads, live, protection } = ports;
  const since = await live.snapshot();
  const keys = new Set((await heads.rows(place)).map((row) => row.key));
  await heads.remove(place);
  await files.remove(paths.latest(place));
  await files.remove(`${paths.latest(place)}.json`);
  const findSpared = async (): Promise<ReadonlySet<Digest>> => {
    const named = (await heads.allRows()).map((row) => row.key);
    return new Set([...(await protection.keys()), ...named]);
  };
  const spared = await findSpared();
  if ([...keys].every((key) => spared.has(key))) return keys.size;
  const entries = await surveyEntries(files, paths, {});
  const doomed = entries.filter(({ key }) => keys.has(key) && !spared.has(key));
  const gone = new Set(await discardEntries(doomed, findSpared, ports));
  const kept = entries.filter((entry) => !gone.has(entry));
  const theirs = new Set([...gone].flatMap(({ blobs }) => blobs?.map(({ digest }) => digest) ?? []));
  const there = new Set((await listBlobs(files, paths)).filter((digest) => theirs.has(digest)));
  await discardBlobs({ kept, there, evictions: { entries: [], blobs: new Set() }, since }, findSpared, ports);
  return keys.size;
}
