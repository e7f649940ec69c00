/** Removal of what a disk store knows about notebooks that are gone. Used by `gc`. */
import { dirname, join } from "node:path";
import { isGone, type GoneNotebook, type NotebookSurvey } from "../../maintenance/gone-notebooks";
import { decodeNotebook, notebookFileName } from "../../notebooks/notebook-record";
import { fileNameOf } from "../../records/file-name";
import { codeOf } from "../../records/store-error";
import { textOf } from "../../records/text";
import type { NotebookRecord } from "../../store";
import type { MaintenanceContext } from "./discard";

export const surveyNotebooks = (context: MaintenanceContext): NotebookSurvey => ({
  records: () => recordsIn(context),
  heads: () => context.heads.byNotebook(),
  spared: () => context.protection.keys(),
  base: dirname(context.paths.folder),
  now: context.now(),
});

/** The record comes last: as long as it exists, no other notebook gets the id, and what a kill left over is found again. */
export async function forgetNotebooks(gone: readonly GoneNotebook[], context: MaintenanceContext): Promise<void> {
  const { files, heads, paths } = context;
  for (const { record } of gone) {
    // It may have come back meanwhile.
    if (!isGone(record, dirname(paths.folder))) continue;
    const name = fileNameOf(record.id);
    await heads.removeNotebook(name);
    const values = (await files.list(paths.params())).map((owner) => join(paths.params(), owner, name));
    for (const folder of [join(paths.heads(), name), join(paths.latestFolder(), name), ...values])
      await files.fs.rm(folder, { recursive: true, force: true }).catch(ignoreForbidden);
    await files.remove(join(paths.notebooks(), notebookFileName(record.id)));
  }
}

async function recordsIn({ files, paths }: MaintenanceContext): Promise<readonly NotebookRecord[]> {
  const found: NotebookRecord[] = [];
  for (const name of await files.list(paths.notebooks())) {
    if (name.startsWith(".") || !name.endsWith(".json")) continue;
    const bytes = await files.read(join(paths.notebooks(), name));
    const record = bytes && decodeNotebook(name, textOf(bytes));
    if (record) found.push(record);
  }
  return found;
}

/** Values that were set are readable by their owner alone: those of other users are theirs to remove. */
function ignoreForbidden(error: unknown): void {
  if (!["EACCES", "EPERM"].includes(codeOf(error))) throw error;
}
