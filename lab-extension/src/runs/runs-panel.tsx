/** The panel of the notebook's past runs. Created by Sidebar. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { useState } from "react";
import { useNotebookState } from "../model/use-store";
import type { NotebookModel, NotebookState, StagebookTracker } from "../tokens";
import { useLoaded } from "../ui/lazy-section";
import { notifyFailure } from "../ui/notify";
import { Panel } from "../ui/panel";
import { EmptyPanel } from "../ui/panel-text";
import { RunsList } from "./runs-list";

export class RunsPanel extends Panel {
  constructor(tracker: StagebookTracker, trans: TranslationBundle) {
    super({
      tracker,
      trans,
      name: "runs",
      className: "stagebook-RunsPanel",
      label: trans.__("Runs"),
      caption: trans.__("Past runs. Select one to see its pipeline, parameters and log."),
    });
  }

  protected override renderNotebook(model: NotebookModel): ReactElement {
    return <NotebookRuns model={model} trans={this.trans} />;
  }
}

interface NotebookRunsProps {
  readonly model: NotebookModel;
  readonly trans: TranslationBundle;
}

/** Number of runs that are shown first, and added by each request for more. */
const PAGE_SIZE = 50;

function NotebookRuns({ model, trans }: NotebookRunsProps): ReactElement {
  const state = useNotebookState(model);
  const [limit, setLimit] = useState(PAGE_SIZE);
  const isAvailable = state.connection === "live" || state.connection === "past";
  const load = isAvailable ? () => model.send<"runs">({ type: "runs", before: 0, limit }) : null;
  const runs = useLoaded(load, `${limit} ${runsVersion(state)}`);
  if (runs.status === "failed") return <EmptyPanel text={{ text: runs.message }} />;
  if (runs.status === "loading") {
    const text = isAvailable ? trans.__("Loading …") : trans.__("The notebook's runs appear here.");
    return <EmptyPanel text={{ text }} />;
  }
  return (
    <RunsList
      rows={runs.value.rows}
      selected={state.past?.run.id ?? null}
      onView={isAvailable ? (run) => void model.showRun(run).catch(notifyFailure) : null}
      onReturn={() => model.showCurrent()}
      onMore={runs.value.more ? () => setLimit((count) => count + PAGE_SIZE) : null}
      trans={trans}
    />
  );
}

/** Changes when another run has ended. While a past run is viewed, the list is not reloaded. */
function runsVersion({ view, past }: NotebookState): string {
  if (past) return "past";
  return view.runs.filter((run) => run.status !== "running").at(-1)?.id ?? "";
}
