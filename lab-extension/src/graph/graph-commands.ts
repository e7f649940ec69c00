/** The commands of the graph: view, direction, groups and export. Called once by the plugin. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import { COMMANDS } from "../command-ids";
import { stagebookIcon } from "../icons";
import type { Preferences } from "../model/preferences";
import type { NotebookModel, StagebookTracker } from "../tokens";
import { notifyFailure } from "../ui/notify";
import { exportPicture, PICTURE_FORMATS } from "./canvas/export-picture";
import type { PictureFormat } from "./canvas/export-picture";
import type { Direction } from "stagebook/drawing";
import type { LayoutQueue } from "./layout/layout-queue";
import { createGraph, layoutRequest } from "stagebook/drawing";
import { collapsedIn, collapseGroups, findGroups, groupOf } from "./model/groups";
import type { Picture } from "stagebook/drawing";

export interface GraphCommandsOptions {
  readonly commands: CommandRegistry;
  readonly tracker: StagebookTracker;
  readonly preferences: Preferences;
  /** Lays out the graph for the export. */
  readonly layouts: LayoutQueue;
  /** Shows the drawing in a tab. */
  readonly openTab: () => void;
  /** The stage that a command applies to. */
  readonly stageOf: (args: ReadonlyPartialJSONObject) => string | null;
  readonly trans: TranslationBundle;
}

export function addGraphCommands(options: GraphCommandsOptions): void {
  const { commands, preferences, layouts, openTab, tracker, trans } = options;
  const hasStages = (): boolean => Object.keys(tracker.getCurrent()?.getState().view.stages ?? {}).length > 0;
  commands.addCommand(COMMANDS.graphDirection, {
    label: trans.__("Left-to-Right Graph"),
    isToggled: () => preferences.get().graphDirection === "right",
    execute: () =>
      preferences
        .set({ graphDirection: preferences.get().graphDirection === "right" ? "down" : "right" })
        .catch(notifyFailure),
  });
  commands.addCommand(COMMANDS.graphView, {
    label: trans.__("Show Graph as List in Sidebar"),
    isToggled: () => preferences.get().graphView === "list",
    execute: () =>
      preferences.set({ graphView: preferences.get().graphView === "list" ? "graph" : "list" }).catch(notifyFailure),
  });
  commands.addCommand(COMMANDS.openGraph, {
    label: trans.__("Open Graph in Tab"),
    caption: trans.__("Show the graph of the current notebook in a tab of the main area"),
    icon: stagebookIcon,
    execute: openTab,
  });
  commands.addCommand(COMMANDS.exportGraph, {
    label: (args) => exportLabel(formatOf(args), trans),
    isEnabled: hasStages,
    execute: async (args) => {
      const model = tracker.getCurrent();
      if (!model || !hasStages()) return;
      const name = (model.path.split("/").at(-1) ?? "graph").replace(/\.ipynb$/u, "");
      try {
        const picture = await layOutPicture(model, layouts, preferences.get().graphDirection);
        await exportPicture(picture, formatOf(args), `${name}-graph`, trans);
      } catch (cause) {
        notifyFailure(cause);
      }
    },
  });
  addGroupCommands(options);
}

/** With the groups that are collapsed now. */
async function layOutPicture(model: NotebookModel, layouts: LayoutQueue, direction: Direction): Promise<Picture> {
  const { view } = model.getState();
  const graph = collapseGroups(createGraph(view), collapsedOf(model));
  return { graph, layout: await layouts.layOut(layoutRequest(graph, direction)), view, direction };
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
