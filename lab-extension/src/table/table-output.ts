/** The output of `show(rows)` in a notebook: the grid while the kernel has the rows, otherwise the table that the notebook contains. */
import { htmlRendererFactory, type IRenderMime } from "@jupyterlab/rendermime";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Panel, type Widget } from "@lumino/widgets";
import type { Subscription } from "rxjs";
import { distinctUntilChanged, map } from "rxjs";
import { TABLE_MIME, type ShownTable } from "stagebook/protocol";
import type { NotebookModel } from "../tokens";
import type { TableGrid } from "./table-grid";
import { createTableSource } from "./table-source";

export interface TableOutputPorts {
  /** Resolves with the model of the notebook that a widget is part of; null for an output outside of a notebook. */
  readonly modelOf: (widget: Widget) => Promise<NotebookModel | null>;
  readonly trans: TranslationBundle;
}

/** Rows of the first page. */
const FIRST_ROWS = 200;

/** Preferred to HTML, which is for programs that do not know this type. */
export function createTableFactory(ports: TableOutputPorts): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: [TABLE_MIME],
    defaultRank: 0,
    createRenderer: (options) => new TableOutput(options, ports),
  };
}

class TableOutput extends Panel implements IRenderMime.IRenderer {
  private readonly html: IRenderMime.IRenderer;
  private shown: ShownTable | undefined;
  private grid: TableGrid | undefined;
  private subscription: Subscription | undefined;

  constructor(
    options: IRenderMime.IRendererOptions,
    private readonly ports: TableOutputPorts,
  ) {
    super();
    this.addClass("stagebook-TableOutput");
    this.html = htmlRendererFactory.createRenderer({ ...options, mimeType: "text/html" });
    this.addWidget(this.html);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.shown = shownTableIn(model.data[TABLE_MIME]);
    await this.html.renderModel(model);
    if (this.isAttached) this.follow();
  }

  override dispose(): void {
    this.subscription?.unsubscribe();
    super.dispose();
  }

  protected override onAfterAttach(): void {
    this.follow();
  }

  protected override onBeforeDetach(): void {
    this.subscription?.unsubscribe();
    this.subscription = undefined;
  }

  /** Requests the rows whenever a kernel is connected: only the kernel that showed the table has them. */
  private follow(): void {
    this.subscription?.unsubscribe();
    this.subscription = undefined;
    void this.ports.modelOf(this).then((model) => {
      if (!model || this.isDisposed || !this.isAttached || this.subscription) return;
      const connections = model.live$.pipe(
        map((state) => state.connection),
        distinctUntilChanged(),
      );
      this.subscription = connections.subscribe((connection) => {
        if (connection === "live") void this.showGrid(model);
        else this.showHtml();
      });
    });
  }

  private async showGrid(model: NotebookModel): Promise<void> {
    const { shown } = this;
    if (!shown || this.grid) return;
    const source = createTableSource((command) => model.send(command), { shown: shown.table });
    try {
      const [{ TableGrid }, first] = await Promise.all([
        import("./table-grid"),
        source.page({ filters: [] }, 0, FIRST_ROWS),
      ]);
      if (this.isDisposed || this.shown !== shown || this.grid) return;
      this.grid = new TableGrid({ source, first, name: "table", trans: this.ports.trans });
      this.addWidget(this.grid);
      this.html.hide();
      this.node.dataset.table = "grid";
    } catch {
      // The kernel no longer has these rows: what the notebook contains is what there is to show.
      this.showHtml();
    }
  }

  private showHtml(): void {
    this.grid?.dispose();
    this.grid = undefined;
    this.html.show();
    this.node.dataset.table = "html";
  }
}

/** Undefined for anything that this version of Stagebook did not write. */
function shownTableIn(data: unknown): ShownTable | undefined {
  const { table } = (data ?? {}) as Partial<ShownTable>;
  return typeof table === "string" ? (data as ShownTable) : undefined;
}
