/** The selected stage in the sidebar. Created by the plugin that composes the sidebar. */
import { Clipboard, showErrorMessage } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { CommandRegistry } from "@lumino/commands";
import type { Message } from "@lumino/messaging";
import type { ReactElement } from "react";
import { useEffect, useState } from "react";
import { emptyText, isOutdated, noNotebookText } from "../dag/connection-text";
import { modelKey } from "../dag/model-key";
import { EmptyPanel } from "../dag/panel-text";
import { useCurrent, useNotebookState } from "../stores/use-store";
import type { NotebookModel, StagebookTracker } from "../tokens";
import { findShownStage } from "./shown-stage";
import type { StageActions, StageQuestions } from "./stage-card";
import { StageCard } from "./stage-card";

export class StagePanel extends ReactWidget {
  constructor(
    private readonly tracker: StagebookTracker,
    private readonly trans: TranslationBundle,
    private readonly commands: CommandRegistry,
  ) {
    super();
    this.node.dataset.stagebook = "stage";
    this.addClass("stagebook-Panel");
    this.addClass("stagebook-StagePanel");
    this.title.label = trans.__("Stage");
    this.title.caption = trans.__("The selected stage: its state, and why");
  }

  protected override render(): ReactElement | null {
    if (!this.isVisible) return null;
    return <CurrentStage tracker={this.tracker} trans={this.trans} execute={this.execute} />;
  }

  protected override onAfterShow(_message: Message): void {
    this.update();
  }

  protected override onAfterHide(_message: Message): void {
    this.update();
  }

  private readonly execute: Execute = (command, stage) => {
    this.commands.execute(command, { stage }).catch((error: unknown) => {
      void showErrorMessage(this.trans.__("Stagebook"), error instanceof Error ? error.message : String(error));
    });
  };
}

type Execute = (command: "stagebook:run-stage" | "stagebook:show-cell", stage: string) => void;

interface CurrentStageProps {
  readonly tracker: StagebookTracker;
  readonly trans: TranslationBundle;
  readonly execute: Execute;
}

function CurrentStage({ tracker, trans, execute }: CurrentStageProps): ReactElement {
  const model = useCurrent(tracker);
  if (!model) return <EmptyPanel text={noNotebookText(trans)} />;
  return <ShownStage key={modelKey(model)} model={model} trans={trans} execute={execute} />;
}

function ShownStage({
  model,
  trans,
  execute,
}: Omit<CurrentStageProps, "tracker"> & { readonly model: NotebookModel }): ReactElement {
  const state = useNotebookState(model);
  const now = useNow();
  const stage = findShownStage(state.view, state.selected);
  if (!stage && Object.keys(state.view.stages).length === 0) return <EmptyPanel text={emptyText(state, trans)} />;
  if (!stage) return <EmptyPanel text={{ text: trans.__("Choose a stage in the graph.") }} />;
  const isOld = isOutdated(state);
  const actions: StageActions = {
    run: (name) => execute("stagebook:run-stage", name),
    showStageCell: (name) => execute("stagebook:show-cell", name),
    showCell: (cell) => void model.showCell(cell),
    select: (name) => model.select(name),
    copy: (text) => Clipboard.copyToSystem(text),
    ask: isOld ? null : questionsFor(model),
  };
  return (
    <div className={isOld ? "stagebook-mod-outdated" : undefined}>
      <StageCard stage={stage} view={state.view} now={now} actions={actions} trans={trans} />
    </div>
  );
}

function questionsFor(model: NotebookModel): StageQuestions {
  return {
    explain: (stage) => model.send<"explain">({ type: "explain", stage }),
    preview: (stage) => model.send<"preview">({ type: "preview", stage }),
    history: (stage) => model.send<"history">({ type: "history", stage }),
  };
}

/** The time, often enough for "5 s ago"; a hidden panel is not rendered, and so does not tick. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const TICK_MS = 10_000;
