/** The sidebar: the header and the panels of the current notebook. Created by the plugin. */
import type { IStateDB } from "@jupyterlab/statedb";
import { SidePanel } from "@jupyterlab/ui-components";
import type { ITranslator, TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import { MessageLoop } from "@lumino/messaging";
import type { Message } from "@lumino/messaging";
import { AccordionPanel, Widget } from "@lumino/widgets";
import { of, switchMap } from "rxjs";
import type { Subscription } from "rxjs";
import { GraphPanel } from "../graph/graph-panel";
import { stagebookIcon } from "../icons";
import type { Preferences } from "../model/preferences";
import { ParamsPanel } from "../params/params-panel";
import { RunsPanel } from "../runs/runs-panel";
import { StagePanel } from "../stage/stage-panel";
import type { StagebookTracker } from "../tokens";
import type { Section } from "./accordion-sections";
import { AccordionSections } from "./accordion-sections";
import { Header } from "./header";

export interface SidebarOptions {
  readonly tracker: StagebookTracker;
  readonly commands: CommandRegistry;
  readonly translator: ITranslator;
  readonly trans: TranslationBundle;
  /** Stores the sizes of the sections, and which are collapsed. */
  readonly state: IStateDB;
  readonly preferences: Preferences;
}

export class Sidebar extends SidePanel {
  /** The panel of the pipeline's graph. */
  readonly graph: GraphPanel;
  private readonly sections: AccordionSections | null;
  private readonly visibility: Subscription;

  constructor({ tracker, commands, translator, trans, state, preferences }: SidebarOptions) {
    super({ translator });
    this.id = "stagebook-sidebar";
    this.addClass("stagebook-Sidebar");
    this.title.icon = stagebookIcon;
    this.title.caption = trans.__("Stagebook");
    this.header.addWidget(new Header({ tracker, commands, trans }));
    this.graph = new GraphPanel(tracker, trans, commands, preferences);
    const sections: readonly Section[] = [
      { name: "graph", panel: this.graph, size: 0.4 },
      { name: "stage", panel: new StagePanel(tracker, trans, commands), size: 0.26 },
      { name: "params", panel: new ParamsPanel(tracker, trans, preferences), size: 0.22 },
      { name: "runs", panel: new RunsPanel(tracker, trans), size: 0.12, startsCollapsed: true },
    ];
    for (const { panel } of sections) this.addWidget(panel);
    const { content } = this;
    this.sections = content instanceof AccordionPanel ? new AccordionSections(content, sections, state) : null;
    this.visibility = tracker.current$.pipe(switchMap((model) => model?.state$ ?? of(null))).subscribe((current) => {
      // While there is nothing to show, only the header is visible, with instructions how to start.
      this.content.setHidden(current === null || (current.connection === "absent" && !current.remembered));
    });
  }

  /** Expands the list of past runs. */
  showRuns(): void {
    this.sections?.show("runs");
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
    this.visibility.unsubscribe();
    super.dispose();
  }

  /** The header grows and shrinks, and JupyterLab does not report that to the panels below it. */
  private readonly contentSize = new ResizeObserver(() => {
    MessageLoop.postMessage(this.content, Widget.ResizeMessage.UnknownSize);
  });
}
