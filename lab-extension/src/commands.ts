/** Stagebook's commands. Called by the plugin, once. */
import { Notification } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import { of, switchMap } from "rxjs";
import type { CellId } from "stagebook/protocol";
import { countStale, isAnyStale } from "./cells/stale-count";
import { COMMANDS } from "./command-ids";
import { runStaleIcon, stagebookIcon } from "./icons";
import type { NotebookModel, StagebookTracker } from "./tokens";

export interface CommandsOptions {
  readonly commands: CommandRegistry;
  readonly tracker: StagebookTracker;
  /** All open notebooks. */
  readonly models: () => readonly NotebookModel[];
  readonly trans: TranslationBundle;
  /** Shows sidebar and log. */
  readonly open: () => void;
  /** Shows the log, with only those lines. */
  readonly showLog: (only: { readonly run: string | null; readonly stage: string | null }) => void;
}

export function addCommands({ commands, tracker, models, trans, open, showLog }: CommandsOptions): void {
  const find = (args: ReadonlyPartialJSONObject): NotebookModel | null =>
    typeof args.path === "string" ? (models().find((model) => model.path === args.path) ?? null) : tracker.getCurrent();
  const isLive = (args: ReadonlyPartialJSONObject): boolean => find(args)?.getState().connection === "live";
  const isRunning = (args: ReadonlyPartialJSONObject): boolean =>
    find(args)
      ?.getState()
      .view.runs.some((run) => run.status === "running") ?? false;

  commands.addCommand(COMMANDS.runStale, {
    label: trans.__("Run Stale Stages and Cells"),
    caption: trans.__("Run what is stale and nothing else"),
    icon: runStaleIcon,
    isEnabled: (args) => {
      const state = find(args)?.getState();
      return state?.connection === "live" && isAnyStale(countStale(state));
    },
    execute: (args) => told(find(args)?.runStale()),
  });
  commands.addCommand(COMMANDS.open, {
    label: trans.__("Show Stagebook"),
    caption: trans.__("Show the sidebar with graph and parameters, and the log"),
    icon: stagebookIcon,
    execute: open,
  });
  commands.addCommand(COMMANDS.cancel, {
    label: trans.__("Stop Running Stages"),
    isEnabled: (args) => isLive(args) && isRunning(args),
    execute: (args) => told(find(args)?.send({ type: "cancel" })),
  });
  commands.addCommand(COMMANDS.runStage, {
    label: (args) =>
      typeof args.stage === "string" ? trans.__("Run Stage %1", args.stage) : trans.__("Run Selected Stage"),
    isEnabled: (args) => isLive(args) && stageOf(args, find(args)) !== null,
    execute: (args) => {
      const stage = stageOf(args, find(args));
      return stage === null ? undefined : told(find(args)?.send({ type: "run", targets: [stage] }));
    },
  });
  commands.addCommand(COMMANDS.showCell, {
    label: (args) =>
      typeof args.stage === "string"
        ? trans.__("Show Cell of %1", args.stage)
        : trans.__("Show Cell of Selected Stage"),
    execute: (args) => {
      const model = find(args);
      const cell = cellOf(args, model);
      return model !== null && cell !== null && model.showCell(cell);
    },
  });
  commands.addCommand(COMMANDS.clearLog, {
    label: trans.__("Clear Log"),
    execute: (args) => find(args)?.log.clear(),
  });
  commands.addCommand(COMMANDS.showLog, {
    label: (args) =>
      typeof args.stage === "string" ? trans.__("Show Log of %1", args.stage) : trans.__("Show Stagebook Log"),
    execute: ({ run, stage }) =>
      showLog({ run: typeof run === "string" ? run : null, stage: typeof stage === "string" ? stage : null }),
  });

  tracker.current$
    .pipe(switchMap((model) => model?.state$ ?? of(null)))
    .subscribe(() => commands.notifyCommandChanged());
}

/** The stage that is meant: the argument, or the selected one. */
function stageOf(args: ReadonlyPartialJSONObject, model: NotebookModel | null): string | null {
  return typeof args.stage === "string" ? args.stage : (model?.getState().selected ?? null);
}

function cellOf(args: ReadonlyPartialJSONObject, model: NotebookModel | null): CellId | null {
  if (typeof args.cell === "string") return args.cell as CellId;
  const stage = stageOf(args, model);
  return stage === null ? null : (model?.getState().view.stages[stage]?.cell ?? null);
}

/** A command's failure reaches the user as a notification. */
async function told(done: Promise<unknown> | undefined): Promise<void> {
  try {
    await done;
  } catch (error) {
    Notification.error(error instanceof Error ? error.message : String(error), { autoClose: 6000 });
  }
}
