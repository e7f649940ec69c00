/** Asks for the name of a file, and has the kernel save a table there. */
import { Dialog, InputDialog, showDialog } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { formatCount, formatSize, tableFormats, type TableFormat } from "stagebook/protocol";
import { CommandError } from "../session/wire";
import { notifyDone, notifyFailure } from "../ui/notify";
import type { TableQuery, TableSource } from "./table-source";

export interface SaveOptions {
  readonly source: TableSource;
  readonly query: TableQuery;
  /** The suggested name, without its ending. */
  readonly name: string;
  readonly trans: TranslationBundle;
}

/** The outcome is shown in a notification. */
export async function saveWithDialog({ source, query, name, trans }: SaveOptions): Promise<void> {
  const asked = await InputDialog.getText({
    title: trans.__("Save table"),
    label: trans.__("File, relative to the notebook. Its ending is the format: .csv, .json or .parquet (which needs DuckDB)."), // prettier-ignore
    text: `${name}.csv`,
    okLabel: trans.__("Save"),
  });
  const path = asked.button.accept ? asked.value?.trim() : "";
  if (!path) return;
  const format = formatOf(path);
  if (!format) {
    notifyFailure(new Error(trans.__("%1 does not end with .csv, .json or .parquet.", path)));
    return;
  }
  try {
    await save(false);
  } catch (problem) {
    if (!(problem instanceof CommandError && problem.error.code === "table-exists")) {
      notifyFailure(problem);
      return;
    }
    const { button } = await showDialog({
      title: trans.__("Replace the file?"),
      body: trans.__("%1 exists already.", path),
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__("Replace") })],
    });
    if (button.accept) await save(true).catch(notifyFailure);
  }

  async function save(overwrite: boolean): Promise<void> {
    const { rows, sizeBytes } = await source.save(query, { path: path ?? "", format: format ?? "csv", overwrite });
    notifyDone(trans._n("Saved %2 row to %3 (%4).", "Saved %2 rows to %3 (%4).", rows, formatCount(rows), path, formatSize(sizeBytes))); // prettier-ignore
  }
}

function formatOf(path: string): TableFormat | undefined {
  return tableFormats.find((format) => path.toLowerCase().endsWith(`.${format}`));
}
