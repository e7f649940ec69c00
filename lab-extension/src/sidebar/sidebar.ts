/** The sidebar: the header and the panels of the current notebook. Created by the plugin. */
import { SidePanel } from "@jupyterlab/ui-components";
import type { ITranslator, TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import { MessageLoop } from "@lumino/messaging";
import type { Message } from "@lumino/messaging";
import { AccordionPanel, Widget } from "@lumino/widgets";
import { map, of, switchMap } from "rxjs";
import type { Subscription } from "rxjs";
import { GraphPanel } from "../graph/graph-panel";
import type { LayoutQueue } from "../graph/layout/layout-queue";
import { stagebookIcon } from "../icons";
import { browserValues } from "../model/memory/known-notebooks";
import type { Preferences } from "../model/preferences";
import type { Subscribable } from "../model/subscribable";
import type { WindowState } from "./window-state";
import { ParamsPanel } from "../params/params-panel";
import { RunsPanel } from "../runs/runs-panel";
import { findShownStage } from "../stage/shown-stage";
import { StagePanel } from "../stage/stage-panel";
import type { NotebookModel, NotebookState, StagebookTracker } from "../tokens";
import { Header } from "./header";
import type { Section } from "./sidebar-sections";
import { SidebarSections } from "./sidebar-sections";

export interface SidebarOptions {
  readonly tracker: StagebookTracker;
  readonly commands: CommandRegistry;
  readonly translator: ITranslator;
  readonly trans: TranslationBundle;
  /** Stores the sizes of the sections, and which are collapsed. */
  readonly state: WindowState;
  readonly preferences: Preferences;
  readonly layouts: LayoutQueue;
  /** Resolves when JupyterLab has restored its layout. */
  readonly restored: Promise<void>;
  /** Whether the tour is offered. */
  readonly tourOffer: Subscribable<boolean>;
  /** Whether the notebook in front has cells that use Stagebook. */
  readonly ownCells: Subscribable<boolean>;
}

export class Sidebar extends SidePanel {
  private readonly sections: SidebarSections | null;
  private readonly subscription: Subscription;

  private isRestored = false;

  constructor(options: SidebarOptions) {
    const { tracker, commands, translator, trans, state, preferences, layouts, restored, tourOffer, ownCells } =
      options;
    super({ translator });
    this.id = "stagebook-sidebar";
    this.addClass("stagebook-Sidebar");
    this.node.tabIndex = -1;
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", trans.__("Stagebook"));
    void restored.then(() => (this.isRestored = true));
    this.title.icon = stagebookIcon;
    this.title.caption = trans.__("Stagebook");
    this.header.addWidget(new Header({ tracker, commands, trans, tourOffer, ownCells }));
    const graph = new GraphPanel({ tracker, trans, commands, preferences, layouts, place: "sidebar" });
    const stage = new StagePanel(tracker, trans, commands, (name) => graph.focusStage(name));
    const params = new ParamsPanel(tracker, trans, preferences);
    const runs = new RunsPanel(tracker, trans);
    const sections: readonly Section[] = [
      { name: "params", panel: params, rule: { kind: "content", limit: 0.5 } },
      { name: "graph", panel: graph, rule: { kind: "rest", weight: 1, limitsToContent: true } },
      { name: "stage", panel: stage, rule: { kind: "rest", weight: 1 } },
      { name: "runs", panel: runs, rule: { kind: "content", limit: 0.25 }, startsCollapsed: true },
    ];
    const { content } = this;
    this.sections =
      content instanceof AccordionPanel
        ? new SidebarSections({ accordion: content, sections, state, values: browserValues, restored })
        : null;
    this.subscription = tracker.current$
      .pipe(switchMap((model) => model?.state$.pipe(map((shown) => ({ model, shown }))) ?? of(null)))
      .subscribe((current) => this.follow(current));
  }

  /** Expands the list of past runs. */
  showRuns(): void {
    this.sections?.show("runs");
  }

  /** Tab leads to its first control from here; no key does anything yet. Restoring the layout of JupyterLab does not move the focus. */
  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    if (this.isRestored && !this.node.contains(document.activeElement)) this.node.focus({ preventScroll: true });
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.contentSize.observe(this.content.node);
  }

  protected override onBeforeDetach(message: Message): void {
    this.contentSize.disconnect();
    super.onBeforeDetach(message);
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.subscription.unsubscribe();
    super.dispose();
  }

  private follow(current: { readonly model: NotebookModel; readonly shown: NotebookState } | null): void {
    // While there is nothing to show, only the header is visible, with instructions how to start.
    this.content.setHidden(current === null || (current.shown.connection === "absent" && !current.shown.remembered));
    this.sections?.setPresent("stage", current !== null && findShownStage(current.shown) !== null);
    void this.sections?.setNotebook(current?.model.key ?? null);
  }

  /** The header grows and shrinks, and JupyterLab does not report that to the panels below it. */
  private readonly contentSize = new ResizeObserver(() => {
    MessageLoop.postMessage(this.content, Widget.ResizeMessage.UnknownSize);
    this.sections?.layOut();
  });
}
