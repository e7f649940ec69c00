/** The commands of the graph: direction, groups and export. Called once by the plugin. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import { COMMANDS } from "../command-ids";
import type { Preferences } from "../model/preferences";
import type { NotebookModel, StagebookTracker } from "../tokens";
import { notifyFailure } from "../ui/notify";
import { exportPicture, PICTURE_FORMATS } from "./canvas/export-picture";
import type { PictureFormat } from "./canvas/export-picture";
import { createGraph } from "./model/graph";
import { collapsedIn, findGroups, groupOf } from "./model/groups";
import type { Picture } from "./canvas/picture";

export interface GraphCommandsOptions {
  readonly commands: CommandRegistry;
  readonly tracker: StagebookTracker;
  readonly preferences: Preferences;
  /** What the panel draws; null while it draws no graph. */
  readonly picture: () => Picture | null;
  /** The stage that a command applies to. */
  readonly stageOf: (args: ReadonlyPartialJSONObject) => string | null;
  readonly trans: TranslationBundle;
}

export function addGraphCommands(options: GraphCommandsOptions): void {
  const { commands, preferences, picture, tracker, trans } = options;
  commands.addCommand(COMMANDS.graphDirection, {
    label: trans.__("Left-to-Right Graph"),
    isToggled: () => preferences.get().graphDirection === "right",
    execute: () =>
      preferences
        .set({ graphDirection: preferences.get().graphDirection === "right" ? "down" : "right" })
        .catch(notifyFailure),
  });
  commands.addCommand(COMMANDS.exportGraph, {
    label: (args) => exportLabel(formatOf(args), trans),
    isEnabled: () => picture() !== null,
    execute: (args) => {
      const drawn = picture();
      const name =
        tracker
          .getCurrent()
          ?.path.split("/")
          .at(-1)
          ?.replace(/\.ipynb$/u, "") ?? "graph";
      return drawn ? exportPicture(drawn, formatOf(args), `${name}-graph`, trans).catch(notifyFailure) : undefined;
    },
  });
  addGroupCommands(options);
}

function addGroupCommands({ commands, tracker, stageOf, trans }: GraphCommandsOptions): void {
  const groupIn = (args: ReadonlyPartialJSONObject): string | null => {
    const model = tracker.getCurrent();
    const group = groupOf(stageOf(args) ?? "");
    return model && group !== null && groupsOf(model).includes(group) ? group : null;
  };
  commands.addCommand(COMMANDS.collapseGroup, {
    label: (args) => trans.__("Collapse %1/", groupIn(args) ?? ""),
    isVisible: (args) => groupIn(args) !== null,
    isEnabled: (args) => groupIn(args) !== null,
    execute: (args) => {
      const [model, group] = [tracker.getCurrent(), groupIn(args)];
      if (model && group !== null) model.groups.set([...collapsedOf(model), group]);
    },
  });
  const hasGroups = (): boolean => {
    const model = tracker.getCurrent();
    return model !== null && groupsOf(model).length > 0;
  };
  commands.addCommand(COMMANDS.collapseGroups, {
    label: trans.__("Collapse All Graph Groups"),
    isEnabled: hasGroups,
    execute: () => {
      const model = tracker.getCurrent();
      if (model) model.groups.set(groupsOf(model));
    },
  });
  commands.addCommand(COMMANDS.expandGroups, {
    label: trans.__("Expand All Graph Groups"),
    isEnabled: hasGroups,
    execute: () => {
      const model = tracker.getCurrent();
      if (model) model.groups.set([]);
    },
  });
}

function groupsOf(model: NotebookModel): readonly string[] {
  return findGroups(createGraph(model.getState().view));
}

function collapsedOf(model: NotebookModel): ReadonlySet<string> {
  return collapsedIn(createGraph(model.getState().view), model.groups.get());
}

function formatOf(args: ReadonlyPartialJSONObject): PictureFormat {
  return PICTURE_FORMATS.find((format) => format === args.format) ?? "svg";
}

function exportLabel(format: PictureFormat, trans: TranslationBundle): string {
  const labels: { readonly [F in PictureFormat]: string } = {
    svg: trans.__("Export Graph as SVG"),
    png: trans.__("Export Graph as PNG"),
    mermaid: trans.__("Export Graph as Mermaid"),
  };
  return labels[format];
}
