/** Placement of the sidebar, the log and the graph's tab in the window of JupyterLab or Notebook, and when the sidebar opens by itself. Created by the plugin. */
import type { ILabShell, ILayoutRestorer, JupyterFrontEnd } from "@jupyterlab/application";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import { MessageLoop } from "@lumino/messaging";
import { TabPanel } from "@lumino/widgets";
import type { Widget } from "@lumino/widgets";
import { filter, of, switchMap, take } from "rxjs";
import type { WindowState } from "./window-state";
import type { StagebookTracker } from "../tokens";
import { giveRoom } from "./split-room";

export interface PanelPlacementOptions {
  readonly shell: JupyterFrontEnd.IShell;
  /** The same in JupyterLab; null in Notebook, whose window has one notebook in its main area and no saved layout. */
  readonly labShell: ILabShell | null;
  readonly sidebar: Widget;
  readonly log: Widget;
  /** The drawing of the graph. */
  readonly graph: Widget;
  readonly state: WindowState;
  readonly restorer: ILayoutRestorer | null;
}

export class PanelPlacement {
  private followsSidebar = false;

  constructor(private readonly options: PanelPlacementOptions) {
    const { shell, labShell, sidebar, log, graph, restorer } = options;
    shell.add(sidebar, "right", { rank: 300, type: "Stagebook" });
    restorer?.add(sidebar, sidebar.id);
    restorer?.add(log, log.id);
    restorer?.add(graph, graph.id);
    void labShell?.restored.then(() => this.showDownArea());
  }

  /** Shows the sidebar, on the side that the user moved it to. */
  open(): void {
    const { shell, labShell, sidebar } = this.options;
    if ([...shell.widgets("left")].includes(sidebar)) labShell?.expandLeft();
    else labShell?.expandRight();
    // Notebook expands the side by this alone.
    shell.activateById(sidebar.id);
    if (!labShell) giveRoom(sidebar, SIDEBAR_WIDTH);
  }

  /** Brings the drawing of the graph to the front: in the main area of JupyterLab, below the notebook in Notebook. */
  openGraph(): void {
    const { shell, labShell, graph } = this.options;
    if (!graph.isAttached) shell.add(graph, labShell ? "main" : "down", { type: "Stagebook" });
    this.activate(graph);
  }

  /** Brings the log to the front. */
  showLog(): void {
    this.addLog();
    this.activate(this.options.log);
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
    const { labShell, state, sidebar } = this.options;
    if (!labShell) return this.openUnlessClosed();
    if ((await state.fetch(SHOWN_KEY)) === true) return;
    await state.save(SHOWN_KEY, true);
    sidebar.addClass("stagebook-mod-first");
    setTimeout(() => {
      sidebar.removeClass("stagebook-mod-first");
      // The layout around it has measured the width once, and holds on to it.
      sidebar.parent?.fit();
    }, 1000);
    this.openInBackground();
  }

  /** Notebook does not restore its sides: each page begins as the user left the one before. */
  private async openUnlessClosed(): Promise<void> {
    if (this.followsSidebar) return;
    this.followsSidebar = true;
    const { state, sidebar } = this.options;
    if ((await state.fetch(CLOSED_KEY)) !== true) this.openInBackground();
    MessageLoop.installMessageHook(sidebar, (_, { type }) => {
      const isUnloading = document.visibilityState === "hidden";
      if (!isUnloading && (type === "after-show" || type === "before-hide"))
        void state.save(CLOSED_KEY, type === "before-hide");
      return true;
    });
  }

  /** The user did not open it: the focus stays. */
  private openInBackground(): void {
    const focused = document.activeElement;
    this.open();
    // Its activation is a message that would take the focus afterwards.
    MessageLoop.flush();
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }

  private activate(widget: Widget): void {
    this.options.shell.activateById(widget.id);
    // Notebook shows the down area with the tab that was in front before.
    const area = widget.parent?.parent;
    if (!(area instanceof TabPanel)) return;
    area.currentWidget = widget;
    if (!this.options.labShell) giveRoom(widget, DOWN_HEIGHT);
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

/** Keys of the window's state. */
const SHOWN_KEY = "jupyterlab-stagebook:shown-sidebar";
const CLOSED_KEY = "jupyterlab-stagebook:closed-sidebar";

/** In Notebook, CSS pixels: wide enough for list and form, and high enough for some lines of the log. */
const SIDEBAR_WIDTH = 380;
const DOWN_HEIGHT = 240;

async function isTypeScript(panel: NotebookPanel): Promise<boolean> {
  const { sessionContext } = panel;
  await sessionContext.ready;
  const spec = await sessionContext.session?.kernel?.spec;
  return spec?.language === "typescript" || (spec?.argv.some((arg) => arg.includes("tslab")) ?? false);
}
