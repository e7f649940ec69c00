/** The header of the sidebar: notebook name, connection to the kernel, run and stop buttons, last error. Created by Sidebar. */
import type { JSX } from "react";
import { ReactWidget, runIcon, stopIcon } from "@jupyterlab/ui-components";
import type { LabIcon } from "@jupyterlab/ui-components";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { RunView, View } from "stagebook/protocol";
import { FIRST_CELL, noNotebookText } from "../ui/texts/connection-text";
import { countStale, isAnyStale, staleCaption, staleLabel } from "../ui/texts/stale-count";
import { COMMANDS } from "../command-ids";
import { runStaleIcon } from "../icons";
import { EXAMPLE_CELLS } from "../start/snippets";
import { notifyFailure } from "../ui/notify";
import { PastHeader } from "../ui/past-banner";
import type { Subscribable } from "../model/subscribable";
import { useCurrent, useNotebookState, useSubscribable } from "../model/use-store";
import type { Connection, NotebookModel, NotebookState, StagebookTracker } from "../tokens";

export interface HeaderProps {
  readonly tracker: StagebookTracker;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
  /** Whether the tour is offered. */
  readonly tourOffer: Subscribable<boolean>;
  /** Whether the notebook has cells that use Stagebook. */
  readonly ownCells: Subscribable<boolean>;
}

export class Header extends ReactWidget {
  constructor(private readonly props: HeaderProps) {
    super();
    this.addClass("stagebook-Header");
  }

  protected override render(): JSX.Element {
    return <CurrentHeader {...this.props} />;
  }
}

function CurrentHeader(props: HeaderProps): JSX.Element {
  const model = useCurrent(props.tracker);
  if (!model) return <div className="stagebook-Header-hint">{noNotebookText(props.trans).text}</div>;
  return <NotebookHeader {...props} model={model} />;
}

function NotebookHeader({
  model,
  commands,
  trans,
  tourOffer,
  ownCells,
}: HeaderProps & { readonly model: NotebookModel }): JSX.Element {
  const state = useNotebookState(model);
  const { view, connection } = state;
  const stale = countStale(state);
  const live = connection === "live";
  const running = live && isRunning(view);
  const run =
    (id: string, args = {}) =>
    () =>
      void commands.execute(id, args);
  return (
    <>
      <div className="stagebook-Header-line">
        <span className="stagebook-Header-name" title={model.path}>
          {model.path.split("/").at(-1)}
        </span>
        <ConnectionMark state={state} running={running} trans={trans} />
      </div>
      <PastHeader model={model} trans={trans} />
      {(live || state.remembered) && (
        <div className="stagebook-Header-buttons">
          <HeaderButton
            icon={runStaleIcon}
            label={staleLabel(stale, trans)}
            caption={staleCaption(stale, trans)}
            primary={isAnyStale(stale)}
            enabled={live}
            onClick={run(COMMANDS.runStale)}
          />
          <HeaderButton
            icon={runIcon}
            label={trans.__("Run all")}
            caption={trans.__("Run all stages. Results that are up to date are loaded from the store.")}
            enabled={live && !running && Object.keys(view.stages).length > 0}
            onClick={() => runAll(model)}
          />
          <HeaderButton
            icon={stopIcon}
            label={trans.__("Stop")}
            caption={trans.__("Stop all running stages")}
            iconOnly
            enabled={running}
            onClick={run(COMMANDS.cancel)}
          />
        </div>
      )}
      <GettingStarted
        state={state}
        ownCells={ownCells}
        insertExample={run(COMMANDS.insertExample)}
        runCells={run("notebook:run-all-cells")}
        trans={trans}
      />
      {live && <TourOffer offer={tourOffer} take={run(COMMANDS.tour)} trans={trans} />}
      {live && <LastRunError view={view} model={model} trans={trans} />}
    </>
  );
}

/** The panels show the progress and outcome of the run, but not a rejected command. */
function runAll(model: NotebookModel): void {
  model.send({ type: "run" }).catch(notifyFailure);
}

function isRunning(view: View): boolean {
  return view.runs.some((run) => run.status === "running");
}

interface HeaderButtonProps {
  readonly icon: LabIcon;
  readonly label: string;
  readonly caption: string;
  readonly primary?: boolean;
  readonly iconOnly?: boolean;
  readonly enabled: boolean;
  readonly onClick: () => void;
}

function HeaderButton({
  icon: Icon,
  label,
  caption,
  primary,
  iconOnly,
  enabled,
  onClick,
}: HeaderButtonProps): JSX.Element {
  return (
    <button
      type="button"
      className="stagebook-Button"
      data-primary={primary || undefined}
      disabled={!enabled}
      title={caption}
      aria-label={iconOnly ? label : undefined}
      onClick={onClick}
    >
      <Icon.react tag="span" className="stagebook-Button-icon" elementSize="normal" />
      {!iconOnly && label}
    </button>
  );
}

