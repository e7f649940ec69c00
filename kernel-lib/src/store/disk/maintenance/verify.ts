/** Verification of a disk store: records, histories, and every blob against its name. */
import { messageOf, type Digest } from "../../../protocol";
import { forEachWithProgress, type ProgressOptions } from "../../maintenance/progress";
import type { VerifyOptions, VerifyReport } from "../../store";
import type { MaintenanceContext } from "./discard";
import { discardEntries } from "./discard";
import { removeUnneeded } from "./removal";
import type { SurveyedEntry } from "./survey";
import { listBlobs, surveyEntries } from "./survey";

type Problem = VerifyReport["problems"][number];

/** With `repair` it requires the maintenance lock. */
export async function verifyStore(options: VerifyOptions, context: MaintenanceContext): Promise<VerifyReport> {
  const { files, paths } = context;
  const { signal, onProgress } = options;
  // Records first: then the values of entries that are committed meanwhile do not seem to be missing.
  const expected = (await listBlobs(files, paths)).length;
  const onRecords = (done: number, of: number): void => onProgress?.(done, of + expected);
  const entries = await surveyEntries(files, paths, { signal, onProgress: onRecords });
  const digests = await listBlobs(files, paths);
  const onBlobs = (done: number, of: number): void => onProgress?.(entries.length + done, entries.length + of);
  const blobs = await checkBlobs(digests, { signal, onProgress: onBlobs }, context);
  const missing = await findMissing(entries, blobs, context);
  const records = entries.filter((entry) => !entry.blobs);
  const heads = await context.heads.check(options.repair === true);
  if (options.repair) await repair(records, blobs.damaged, [...missing.keys()], context);
  const problems = [
    ...records.map(({ path }) => ({ where: path, what: "the record is damaged" })),
    ...blobs.problems,
    ...[...missing].map(([digest, where]) => ({ where, what: `its value ${digest.slice(0, 12)}… is missing` })),
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
  /** The sizes of intact blobs. */
  readonly sizes: ReadonlyMap<Digest, number>;
  readonly damaged: readonly Digest[];
  readonly problems: readonly Problem[];
}

async function checkBlobs(
  digests: readonly Digest[],
  progress: ProgressOptions,
  { files, paths }: MaintenanceContext,
): Promise<CheckedBlobs> {
  const sizes = new Map<Digest, number>();
  const damaged: Digest[] = [];
  const problems: Problem[] = [];
  await forEachWithProgress(digests, progress, async (digest) => {
    const path = paths.blob(digest);
    try {
      const found = await files.digest(path);
      if (found?.digest === digest) sizes.set(digest, found.sizeBytes);
      else if (found) {
        damaged.push(digest);
        problems.push({ where: path, what: "the stored value is damaged" });
      }
    } catch (error) {
      // It may be intact: it stays.
      problems.push({ where: path, what: `cannot be read (${messageOf(error)})` });
    }
  });
  return { sizes, damaged, problems };
}

/** Blobs that a record refers to and that are missing although maintenance did not remove them; each with the path of one such record. */
async function findMissing(
  entries: readonly SurveyedEntry[],
  { sizes, damaged }: CheckedBlobs,
  { evicted, files, paths }: MaintenanceContext,
): Promise<ReadonlyMap<Digest, string>> {
  const known = new Set([...(await evicted.all()), ...damaged]);
  const missing = new Map<Digest, string>();
  for (const { blobs, path } of entries) {
    for (const { digest, sizeBytes } of blobs ?? []) {
      const size = sizes.get(digest);
      if (size === sizeBytes || (size === undefined && known.has(digest))) continue;
      // The result may have been cleared, or the blob written, during verification.
      const isMissing =
        (await files.stamp(path)) !== undefined && (await files.sizeOf(paths.blob(digest))) !== sizeBytes;
      if (isMissing) missing.set(digest, path);
    }
  }
  return missing;
}

/** Removes damaged files, unless they were replaced meanwhile. Their results will be recomputed. */
async function repair(
  records: readonly SurveyedEntry[],
  damaged: readonly Digest[],
  missing: readonly Digest[],
  context: MaintenanceContext,
): Promise<void> {
  const { files, paths, evicted } = context;
  // On a full disk, the values that are removed are reported as missing once more.
  await evicted.writeIfSpace(new Set([...(await evicted.all()), ...damaged, ...missing]));
  await discardEntries(records, async () => new Set(), context);
  await removeUnneeded(
    damaged,
    (digest) => paths.blob(digest),
    files,
    undefined,
    async () => {
      return async ({ item, path }) => (await files.digest(path))?.digest === item;
    },
  );
}
