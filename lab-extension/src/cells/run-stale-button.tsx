/** The button in the notebook's toolbar. Made by the plugin for each notebook panel. */
import type { JSX } from "react";
import { ReactWidget, ToolbarButtonComponent } from "@jupyterlab/ui-components";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import { MessageLoop } from "@lumino/messaging";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { COMMANDS } from "../command-ids";
import { runStaleIcon } from "../icons";
import { useNotebookState } from "../stores/use-store";
import type { NotebookModel } from "../tokens";
import { countStale, isAnyStale, staleCaption, staleShortLabel } from "./stale-count";

export class RunStaleButton extends ReactWidget {
  private model: NotebookModel | null = null;

  constructor(
    private readonly commands: CommandRegistry,
    private readonly trans: TranslationBundle,
  ) {
    super();
    this.addClass("stagebook-RunStale");
  }

  /** `model` is that of the panel that the toolbar belongs to. */
  follow(model: NotebookModel): void {
    this.model = model;
    this.update();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.width.observe(this.node);
  }

  protected override onBeforeDetach(message: Message): void {
    this.width.disconnect();
    super.onBeforeDetach(message);
  }

  /** The toolbar finds out what has room when it is resized; this item is empty until the kernel has Stagebook. */
  private readonly width = new ResizeObserver(() => {
    const toolbar = this.parent;
    if (!toolbar) return;
    const { offsetWidth, offsetHeight } = toolbar.node;
    MessageLoop.postMessage(toolbar, new Widget.ResizeMessage(offsetWidth, offsetHeight));
  });

  protected override render(): JSX.Element | null {
    return this.model && <RunStale model={this.model} commands={this.commands} trans={this.trans} />;
  }
}

interface RunStaleProps {
  readonly model: NotebookModel;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

function RunStale({ model, commands, trans }: RunStaleProps): JSX.Element | null {
  const state = useNotebookState(model);
  const { connection, remembered } = state;
  if (connection !== "live" && !remembered) return null;
  const count = countStale(state);
  return (
    <ToolbarButtonComponent
      icon={runStaleIcon}
      label={staleShortLabel(count, trans)}
      tooltip={staleCaption(count, trans)}
      enabled={connection === "live" && isAnyStale(count)}
      noFocusOnClick
      onClick={() => void commands.execute(COMMANDS.runStale, { path: model.path })}
    />
  );
}
