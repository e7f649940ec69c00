/** Verification of a disk store: what stands in each place, records, histories, notebooks, and every blob against its name. */
import { messageOf, type Digest } from "../../../protocol";
import { forEachWithProgress, type ProgressOptions } from "../../maintenance/progress";
import type { DurableFiles } from "../../files/durable-files";
import type { VerifyOptions, VerifyReport } from "../../store";
import type { MaintenanceContext } from "./discard";
import { discardEntries } from "./discard";
import { removeUnneeded } from "./removal";
import type { SurveyedEntry } from "./survey";
import { findMisplaced } from "./misplaced";
import { checkNotebookRecords } from "./notebook-records";
import { listBlobs, surveyEntries, type OnUnreadable } from "./survey";

type Problem = VerifyReport["problems"][number];

/** With `repair` it requires the maintenance lock. It lists what it cannot read, and continues. */
export async function verifyStore(options: VerifyOptions, context: MaintenanceContext): Promise<VerifyReport> {
  const { files, paths } = context;
  const { signal, onProgress, repair: repairs = false } = options;
  const found = new Problems();
  const onUnreadable: OnUnreadable = (where, error) => found.add({ where, ...unreadable(error) });
  const misplaced = await findMisplaced(files, paths);
  for (const { path: where, what, isEmpty } of misplaced)
    found.add(isEmpty ? { where, what } : { where, what: `${what}; move it away`, remains: true });
  // Records first: then the values of entries that are committed meanwhile do not seem to be missing.
  const expected = onProgress ? (await listBlobs(files, paths, onUnreadable)).length : 0;
  const onRecords = (done: number, of: number): void => onProgress?.(done, of + expected);
  const entries = await surveyEntries(files, paths, { signal, onProgress: onRecords }, onUnreadable);
  const digests = await listBlobs(files, paths, onUnreadable);
  const onBlobs = (done: number, of: number): void => onProgress?.(entries.length + done, entries.length + of);
  const blobs = await checkBlobs(digests, { signal, onProgress: onBlobs }, context);
  for (const problem of blobs.problems) found.add(problem);
  const missing = await findMissing(entries, blobs, context);
  const records = entries.filter((entry) => !entry.blobs && !found.has(entry.path));
  for (const { path: where } of records) found.add({ where, what: "the record is damaged" });
  for (const [digest, where] of missing) found.addMissing(where, digest);
  for (const problem of await context.heads.check(repairs)) found.add(problem);
  const notebooks = await checkNotebookRecords(files, paths);
  for (const problem of notebooks) found.add(problem);
  if (repairs) {
    await repair(records, blobs.damaged, [...missing.keys()], context);
    const bad = notebooks.filter(({ remains }) => !remains).map(({ where }) => where);
    await removeUseless([...bad, ...misplaced.filter(({ isEmpty }) => isEmpty).map(({ path }) => path)], context);
  }
  return {
    entries: entries.length,
    blobs: digests.length,
    sizeBytes: [...blobs.sizes.values()].reduce((sum, size) => sum + size, 0),
    problems: found.sorted(),
    repaired: repairs,
  };
}

/** It may be whole: it stays. */
function unreadable(error: unknown): Pick<Problem, "what" | "remains"> {
  return { what: `cannot be read (${messageOf(error)})`, remains: true };
}

/** What was found. A place is named once for what stands there, however often it is met. */
class Problems {
  private readonly found: Problem[] = [];
  private readonly places = new Set<string>();

  add(problem: Problem): void {
    if (this.has(problem.where)) return;
    this.places.add(problem.where);
    this.found.push(problem);
  }

  /** A whole record can lack several values. */
  addMissing(where: string, digest: Digest): void {
    this.found.push({ where, what: `its value ${digest.slice(0, 12)}… is missing` });
  }

  has(where: string): boolean {
    return this.places.has(where);
  }

  sorted(): readonly Problem[] {
    return this.found.sort((a, b) => (a.where < b.where ? -1 : 1));
  }
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
      problems.push({ where: path, ...unreadable(error) });
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
        (await files.stamp(path)) !== undefined && (await sizeOrNone(paths.blob(digest), files)) !== sizeBytes;
      if (isMissing) missing.set(digest, path);
    }
  }
  return missing;
}

/** Undefined also for what cannot be looked at. */
async function sizeOrNone(path: string, files: DurableFiles): Promise<number | undefined> {
  return files.sizeOf(path).catch(() => undefined);
}

/** Removes damaged records of notebooks, which belong to nobody, and what holds nothing. */
async function removeUseless(places: readonly string[], { files }: MaintenanceContext): Promise<void> {
  for (const path of places) {
    const stat = await files.fs.lstat(path).catch(() => undefined);
    if (stat?.isDirectory()) await files.fs.rmdir(path);
    else if (stat) await files.remove(path);
  }
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
