/** The panel of the current notebook's log, in JupyterLab's down area. Created by the plugin. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { ReactElement } from "react";
import { BehaviorSubject } from "rxjs";
import { COMMANDS } from "../command-ids";
import { useObservable } from "../model/use-store";
import type { NotebookModel, StagebookTracker } from "../tokens";
import { notifyFailure } from "../ui/notify";
import { Panel } from "../ui/panel";
import type { LogViewProps, LogViewState } from "./log-view";
import { LogView } from "./log-view";
import type { LogFilter } from "./rows";
import { NO_FILTER } from "./rows";

export class LogPanel extends Panel {
  constructor(
    tracker: StagebookTracker,
    trans: TranslationBundle,
    private readonly commands: CommandRegistry,
  ) {
    super({
      tracker,
      trans,
      name: "log",
      className: "stagebook-LogPanel",
      label: trans.__("Stagebook Log"),
      caption: trans.__("Log lines of the stages and of Stagebook, for the current notebook"),
    });
  }

  protected override renderNotebook(model: NotebookModel): ReactElement {
    return <NotebookLog model={model} trans={this.trans} viewState$={this.viewState$} onClear={this.clear} />;
  }

  private readonly clear = (): void => {
    this.commands.execute(COMMANDS.clearLog).catch(notifyFailure);
  };

  /** Shows only the lines of that run or stage, and resets all other filters. */
  showOnly(only: Partial<LogFilter>): void {
    this.viewState$.next({ ...this.viewState$.value, filter: { ...NO_FILTER, ...only }, follow: false });
  }

  /** Outlives the components, which are unmounted while the panel is hidden. */
  private readonly viewState$ = new BehaviorSubject<LogViewState>({
    filter: NO_FILTER,
    follow: true,
    isRelative: false,
  });
}

interface NotebookLogProps extends Pick<LogViewProps, "model" | "onClear" | "trans"> {
  readonly viewState$: BehaviorSubject<LogViewState>;
}

function NotebookLog({ viewState$, ...props }: NotebookLogProps): ReactElement {
  const viewState = useObservable(viewState$, () => viewState$.value);
  return <LogView viewState={viewState} onViewState={(next) => viewState$.next(next)} {...props} />;
}
