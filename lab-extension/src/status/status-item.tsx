/** The status bar item: progress of the current notebook's pipeline. Created by the status plugin. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { ReactElement } from "react";
import { useEffect, useState } from "react";
import { stagebookIcon } from "../icons";
import { useCurrent, useNotebookState } from "../model/use-store";
import type { StagebookTracker } from "../tokens";
import { statusText } from "./status-text";

export class StatusItem extends ReactWidget {
  /** `open` shows the sidebar. */
  constructor(
    private readonly tracker: StagebookTracker,
    private readonly trans: TranslationBundle,
    private readonly open: () => void,
  ) {
    super();
    this.addClass("stagebook-StatusBar");
  }

  protected override render(): ReactElement {
    return <CurrentStatus tracker={this.tracker} trans={this.trans} open={this.open} />;
  }
}

interface CurrentStatusProps {
  readonly tracker: StagebookTracker;
  readonly trans: TranslationBundle;
  readonly open: () => void;
}

function CurrentStatus({ tracker, trans, open }: CurrentStatusProps): ReactElement | null {
  const state = useNotebookState(useCurrent(tracker));
  const isRunning = state?.view.runs.some((run) => run.status === "running") ?? false;
  const now = useSeconds(isRunning);
  const text = state && statusText(state, now, trans);
  if (!text) return null;
  return (
    <button type="button" className="stagebook-StatusBar-button" title={text.caption} onClick={open}>
      <stagebookIcon.react tag="span" className="stagebook-StatusBar-icon" width="14px" height="14px" />
      {text.label}
    </button>
  );
}

/** The current time, updated every second while `isCounting`. */
function useSeconds(isCounting: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isCounting) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isCounting]);
  return now;
}
