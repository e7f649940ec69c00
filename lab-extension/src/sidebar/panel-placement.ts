/** Placement of sidebar and log in JupyterLab's window, and when they open by themselves. Created by the plugin. */
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
  readonly state: IStateDB;
  readonly restorer: ILayoutRestorer | null;
}

export class PanelPlacement {
  constructor(private readonly options: PanelPlacementOptions) {
    const { shell, sidebar, log, restorer } = options;
    shell.add(sidebar, "right", { rank: 300, type: "Stagebook" });
    restorer?.add(sidebar, sidebar.id);
    restorer?.add(log, log.id);
    void shell.restored.then(() => this.showDownArea());
  }

  /** Shows sidebar and log. */
  open(): void {
    this.addLog();
    this.reveal();
  }

  /** Brings the log to the front. */
  showLog(): void {
    this.addLog();
    this.options.shell.activateById(this.options.log.id);
  }

  /**
   * Shows the sidebar when the first TypeScript notebook is opened, and the log when a notebook first uses Stagebook. Each
   * opens only once in a workspace: a user who closes it wants it closed.
   */
  openOnFirstUse(notebooks: INotebookTracker, tracker: StagebookTracker): void {
    const openFor = (panel: NotebookPanel): void => {
      void isTypeScript(panel).then((isMatch) => {
        if (isMatch) void this.showOnce("sidebar", () => this.showSidebar());
      });
    };
    notebooks.forEach(openFor);
    notebooks.widgetAdded.connect((_, panel) => openFor(panel));
    const live$ = tracker.current$.pipe(
      switchMap((model) => model?.state$ ?? of(null)),
      filter((state) => state?.connection === "live"),
      take(1),
    );
    live$.subscribe(() => {
      void this.showOnce("sidebar", () => this.showSidebar());
      void this.showOnce("log", () => this.addLog());
    });
  }

  private showSidebar(): void {
    const { sidebar } = this.options;
    const focused = document.activeElement;
    sidebar.addClass("stagebook-mod-first");
    setTimeout(() => sidebar.removeClass("stagebook-mod-first"), 1000);
    this.reveal();
    // The user did not open it: restore the focus.
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }

  /** On the side that the user moved it to. */
  private reveal(): void {
    const { shell, sidebar } = this.options;
    if ([...shell.widgets("left")].includes(sidebar)) shell.expandLeft();
    else shell.expandRight();
    shell.activateById(sidebar.id);
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

  private async showOnce(name: string, show: () => void): Promise<void> {
    const key = `jupyterlab-stagebook:shown-${name}`;
    if ((await this.options.state.fetch(key)) === true) return;
    await this.options.state.save(key, true);
    show();
  }
}

async function isTypeScript(panel: NotebookPanel): Promise<boolean> {
  const { sessionContext } = panel;
  await sessionContext.ready;
  const spec = await sessionContext.session?.kernel?.spec;
  return spec?.language === "typescript" || (spec?.argv.some((arg) => arg.includes("tslab")) ?? false);
}
