/** The commands for one stage: in the context menu of its node, and in the palette for the selected stage. */
import { Clipboard, Dialog, showDialog } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import type { Result, StageView } from "stagebook/protocol";
import { COMMANDS } from "../command-ids";
import { createGraph } from "stagebook/drawing";
import { findDescendants } from "../graph/model/node-marks";
import type { NotebookModel } from "../tokens";
import { notifyFailure } from "../ui/notify";

type Args = ReadonlyPartialJSONObject;

export interface StageCommandsOptions {
  readonly commands: CommandRegistry;
  readonly find: (args: Args) => NotebookModel | null;
  readonly stageOf: (args: Args) => string | null;
  readonly trans: TranslationBundle;
}

export function addStageCommands(options: StageCommandsOptions): void {
  const { commands, find, stageOf, trans } = options;
  const stageView = (args: Args): StageView | undefined => find(args)?.getState().view.stages[stageOf(args) ?? ""];
  const isLive = (args: Args): boolean => find(args)?.getState().connection === "live" && stageView(args) !== undefined;
  const add = (
    id: string,
    label: string,
    act: (model: NotebookModel, stage: string) => Promise<unknown>,
    isPossible: (stage: StageView) => boolean = () => true,
  ): void => {
    const isEnabled = (args: Args): boolean => {
      const stage = stageView(args);
      return stage !== undefined && isLive(args) && isPossible(stage);
    };
    const execute = (args: Args): Promise<unknown> | undefined => {
      const [model, stage] = [find(args), stageOf(args)];
      return model && stage !== null ? act(model, stage).catch(notifyFailure) : undefined;
    };
    commands.addCommand(id, { label, isEnabled, execute });
  };
  const isIdle = (stage: StageView): boolean => stage.status !== "running";
  const hasResult = (stage: StageView): boolean => stage.result !== undefined;

  add(
    COMMANDS.runFollowing,
    trans.__("Run Stage with Downstream Stages"),
    (model, stage) => {
      const downstream = findDescendants(createGraph(model.getState().view), stage);
      return model.send<"run">({ type: "run", targets: [stage, ...downstream] });
    },
    isIdle,
  );
  add(
    COMMANDS.forceStage,
    trans.__("Force Run Stage"),
    (model, stage) => model.send<"run">({ type: "run", targets: [stage], force: true }),
    isIdle,
  );
  add(COMMANDS.whyStale, trans.__("Explain Stage Status"), async (model, stage) => {
    model.select(stage);
    await showReasons(await model.send<"explain">({ type: "explain", stage }), trans);
  });
  const pin = (pinned: boolean) => (model: NotebookModel, stage: string) =>
    model.send<"pin">({ type: "pin", stage, pinned });
  add(COMMANDS.pinResult, trans.__("Pin Result"), pin(true), hasResult);
  add(COMMANDS.unpinResult, trans.__("Unpin Result"), pin(false), hasResult);
  add(COMMANDS.clearStage, trans.__("Clear Stage Results"), (model, stage) => clear(model, stage, trans), hasResult);
  commands.addCommand(COMMANDS.copyName, {
    label: trans.__("Copy Stage Name"),
    isEnabled: (args) => stageOf(args) !== null,
    execute: (args) => Clipboard.copyToSystem(stageOf(args) ?? ""),
  });
}

async function showReasons(explained: Result<"explain">, trans: TranslationBundle): Promise<void> {
  const { stage, status, reasons } = explained;
  const body = reasons.length > 0 ? reasons.map(({ text }) => `• ${text}`).join("\n") : explained.text;
  await showDialog({
    title: trans.__("%1 is %2", stage, status),
    body,
    buttons: [Dialog.okButton({ label: trans.__("Close") })],
  });
}

/** Asks for confirmation first: removed results have to be recomputed. */
async function clear(model: NotebookModel, stage: string, trans: TranslationBundle): Promise<void> {
  const { button } = await showDialog({
    title: trans.__("Clear the results of %1?", stage),
    body: trans.__("Its cached results are removed. The next run recomputes the stage."),
    buttons: [Dialog.cancelButton({ label: trans.__("Keep") }), Dialog.warnButton({ label: trans.__("Clear") })],
  });
  if (button.accept) await model.send<"clear">({ type: "clear", stage });
}
