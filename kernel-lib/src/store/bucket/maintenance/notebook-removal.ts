/** Removal of what a bucket knows about notebooks that are gone. Used by `gc`. */
import { chooseGone, isGone, type GoneNotebook } from "../../maintenance/gone-notebooks";
import { decodeNotebook, notebookFileName } from "../../notebooks/notebook-record";
import { fileNameOf } from "../../records/file-name";
import { textOf } from "../../records/text";
import type { GcOptions, HeadRow, NotebookRecord } from "../../store";
import { NOTEBOOKS } from "../names";
import { listAll, type Bucket } from "../port";
import { findSpared, type MaintenanceContext } from "./discard";
import type { SurveyedEntry } from "./survey";

export async function findGone(
  { goneForMs }: GcOptions,
  entries: readonly SurveyedEntry[],
  context: MaintenanceContext,
): Promise<readonly GoneNotebook[]> {
  if (goneForMs === undefined) return [];
  const rows = new Map<string, HeadRow[]>();
  for (const each of await context.heads.byNotebook())
    rows.set(each.notebook, [...(rows.get(each.notebook) ?? []), ...each.rows]);
  const survey = {
    records: await recordsIn(context.bucket),
    rowsOf: (id: string) => rows.get(fileNameOf(id)) ?? [],
    entries,
    spared: await findSpared(context),
    base: undefined,
  };
  return chooseGone(survey, goneForMs, context.now());
}

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
