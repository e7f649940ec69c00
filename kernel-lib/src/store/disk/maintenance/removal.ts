/**
 * Removal of files of a disk store that other processes may need at the same moment. Files are first set aside; then it is checked once
 * more whether they are needed; those are restored. A writer announces a blob before it checks whether the blob exists: either the
 * writer sees that the blob is missing and writes it, or the announcement is seen here. On a full disk a file may not even be renamed, and no
 * writer can announce anything: there files are removed as they are.
 */
import type { AsideFile, DurableFiles } from "../../files/durable-files";
import { forEachParallel } from "../../concurrency";
import { isDiskFull } from "../../records/store-error";

/** Small, so that no file is set aside for long. */
const BATCH = 500;
const CONCURRENCY = 32;

/** A file that is set aside at `path`. */
export interface Aside<T> {
  readonly item: T;
  readonly path: string;
  readonly sizeBytes: number;
}

/** Called once per batch; the returned predicate says whether a file is still needed. */
export type NeededCheck<T> = () => Promise<(aside: Aside<T>) => Promise<boolean>>;

/** Removes the files of `items` that are not needed. Returns what was removed. */
export async function removeUnneeded<T>(
  items: readonly T[],
  pathOf: (item: T) => string,
  files: DurableFiles,
  signal: AbortSignal | undefined,
  checkNeeded: NeededCheck<T>,
): Promise<readonly Aside<T>[]> {
  const removed: Aside<T>[] = [];
  for (let at = 0; at < items.length; at += BATCH) {
    signal?.throwIfAborted();
    removed.push(...(await removeBatch(items.slice(at, at + BATCH), pathOf, files, checkNeeded)));
  }
  return removed;
}

async function removeBatch<T>(
  items: readonly T[],
  pathOf: (item: T) => string,
  files: DurableFiles,
  checkNeeded: NeededCheck<T>,
): Promise<readonly Aside<T>[]> {
  const asides: { readonly aside: Aside<T>; readonly file: AsideFile }[] = [];
  const removed = new Set<Aside<T>>();
  /** Files that cannot be renamed because the disk is full. */
  const fixed: T[] = [];
  try {
    // Checked before as well, so that a needed file is not even set aside for a moment.
    const isNeededBefore = await checkNeeded();
    await forEachParallel(items, CONCURRENCY, async (item) => {
      if (await isNeededBefore({ item, path: pathOf(item), sizeBytes: 0 })) return;
      const file = await setAside(pathOf(item), files);
      if (file === "disk full") fixed.push(item);
      if (file === undefined || file === "disk full") return;
      const aside = { item, path: file.path, sizeBytes: 0 };
      // Recorded at once: whatever fails from here on, the file is restored.
      asides.push({ file, aside });
      aside.sizeBytes = (await files.sizeOf(file.path)) ?? 0;
    });
    const isNeeded = await checkNeeded();
    await forEachParallel(asides, CONCURRENCY, async ({ aside, file }) => {
      if (await isNeeded(aside)) return;
      await file.remove();
      removed.add(aside);
    });
    for (const aside of await removeFixed(fixed, pathOf, files, checkNeeded)) removed.add(aside);
  } finally {
    // Also after a failure: files that were not removed are restored.
    const rest = asides.filter(({ aside }) => !removed.has(aside));
    await Promise.allSettled(rest.map(({ file }) => file.restore().catch(() => file.restore())));
  }
  return [...removed];
}

/** Undefined when the file does not exist. */
async function setAside(path: string, files: DurableFiles): Promise<AsideFile | "disk full" | undefined> {
  try {
    return await files.setAside(path);
  } catch (error) {
    if (isDiskFull(error)) return "disk full";
    throw error;
  }
}

/** Removes files under their own names, if nobody needs them at this moment. */
async function removeFixed<T>(
  items: readonly T[],
  pathOf: (item: T) => string,
  files: DurableFiles,
  checkNeeded: NeededCheck<T>,
): Promise<readonly Aside<T>[]> {
  if (items.length === 0) return [];
  const removed: Aside<T>[] = [];
  const isNeeded = await checkNeeded();
  await forEachParallel(items, CONCURRENCY, async (item) => {
    const path = pathOf(item);
    const sizeBytes = await files.sizeOf(path);
    if (sizeBytes === undefined || (await isNeeded({ item, path, sizeBytes }))) return;
    await files.remove(path);
    removed.push({ item, path, sizeBytes });
  });
  return removed;
}
