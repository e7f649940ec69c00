/** The commands of Stagebook. Called once by the sidebar plugin. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import { of, switchMap } from "rxjs";
import type { CellId } from "stagebook/protocol";
import type { AutoRunChoices } from "../model/memory/auto-run-choices";
import { addCellCommands } from "../cells/cell-commands";
import { notifyFailure } from "../ui/notify";
import type { StaleCount } from "../ui/texts/stale-count";
import { countStale, staleCaption, staleLabel } from "../ui/texts/stale-count";
import { COMMANDS } from "../command-ids";
import { addGraphCommands } from "../graph/graph-commands";
import type { LayoutQueue } from "../graph/layout/layout-queue";
import { runStaleIcon, stagebookIcon } from "../icons";
import { addRunCommands } from "../runs/run-commands";
import { addStageCommands } from "./stage-commands";
import type { Preferences } from "../model/preferences";
import type { NotebookModel, StagebookTracker } from "../tokens";

export interface CommandsOptions {
  readonly commands: CommandRegistry;
  readonly tracker: StagebookTracker;
  /** All open notebooks. */
  readonly models: () => readonly NotebookModel[];
  readonly trans: TranslationBundle;
  /** Shows the sidebar. */
  readonly open: () => void;
  /** Shows the log, filtered by the run or the stage. */
  readonly showLog: (only: { readonly run: string | null; readonly stage: string | null }) => void;
  /** The stage of the node with the open context menu. */
  readonly stageUnderMenu: () => string | null;
  /** The selected code cell of the current notebook. */
  readonly activeCell: () => CellId | null;
  /** Shows the list of past runs. */
  readonly showRuns: () => void;
  readonly autoRun: AutoRunChoices;
  readonly preferences: Preferences;
  readonly layouts: LayoutQueue;
  /** Opens the drawing of the graph in a tab. */
  readonly openGraph: () => void;
}

export function addCommands(options: CommandsOptions): void {
  const { commands, tracker, models, trans, open, stageUnderMenu, preferences, showLog } = options;
  /** The stage that a command is for: the one under the context menu, the argument, or the selected one. */
  const stageOf = (args: ReadonlyPartialJSONObject): string | null => {
    if (args.fromMenu === true) return stageUnderMenu();
    return typeof args.stage === "string" ? args.stage : (find(args)?.getState().selected ?? null);
  };
  const cellOf = (args: ReadonlyPartialJSONObject): CellId | null => {
    if (typeof args.cell === "string") return args.cell as CellId;
    return find(args)?.getState().view.stages[stageOf(args) ?? ""]?.cell ?? null;
  };
  const find = (args: ReadonlyPartialJSONObject): NotebookModel | null =>
    typeof args.path === "string" ? (models().find((model) => model.path === args.path) ?? null) : tracker.getCurrent();
  const isLive = (args: ReadonlyPartialJSONObject): boolean => find(args)?.getState().connection === "live";
  const staleIn = (args: ReadonlyPartialJSONObject): StaleCount => {
    const state = find(args)?.getState();
    return state ? countStale(state) : { stages: 0, maybe: 0, cells: 0 };
  };
  const isRunning = (args: ReadonlyPartialJSONObject): boolean =>
    find(args)
      ?.getState()
      .view.runs.some((run) => run.status === "running") ?? false;

  commands.addCommand(COMMANDS.runStale, {
    label: (args) => staleLabel(staleIn(args), trans),
    caption: (args) => staleCaption(staleIn(args), trans),
    icon: runStaleIcon,
    // Also with nothing stale: files may have changed.
    isEnabled: (args) => find(args)?.getState().connection === "live",
    execute: (args) => find(args)?.runStale().catch(notifyFailure),
  });
  commands.addCommand(COMMANDS.open, {
    label: trans.__("Show Stagebook"),
    caption: trans.__("Show the sidebar with the parameters and the graph"),
    icon: stagebookIcon,
    execute: open,
  });
  commands.addCommand(COMMANDS.cancel, {
    label: trans.__("Stop Running Stages"),
    isEnabled: (args) => isLive(args) && isRunning(args),
    execute: (args) => find(args)?.send({ type: "cancel" }).catch(notifyFailure),
  });
  commands.addCommand(COMMANDS.runStage, {
    label: (args) => {
      if (args.fromMenu === true) return trans.__("Run Stage with Upstream Stages");
      return typeof args.stage === "string" ? trans.__("Run Stage %1", args.stage) : trans.__("Run Selected Stage");
    },
    isEnabled: (args) => isLive(args) && stageOf(args) !== null,
    execute: (args) => {
      const stage = stageOf(args);
      return stage === null
        ? undefined
        : find(args)
            ?.send({ type: "run", targets: [stage] })
            .catch(notifyFailure);
    },
  });
  commands.addCommand(COMMANDS.showCell, {
    label: (args) => {
      if (args.fromMenu === true) return trans.__("Show Cell of Stage");
      return typeof args.stage === "string"
        ? trans.__("Show Cell of %1", args.stage)
        : trans.__("Show Cell of Selected Stage");
    },
    execute: (args) => {
      const model = find(args);
      const cell = cellOf(args);
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
  commands.addCommand(COMMANDS.applyOnButton, {
    label: trans.__("Apply Parameters with Button"),
    isToggled: () => preferences.get().applyParams === "on button",
    execute: () =>
      preferences
        .set({ applyParams: preferences.get().applyParams === "on button" ? "at once" : "on button" })
        .catch(notifyFailure),
  });
  addStageCommands({ commands, find, stageOf, trans });
  addCellCommands({ commands, find, activeCell: options.activeCell, autoRun: options.autoRun, trans });
  addRunCommands({ commands, find, showRuns: options.showRuns, trans });
  addGraphCommands({
    commands,
    tracker,
    preferences,
    layouts: options.layouts,
    openTab: options.openGraph,
    stageOf,
    trans,
  });

  tracker.current$
    .pipe(switchMap((model) => model?.state$ ?? of(null)))
    .subscribe(() => commands.notifyCommandChanged());
}
