/** Where sidebar and log stand in JupyterLab's window, and when they come up by themselves. Made by the plugin. */
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

  /** Shows sidebar and log. The focus stays where it is. */
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
   * Shows the sidebar when a notebook of a TypeScript kernel is opened, and the log with the first one that uses Stagebook.
   * Only until each has been shown once in this workspace: whoever closes them afterwards wants them closed.
   */
  openOnFirstUse(notebooks: INotebookTracker, tracker: StagebookTracker): void {
    const first = (panel: NotebookPanel): void => {
      void isTypeScript(panel).then((is) => {
        if (is) void this.showOnce("sidebar", () => this.showSidebar());
      });
    };
    notebooks.forEach(first);
    notebooks.widgetAdded.connect((_, panel) => first(panel));
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
    // Nobody asked for it just now: the focus goes back.
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }

  /** On whichever side it was moved to. */
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
   * JupyterLab 4.2 and 4.3 restore the log at the bottom, and leave that area hidden. One that can be collapsed is as
   * people want it.
   */
  private showDownArea(): void {
    const { shell, log } = this.options;
    const area = log.parent?.parent;
    if (area?.id === "jp-down-stack" && area.isHidden && !("downCollapsed" in shell)) area.show();
  }

  private async showOnce(what: string, show: () => void): Promise<void> {
    const key = `jupyterlab-stagebook:shown-${what}`;
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
