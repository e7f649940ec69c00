/** The commands about tables: pages, statistics and files of a stored result or of rows that a cell has shown. Used by PageCommands. */
import { StagebookError, type Command, type Result } from "../../protocol";
import type { Engine } from "../../run/engine";
import { StoredStream } from "../../run/streams/streams";
import { tableOf } from "../../table/table-data";
import { TableView } from "../../table/table-view";
import type { ShownTables } from "../cells/shown-tables";
import { saveTable } from "./save-table";
import type { StageAnswers } from "./stage-answers";

type TableSource = Pick<Extract<Command, { type: "table" }>, "stage" | "key" | "shown">;

/** Results that were read stay in memory for the next page: at most this many, and this long. */
const KEPT = 2;
const KEPT_MS = 120_000;
/** Of a stream this many items make up the table. */
const STREAM_ITEMS = 1_000_000;

export class TableAnswers {
  private readonly views = new Map<string, Promise<TableView>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly stages: Pick<StageAnswers, "find">,
    private readonly shown: ShownTables,
  ) {}

  async page(command: Extract<Command, { type: "table" }>): Promise<Result<"table">> {
    const view = await this.find(command);
    return view.page(command, command.from, command.limit);
  }

  async summary(command: Extract<Command, { type: "table-summary" }>): Promise<Result<"table-summary">> {
    const view = await this.find(command);
    return { columns: command.columns.map((column) => view.summary(column)) };
  }

  async save(command: Extract<Command, { type: "table-save" }>): Promise<Result<"table-save">> {
    const view = await this.find(command);
    return saveTable(view, command, this.engine.context.files.resolve(command.path));
  }

  private async find(source: TableSource): Promise<TableView> {
    if (source.shown !== undefined) return this.shown.find(source.shown);
    if (source.stage === undefined)
      throw new StagebookError(
        "command",
        "a table needs a stage or the id of a shown table",
        "Send `stage` or `shown`.",
      );
    const { stage } = source;
    const entry = await this.stages.find(stage, source.key);
    const known = this.views.get(entry.key);
    const view = known ?? this.read(stage, entry);
    this.keep(entry.key, view);
    return view;
  }

  private async read(stage: string, entry: Awaited<ReturnType<StageAnswers["find"]>>): Promise<TableView> {
    const { results, instances } = this.engine;
    const loaded = await results.read(entry, instances.find(stage).definition.codec);
    const value = loaded?.value;
    const rows = value instanceof StoredStream ? await firstItems(value) : value;
    const table = tableOf(rows);
    if (!table)
      throw new StagebookError("no-table", `the result of stage "${stage}" is not a table`, "Show it as text.", {
        stage,
      });
    return new TableView(table, value instanceof StoredStream ? value.length : table.rowCount);
  }

  /** The least recently used one goes first, and all of them when no page reads them. */
  private keep(key: string, view: Promise<TableView>): void {
    this.views.delete(key);
    this.views.set(key, view);
    view.catch(() => this.views.delete(key));
    for (const oldest of this.views.keys()) {
      if (this.views.size <= KEPT) break;
      this.views.delete(oldest);
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.views.clear(), KEPT_MS).unref();
  }
}

async function firstItems(stream: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) {
    items.push(item);
    if (items.length >= STREAM_ITEMS) break;
  }
  return items;
}
