/** Placement of the sidebar, the log and the graph's tab in JupyterLab's window, and when the sidebar opens by itself. Created by the plugin. */
import type { ILabShell, ILayoutRestorer } from "@jupyterlab/application";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { IStateDB } from "@jupyterlab/statedb";
import type { Widget } from "@lumino/widgets";
import { filter, of, switchMap, take } from "rxjs";
import type { StagebookTracker } from "../tokens";

export interface PanelPlacementOptions {
  readonly shell: ILabShell;
  readonly sidebar: Widget;
  readonly log: Widget;
  /** The drawing of the graph. */
  readonly graph: Widget;
  readonly state: IStateDB;
  readonly restorer: ILayoutRestorer | null;
}

export class PanelPlacement {
  constructor(private readonly options: PanelPlacementOptions) {
    const { shell, sidebar, log, graph, restorer } = options;
    shell.add(sidebar, "right", { rank: 300, type: "Stagebook" });
    restorer?.add(sidebar, sidebar.id);
    restorer?.add(log, log.id);
    restorer?.add(graph, graph.id);
    void shell.restored.then(() => this.showDownArea());
  }

  /** Shows the sidebar, on the side that the user moved it to. */
  open(): void {
    const { shell, sidebar } = this.options;
    if ([...shell.widgets("left")].includes(sidebar)) shell.expandLeft();
    else shell.expandRight();
    shell.activateById(sidebar.id);
  }

  /** Brings the drawing of the graph to the front of the main area. */
  openGraph(): void {
    const { shell, graph } = this.options;
    if (!graph.isAttached) shell.add(graph, "main", { type: "Stagebook" });
    shell.activateById(graph.id);
  }

  /** Brings the log to the front. */
  showLog(): void {
    this.addLog();
    this.options.shell.activateById(this.options.log.id);
  }

  /** Shows the sidebar when the first TypeScript notebook is opened, or one that uses Stagebook: once in a workspace. */
  openOnFirstUse(notebooks: INotebookTracker, tracker: StagebookTracker): void {
    const openFor = (panel: NotebookPanel): void => {
      void isTypeScript(panel).then((isMatch) => {
        if (isMatch) void this.openOnce();
      });
    };
    notebooks.forEach(openFor);
    notebooks.widgetAdded.connect((_, panel) => openFor(panel));
    const live$ = tracker.current$.pipe(
      switchMap((model) => model?.state$ ?? of(null)),
      filter((state) => state?.connection === "live"),
      take(1),
    );
    live$.subscribe(() => void this.openOnce());
  }

  /** A user who closes it wants it closed. */
  private async openOnce(): Promise<void> {
    const { state, sidebar } = this.options;
    if ((await state.fetch(SHOWN_KEY)) === true) return;
    await state.save(SHOWN_KEY, true);
    const focused = document.activeElement;
    sidebar.addClass("stagebook-mod-first");
    setTimeout(() => sidebar.removeClass("stagebook-mod-first"), 1000);
    this.open();
    // The user did not open it: restore the focus.
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }

  private addLog(): void {
    const { shell, log } = this.options;
    if (!log.isAttached) shell.add(log, "down");
    else this.showDownArea();
  }

  /**
   * JupyterLab 4.2 and 4.3 restore the log, but leave the down area hidden. In versions where the area can be collapsed, it
   * is in the state that the user chose.
   */
  private showDownArea(): void {
    const { shell, log } = this.options;
    const area = log.parent?.parent;
    if (area?.id === "jp-down-stack" && area.isHidden && !("downCollapsed" in shell)) area.show();
  }
}

/** Key in JupyterLab's state database. */
const SHOWN_KEY = "jupyterlab-stagebook:shown-sidebar";

async function isTypeScript(panel: NotebookPanel): Promise<boolean> {
  const { sessionContext } = panel;
  await sessionContext.ready;
  const spec = await sessionContext.session?.kernel?.spec;
  return spec?.language === "typescript" || (spec?.argv.some((arg) => arg.includes("tslab")) ?? false);
}
