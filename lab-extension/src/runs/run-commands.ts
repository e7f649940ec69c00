/** The commands for past runs. Called by addCommands. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import type { RunId } from "stagebook/protocol";
import { COMMANDS } from "../command-ids";
import type { NotebookModel } from "../tokens";
import { notifyFailure } from "../ui/notify";

type Args = ReadonlyPartialJSONObject;

export interface RunCommandsOptions {
  readonly commands: CommandRegistry;
  readonly find: (args: Args) => NotebookModel | null;
  readonly showRuns: () => void;
  readonly trans: TranslationBundle;
}

export function addRunCommands({ commands, find, showRuns, trans }: RunCommandsOptions): void {
  const connection = (args: Args): string | undefined => find(args)?.getState().connection;
  commands.addCommand(COMMANDS.showRuns, { label: trans.__("Show Past Runs"), execute: showRuns });
  commands.addCommand(COMMANDS.lookAtRun, {
    label: (args) => (typeof args.run === "string" ? trans.__("View Run %1", args.run) : trans.__("View Latest Run")),
    isEnabled: (args) => connection(args) === "live" || connection(args) === "past",
    execute: (args) => {
      const model = find(args);
      return model ? viewRun(model, args.run, trans).catch(notifyFailure) : undefined;
    },
  });
  commands.addCommand(COMMANDS.backToNow, {
    label: trans.__("Return to Current State"),
    isEnabled: (args) => connection(args) === "past",
    execute: (args) => find(args)?.showCurrent(),
  });
}

async function viewRun(model: NotebookModel, run: unknown, trans: TranslationBundle): Promise<void> {
  if (typeof run === "string") return model.showRun(run as RunId);
  const [latest] = (await model.send<"runs">({ type: "runs", before: 0, limit: 1 })).rows;
  if (!latest) throw new Error(trans.__("No runs yet."));
  return model.showRun(latest.id);
}
