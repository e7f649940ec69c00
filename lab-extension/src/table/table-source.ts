/** The source of a grid's rows: the commands about one table, of a stage's stored output or of a cell's output. */
import type { Command, CommandType, Result, TableFilter, TableFormat, TableSort } from "stagebook/protocol";

/** Which rows, and in which order. Immutable. */
export interface TableQuery {
  readonly sort?: TableSort;
  readonly filters: readonly TableFilter[];
}

/** Each rejects with an Error whose message can be shown to the user. */
export interface TableSource {
  page(query: TableQuery, from: number, limit: number): Promise<Result<"table">>;
  summaries(columns: readonly number[]): Promise<Result<"table-summary">["columns"]>;
  /** `path`: relative to the notebook. */
  save(query: TableQuery, file: SavedFile): Promise<Result<"table-save">>;
}

export interface SavedFile {
  readonly path: string;
  readonly format: TableFormat;
  readonly overwrite: boolean;
}

export type TableOf = { readonly stage: string; readonly key?: string } | { readonly shown: string };

type Send = <T extends CommandType>(command: Extract<Command, { readonly type: T }>) => Promise<Result<T>>;

export function createTableSource(send: Send, of: TableOf): TableSource {
  return {
    page: (query, from, limit) => send<"table">({ type: "table", ...of, ...query, from, limit }),
    summaries: async (columns) => (await send<"table-summary">({ type: "table-summary", ...of, columns })).columns,
    save: (query, file) => send<"table-save">({ type: "table-save", ...of, ...query, ...file }),
  };
}
