/** The status bar item of the log: says how many lines were not seen, and shows the log. Created by the status plugin. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { ReactElement } from "react";
import { useCurrent, useNotebookState, useSubscribable } from "../model/use-store";
import type { NotebookModel, StagebookTracker } from "../tokens";
import { unreadText } from "./status-text";

export class LogStatusItem extends ReactWidget {
  /** `showLog` shows the log. */
  constructor(
    private readonly tracker: StagebookTracker,
    private readonly trans: TranslationBundle,
    private readonly showLog: () => void,
  ) {
    super();
    this.addClass("stagebook-LogStatus");
  }

  protected override render(): ReactElement {
    return <CurrentLog tracker={this.tracker} trans={this.trans} showLog={this.showLog} />;
  }
}

interface LogStatusProps {
  readonly trans: TranslationBundle;
  readonly showLog: () => void;
}

function CurrentLog(props: LogStatusProps & { readonly tracker: StagebookTracker }): ReactElement | null {
  const model = useCurrent(props.tracker);
  return model && <NotebookLogStatus {...props} model={model} />;
}

function NotebookLogStatus({
  model,
  trans,
  showLog,
}: LogStatusProps & { readonly model: NotebookModel }): ReactElement | null {
  const { connection } = useNotebookState(model);
  const unread = useSubscribable(model.unread);
  if (connection === "absent" && unread.lines === 0) return null;
  const { label, caption } = unreadText(unread, trans);
  return (
    <button
      type="button"
      className="stagebook-StatusBar-button"
      data-unread={unread.lines}
      data-problems={unread.problems || undefined}
      title={caption}
      onClick={showLog}
    >
      {label}
    </button>
  );
}
