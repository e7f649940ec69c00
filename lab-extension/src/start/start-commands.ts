/** The commands to begin with: example, snippets, a new notebook and the tour. Called by the sidebar plugin. */
import type { ILauncher } from "@jupyterlab/launcher";
import type { INotebookTracker } from "@jupyterlab/notebook";
import type { ServiceManager } from "@jupyterlab/services";
import type { ITranslator, TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import { COMMANDS } from "../command-ids";
import { stagebookIcon } from "../icons";
import { notifyFailure } from "../ui/notify";
import { codeSources, insertBelow } from "./insert-cells";
import { createNotebook } from "./new-notebook";
import { EXAMPLE_CELLS, snippetCells } from "./snippets";
import { Tour } from "./tour";
import type { TourOffer } from "./tour-offer";
import { tourSteps } from "./tour-steps";

export interface StartCommandsOptions {
  readonly commands: CommandRegistry;
  readonly notebooks: INotebookTracker;
  readonly services: ServiceManager.IManager;
  readonly tourOffer: TourOffer;
  /** Shows the sidebar. */
  readonly open: () => void;
  readonly trans: TranslationBundle;
}

export function addStartCommands({
  commands,
  notebooks,
  services,
  tourOffer,
  open,
  trans,
}: StartCommandsOptions): void {
  const isEnabled = (): boolean => notebooks.currentWidget !== null;
  const insert = (cells: (sources: readonly string[]) => readonly string[]) => (): void => {
    const panel = notebooks.currentWidget;
    if (panel) insertBelow(panel, cells(codeSources(panel)));
  };
  commands.addCommand(COMMANDS.insertExample, {
    label: trans.__("Insert Example Pipeline"),
    isEnabled,
    execute: () => {
      insert(() => EXAMPLE_CELLS)();
      return tourOffer.offer();
    },
  });
  commands.addCommand(COMMANDS.insertStage, {
    label: trans.__("Insert Stage"),
    isEnabled,
    execute: insert((sources) => snippetCells("stage", sources)),
  });
  commands.addCommand(COMMANDS.insertParam, {
    label: trans.__("Insert Parameter"),
    isEnabled,
    execute: insert((sources) => snippetCells("param", sources)),
  });
  commands.addCommand(COMMANDS.newNotebook, {
    label: (args) => (args.isLauncher === true ? trans.__("Stagebook notebook") : trans.__("New Stagebook Notebook")),
    caption: trans.__("Create a TypeScript notebook with a small pipeline"),
    icon: stagebookIcon,
    execute: async ({ cwd }) => {
      try {
        const { path, kernel } = await createNotebook(services, typeof cwd === "string" ? cwd : "", trans);
        await tourOffer.offer();
        // The launcher closes for a command that returns a widget.
        return (await commands.execute("docmanager:open", {
          path,
          factory: "Notebook",
          kernel: { name: kernel },
        })) as unknown;
      } catch (cause) {
        notifyFailure(cause);
        return undefined;
      }
    },
  });
  let tour: Tour | null = null;
  commands.addCommand(COMMANDS.tour, {
    label: trans.__("Take the Tour"),
    isEnabled,
    execute: () => {
      open();
      tour?.dispose();
      tour = new Tour({ steps: tourSteps(trans), trans, ended: () => void tourOffer.seen() });
      tour.start();
    },
  });
}

/** A card beside those of the kernels. */
export function addLauncherCard(launcher: ILauncher, translator: ITranslator): void {
  // JupyterLab's own name of the section.
  const category = translator.load("jupyterlab").__("Notebook");
  // In this section an icon is a picture, in the color of the section.
  const picture = stagebookIcon.svgstr.replaceAll("#616161", "#f37726");
  const kernelIconUrl = `data:image/svg+xml,${encodeURIComponent(picture)}`;
  launcher.add({ command: COMMANDS.newNotebook, args: { isLauncher: true }, category, rank: 100, kernelIconUrl });
}
