/** The notebook's runs that are over, to look at each as it was. Created by Sidebar. */
import { Notification } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { Message } from "@lumino/messaging";
import type { ReactElement } from "react";
import { useState } from "react";
import type { RunId } from "stagebook/protocol";
import { noNotebookText } from "../ui/connection-text";
import { modelKey } from "../ui/model-key";
import { EmptyPanel } from "../ui/panel-text";
import { useLoaded } from "../ui/lazy-section";
import { useCurrent, useNotebookState } from "../model/use-store";
import type { NotebookModel, NotebookState, StagebookTracker } from "../tokens";
import { RunsList } from "./runs-list";

export class RunsPanel extends ReactWidget {
  constructor(
    private readonly tracker: StagebookTracker,
    private readonly trans: TranslationBundle,
  ) {
    super();
    this.node.dataset.stagebook = "runs";
    this.addClass("stagebook-Panel");
    this.addClass("stagebook-RunsPanel");
    this.title.label = trans.__("Runs");
    this.title.caption = trans.__(
      "Runs that are over: choose one to see the pipeline, the parameters and the log of then",
    );
  }

  protected override render(): ReactElement | null {
    if (!this.isVisible) return null;
    return <CurrentRuns tracker={this.tracker} trans={this.trans} />;
  }

  protected override onAfterShow(_message: Message): void {
    this.update();
  }

  protected override onAfterHide(_message: Message): void {
    this.update();
  }
}

interface RunsProps {
  readonly tracker: StagebookTracker;
  readonly trans: TranslationBundle;
}

function CurrentRuns({ tracker, trans }: RunsProps): ReactElement {
  const model = useCurrent(tracker);
  if (!model) return <EmptyPanel text={noNotebookText(trans)} />;
  return <NotebookRuns key={modelKey(model)} model={model} trans={trans} />;
}

/** As many as are shown at first, and with each request for more. */
const PAGE_SIZE = 50;

function NotebookRuns({
  model,
  trans,
}: {
  readonly model: NotebookModel;
  readonly trans: TranslationBundle;
}): ReactElement {
  const state = useNotebookState(model);
  const [limit, setLimit] = useState(PAGE_SIZE);
  const canAsk = state.connection === "live" || state.connection === "past";
  const load = canAsk ? () => model.send<"runs">({ type: "runs", before: 0, limit }) : null;
  const answer = useLoaded(load, `${limit} ${endedRuns(state)}`);
  if (answer.status === "failed") return <EmptyPanel text={{ text: answer.message }} />;
  if (answer.status === "waiting")
    return (
      <EmptyPanel
        text={{ text: canAsk ? trans.__("Asking the kernel …") : trans.__("The runs of the notebook appear here.") }}
      />
    );
  const lookAt = (run: RunId): void => {
    model.lookAt(run).catch((error: unknown) => {
      Notification.error(error instanceof Error ? error.message : String(error), { autoClose: 6000 });
    });
  };
  return (
    <RunsList
      rows={answer.value.rows}
      selected={state.past?.run.id ?? null}
      onLookAt={canAsk ? lookAt : null}
      onNow={() => model.backToNow()}
      onMore={answer.value.more ? () => setLimit((count) => count + PAGE_SIZE) : null}
      trans={trans}
    />
  );
}

/** Another text when another run has ended. In the past nothing new is asked for. */
function endedRuns({ view, past }: NotebookState): string {
  if (past) return "past";
  return view.runs.filter((run) => run.status !== "running").at(-1)?.id ?? "";
}
