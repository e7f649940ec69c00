/** The panel of the selected stage. Created by Sidebar. */
import { Clipboard } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { ReactElement } from "react";
import { useEffect, useState } from "react";
import type { ErrorView, Result, RunId, StageView } from "stagebook/protocol";
import { COMMANDS } from "../command-ids";
import { useNotebookState } from "../model/use-store";
import type { NotebookModel, StagebookTracker } from "../tokens";
import { isOutdated, panelClass } from "../ui/texts/connection-text";
import { createTableSource } from "../table/table-source";
import { notifyDone, notifyFailure } from "../ui/notify";
import { Panel } from "../ui/panel";
import { showWholeText, type TextPart } from "../ui/whole-text";
import type { ResultActions, StageQueries } from "./lazy-sections";
import { findShownStage } from "./shown-stage";
import type { StageActions } from "./stage-card";
import { StageCard } from "./stage-card";

export class StagePanel extends Panel {
  constructor(
    tracker: StagebookTracker,
    trans: TranslationBundle,
    private readonly commands: CommandRegistry,
    /** Called when the user has closed the stage. */
    private readonly onClosed: (stage: string) => void,
  ) {
    super({
      tracker,
      trans,
      name: "stage",
      className: "stagebook-StagePanel",
      label: trans.__("Stage"),
      caption: trans.__("The selected stage: its status, and the reasons for it"),
    });
  }

  protected override renderNotebook(model: NotebookModel): ReactElement {
    return <SelectedStage model={model} trans={this.trans} execute={this.execute} onClosed={this.onClosed} />;
  }

  private readonly execute: Execute = (command, args) => {
    this.commands.execute(command, args).catch(notifyFailure);
  };
}

type Execute = (
  command: (typeof COMMANDS)["runStage" | "showCell" | "showLog"],
  args: { readonly stage?: string; readonly run?: string },
) => void;

interface SelectedStageProps {
  readonly model: NotebookModel;
  readonly trans: TranslationBundle;
  readonly execute: Execute;
  readonly onClosed: (stage: string) => void;
}

function SelectedStage({ model, trans, execute, onClosed }: SelectedStageProps): ReactElement | null {
  const state = useNotebookState(model);
  const now = useNow();
  const results = useResultActions(model, trans, (run) => execute(COMMANDS.showLog, { run }));
  const stage = findShownStage(state);
  if (!stage) return null;
  const close = (): void => {
    model.select(null);
    onClosed(stage.name);
  };
  const isPast = state.connection === "past";
  const actions: StageActions = {
    run: (stage) => execute(COMMANDS.runStage, { stage }),
    showStageCell: (stage) => execute(COMMANDS.showCell, { stage }),
    showCell: (cell) => void model.showCell(cell),
    select: (name) => model.select(name),
    close,
    copy: (text) => Clipboard.copyToSystem(text),
    showWholeError: (stage, run) => showWholeError(model, stage, run, trans),
    setOption: (stage, code) => setOption(model, stage, code, trans),
    queries: isOutdated(state) && !isPast ? null : createQueries(model),
    isPast,
    results,
  };
  return (
    <div
      className={panelClass("stagebook-StageView", state)}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.stopPropagation();
        close();
      }}
    >
      <StageCard stage={stage} view={state.view} now={now} actions={actions} trans={trans} />
    </div>
  );
}

/** The cell is shown: it has been edited, and the user decides when it runs. */
function setOption(model: NotebookModel, { name, cell }: StageView, code: string, trans: TranslationBundle): void {
  if (cell !== null && model.setStageOption(cell, name, code)) {
    model.showCell(cell);
    return notifyDone(trans.__("%1 was added to %2. Run its cell.", code, name));
  }
  Clipboard.copyToSystem(code);
  notifyDone(trans.__("The definition of %1 could not be edited. %2 was copied: add it to the stage's options.", name, code)); // prettier-ignore
}

function showWholeError(model: NotebookModel, stage: string, run: RunId, trans: TranslationBundle): void {
  const load = async (): Promise<readonly TextPart[]> => {
    const { error } = await model.send<"whole">({ type: "whole", stage, run });
    return error ? partsOfError(error, trans) : [];
  };
  showWholeText({ subject: trans.__("Error of %1", stage), load, trans });
}

function partsOfError({ code, message, advice, stack }: ErrorView, trans: TranslationBundle): readonly TextPart[] {
  return [
    { name: code, text: message },
    ...(advice === undefined ? [] : [{ name: trans.__("Advice"), text: advice }]),
    ...(stack === undefined ? [] : [{ name: trans.__("Stack trace"), text: stack }]),
  ];
}

function createQueries(model: NotebookModel): StageQueries {
  return {
    explain: (stage) => model.send<"explain">({ type: "explain", stage }),
    preview: (stage, key) => model.send<"preview">({ type: "preview", stage, ...(key === undefined ? {} : { key }) }),
    table: (stage, key) =>
      createTableSource((command) => model.send(command), { stage, ...(key === undefined ? {} : { key }) }),
    history: (stage) => model.send<"history">({ type: "history", stage }),
  };
}

/** The outcome of each action is shown in a notification. */
function useResultActions(
  model: NotebookModel,
  trans: TranslationBundle,
  showRunLog: ResultActions["showRunLog"],
): ResultActions {
  const [pinChanges, setPinChanges] = useState(0);
  return {
    restore: (stage, key) => {
      model
        .send<"restore">({ type: "restore", stage, key })
        .then((restored) => notifyDone(restoredText(restored, trans)))
        .catch(notifyFailure);
    },
    pin: (stage, key, pinned) => {
      model
        .send<"pin">({ type: "pin", stage, key, pinned })
        .then(() => setPinChanges((count) => count + 1))
        .catch(notifyFailure);
    },
    showRunLog,
    pinChanges,
  };
}

function restoredText({ changed, missing }: Result<"restore">, trans: TranslationBundle): string {
  const done =
    changed.length === 0
      ? trans.__("Parameters already have these values.")
      : trans.__("Restored: %1.", changed.join(", "));
  return missing.length === 0
    ? done
    : `${done} ${trans.__("No longer a parameter of this notebook: %1.", missing.join(", "))}`;
}

/** The current time, updated often enough for "5 s ago". A hidden panel is not rendered, so it has no timer. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const TICK_MS = 10_000;
