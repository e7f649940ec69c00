/**
 * Removes files of a disk store that others may want at the same moment. They are first taken out of the way; then all is asked once
 * more who wants them; what is wanted is put back. A writer announces a blob before it looks whether it is there: either it sees
 * that the blob is gone and writes it, or it is seen here.
 */
import type { AsideFile, DurableFiles } from "../../files/durable-files";
import { inParallel } from "../../turns";

/** Few enough that nothing is out of the way for long. */
const BATCH = 500;
const AT_ONCE = 32;

/** A file that is out of the way, and where. */
export interface Aside<T> {
  readonly item: T;
  readonly path: string;
  readonly sizeBytes: number;
}

/** Asked once for each batch that is out of the way. */
export type AskWanted<T> = () => Promise<(aside: Aside<T>) => Promise<boolean>>;

/** Returns what was removed. */
export async function removeUnwanted<T>(
  items: readonly T[],
  pathOf: (item: T) => string,
  files: DurableFiles,
  signal: AbortSignal | undefined,
  askWanted: AskWanted<T>,
): Promise<readonly Aside<T>[]> {
  const removed: Aside<T>[] = [];
  for (let at = 0; at < items.length; at += BATCH) {
    signal?.throwIfAborted();
    removed.push(...(await removeBatch(items.slice(at, at + BATCH), pathOf, files, askWanted)));
  }
  return removed;
}

async function removeBatch<T>(
  items: readonly T[],
  pathOf: (item: T) => string,
  files: DurableFiles,
  askWanted: AskWanted<T>,
): Promise<readonly Aside<T>[]> {
  const asides: { readonly aside: Aside<T>; readonly file: AsideFile }[] = [];
  const removed = new Set<Aside<T>>();
  try {
    // Asked before as well, so that what is wanted is not even out of the way for a moment.
    const isWantedBefore = await askWanted();
    await inParallel(items, AT_ONCE, async (item) => {
      if (await isWantedBefore({ item, path: pathOf(item), sizeBytes: 0 })) return;
      const file = await files.setAside(pathOf(item));
      if (!file) return;
      const aside = { item, path: file.path, sizeBytes: 0 };
      // At once: whatever fails from here on, it is put back.
      asides.push({ file, aside });
      aside.sizeBytes = (await files.sizeOf(file.path)) ?? 0;
    });
    const isWanted = await askWanted();
    await inParallel(asides, AT_ONCE, async ({ aside, file }) => {
      if (await isWanted(aside)) return;
      await file.remove();
      removed.add(aside);
    });
  } finally {
    // Also when something failed: what was not removed is put back.
    const rest = asides.filter(({ aside }) => !removed.has(aside));
    await Promise.allSettled(rest.map(({ file }) => file.restore().catch(() => file.restore())));
  }
  return [...removed];
}