interface StateProps {
  readonly state: NotebookState;
  readonly trans: TranslationBundle;
}

function ConnectionMark({
  state: { connection },
  running,
  trans,
}: StateProps & { readonly running: boolean }): JSX.Element {
  const words: { readonly [C in Connection]: string } = {
    absent: trans.__("not started"),
    connecting: trans.__("connecting"),
    live: trans.__("live"),
    lost: trans.__("no kernel"),
    incompatible: trans.__("version mismatch"),
    past: trans.__("past run"),
  };
  return (
    <span className="stagebook-Connection" data-connection={running ? "running" : connection} role="status">
      <span aria-hidden="true">{running ? "▶" : marks[connection]}</span>{" "}
      {running ? trans.__("running") : words[connection]}
    </span>
  );
}

const marks: { readonly [C in Connection]: string } = {
  absent: "○",
  connecting: "◌",
  live: "●",
  lost: "✕",
  incompatible: "!",
  past: "↶",
};

interface GettingStartedProps extends StateProps {
  readonly ownCells: Subscribable<boolean>;
  readonly insertExample: () => void;
  readonly runCells: () => void;
}

function GettingStarted(props: GettingStartedProps): JSX.Element | null {
  const { state, ownCells, insertExample, runCells, trans } = props;
  const { connection, problem, remembered } = state;
  const hasOwnCells = useSubscribable(ownCells);
  if (connection === "lost" || connection === "incompatible")
    return <div className="stagebook-Header-problem">{problem}</div>;
  if (connection !== "absent") return null;
  if (problem !== undefined) return <div className="stagebook-Header-hint">{problem}</div>;
  if (remembered)
    return (
      <div className="stagebook-Header-hint">
        {trans.__("Restored from the last session. To continue, run a cell with:")}
        <code>{FIRST_CELL}</code>
      </div>
    );
  if (hasOwnCells)
    return (
      <div className="stagebook-Header-hint">
        {trans.__("Stages and parameters appear here once the cells that define them have run.")}
        <HintButton
          label={trans.__("Run all cells")}
          caption={trans.__("Run all cells of this notebook")}
          onClick={runCells}
        />
      </div>
    );
  return (
    <div className="stagebook-Header-hint">
      {trans.__("To start, run cells like these:")}
      <code>{EXAMPLE_CELLS.join("\n\n")}</code>
      <HintButton
        label={trans.__("Insert")}
        caption={trans.__("Insert these cells below the selected cell")}
        onClick={insertExample}
      />
    </div>
  );
}

interface HintButtonProps {
  readonly label: string;
  readonly caption: string;
  readonly onClick: () => void;
}

function HintButton({ label, caption, onClick }: HintButtonProps): JSX.Element {
  return (
    <div className="stagebook-Header-buttons">
      <button type="button" className="stagebook-Button" data-primary title={caption} onClick={onClick}>
        {label}
      </button>
    </div>
  );
}

interface TourOfferProps {
  readonly offer: Subscribable<boolean>;
  readonly take: () => void;
  readonly trans: TranslationBundle;
}

/** One line, shown to users who began with the example on this page and have not seen the tour. */
function TourOffer({ offer, take, trans }: TourOfferProps): JSX.Element | null {
  const isOffered = useSubscribable(offer);
  if (!isOffered) return null;
  return (
    <div className="stagebook-Header-buttons">
      <button type="button" className="stagebook-Button" onClick={take}>
        {trans.__("Take the tour")}
      </button>
    </div>
  );
}

interface LastRunErrorProps {
  readonly view: View;
  readonly model: NotebookModel;
  readonly trans: TranslationBundle;
}

/** The last run, or an earlier one whose stage still is as the run left it: a cell that calls another stage afterwards is a run of its own. */
function findFailedRun({ runs, stages }: View): RunView | undefined {
  const last = runs.at(-1);
  if (last?.status === "failed") return last;
  const isStill = ({ status, error }: RunView): boolean =>
    status === "failed" && error?.stage !== undefined && stages[error.stage]?.status === "failed";
  return runs.filter(isStill).at(-1);
}

function LastRunError({ view, model, trans }: LastRunErrorProps): JSX.Element | null {
  const failed = findFailedRun(view);
  if (!failed) return null;
  const { error } = failed;
  const cell = error?.cell ?? (error?.stage === undefined ? null : view.stages[error.stage]?.cell) ?? null;
  return (
    <div className="stagebook-Header-problem" role="alert">
      <b>{error?.stage === undefined ? trans.__("The last run failed.") : trans.__("%1 failed:", error.stage)}</b>{" "}
      {error?.message}
      {error?.advice !== undefined && <span className="stagebook-Header-advice"> {error.advice}</span>}{" "}
      {cell !== null && (
        <a
          href="#"
          onClick={(event) => {
            event.preventDefault();
            model.showCell(cell);
          }}
        >
          {trans.__("Show cell")}
        </a>
      )}
    </div>
  );
}
