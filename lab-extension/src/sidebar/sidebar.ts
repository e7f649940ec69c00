/** The sidebar: header, graph, stage and parameters of the current notebook. Created by the plugin. */
import type { IStateDB } from "@jupyterlab/statedb";
import { SidePanel } from "@jupyterlab/ui-components";
import type { ITranslator, TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import { MessageLoop } from "@lumino/messaging";
import type { Message } from "@lumino/messaging";
import { AccordionPanel, Widget } from "@lumino/widgets";
import { of, switchMap } from "rxjs";
import type { Subscription } from "rxjs";
import { GraphPanel } from "../graph/graph-panel";
import { stagebookIcon } from "../icons";
import { ParamsPanel } from "../params/params-panel";
import { RunsPanel } from "../runs/runs-panel";
import { StagePanel } from "../stage/stage-panel";
import type { Preferences } from "../model/preferences";
import type { StagebookTracker } from "../tokens";
import { Header } from "./header";

export interface SidebarOptions {
  readonly tracker: StagebookTracker;
  readonly commands: CommandRegistry;
  readonly translator: ITranslator;
  readonly trans: TranslationBundle;
  /** Remembers which panels are folded, and their sizes. */
  readonly state: IStateDB;
  readonly preferences: Preferences;
}

export class Sidebar extends SidePanel {
  /** The pipeline's graph. */
  readonly graph: GraphPanel;
  private readonly shown: Subscription;

  constructor(private readonly options: SidebarOptions) {
    super({ translator: options.translator });
    const { tracker, commands, trans, preferences } = options;
    this.id = "stagebook-sidebar";
    this.addClass("stagebook-Sidebar");
    this.title.icon = stagebookIcon;
    this.title.caption = trans.__("Stagebook");
    this.header.addWidget(new Header({ tracker, commands, trans }));
    this.graph = new GraphPanel(tracker, trans, commands, preferences);
    this.addWidget(this.graph);
    this.addWidget(new StagePanel(tracker, trans, commands));
    this.addWidget(new ParamsPanel(tracker, trans, preferences));
    this.addWidget(new RunsPanel(tracker, trans));
    if (this.content instanceof AccordionPanel) this.content.collapse(RUNS);
    if (this.content instanceof AccordionPanel) void this.keepChoices(this.content);
    this.shown = tracker.current$.pipe(switchMap((model) => model?.state$ ?? of(null))).subscribe((state) => {
      // With nothing to show, only the header stands there and says how to begin.
      this.content.setHidden(state === null || (state.connection === "absent" && !state.remembered));
    });
  }

  /** Unfolds the list of the runs that are over. */
  showRuns(): void {
    const { content } = this;
    if (!(content instanceof AccordionPanel)) return;
    content.expand(RUNS);
    const sizes = content.relativeSizes();
    if ((sizes[RUNS] ?? 0) < MIN_RUNS_SIZE) content.setRelativeSizes([...SIZES_FOR_RUNS]);
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.height.observe(this.content.node);
  }

  protected override onBeforeDetach(message: Message): void {
    this.height.disconnect();
    super.onBeforeDetach(message);
  }

  /** The header grows and shrinks, and JupyterLab does not tell the panels below it. */
  private readonly height = new ResizeObserver(() => {
    MessageLoop.postMessage(this.content, Widget.ResizeMessage.UnknownSize);
  });

  override dispose(): void {
    if (this.isDisposed) return;
    this.shown.unsubscribe();
    super.dispose();
  }

  /** Folded panels and sizes, as they were left. */
  private async keepChoices(content: AccordionPanel): Promise<void> {
    const { state } = this.options;
    content.setRelativeSizes([...DEFAULT_SIZES]);
    const kept = readChoices(await state.fetch(CHOICES));
    kept?.folded.forEach((folded, index) => {
      if (folded) content.collapse(index);
      else content.expand(index);
    });
    if (kept) content.setRelativeSizes([...kept.sizes]);
    const save = (): void => {
      const choices: ReadonlyPartialJSONObject = {
        folded: content.widgets.map((widget) => widget.isHidden),
        sizes: content.relativeSizes(),
      };
      void state.save(CHOICES, choices);
    };
    content.expansionToggled.connect(save);
    content.handleMoved.connect(save);
  }
}

const CHOICES = "jupyterlab-stagebook:sidebar";
/** Graph, stage, parameters, runs. */
const DEFAULT_SIZES = [0.4, 0.26, 0.22, 0.12];
/** The runs are folded at first. */
const RUNS = 3;
/** Who asks for the runs wants to see some of them. */
const MIN_RUNS_SIZE = 0.15;
const SIZES_FOR_RUNS = [0.3, 0.2, 0.2, 0.3];

interface Choices {
  readonly folded: readonly boolean[];
  readonly sizes: readonly number[];
}

function readChoices(data: unknown): Choices | null {
  if (typeof data !== "object" || data === null) return null;
  const { folded, sizes } = data as Partial<Choices>;
  const isList = (list: unknown): list is readonly unknown[] =>
    Array.isArray(list) && list.length === DEFAULT_SIZES.length;
  return isList(folded) && isList(sizes) ? { folded, sizes } : null;
}
