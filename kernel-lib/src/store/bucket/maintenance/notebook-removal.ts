/** Removal of what a bucket knows about notebooks that are gone. Used by `gc`. */
import { isGone, type GoneNotebook, type NotebookSurvey } from "../../maintenance/gone-notebooks";
import { decodeNotebook, notebookFileName } from "../../notebooks/notebook-record";
import { fileNameOf } from "../../records/file-name";
import { textOf } from "../../records/text";
import type { NotebookRecord } from "../../store";
import { NOTEBOOKS } from "../names";
import { listAll, type Bucket } from "../port";
import { findSpared, type MaintenanceContext } from "./discard";

export const surveyNotebooks = (context: MaintenanceContext): NotebookSurvey => ({
  records: () => recordsIn(context.bucket),
  heads: () => context.heads.byNotebook(),
  spared: () => findSpared(context),
  base: undefined,
  now: context.now(),
});

/** The record comes last: as long as it exists, no other notebook gets the id, and what a kill left over is found again. */
export async function forgetNotebooks(gone: readonly GoneNotebook[], context: MaintenanceContext): Promise<void> {
  for (const { record } of gone) {
    // It may have come back meanwhile.
    if (!isGone(record, undefined)) continue;
    await context.heads.removeNotebook(fileNameOf(record.id));
    await context.bucket.delete(NOTEBOOKS + notebookFileName(record.id));
  }
}

async function recordsIn(bucket: Bucket): Promise<readonly NotebookRecord[]> {
  const found: NotebookRecord[] = [];
  for (const { name } of await listAll(bucket, NOTEBOOKS)) {
    const object = await bucket.get(name);
    const record = object && decodeNotebook(name.slice(NOTEBOOKS.length), textOf(object.bytes));
    if (record) found.push(record);
  }
  return found;
}
