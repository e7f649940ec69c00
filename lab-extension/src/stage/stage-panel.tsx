/** The selected stage in the sidebar. Created by the plugin that composes the sidebar. */
import { Clipboard, Notification, showErrorMessage } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { CommandRegistry } from "@lumino/commands";
import type { Message } from "@lumino/messaging";
import type { ReactElement } from "react";
import { useEffect, useState } from "react";
import type { Result } from "stagebook/protocol";
import { emptyText, isOutdated, noNotebookText, panelClass } from "../ui/connection-text";
import { modelKey } from "../ui/model-key";
import { EmptyPanel } from "../ui/panel-text";
import { COMMANDS } from "../command-ids";
import { useCurrent, useNotebookState } from "../model/use-store";
import type { NotebookModel, StagebookTracker } from "../tokens";
import { findDisplayedStage } from "./displayed-stage";
import type { ResultActions, StageQueries } from "./lazy-sections";
import type { StageActions } from "./stage-card";
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

  private readonly execute: Execute = (command, args) => {
    this.commands.execute(command, args).catch((error: unknown) => {
      void showErrorMessage(this.trans.__("Stagebook"), error instanceof Error ? error.message : String(error));
    });
  };
}

type Execute = (
  command: (typeof COMMANDS)["runStage" | "showCell" | "showLog"],
  args: { readonly stage?: string; readonly run?: string },
) => void;

interface CurrentStageProps {
  readonly tracker: StagebookTracker;
  readonly trans: TranslationBundle;
  readonly execute: Execute;
}

function CurrentStage({ tracker, trans, execute }: CurrentStageProps): ReactElement {
  const model = useCurrent(tracker);
  if (!model) return <EmptyPanel text={noNotebookText(trans)} />;
  return <DisplayedStage key={modelKey(model)} model={model} trans={trans} execute={execute} />;
}

function DisplayedStage({
  model,
  trans,
  execute,
}: Omit<CurrentStageProps, "tracker"> & { readonly model: NotebookModel }): ReactElement {
  const state = useNotebookState(model);
  const now = useNow();
  const results = useResultActions(model, trans, (run) => execute(COMMANDS.showLog, { run }));
  const stage = findDisplayedStage(state.view, state.selected);
  if (!stage && Object.keys(state.view.stages).length === 0) return <EmptyPanel text={emptyText(state, trans)} />;
  if (!stage) return <EmptyPanel text={{ text: trans.__("Choose a stage in the graph.") }} />;
  const isOld = isOutdated(state);
  const isPast = state.connection === "past";
  const actions: StageActions = {
    run: (stage) => execute(COMMANDS.runStage, { stage }),
    showStageCell: (stage) => execute(COMMANDS.showCell, { stage }),
    showCell: (cell) => void model.showCell(cell),
    select: (name) => model.select(name),
    copy: (text) => Clipboard.copyToSystem(text),
    queries: isOld && !isPast ? null : createQueries(model),
    isPast,
    results,
  };
  return (
    <div className={panelClass("stagebook-StageView", state)}>
      <StageCard stage={stage} view={state.view} now={now} actions={actions} trans={trans} />
    </div>
  );
}

function createQueries(model: NotebookModel): StageQueries {
  return {
    explain: (stage) => model.send<"explain">({ type: "explain", stage }),
    preview: (stage, key) => model.send<"preview">({ type: "preview", stage, ...(key === undefined ? {} : { key }) }),
    history: (stage) => model.send<"history">({ type: "history", stage }),
  };
}

/** What was done, or why not, is told by a notification. */
function useResultActions(
  model: NotebookModel,
  trans: TranslationBundle,
  showRunLog: ResultActions["showRunLog"],
): ResultActions {
  const [pinsSet, setPinsSet] = useState(0);
  const told = (done: Promise<void>): void =>
    void done.catch((error: unknown) => {
      Notification.error(error instanceof Error ? error.message : String(error), { autoClose: 8000 });
    });
  return {
    restore: (stage, key) =>
      told(
        model
          .send<"restore">({ type: "restore", stage, key })
          .then((restored) => void Notification.info(restoredText(restored, trans), { autoClose: 4000 })),
      ),
    pin: (stage, key, pinned) =>
      told(model.send<"pin">({ type: "pin", stage, key, pinned }).then(() => setPinsSet((count) => count + 1))),
    showRunLog,
    pinChanges: pinsSet,
  };
}

function restoredText({ changed, missing }: Result<"restore">, trans: TranslationBundle): string {
  const done =
    changed.length === 0 ? trans.__("The parameters are so already.") : trans.__("Restored: %1.", changed.join(", "));
  return missing.length === 0
    ? done
    : `${done} ${trans.__("No longer a parameter of this notebook: %1.", missing.join(", "))}`;
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
