/** Reads all of a disk store and checks it: records, histories, and every blob against its name. */
import type { Digest } from "../../../protocol";
import type { VerifyOptions, VerifyReport } from "../../store";
import type { MaintenancePorts } from "./discard";
import { discardEntries } from "./discard";
import { removeUnwanted } from "./removal";
import type { SurveyedEntry, Watch } from "./survey";
import { listBlobs, surveyEntries, watched } from "./survey";

type Problem = VerifyReport["problems"][number];

/** With `repair` one process at a time does this. */
export async function verifyStore(options: VerifyOptions, ports: MaintenancePorts): Promise<VerifyReport> {
  const { files, paths } = ports;
  const { signal, onProgress } = options;
  // Records first: the values of those that come meanwhile are then not missed.
  const expected = (await listBlobs(files, paths)).length;
  const tellRecords = (done: number, of: number): void => onProgress?.(done, of + expected);
  const entries = await surveyEntries(files, paths, { signal, onProgress: tellRecords });
  const digests = await listBlobs(files, paths);
  const tellBlobs = (done: number, of: number): void => onProgress?.(entries.length + done, entries.length + of);
  const blobs = await checkBlobs(digests, { signal, onProgress: tellBlobs }, ports);
  const missing = await findMissing(entries, blobs, ports);
  const records = entries.filter((entry) => !entry.blobs);
  const heads = await ports.heads.check(options.repair === true);
  if (options.repair) await repair(records, blobs.damaged, [...missing.keys()], ports);
  const problems = [
    ...records.map(({ path }) => ({ where: path, what: "the record is damaged" })),
    ...blobs.problems,
    ...[...missing].map(([digest, where]) => ({ where, what: `its value ${digest.slice(0, 12)}… is not there` })),
    ...heads.map((where) => ({ where, what: "a line of the history is damaged" })),
  ];
  return {
    entries: entries.length,
    blobs: digests.length,
    sizeBytes: [...blobs.sizes.values()].reduce((sum, size) => sum + size, 0),
    problems: problems.sort((a, b) => (a.where < b.where ? -1 : 1)),
    repaired: options.repair === true,
  };
}

interface CheckedBlobs {
  /** Of the whole ones. */
  readonly sizes: ReadonlyMap<Digest, number>;
  readonly damaged: readonly Digest[];
  readonly problems: readonly Problem[];
}

async function checkBlobs(
  digests: readonly Digest[],
  watch: Watch,
  { files, paths }: MaintenancePorts,
): Promise<CheckedBlobs> {
  const sizes = new Map<Digest, number>();
  const damaged: Digest[] = [];
  const problems: Problem[] = [];
  await watched(digests, watch, async (digest) => {
    const path = paths.blob(digest);
    try {
      const found = await files.digest(path);
      if (found?.digest === digest) sizes.set(digest, found.sizeBytes);
      else if (found) {
        damaged.push(digest);
        problems.push({ where: path, what: "the stored value is damaged" });
      }
    } catch (error) {
      // It may be whole: it stays.
      problems.push({
        where: path,
        what: `cannot be read (${error instanceof Error ? error.message : String(error)})`,
      });
    }
  });
  return { sizes, damaged, problems };
}

/** Blobs that a record names and that are not there, although upkeep has not removed them; with one of those records. */
async function findMissing(
  entries: readonly SurveyedEntry[],
  { sizes, damaged }: CheckedBlobs,
  { evicted, files, paths }: MaintenancePorts,
): Promise<ReadonlyMap<Digest, string>> {
  const known = new Set([...(await evicted.all()), ...damaged]);
  const missing = new Map<Digest, string>();
  for (const { blobs, path } of entries) {
    for (const { digest, sizeBytes } of blobs ?? []) {
      const size = sizes.get(digest);
      if (size === sizeBytes || (size === undefined && known.has(digest))) continue;
      // It may have been cleared, or have come, while this was going on.
      const isNow = (await files.stamp(path)) !== undefined && (await files.sizeOf(paths.blob(digest))) !== sizeBytes;
      if (isNow) missing.set(digest, path);
    }
  }
  return missing;
}

/** Damaged files go, unless they have been replaced meanwhile. Their results are made again. */
async function repair(
  records: readonly SurveyedEntry[],
  damaged: readonly Digest[],
  missing: readonly Digest[],
  ports: MaintenancePorts,
): Promise<void> {
  const { files, paths, evicted } = ports;
  await evicted.write(new Set([...(await evicted.all()), ...damaged, ...missing]));
  await discardEntries(records, async () => new Set(), ports);
  await removeUnwanted(
    damaged,
    (digest) => paths.blob(digest),
    files,
    undefined,
    async () => {
      return async ({ item, path }) => (await files.digest(path))?.digest === item;
    },
  );
}
