/** A table as a file that the user names: CSV, JSON, or Parquet through the user's own DuckDB. */
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { messageOf, StagebookError, type Result, type TableFormat } from "../../protocol";
import { csvOf, jsonOf } from "../../table/table-text";
import type { TableSelection, TableView } from "../../table/table-view";

interface SaveOptions extends TableSelection {
  readonly format: TableFormat;
  readonly overwrite?: boolean;
}

/** Replaces the file only once it is complete. Throws `table-file`, `table-parquet` and `table-exists`. */
export async function saveTable(view: TableView, options: SaveOptions, file: string): Promise<Result<"table-save">> {
  if (options.overwrite !== true && (await exists(file)))
    throw new StagebookError("table-exists", `${file} exists already`, "Choose another name, or allow to replace it.");
  const partial = `${file}.${process.pid}.partial`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    if (options.format === "parquet") await writeParquet(view, options, partial);
    else await writePieces(partial, (options.format === "csv" ? csvOf : jsonOf)(view.columnNames, view.rows(options)));
    await rename(partial, file);
  } catch (cause) {
    await rm(partial, { force: true });
    if (cause instanceof StagebookError) throw cause;
    throw new StagebookError("table-file", `the table cannot be saved: ${messageOf(cause)}`, "Check the folder and its permissions.", { cause }); // prettier-ignore
  }
  return { path: file, sizeBytes: (await stat(file)).size, rows: view.page(options, 0, 0).count };
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

async function writePieces(file: string, pieces: Iterable<string>): Promise<void> {
  const handle = await open(file, "w");
  try {
    for (const piece of pieces) await handle.write(piece);
  } finally {
    await handle.close();
  }
}

interface DuckDb {
  readonly DuckDBInstance: { create(): Promise<{ connect(): Promise<Connection> }> };
}

interface Connection {
  run(sql: string): Promise<unknown>;
  closeSync(): void;
}

/** By way of JSON, whose types DuckDB finds in all rows: dates and numbers become those of Parquet. */
async function writeParquet(view: TableView, options: TableSelection, file: string): Promise<void> {
  const { DuckDBInstance } = loadDuckDb();
  const json = `${file}.json`;
  const connection = await (await DuckDBInstance.create()).connect();
  try {
    await writePieces(json, jsonOf(view.columnNames, view.rows(options)));
    await connection.run(
      `copy (select * from read_json(${quoted(json)}, format = 'array', sample_size = -1, maximum_object_size = 100000000)) to ${quoted(file)} (format parquet)`,
    );
  } finally {
    connection.closeSync();
    await rm(json, { force: true });
  }
}

function loadDuckDb(): DuckDb {
  try {
    return createRequire(path.join(process.cwd(), "package.json"))("@duckdb/node-api") as DuckDb;
  } catch (cause) {
    throw new StagebookError(
      "table-parquet",
      "a Parquet file is written by DuckDB, which is not installed beside the notebook",
      "Install it: npm install @duckdb/node-api. Or save as CSV or JSON.",
      { cause },
    );
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
