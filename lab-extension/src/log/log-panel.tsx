/** The structured log of the current notebook, in the down area. Created by the plugin that composes the panels. */
import { showErrorMessage } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { CommandRegistry } from "@lumino/commands";
import type { Message } from "@lumino/messaging";
import type { ReactElement } from "react";
import { BehaviorSubject } from "rxjs";
import { noNotebookText } from "../ui/connection-text";
import { modelKey } from "../ui/model-key";
import { EmptyPanel } from "../ui/panel-text";
import { useCurrent, useObservable } from "../model/use-store";
import type { StagebookTracker } from "../tokens";
import type { LogViewState } from "./log-view";
import { LogView } from "./log-view";
import type { LogFilter } from "./rows";
import { NO_FILTER } from "./rows";

export class LogPanel extends ReactWidget {
  constructor(
    private readonly tracker: StagebookTracker,
    private readonly trans: TranslationBundle,
    private readonly commands: CommandRegistry,
  ) {
    super();
    this.node.dataset.stagebook = "log";
    this.addClass("stagebook-Panel");
    this.addClass("stagebook-LogPanel");
    this.title.label = trans.__("Stagebook Log");
    this.title.caption = trans.__("What stages and Stagebook wrote, for the current notebook");
  }

  protected override render(): ReactElement | null {
    if (!this.isVisible) return null;
    return <CurrentLog tracker={this.tracker} trans={this.trans} kept={this.viewState} onClear={this.clear} />;
  }

  protected override onAfterShow(_message: Message): void {
    this.update();
  }

  protected override onAfterHide(_message: Message): void {
    this.update();
  }

  private readonly clear = (): void => {
    this.commands.execute("stagebook:clear-log").catch((error: unknown) => {
      void showErrorMessage(this.trans.__("Stagebook"), error instanceof Error ? error.message : String(error));
    });
  };

  /** Shows lines of that run or stage alone, and no other filter holds. */
  showOnly(only: Partial<LogFilter>): void {
    this.viewState.next({ ...this.viewState.value, filter: { ...NO_FILTER, ...only }, follow: false });
  }

  /** The person's choices outlive the components, which are gone while the panel is hidden. */
  private readonly viewState = new BehaviorSubject<LogViewState>({
    filter: NO_FILTER,
    follow: true,
    isRelative: false,
  });
}

interface CurrentLogProps {
  readonly tracker: StagebookTracker;
  readonly trans: TranslationBundle;
  readonly kept: BehaviorSubject<LogViewState>;
  readonly onClear: () => void;
}

function CurrentLog({ tracker, trans, kept, onClear }: CurrentLogProps): ReactElement {
  const model = useCurrent(tracker);
  const choices = useObservable(kept, () => kept.value);
  if (!model) return <EmptyPanel text={noNotebookText(trans)} />;
  return (
    <LogView
      key={modelKey(model)}
      model={model}
      viewState={choices}
      onViewState={(next) => kept.next(next)}
      onClear={onClear}
      trans={trans}
    />
  );
}
