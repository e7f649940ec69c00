/** The commands for the selected cell, and the auto-run switch. Called by addCommands. */
import { Dialog, showDialog } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import type { CellId } from "stagebook/protocol";
import { COMMANDS } from "../command-ids";
import { autoRunIcon, runCellIcon } from "../icons";
import type { NotebookModel } from "../tokens";
import { notifyFailure } from "../ui/notify";
import type { AutoRunChoices } from "../model/memory/auto-run-choices";
import { findMark } from "./cell-marks";
import type { CellMark } from "./cell-marks";
import { markHeading } from "./cell-text";

type Args = ReadonlyPartialJSONObject;

export interface CellCommandsOptions {
  readonly commands: CommandRegistry;
  readonly find: (args: Args) => NotebookModel | null;
  /** The selected code cell of the current notebook. */
  readonly activeCell: () => CellId | null;
  readonly autoRun: AutoRunChoices;
  readonly trans: TranslationBundle;
}

export function addCellCommands(options: CellCommandsOptions): void {
  const { commands, find, activeCell, autoRun, trans } = options;
  const isLive = (args: Args): boolean => find(args)?.getState().connection === "live";
  const canRun = (args: Args): boolean => isLive(args) && activeCell() !== null;
  const runAbove = async (args: Args): Promise<boolean> => {
    const [model, cell] = [find(args), activeCell()];
    return model !== null && cell !== null && (await model.runStale(cell));
  };
  const markOf = (args: Args): CellMark | null => {
    const [state, id] = [find(args)?.getState(), activeCell()];
    if (!state || id === null) return null;
    return findMark(state, { id, isEmpty: false, isEdited: state.edited?.includes(id) ?? false });
  };

  commands.addCommand(COMMANDS.runStaleAbove, {
    label: trans.__("Run Stale Stages and Cells Above"),
    isEnabled: canRun,
    execute: (args) => runAbove(args).catch(notifyFailure),
  });
  commands.addCommand(COMMANDS.runCell, {
    label: trans.__("Run Cell After Stale Cells Above"),
    caption: trans.__("Run the stale stages and cells above, then this cell"),
    icon: runCellIcon,
    // It is in the toolbar of each cell: hidden where it has no effect.
    isVisible: isLive,
    isEnabled: canRun,
    execute: (args) =>
      runAbove(args)
        .then((isDone) => (isDone ? commands.execute("notebook:run-cell") : undefined))
        .catch(notifyFailure),
  });
  commands.addCommand(COMMANDS.whyCell, {
    label: trans.__("Explain Cell Status"),
    isEnabled: (args) => markOf(args) !== null,
    execute: async (args) => {
      const mark = markOf(args);
      if (mark) await showReasons(mark, trans);
    },
  });
  commands.addCommand(COMMANDS.autoRun, {
    label: trans.__("Auto-Run on Parameter Changes"),
    icon: autoRunIcon,
    isEnabled: (args) => find(args) !== null,
    isToggled: (args) => {
      const model = find(args);
      return model !== null && autoRun.isOn(model.key);
    },
    execute: (args) => {
      const model = find(args);
      if (model) autoRun.set(model.key, !autoRun.isOn(model.key));
    },
  });
  autoRun.subscribe(() => commands.notifyCommandChanged(COMMANDS.autoRun));
}

async function showReasons(mark: CellMark, trans: TranslationBundle): Promise<void> {
  const lines = [...mark.reasons, ...mark.caveats];
  await showDialog({
    title: markHeading(mark, trans),
    body: lines.length > 0 ? lines.map((line) => `• ${line}`).join("\n") : trans.__("No further details."),
    buttons: [Dialog.okButton({ label: trans.__("Close") })],
  });
}
