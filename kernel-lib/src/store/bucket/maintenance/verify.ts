/** Verification of a store in a bucket: records, those of notebooks too, and every blob against its name. */
import type { Digest } from "../../../protocol";
import { forEachWithProgress } from "../../maintenance/progress";
import type { VerifyOptions, VerifyReport } from "../../store";
import { decodeNotebook } from "../../notebooks/notebook-record";
import { textOf } from "../../records/text";
import { blobName, NOTEBOOKS } from "../names";
import { listAll, type Bucket } from "../port";
import { discardEntries, removeBlob, type MaintenanceContext } from "./discard";
import { listBlobs, surveyEntries, type StoredBlob, type SurveyedEntry } from "./survey";

type Problem = VerifyReport["problems"][number];

/** With `repair` it requires the maintenance lock. */
export async function verifyStore(options: VerifyOptions, context: MaintenanceContext): Promise<VerifyReport> {
  const entries = await surveyEntries(context, options);
  const existing = await listBlobs(context.bucket);
  const { damaged, problems } = await checkBlobs(entries, existing, options, context);
  const evicted = await context.evicted.all();
  const recordProblems = entries.flatMap(({ item, blobs }): readonly Problem[] => {
    if (!blobs) return [{ where: item.name, what: "the record is damaged" }];
    return blobs
      .filter(({ digest }) => !existing.has(digest) && !evicted.has(digest))
      .map(({ digest }) => ({ where: item.name, what: `its value ${digest.slice(0, 12)}… is missing` }));
  });
  const notebooks = await checkNotebooks(context.bucket);
  if (options.repair === true) {
    await repair(entries, damaged, existing, context);
    for (const { where } of notebooks) await context.bucket.delete(where);
  }
  return {
    entries: entries.length,
    blobs: existing.size,
    sizeBytes: [...existing].reduce((sum, [digest, blob]) => sum + (damaged.has(digest) ? 0 : blob.sizeBytes), 0),
    problems: [...problems, ...recordProblems, ...notebooks].sort((a, b) => (a.where < b.where ? -1 : 1)),
    repaired: options.repair === true,
  };
}

/** Damaged records of notebooks: they belong to no notebook. */
async function checkNotebooks(bucket: Bucket): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const { name } of await listAll(bucket, NOTEBOOKS)) {
    const object = await bucket.get(name);
    if (object && !decodeNotebook(name.slice(NOTEBOOKS.length), textOf(object.bytes)))
      problems.push({ where: name, what: "the record of a notebook is damaged" });
  }
  return problems;
}

async function checkBlobs(
  entries: readonly SurveyedEntry[],
  existing: ReadonlyMap<Digest, StoredBlob>,
  { signal, onProgress }: VerifyOptions,
  context: MaintenanceContext,
): Promise<{ readonly damaged: ReadonlySet<Digest>; readonly problems: readonly Problem[] }> {
  const expected = new Map(entries.flatMap(({ blobs }) => blobs?.map((ref) => [ref.digest, ref.sizeBytes]) ?? []));
  const damaged = new Set<Digest>();
  const problems: Problem[] = [];
  const total = entries.length + existing.size;
  const onBlobs = (done: number): void => onProgress?.(entries.length + done, total);
  await forEachWithProgress([...existing], { signal, onProgress: onBlobs }, async ([digest, { sizeBytes, names }]) => {
    const state = await context.blobs.check({ digest, sizeBytes: expected.get(digest) ?? sizeBytes });
    if (state === "whole") return;
    problems.push({ where: names[0] ?? blobName(digest), what: "the stored value is damaged" });
    damaged.add(digest);
  });
  return { damaged, problems };
}

/** Removes damaged records and blobs. Their results will be recomputed. */
async function repair(
  entries: readonly SurveyedEntry[],
  damaged: ReadonlySet<Digest>,
  existing: ReadonlyMap<Digest, StoredBlob>,
  context: MaintenanceContext,
): Promise<void> {
  const { bucket, evicted } = context;
  const missing = entries.flatMap(({ blobs }) => blobs?.filter(({ digest }) => !existing.has(digest)) ?? []);
  const before = await evicted.all();
  await evicted.write(new Set([...before, ...damaged, ...missing.map(({ digest }) => digest)]));
  const damagedRecords = entries.filter(({ blobs }) => !blobs);
  await discardEntries(damagedRecords, context);
  for (const digest of damaged) await removeBlob(existing.get(digest), bucket);
}
