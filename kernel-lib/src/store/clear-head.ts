/** Forgets the results of one stage in a disk store, save what others still name. Used by the disk store. */
import type { Digest } from "../protocol";
import type { DurableFiles, StagedFile } from "./durable-files";
import type { HeadLogs } from "./head-logs";
import type { Entry } from "./store";
import type { HeadPlace, StorePaths } from "./store-folder";

interface ClearPorts {
  readonly files: DurableFiles;
  readonly paths: StorePaths;
  readonly heads: HeadLogs;
  findEntry(key: Digest): Promise<Entry | undefined>;
}

/**
 * Removes the head, then its entries and blobs that no other head names. They are first given temporary names; then the heads are
 * read once more, and what another process has named in the meantime is put back. Returns how many results the head had.
 */
export async function clearHead(place: HeadPlace, ports: ClearPorts): Promise<number> {
  const { files, paths, heads } = ports;
  const keys = (await heads.rows(place)).map((row) => row.key);
  await heads.remove(place);
  await files.remove(paths.latest(place));
  await files.remove(`${paths.latest(place)}.json`);
  const doomed = await findDoomed(keys, ports);
  await removeUnlessNamed(
    doomed.keys,
    (key) => paths.entry(key),
    ports,
    async () => namedKeys(heads),
  );
  await removeUnlessNamed(
    doomed.blobs,
    (blob) => paths.blob(blob),
    ports,
    async () => namedBlobs(ports),
  );
  return keys.length;
}

async function findDoomed(
  keys: readonly Digest[],
  ports: ClearPorts,
): Promise<{ keys: readonly Digest[]; blobs: readonly Digest[] }> {
  const named = await namedKeys(ports.heads);
  const doomed = keys.filter((key) => !named.has(key));
  if (doomed.length === 0) return { keys: [], blobs: [] };
  const kept = await namedBlobs(ports);
  const blobs = await blobsOf(doomed, ports);
  return { keys: doomed, blobs: [...blobs].filter((blob) => !kept.has(blob)) };
}

async function namedKeys(heads: HeadLogs): Promise<ReadonlySet<Digest>> {
  return new Set((await heads.allRows()).map((row) => row.key));
}

async function namedBlobs(ports: ClearPorts): Promise<ReadonlySet<Digest>> {
  return blobsOf([...(await namedKeys(ports.heads))], ports);
}

async function blobsOf(keys: readonly Digest[], ports: ClearPorts): Promise<ReadonlySet<Digest>> {
  const entries = await Promise.all(keys.map((key) => ports.findEntry(key)));
  return new Set(entries.flatMap((entry) => (entry ? [entry.output.blob] : [])));
}

async function removeUnlessNamed(
  digests: readonly Digest[],
  pathOf: (digest: Digest) => string,
  { files }: ClearPorts,
  findNamed: () => Promise<ReadonlySet<Digest>>,
): Promise<void> {
  const aside = new Map<Digest, StagedFile>();
  for (const digest of digests) {
    const file = await files.setAside(pathOf(digest));
    if (file) aside.set(digest, file);
  }
  if (aside.size === 0) return;
  const named = await findNamed();
  for (const [digest, file] of aside) await (named.has(digest) ? file.publish() : file.abandon());
}
