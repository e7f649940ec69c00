/** The panel of the current notebook's log, in JupyterLab's down area. Created by the plugin. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { Message } from "@lumino/messaging";
import type { ReactElement } from "react";
import { BehaviorSubject, Observable, of, switchMap } from "rxjs";
import type { Subscription } from "rxjs";
import { COMMANDS } from "../command-ids";
import type { UnreadCount } from "../model/log/unread-lines";
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
    this.unread = tracker.current$.pipe(switchMap(watchUnread)).subscribe(({ lines }) => {
      this.title.label = lines > 0 ? trans.__("Stagebook Log (%1)", lines) : trans.__("Stagebook Log");
    });
  }

  override dispose(): void {
    this.unread.unsubscribe();
    super.dispose();
  }

  /** The arrow keys move through the lines at once; without any, Tab leads to the filters. */
  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    void this.renderPromise?.then(() => {
      if (this.isDisposed || !this.isVisible || this.node.contains(document.activeElement)) return;
      (this.node.querySelector<HTMLElement>("[role=listbox]") ?? this.node.querySelector("select"))?.focus();
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

  private readonly unread: Subscription;

  /** Outlives the components, which are unmounted while the panel is hidden. */
  private readonly viewState$ = new BehaviorSubject<LogViewState>({
    filter: NO_FILTER,
    follow: true,
    isRelative: false,
  });
}

/** The number of lines that were not seen, now and with each change. */
function watchUnread(model: NotebookModel | null): Observable<UnreadCount> {
  if (!model) return of({ lines: 0, problems: 0 });
  return new Observable((observer) => {
    observer.next(model.unread.get());
    return model.unread.subscribe(() => observer.next(model.unread.get()));
  });
}

interface NotebookLogProps extends Pick<LogViewProps, "model" | "onClear" | "trans"> {
  readonly viewState$: BehaviorSubject<LogViewState>;
}

function NotebookLog({ viewState$, ...props }: NotebookLogProps): ReactElement {
  const viewState = useObservable(viewState$, () => viewState$.value);
  return <LogView viewState={viewState} onViewState={(next) => viewState$.next(next)} {...props} />;
}
