/** The details of one stage. Collapsed sections are loaded when they are opened. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { caveatsOf, type CellId, type RunId, type StageView, type View } from "stagebook/protocol";
import { estimateText, progressShare } from "../ui/texts/stage-text";
import { StatusMark } from "../ui/status-mark";
import { Caveats } from "./caveats";
import { ErrorBlock } from "./error-block";
import { InputList } from "./input-list";
import type { ResultActions, StageQueries } from "./lazy-sections";
import { ChangedCode, LazySections } from "./lazy-sections";
import { ReasonList } from "./reason-list";
import { ResultFacts } from "./result-facts";

export interface StageActions {
  readonly run: (stage: string) => void;
  readonly showStageCell: (stage: string) => void;
  readonly showCell: (cell: CellId) => void;
  readonly select: (stage: string) => void;
  /** Selects no stage, which hides the panel. */
  readonly close: () => void;
  readonly copy: (text: string) => void;
  /** Shows the error of that run with all of its text. */
  readonly showWholeError: (stage: string, run: RunId) => void;
  /** Writes an option, `name: value`, into the stage's definition. */
  readonly setOption: (stage: StageView, code: string) => void;
  /** Null while the kernel is unavailable. */
  readonly queries: StageQueries | null;
  /** True while a past run is viewed: nothing can be changed. */
  readonly isPast: boolean;
  readonly results: ResultActions;
}

export interface StageCardProps {
  readonly stage: StageView;
  readonly view: View;
  readonly now: number;
  readonly actions: StageActions;
  readonly trans: TranslationBundle;
}

export function StageCard({ stage, view, now, actions, trans }: StageCardProps): ReactElement {
  return (
    <article
      className="stagebook-Stage"
      aria-label={trans.__("Stage %1", stage.name)}
      data-shown-stage={stage.name}
      data-status={stage.status}
    >
      <StageHead stage={stage} actions={actions} trans={trans} />
      {stage.description && <p className="stagebook-Stage-description">{stage.description}</p>}
      {stage.error && (
        <ErrorBlock
          error={stage.error}
          stage={stage.name}
          onShowCell={actions.showCell}
          onShowWhole={actions.queries && actions.showWholeError}
          trans={trans}
        />
      )}
      <Causes stage={stage} actions={actions} trans={trans} />
      <ChangedCode stage={stage} queries={actions.queries} isPast={actions.isPast} trans={trans} />
      <Caveats
        stage={stage}
        onCopy={actions.copy}
        onOption={actions.isPast || stage.cell === null ? undefined : (code) => actions.setOption(stage, code)}
        trans={trans}
      />
      <ResultFacts stage={stage} now={now} onCopy={actions.copy} trans={trans} />
      {stage.inputs.length > 0 && (
        <section className="stagebook-Section">
          <h3>{trans.__("Inputs")}</h3>
          <InputList inputs={stage.inputs} view={view} onSelect={actions.select} trans={trans} />
        </section>
      )}
      <LazySections
        stage={stage}
        now={now}
        queries={actions.queries}
        isPast={actions.isPast}
        results={actions.results}
        trans={trans}
      />
    </article>
  );
}

type PartProps = Pick<StageCardProps, "stage" | "actions" | "trans">;

function StageHead({ stage, actions, trans }: PartProps): ReactElement {
  return (
    <header className="stagebook-Stage-head">
      <h2 title={stage.name}>{stage.name}</h2>
      <span className="stagebook-Stage-status">
        <StatusMark status={stage.status} hasCaveats={caveatsOf(stage).length > 0} trans={trans} />
        <Effort stage={stage} trans={trans} />
      </span>
      <span className="stagebook-Stage-buttons">
        <button
          type="button"
          className="stagebook-Button"
          disabled={!actions.queries || actions.isPast || stage.status === "running"}
          onClick={() => actions.run(stage.name)}
        >
          {trans.__("Run")}
        </button>
        <button
          type="button"
          className="stagebook-Button"
          disabled={stage.cell === null}
          onClick={() => actions.showStageCell(stage.name)}
        >
          {trans.__("Show cell")}
        </button>
        <button
          type="button"
          className="stagebook-Stage-close"
          title={trans.__("Close (Escape)")}
          aria-label={trans.__("Close stage %1", stage.name)}
          onClick={actions.close}
        >
          <span aria-hidden="true">✕</span>
        </button>
      </span>
    </header>
  );
}

/** Progress while it runs, or its estimated duration. */
function Effort({ stage, trans }: Pick<PartProps, "stage" | "trans">): ReactElement | null {
  const share = progressShare(stage);
  if (typeof share === "number") return <progress aria-label={trans.__("Progress of %1", stage.name)} value={share} />;
  if (stage.estimateMs === undefined || (stage.action !== "run" && stage.action !== "maybe")) return null;
  return <span className="stagebook-Hint">{estimateText(stage.estimateMs, trans)}</span>;
}

function Causes({ stage, actions, trans }: PartProps): ReactElement | null {
  if (stage.reasons.length === 0 && stage.waitsFor.length === 0) return null;
  return (
    <section className="stagebook-Section" data-section="reasons">
      {stage.reasons.length > 0 && <h3>{reasonsTitle(stage, trans)}</h3>}
      {stage.reasons.length > 0 && <ReasonList reasons={stage.reasons} trans={trans} />}
      {stage.waitsFor.length > 0 && (
        <p className="stagebook-WaitsFor">
          {trans.__("Waiting for")}{" "}
          {stage.waitsFor.map((name) => (
            <button key={name} type="button" className="stagebook-Link" onClick={() => actions.select(name)}>
              {name}
            </button>
          ))}
        </p>
      )}
    </section>
  );
}

function reasonsTitle(stage: StageView, trans: TranslationBundle): string {
  if (stage.status === "stale") return trans.__("Why stale");
  return stage.status === "running" ? trans.__("Why it is running") : trans.__("Why");
}
